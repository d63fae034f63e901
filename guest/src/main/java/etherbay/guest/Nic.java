// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A network card of a guest and what it is plugged into.
 *
 * @param backend QEMU's {@code -netdev} without {@code id=}
 * @param model QEMU's device name
 * @param mac "52:54:00:..." form, unique on its segment
 * @param mtu bytes; a virtio card tells the guest's driver, which then uses it
 */
public record Nic(String backend, String model, String mac, int mtu) {
    private static final AtomicInteger COUNT = new AtomicInteger();

    /** A card on an existing tap interface of the namespace that QEMU runs in. */
    public static Nic tap(String tapName, int mtu) {
        String backend = "tap,ifname=" + tapName + ",script=no,downscript=no";
        return new Nic(backend, "virtio-net-pci", freshMac(), mtu);
    }

    /** A card on a segment that listens at the unix socket {@code path}; needs no rights. */
    public static Nic segment(Path path, int mtu) {
        String backend = "stream,server=off,addr.type=unix,addr.path=" + QemuCommand.escaped(path);
        return new Nic(backend, "virtio-net-pci", freshMac(), mtu);
    }

    public Nic withModel(String newModel) {
        return new Nic(backend, newModel, mac, mtu);
    }

    public Nic withMac(String newMac) {
        return new Nic(backend, model, newMac, mtu);
    }

    /**
     * Locally administered; unlike those of other processes of this machine by their process id.
     */
    private static String freshMac() {
        int pid = (int) ProcessHandle.current().pid();
        int count = COUNT.incrementAndGet();
        return "52:54:%02x:%02x:%02x:%02x"
                .formatted(pid >> 16 & 0xff, pid >> 8 & 0xff, pid & 0xff, count & 0xff);
    }

    String netdevArgument(String id) {
        int comma = backend.indexOf(',');
        return backend.substring(0, comma) + ",id=" + id + backend.substring(comma);
    }

    String deviceArgument(String id) {
        String hostMtu = model.startsWith("virtio") ? ",host_mtu=" + mtu : "";
        return model + ",netdev=" + id + ",mac=" + mac + ",romfile=" + hostMtu;
    }
}
