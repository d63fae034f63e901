// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.HostCommand;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32;

/**
 * A guest's card on a bridge of this node, by a tap interface. QEMU makes the tap, so that it is
 * gone with QEMU however that ends; we plug it in. Both need root, or CAP_NET_ADMIN and the right
 * to open {@code /dev/net/tun}. Any thread.
 */
final class BridgeTap {
    private static final Path INTERFACES = Path.of("/sys/class/net");

    private BridgeTap() {}

    /** Of at most 15 letters (IFNAMSIZ), and other in another folder of the same machine. */
    static String name(Path folder, int index) {
        CRC32 sum = new CRC32();
        sum.update(folder.toString().getBytes(StandardCharsets.UTF_8));
        return "ebg%08x.%d".formatted(sum.getValue(), index);
    }

    /**
     * Bytes that a frame on this bridge carries.
     *
     * @throws EtherbayException INVALID when there is no such bridge
     */
    static int mtu(String bridge) {
        Path of = INTERFACES.resolve(bridge);
        if (!Files.isDirectory(of.resolve("bridge"))) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "this node has no bridge " + bridge,
                    Files.exists(of)
                            ? bridge + " is an interface, but no bridge"
                            : "there is no interface of this name",
                    "ip link add " + bridge + " type bridge && ip link set " + bridge
                            + " up; or give the guest another --net");
        }
        try {
            return Integer.parseInt(Files.readString(of.resolve("mtu")).strip());
        } catch (IOException | NumberFormatException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "cannot tell the MTU of " + bridge,
                    failure.toString(),
                    "see that ip link show " + bridge + " shows it");
        }
    }

    /** Puts a tap that QEMU has made on its bridge. */
    static void plugIn(String tap, String bridge, int mtu) {
        String ip = HostCommand.require("ip", "iproute2").toString();
        String correction = "run the node as root, or with CAP_NET_ADMIN";
        HostCommand.runOrThrow(
                Path.of("/"), List.of(ip, "link", "set", "dev", tap, "mtu", "" + mtu), correction);
        HostCommand.runOrThrow(
                Path.of("/"),
                List.of(ip, "link", "set", "dev", tap, "master", bridge, "up"),
                correction);
    }
}
