// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import etherbay.base.EtherbayException;
import etherbay.volume.Medium;
import etherbay.volume.Pool;

import java.util.ArrayList;
import java.util.List;

/**
 * Notices that the metadata of a group was changed, by us or by anybody: keeps the disks of it open
 * and looks at a few sectors of each. Blocking control code.
 */
public final class VolumeStamps implements AutoCloseable {
    private final List<Medium> media = new ArrayList<>();
    private List<Long> stamps = List.of();

    private VolumeStamps() {}

    /**
     * Opens the disks of a group.
     *
     * @param places where they were found
     * @throws EtherbayException when one cannot be opened
     */
    public static VolumeStamps of(FoundVolume found, VolumePlaces places) {
        VolumeStamps opened = new VolumeStamps();
        try {
            found.members().forEach(name -> opened.media.add(places.medium(name, false)));
            opened.stamps = opened.now();
            return opened;
        } catch (EtherbayException failed) {
            opened.close();
            throw failed;
        }
    }

    /** Whether it is another one than when this was last asked. */
    public boolean changed() {
        List<Long> now = now();
        boolean changed = !now.equals(stamps);
        stamps = now;
        return changed;
    }

    private List<Long> now() {
        return media.stream().map(VolumeStamps::stamp).toList();
    }

    /** What cannot be read counts as one more content. */
    private static long stamp(Medium medium) {
        try {
            return Pool.stamp(medium);
        } catch (EtherbayException unusable) {
            return -1;
        }
    }

    @Override
    public void close() {
        media.forEach(Medium::close);
    }
}
