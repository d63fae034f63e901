// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.linux.LinuxIdler;
import etherbay.linux.PacketPort;

/** Opens a packet port in a process of its own, and prints how that went. */
final class OpenPort {
    private OpenPort() {}

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
