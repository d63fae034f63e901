// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * LVM2's hints: a list of the disks that had a label when it last looked, and of their groups, so
 * that it need not read all others. It does not notice a physical volume that we made; so whoever
 * changes which there are, or which group has them, tells it to look anew, as its own pvcreate and
 * vgextend do (lib/label/hints.c of LVM2).
 */
record LvmHints(Path folder) {
    private static final Logger LOG = System.getLogger(LvmHints.class.getName());

    /** Whoever finds it reads all disks, writes new hints, and removes it. */
    private static final String NEW_HINTS = "newhints";

    static LvmHints ofThisMachine() {
        return new LvmHints(Path.of("/run/lvm"));
    }

    /** The hints hold no more. Where LVM2 has not run yet, there are none. */
    void forget() {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try {
            Files.write(folder.resolve(NEW_HINTS), new byte[0]);
        } catch (IOException notOurs) {
            // Not root: LVM2 would not read these disks either, or root finds them by a scan.
            LOG.log(Level.DEBUG, "the hints of LVM2 stay: {0}", notOurs.toString());
        }
    }
}
