// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import etherbay.base.Counters;
import etherbay.node.BackingName;
import etherbay.node.LocalDisk;
import etherbay.volume.Medium;

import java.util.Optional;

/** The disk of an NBD server as control code reads and writes it, with a loop of its own. */
final class NbdMedium {
    private NbdMedium() {}

    static Medium open(BackingName name, boolean writable) {
        LocalDisk.Options options =
                new LocalDisk.Options(!writable, Optional.empty(), VolumePlaces.ofTheSystem());
        LocalDisk disk = LocalDisk.open("volume", name, options, new Counters());
        disk.start();
        return new DeviceMedium(
                new DeviceMedium.Source(disk.toString(), disk.loop(), disk.access(), disk.device()),
                () -> close(disk));
    }

    private static void close(LocalDisk disk) {
        try {
            disk.stop(() -> {});
            disk.close();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}
