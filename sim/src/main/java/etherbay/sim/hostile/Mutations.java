// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

import etherbay.base.MacAddress;
import etherbay.base.Prng;

import java.util.List;

/**
 * Changes a frame: bits, fields set to values at their limits, lengths at the borders of headers,
 * counts that do not fit, flags, versions, senders, times of arrival. One thread.
 */
final class Mutations {
    /** Where something begins or ends, by the tables of the protocol pages. */
    private static final int[] BORDERS = {
        0, 1, 6, 12, 13, 14, 15, 16, 18, 19, 20, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
        36, 37, 42, 59, 60, 61, 547, 548, 549, 1055, 1056, 1057, 1059, 1060, 1061
    };

    /** Offset and bytes of each field behind the common header, by command. */
    private static final int[][] COMMON = {{14, 1}, {15, 1}, {16, 2}, {18, 1}, {19, 1}, {20, 4}};

    private static final int[][] ATA = {{24, 1}, {25, 1}, {26, 1}, {27, 1}, {34, 2}, {36, 8}};
    private static final int[][] CONFIG = {{24, 2}, {26, 2}, {28, 1}, {29, 1}, {30, 2}};
    private static final int[][] MASK = {{24, 1}, {25, 1}, {26, 1}, {27, 1}, {28, 2}, {30, 6}};
    private static final int[][] RESERVE = {{24, 1}, {25, 1}, {26, 6}};
    private static final int[][] FENCE = {{24, 1}, {25, 1}, {26, 1}, {27, 1}, {28, 8}, {36, 6}};
    private static final int[][] FLOOR = {{24, 1}, {25, 1}, {26, 2}, {28, 4}};

    private static final int[] OPCODES = {
        Wire.READ,
        Wire.READ_EXT,
        Wire.WRITE,
        Wire.WRITE_EXT,
        Wire.WRITE_FUA_EXT,
        Wire.TRIM,
        Wire.FLUSH,
        Wire.FLUSH_EXT,
        Wire.IDENTIFY,
        Wire.SET_FEATURES,
        Wire.POWER_MODE
    };

    private static final int[] COMMANDS = {
        Wire.ATA, Wire.CONFIG, Wire.MASK, Wire.RESERVE, Wire.FENCE, Wire.FLOOR, 4, 0xef, 0xf2, 0xff
    };

    private static final int[] OTHER_TYPES = {0, 0x0800, 0x88a1, 0x88a3, 0xa288, 0xffff};
    private static final long MS_NS = 1_000_000;

    private final Prng prng;
    private final TargetModel model;
    private final List<MacAddress> macs;
    private final byte[] block;
    private final int bytesMin;

    Mutations(Prng prng, TargetModel model, List<MacAddress> macs, byte[] block, int bytesMin) {
        this.prng = prng;
        this.model = model;
        this.macs = macs;
        this.block = block;
        this.bytesMin = bytesMin;
    }

    /** One to four changes. */
    void mutate(HostileFrame frame, ExportModel export) {
        int count = prng.chance(0.6) ? 1 : prng.between(2, 4);
        for (int i = 0; i < count; i++) {
            mutateOnce(frame, export);
        }
    }

    private void mutateOnce(HostileFrame frame, ExportModel export) {
        int kind = prng.below(100);
        if (kind < 20) {
            flip(frame);
        } else if (kind < 45) {
            field(frame);
        } else if (kind < 57 && frame.command() == Wire.ATA) {
            lba(frame, export);
        } else if (kind < 67) {
            count(frame);
        } else if (kind < 77) {
            shorten(frame);
        } else if (kind < 83) {
            extend(frame);
        } else if (kind < 88) {
            flags(frame);
        } else if (kind < 92) {
            sender(frame);
        } else if (kind < 94) {
            command(frame);
        } else if (kind < 95) {
            int type = OTHER_TYPES[prng.below(OTHER_TYPES.length)];
            Octets.put(frame.bytes, Wire.TYPE, 2, prng.chance(0.5) ? type : Wire.ETHER_TYPE_AOE);
        } else {
            times(frame);
        }
    }

    /** A bit behind the addresses: those are chosen, because answers must find their way. */
    private void flip(HostileFrame frame) {
        int last = Math.min(Math.max(frame.length, Wire.VERSION_FLAGS + 1), 80);
        int at = prng.between(Wire.VERSION_FLAGS, last - 1);
        frame.bytes[at] ^= (byte) (1 << prng.below(8));
    }

