// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import etherbay.base.EtherbayException;
import etherbay.linux.FileLock;
import etherbay.node.StateFolder;
import etherbay.volume.LvmId;
import etherbay.volume.VolumeGroup;

import java.nio.file.Path;

/**
 * The locks about volumes, as files. Those of groups are LVM2's own ({@code V_NAME}, and {@code
 * P_global} for what is in no group), so that LVM2 and we wait for each other; those of volumes are
 * ours: whoever serves one holds it, and who would take its extents away asks for it.
 *
 * @param groups folder of LVM2's locks
 * @param volumes folder of ours
 */
public record VolumeLocks(Path groups, Path volumes) {
    private static final long PATIENCE_NS = 10_000_000_000L;

    /** LVM2's folder is root's; whoever is not root cannot meet LVM2, but himself. */
    public static VolumeLocks ofThisUser() {
        if (System.getProperty("user.name", "").equals("root")) {
            return new VolumeLocks(Path.of("/run/lock/lvm"), Path.of("/run/lock/etherbay"));
        }
        Path own = StateFolder.defaultPath().resolve("lock");
        return new VolumeLocks(own, own);
    }

    /**
     * To change a group, or to read it while nobody does; waits some seconds for others.
     *
     * @throws EtherbayException INVALID for what is no name of a group, CONFLICT
     */
    public FileLock group(String name) {
        VolumeGroup.checkName(name); // it becomes a part of a path
        return FileLock.take(groups.resolve("V_" + name), "volume group " + name, PATIENCE_NS);
    }

    /** To change which disks are physical volumes, and which groups there are. */
    FileLock disks() {
        return FileLock.take(groups.resolve("P_global"), "the list of disks", PATIENCE_NS);
    }

    /** To use a volume, or to be sure that nobody does; does not wait. */
    public FileLock volume(LvmId group, LvmId volume, String called) {
        return FileLock.take(
                volumes.resolve("lv-" + group.letters() + volume.letters()), "volume " + called, 0);
    }
}
