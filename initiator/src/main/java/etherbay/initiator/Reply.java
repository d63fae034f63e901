// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.FrameText;
import etherbay.aoe.MaskHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.MacAddress;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * A frame that came under the tag of a request, copied. At least the common header is there; what
 * stands behind it is given only if it is whole.
 *
 * @param frame all bytes, from the destination address to the padding
 * @param arrivedNs on the clock of the client's loop
 */
public record Reply(MemorySegment frame, long arrivedNs) {
    public int bytes() {
        return (int) frame.byteSize();
    }

    /** Who sent it. */
    public MacAddress from() {
        return ethernet().src();
    }

    public Ethernet.Fields ethernet() {
        return Ethernet.Fields.read(frame, 0);
    }

    public AoeHeader.Fields aoe() {
        return AoeHeader.Fields.read(frame, 0);
    }

    /** The disk that it says it is from. */
    public DiskAddress disk() {
        return new DiskAddress(AoeHeader.shelf(frame, 0), AoeHeader.slot(frame, 0));
    }

    /** Whether it has the response flag. */
    public boolean response() {
        return AoeHeader.response(frame, 0);
    }

    /** The AoE error code, when the request was refused with one. */
    public Optional<Integer> refusal() {
        return AoeHeader.error(frame, 0)
                ? Optional.of(AoeHeader.errorCode(frame, 0))
                : Optional.empty();
    }

    /** The registers, when it is an ATA message that has them. */
    public Optional<AtaHeader.Fields> ata() {
        return holds(AoeHeader.COMMAND_ATA) && !AtaHeader.malformed(frame, 0, bytes())
                ? Optional.of(AtaHeader.Fields.read(frame, 0))
                : Optional.empty();
    }

    /** Data behind the registers, padding not told apart; empty when there is none. */
    public byte[] data() {
        return frame.asSlice(Math.min(AtaHeader.END, bytes())).toArray(ValueLayout.JAVA_BYTE);
    }

    /** The config argument, when it is there and its string fits. */
    public Optional<ConfigHeader.Fields> config() {
        return holds(AoeHeader.COMMAND_CONFIG) && !ConfigHeader.malformed(frame, 0, bytes())
                ? Optional.of(ConfigHeader.Fields.read(frame, 0))
                : Optional.empty();
    }

    /** The config string, when {@link #config} is there. */
    public Optional<byte[]> configString() {
        return config().map(fields -> ConfigHeader.string(frame, 0));
    }

    /** The mask argument, when its list fits. */
    public Optional<MaskHeader.Fields> mask() {
        return holds(AoeHeader.COMMAND_MASK) && !MaskHeader.malformed(frame, 0, bytes())
                ? Optional.of(MaskHeader.Fields.read(frame, 0))
                : Optional.empty();
    }

    /** The reservation, when its list fits. */
    public Optional<ReserveHeader.Fields> reserve() {
        return holds(AoeHeader.COMMAND_RESERVE) && !ReserveHeader.malformed(frame, 0, bytes())
                ? Optional.of(ReserveHeader.Fields.read(frame, 0))
                : Optional.empty();
    }

    private boolean holds(int command) {
        return AoeHeader.command(frame, 0) == command;
    }

    /** One line for a person. */
    @Override
    public String toString() {
        return FrameText.of(frame, 0, bytes());
    }
}