    private void field(HostileFrame frame) {
        int[][] fields = prng.chance(0.15) ? COMMON : fieldsOf(frame.command());
        int[] field = fields[prng.below(fields.length)];
        long present = 0;
        for (int i = 0; i < field[1]; i++) {
            present = (present << 8) | frame.u8(field[0] + i);
        }
        int bits = 8 * field[1];
        long ones = bits == 64 ? -1 : (1L << bits) - 1;
        long value = switch (prng.below(9)) {
            case 0 -> 0;
            case 1 -> prng.below(6);
            case 2 -> present + 1;
            case 3 -> present - 1;
            case 4 -> ones;
            case 5 -> ones - 1;
            case 6 -> ones >>> 1;
            case 7 -> (ones >>> 1) + 1;
            default -> prng.nextLong();
        };
        Octets.put(frame.bytes, field[0], field[1], value);
    }

    private static int[][] fieldsOf(int command) {
        return switch (command) {
            case Wire.ATA -> ATA;
            case Wire.CONFIG -> CONFIG;
            case Wire.MASK -> MASK;
            case Wire.RESERVE -> RESERVE;
            case Wire.FENCE -> FENCE;
            case Wire.FLOOR -> FLOOR;
            default -> COMMON;
        };
    }

    /** Near 0, the end of the disk, the ends of both widths of addresses, and below 0. */
    private void lba(HostileFrame frame, ExportModel export) {
        int sectors = export.facts.sectors();
        long near = switch (prng.below(6)) {
            case 0 -> 0;
            case 1 -> sectors;
            case 2 -> sectors - frame.u8(Wire.ATA_COUNT);
            case 3 -> 1L << 28;
            case 4 -> (1L << 28) + prng.below(Math.max(1, sectors));
            default -> 1L << 48;
        };
        long lba = near + prng.between(-2, 2);
        boolean range = frame.u8(Wire.ATA_OPCODE) == Wire.TRIM && prng.chance(0.8);
        int at = range ? Wire.ATA_DATA + 8 * prng.below(Wire.TRIM_RANGE_COUNT) : Wire.ATA_LBA;
        Octets.putLittle(frame.bytes, at, 6, lba);
        if (range) {
            Octets.putLittle(frame.bytes, at + 6, 2, prng.chance(0.1) ? 0xffff : prng.below(9));
        }
    }

    /** The count of what follows, and nothing else, so that it does not fit any more. */
    private void count(HostileFrame frame) {
        int at = switch (frame.command()) {
            case Wire.CONFIG -> Wire.CONFIG_LENGTH + 1;
            case Wire.MASK -> Wire.MASK_COUNT;
            case Wire.RESERVE -> Wire.RESERVE_COUNT;
            default -> Wire.ATA_COUNT; // a fence has it there too
        };
        int present = frame.u8(at);
        frame.bytes[at] = (byte)
                (prng.chance(0.5)
                        ? present + (prng.chance(0.5) ? 1 : -1)
                        : prng.chance(0.5) ? prng.below(34) : prng.nextLong());
    }

    private void shorten(HostileFrame frame) {
        int length = prng.chance(0.8)
                ? BORDERS[prng.below(BORDERS.length)]
                : frame.length - prng.between(1, 16);
        frame.length = Math.max(bytesMin, Math.min(frame.length, length));
    }

    private void extend(HostileFrame frame) {
        int most = model.ports().get(frame.port).mtu() + 14;
        int length = prng.chance(0.2) ? most : frame.length + prng.below(1100);
        length = Math.max(frame.length, Math.min(most, length));
        int from = prng.below(block.length - HostileFrame.BYTES_MAX);
        System.arraycopy(block, from, frame.bytes, frame.length, length - frame.length);
        frame.length = length;
    }

    private void flags(HostileFrame frame) {
        int version = prng.chance(0.3) ? prng.below(16) : 1;
        int flags = prng.below(16) & (prng.chance(0.8) ? ~Wire.FLAG_RESPONSE : 0xf);
        frame.bytes[Wire.VERSION_FLAGS] = (byte) ((version << 4) | flags);
    }

    private void sender(HostileFrame frame) {
        long mac = macs.get(prng.below(macs.size())).bits();
        long group = prng.chance(0.5) ? 1L << 40 : MacAddress.BROADCAST.bits();
        Octets.put(frame.bytes, Wire.SRC, 6, prng.chance(0.3) ? mac | group : mac);
    }

    /** Another command over the same argument; or another opcode over the same registers. */
    private void command(HostileFrame frame) {
        if (frame.command() == Wire.ATA && prng.chance(0.7)) {
            frame.bytes[Wire.ATA_OPCODE] = (byte) OPCODES[prng.below(OPCODES.length)];
        } else {
            frame.bytes[Wire.COMMAND] = (byte) COMMANDS[prng.below(COMMANDS.length)];
        }
    }

    /** It waited in its ring, perhaps too long; or its stamp is a little ahead of the clock. */
    private void times(HostileFrame frame) {
        frame.agoNs = switch (prng.below(4)) {
            case 0 -> -prng.below(3 * MS_NS);
            case 1 -> prng.below(500 * MS_NS);
            case 2 -> 500 * MS_NS + prng.between(-1, 1);
            default -> prng.below(2000 * MS_NS);
        };
    }
}
