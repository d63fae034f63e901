// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A group as it was found: its newest version, and which of its disks are there.
 *
 * @param present by UUID, in the order of the group's disks
 * @param conflict why nobody may change it: two versions that claim to be the same; empty else
 */
public record PoolGroup(VolumeGroup group, Map<LvmId, PoolDisk> present, String conflict) {
    /** The order stays: what is written first, and what people read, is the same each time. */
    public PoolGroup {
        present = Collections.unmodifiableMap(new LinkedHashMap<>(present));
    }

    public String name() {
        return group.name();
    }

    /** The same without a disk that it counts on. */
    PoolGroup without(PoolDisk disk, String otherConflict) {
        Map<LvmId, PoolDisk> others = new LinkedHashMap<>(present);
        others.remove(disk.id());
        return new PoolGroup(group, others, otherConflict);
    }

    /** The disk of that physical volume; empty when it is missing, or holds what is old. */
    public Optional<PoolDisk> disk(PhysicalVolume pv) {
        return pv.markedMissing() ? Optional.empty() : Optional.ofNullable(present.get(pv.id()));
    }

    public boolean isMissing(PhysicalVolume pv) {
        return disk(pv).isEmpty();
    }

    /** Those of its disks that are not there. */
    public List<PhysicalVolume> missing() {
        return group.physicalVolumes().stream().filter(this::isMissing).toList();
    }

    /** Whether all that a volume lies on is there. */
    public boolean isWhole(LogicalVolume lv) {
        return lv.segments().stream()
                .flatMap(segment -> segment.areas().stream())
                .noneMatch(area -> isMissing(group.physicalVolume(area.pv())));
    }

    /**
     * Whether its metadata may be changed by us.
     *
     * @throws EtherbayException CONFLICT, with who else may
     */
    void checkChangeable() {
        checkOurs("changed");
        if (!group.status().contains("WRITE")) {
            throw refused(
                    "changed",
                    "its metadata says that it is only read",
                    "bring back a version that says otherwise: vgcfgrestore(8)");
        }
        if (!group.isResizeable()) {
            throw refused(
                    "changed",
                    "its metadata says that it keeps its form",
                    "vgchange -x y " + name());
        }
    }

    /** Likewise, and all of its disks are there. */
    void checkWhole() {
        checkChangeable();
        if (!missing().isEmpty()) {
            throw refused(
                    "changed",
                    "its disk " + missingNames() + " is missing",
                    "name the disk with --device, or give it up: etherbay vg reduce " + name()
                            + " --remove-missing --yes");
        }
    }

    /** The missing disks as people may know them. */
    String missingNames() {
        return String.join(
                ", ",
                missing().stream()
                        .map(pv ->
                                pv.id() + " (was " + EtherbayException.shown(pv.deviceHint()) + ")")
                        .toList());
    }

    /**
     * Whether it is this host's, and its disks agree on what it is.
     *
     * @param done what is to be done with it: {@code changed}
     * @throws EtherbayException CONFLICT, with whose it is
     */
    void checkOurs(String done) {
        if (!conflict.isEmpty()) {
            throw refused(done, conflict, "see what each disk holds: pvck --dump metadata DEVICE");
        }
        if (!group.lockType().isEmpty() && !group.lockType().equals("none")) {
            throw refused(
                    done,
                    "it is shared by a lock manager, " + EtherbayException.shown(group.lockType()),
                    "use LVM2 on a machine that takes part: lvmlockd(8)");
        }
        if (!group.systemId().isEmpty()) {
            throw refused(
                    done,
                    "it belongs to the host `" + EtherbayException.shown(group.systemId()) + "`",
                    "do it there, or hand it over: vgchange --systemid '' " + name());
        }
        if (group.isExported()) {
            throw refused(
                    done, "it was exported for another host", "take it in: vgimport " + name());
        }
    }

    private EtherbayException refused(String done, String why, String correction) {
        return new EtherbayException(
                ErrorCode.CONFLICT, "group " + name() + " cannot be " + done, why, correction);
    }
}
