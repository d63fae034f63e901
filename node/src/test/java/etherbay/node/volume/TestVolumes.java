// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import etherbay.volume.PoolDisk;
import etherbay.volume.VolumeRequest;
import etherbay.volume.VolumeSize;

import java.util.List;

/** Groups for tests that are about something else. */
public final class TestVolumes {
    private TestVolumes() {}

    /** A group on that disk, with one volume. @return the store to go on with */
    public static VolumeStore make(String disk, String group, String volume, long bytes) {
        VolumeStore store = VolumeStore.of(VolumePlaces.of(List.of(disk)));
        store.createDisk(VolumePlaces.place(disk), false, false);
        store.changeDisks(List.of(group), "test", session -> {
            List<PoolDisk> disks = List.of(session.disk(disk));
            session.changes().createGroup(group, disks, 2048, "normal");
            return true;
        });
        return add(store, group, volume, bytes);
    }

    /** One more volume in a group on that disk. */
    public static void add(String disk, String group, String volume, long bytes) {
        add(VolumeStore.of(VolumePlaces.of(List.of(disk))), group, volume, bytes);
    }

    private static VolumeStore add(VolumeStore store, String group, String volume, long bytes) {
        store.change(
                group,
                "test",
                session -> session.changes()
                        .createVolume(
                                session.group(group),
                                volume,
                                VolumeRequest.of(
                                        new VolumeSize((char) 0, VolumeSize.Kind.BYTES, bytes))));
        return store;
    }
}
