// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AwayHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.MacAddress;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What an export says of itself in AoE command 1: buffers, sectors per request at the MTU of the
 * port, and its config string. AoEr11 section 3.2. Owned by the export's loop; answering allocates
 * nothing.
 */
final class ConfigAnswer {
    /** Shown by tools, judged by nobody; major version in the high byte. */
    private static final int FIRMWARE_VERSION = 0x0100;

    private final Replies replies;
    private ExportSettings settings;
    private byte[] string;

    ConfigAnswer(Replies replies, ExportSettings settings, ExportState state) {
        this.replies = replies;
        this.settings = settings;
        string = state.configBytes();
    }

    void refresh(ExportSettings newSettings, ExportState state) {
        settings = newSettings;
        string = state.configBytes();
    }

    /**
     * Whether a request to read, test or compare is answered at all; a test that does not hold is
     * answered by silence.
     */
    boolean matches(Frame request, int command) {
        if (command == ConfigHeader.READ) {
            return true;
        }
        int bytes = ConfigHeader.stringBytes(request.memory(), request.at());
        boolean fits =
                command == ConfigHeader.TEST ? bytes == string.length : bytes <= string.length;
        for (int i = 0; fits && i < bytes; i++) {
            long at = request.at() + ConfigHeader.END + i;
            fits = request.memory().get(ValueLayout.JAVA_BYTE, at) == string[i];
        }
        return fits;
    }

    /** Writes the argument of an answer. @return bytes of the message */
    int write(Frame reply, int command) {
        MemorySegment memory = reply.memory();
        long at = reply.at();
        ConfigHeader.bufferCount(memory, at, settings.queueLength());
        ConfigHeader.firmware(memory, at, FIRMWARE_VERSION);
        ConfigHeader.sectorsMax(
                memory, at, AtaRequests.sectorsMax(settings, reply.port().mtu()));
        ConfigHeader.versionCommand(memory, at, AoeHeader.VERSION, command);
        ConfigHeader.string(memory, at, string);
        return ConfigHeader.END + string.length;
    }

    /** Tells {@code destination} of this export unasked: an answer to a read, with tag 0. */
    boolean sendBeacon(EthernetPort port, MacAddress destination) {
        Frame frame = port.claim(ConfigHeader.END + string.length);
        if (frame == null) {
            return false;
        }
        begin(frame, destination, AoeHeader.COMMAND_CONFIG);
        replies.send(frame, write(frame, ConfigHeader.READ));
        return true;
    }

    /** Tells {@code destination} that the export stops, and is back within that time. */
    boolean sendAway(EthernetPort port, MacAddress destination, int withinMs) {
        Frame frame = port.claim(Ethernet.paddedBytes(AwayHeader.END));
        if (frame == null) {
            return false;
        }
        begin(frame, destination, AoeHeader.COMMAND_AWAY);
        AwayHeader.write(frame.memory(), frame.at(), withinMs);
        replies.send(frame, AwayHeader.END);
        return true;
    }

    private void begin(Frame frame, MacAddress destination, int command) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        Ethernet.src(memory, at, destination.bits());
        Ethernet.type(memory, at, Ethernet.TYPE_AOE);
        AoeHeader.command(memory, at, command);
        AoeHeader.tag(memory, at, 0);
        replies.begin(frame); // to the "sender", which is the destination
    }
}
