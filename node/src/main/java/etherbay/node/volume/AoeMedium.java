// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import etherbay.base.Counters;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.node.AttachedDisk;
import etherbay.node.BackingName;
import etherbay.volume.Medium;

import java.util.List;

/**
 * An AoE disk as control code writes it, with a loop and ports of its own; kept from other
 * processes of this machine. One that is only read: {@link AoeReader}.
 */
final class AoeMedium {
    private static final long PATIENCE_NS = 5_000_000_000L;

    private AoeMedium() {}

    static Medium open(BackingName.AtAoe name, boolean writable) {
        return writable ? openToWrite(name) : AoeReader.open(name);
    }

    private static Medium openToWrite(BackingName.AtAoe name) {
        AttachedDisk attached = AttachedDisk.open(
                new AttachedDisk.Options(
                        name.address(),
                        List.copyOf(name.interfaces()),
                        RemoteDiskSettings.DEFAULT,
                        PATIENCE_NS),
                new Counters());
        attached.start();
        return new DeviceMedium(
                new DeviceMedium.Source(
                        name.toString(), attached.loop(), attached.access(), attached.disk()),
                () -> close(attached));
    }

    private static void close(AttachedDisk attached) {
        try {
            attached.stop(() -> {});
            attached.close();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}
