// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.linux.LinuxIdler;
import etherbay.linux.PacketPort;

import java.util.List;

/** Opens a packet port in a process of its own, and prints how that went. */
final class OpenPort {
    private OpenPort() {}

    /** What it prints about {@code eth0} in a process that lacks a capability: {@code net_raw}. */
    static String without(String capability) {
        Tool.requireRoot();
        Tool.require("setpriv", "util-linux");
        return Tool.check(List.of(
                "setpriv",
                "--bounding-set=-" + capability,
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                OpenPort.class.getName(),
                "eth0"));
    }

    /** One argument: the interface. */
    public static void main(String[] arguments) {
        LinuxIdler idler = new LinuxIdler();
        try (PacketPort port =
                PacketPort.open(arguments[0], idler, new Counters(), PacketPort.Options.DEFAULT)) {
            System.out.println("OPEN " + port.mac());
            System.out.println("to receive " + port.receiveBufferBytes() + ", to send "
                    + port.sendBufferBytes());
        } catch (EtherbayException refused) {
            System.out.println(refused.code() + "\n" + refused.toText());
        }
    }
}
