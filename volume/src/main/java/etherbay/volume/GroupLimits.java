// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

/**
 * How many volumes and disks a group may have, as whoever made it set it; 0 for as many as there
 * is room for. We make groups without limits, and keep those of others.
 */
public record GroupLimits(long volumeCountMax, long diskCountMax) {
    public static GroupLimits of(VolumeGroup group) {
        LvmText.Section body = group.section();
        return new GroupLimits(
                body.whole("max_lv", Integer.MAX_VALUE, 0),
                body.whole("max_pv", Integer.MAX_VALUE, 0));
    }

    /** @throws EtherbayException CONFLICT where one more volume is one too many */
    static void checkOneMoreVolume(VolumeGroup group) {
        long max = of(group).volumeCountMax;
        if (max > 0 && group.visibleVolumes().size() >= max) {
            throw reached(group, max + " volumes", "vgchange -l 0 " + group.name());
        }
    }

    /** @throws EtherbayException CONFLICT where so many more disks are too many */
    static void checkMoreDisks(VolumeGroup group, int count) {
        long max = of(group).diskCountMax;
        if (max > 0 && group.physicalVolumes().size() + count > max) {
            throw reached(group, max + " disks", "vgchange -p 0 " + group.name());
        }
    }

    private static EtherbayException reached(VolumeGroup group, String limit, String correction) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                "group " + group.name() + " may not have more",
                "its metadata sets a limit of " + limit,
                "lift it with LVM2: " + correction);
    }
}
