// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

import etherbay.base.MacAddress;
import etherbay.base.Prng;

import java.util.Arrays;
import java.util.List;

/**
 * Valid requests of every command to an export of a {@link TargetModel}, chosen so that much of
 * what they ask for happens: epochs that follow, tags around the floors, lists that are emptied
 * again. One thread.
 */
final class ValidFrames {
    private static final int HOT_SECTORS = 64;
    private static final int BLOCK_BYTES = 1 << 16;
    private static final int LIST_COUNT_MANY = 30;

    /** Where senders stay for a while: how often another one comes. */
    private static final double SENDER_CHANGES = 1.0 / 16;

    private final Prng prng;
    private final TargetModel model;
    private final List<MacAddress> macs;
    private final boolean sendersStay;
    private boolean writer = true;
    private boolean heard = true;
    private int first;

    /** Data for writes: each takes it from another place. */
    private final byte[] block = new byte[BLOCK_BYTES];

    private int tag;

    ValidFrames(Prng prng, TargetModel model, List<MacAddress> macs, boolean sendersStay) {
        this.prng = prng;
        this.model = model;
        this.macs = macs;
        this.sendersStay = sendersStay;
        for (int at = 0; at < BLOCK_BYTES; at += 8) {
            Octets.put(block, at, 8, prng.nextLong());
        }
        tag = (int) prng.nextLong() & 0x00ff_ffff;
    }

    /** One request to {@code export}, from somebody who is heard more often than not. */
    void write(HostileFrame frame, ExportModel export) {
        int kind = prng.below(100);
        if (kind < 60) {
            ata(frame, export);
        } else if (kind < 73) {
            config(frame, export);
        } else if (kind < 80) {
            mask(frame, export);
        } else if (kind < 86) {
            reserve(frame, export);
        } else if (kind < 93) {
            fence(frame, export);
        } else if (kind < 98) {
            floor(frame, export);
        } else {
            header(frame, export, prng.below(256));
            frame.length = 60;
        }
        if (prng.chance(0.97)) {
            frame.length = Math.max(frame.length, Wire.FRAME_BYTES_MIN);
        }
    }

    /** A config request that is answered whenever anybody of ours is. */
    void probe(HostileFrame frame, ExportModel export) {
        header(frame, export, Wire.CONFIG);
        MacAddress heard = macs.stream().filter(export::answers).findFirst().orElse(macs.get(0));
        Octets.put(frame.bytes, Wire.SRC, 6, heard.bits());
        frame.length = Wire.FRAME_BYTES_MIN;
    }

    MacAddress anyone() {
        return macs.get(prng.below(macs.size()));
    }

    byte[] block() {
        return block;
    }

    /** Clears the first bytes too: what stood in the frame before is no part of a valid one. */
    void header(HostileFrame frame, ExportModel export, int command) {
        PortFacts port = model.ports().get(frame.port);
        Arrays.fill(frame.bytes, 0, Wire.FRAME_BYTES_MIN, (byte) 0);
        MacAddress dst = prng.chance(0.9) ? port.mac() : MacAddress.BROADCAST;
        Octets.put(frame.bytes, Wire.DST, 6, dst.bits());
        Octets.put(frame.bytes, Wire.SRC, 6, sender(export).bits());
        Octets.put(frame.bytes, Wire.TYPE, 2, Wire.ETHER_TYPE_AOE);
        frame.bytes[Wire.VERSION_FLAGS] = 0x10;
        Octets.put(frame.bytes, Wire.SHELF, 2, export.facts.shelf());
        frame.bytes[Wire.SLOT] = (byte) export.facts.slot();
        frame.bytes[Wire.COMMAND] = (byte) command;
        Octets.put(frame.bytes, Wire.TAG, 4, nextTag());
    }

    /**
     * Mostly somebody who may now do what is asked for; else somebody who is heard; else anybody.
     */
    private MacAddress sender(ExportModel export) {
        if (!sendersStay || prng.chance(SENDER_CHANGES)) {
            writer = prng.chance(0.85);
            heard = prng.chance(0.9);
            first = prng.below(macs.size());
        }
        MacAddress found = macs.get(first);
        for (int i = 0; heard && i < macs.size(); i++) {
            MacAddress mac = macs.get((first + i) % macs.size());
            if (writer && export.mayWrite(mac)) {
                return mac;
            }
            if (export.answers(mac) && !export.answers(found)) {
                found = mac;
            }
        }
        return found;
    }

    /** Mostly of a user-space initiator, counting upwards. */
    private int nextTag() {
        tag++;
        int bit = prng.chance(0.8) ? 0x8000_0000 : 0;
        int back = prng.chance(0.1) ? prng.below(2000) : 0;
        return bit | ((tag - back) & 0x7fff_ffff);
    }

    // ---- ATA ----

    private void ata(HostileFrame frame, ExportModel export) {
        int most = Math.max(1, model.ports().get(frame.port).sectors());
        int count = 1 + (prng.chance(0.8) ? prng.below(Math.min(2, most)) : prng.below(most));
        int kind = prng.below(60);
        if (kind < 18) {
            int opcode = prng.chance(0.5) ? Wire.READ : Wire.READ_EXT;
            registers(frame, export, opcode, 0, count, lba(export, count));
            Octets.put(frame.bytes, Wire.ATA_RESERVED, 2, mark(export));
        } else if (kind < 40) {
            int opcode = kind < 28 ? Wire.WRITE_EXT : kind < 36 ? Wire.WRITE : Wire.WRITE_FUA_EXT;
            registers(frame, export, opcode, 0, count, lba(export, count));
            data(frame, count * Wire.SECTOR_BYTES);
        } else if (kind < 44) {
            registers(frame, export, prng.chance(0.5) ? Wire.FLUSH : Wire.FLUSH_EXT, 0, 0, 0);
        } else if (kind < 48) {
            registers(frame, export, Wire.IDENTIFY, 0, 1, 0);
        } else if (kind < 53) {
            trim(frame, export);
        } else if (kind < 57) {
            int feature = prng.chance(0.5) ? Wire.CACHE_ON : Wire.CACHE_OFF;
            registers(frame, export, Wire.SET_FEATURES, feature, 0, 0);
        } else {
            int opcode = prng.chance(0.5) ? Wire.POWER_MODE : prng.below(256);
            registers(frame, export, opcode, prng.below(256), count, lba(export, count));
        }
    }

    private void registers(
            HostileFrame frame, ExportModel export, int opcode, int feature, int count, long lba) {
        header(frame, export, Wire.ATA);
        frame.bytes[Wire.ATA_FLAGS] = (byte) (prng.chance(0.5) ? 0x41 : 0);
        frame.bytes[Wire.ATA_FEATURE] = (byte) feature;
        frame.bytes[Wire.ATA_COUNT] = (byte) count;
        frame.bytes[Wire.ATA_OPCODE] = (byte) opcode;
        Octets.putLittle(frame.bytes, Wire.ATA_LBA, 6, lba);
        frame.length = Wire.ATA_DATA;
    }

    /** Of the present incarnation, of none, of the one before or the next, or of any. */
    private int mark(ExportModel export) {
        return switch (prng.below(8)) {
            case 0, 1, 2, 3 -> export.mark();
            case 4, 5 -> 0;
            case 6 -> export.mark() + (prng.chance(0.8) ? -1 : 1);
            default -> prng.below(Wire.MARK_MAX + 1);
        };
    }

    private void data(HostileFrame frame, int bytes) {
        int from = prng.below(BLOCK_BYTES - bytes);
        System.arraycopy(block, from, frame.bytes, Wire.ATA_DATA, bytes);
        frame.length = Wire.ATA_DATA + bytes;
    }

    /** On the disk: often where others write too, often at its end. */
    private long lba(ExportModel export, int count) {
        int last = Math.max(0, export.facts.sectors() - count);
        return switch (prng.below(8)) {
            case 0 -> last;
            case 1, 2, 3 -> prng.below(Math.min(HOT_SECTORS, last + 1));
            default -> prng.below(last + 1);
        };
    }

    private void trim(HostileFrame frame, ExportModel export) {
        registers(frame, export, Wire.TRIM, 1, 1, 0);
        Arrays.fill(frame.bytes, Wire.ATA_DATA, Wire.ATA_DATA + Wire.SECTOR_BYTES, (byte) 0);
        frame.length = Wire.ATA_DATA + Wire.SECTOR_BYTES;
        int ranges = prng.chance(0.9) ? prng.between(1, 4) : prng.between(1, 64);
        for (int i = 0; i < ranges; i++) {
            int at = Wire.ATA_DATA + 8 * prng.below(Wire.TRIM_RANGE_COUNT);
            int count = 1 + prng.below(Math.min(20, export.facts.sectors()));
            Octets.putLittle(frame.bytes, at, 6, lba(export, count));
            Octets.putLittle(frame.bytes, at + 6, 2, count);
        }
    }

    // ---- config ----

    private void config(HostileFrame frame, ExportModel export) {
        header(frame, export, Wire.CONFIG);
        if (prng.chance(0.2)) {
            if (prng.chance(0.7)) {
                Octets.put(frame.bytes, Wire.SHELF, 2, Wire.EVERY_SHELF);
            }
            if (prng.chance(0.7)) {
                frame.bytes[Wire.SLOT] = (byte) Wire.EVERY_SLOT;
            }
        }
        int sub = prng.below(5);
        frame.bytes[Wire.CONFIG_SUB] = (byte) (0x10 | sub);
        byte[] string = string(export);
        Octets.put(frame.bytes, Wire.CONFIG_LENGTH, 2, string.length);
        System.arraycopy(string, 0, frame.bytes, Wire.CONFIG_STRING, string.length);
        frame.length = Wire.CONFIG_STRING + string.length;
    }

    /** The present one, the beginning of it, none, or another. */
    private byte[] string(ExportModel export) {
        byte[] present = export.config;
        return switch (prng.below(8)) {
            case 0, 1 -> present;
            case 2 -> Arrays.copyOf(present, prng.between(0, present.length));
            case 3 -> new byte[0];
            case 4 -> Arrays.copyOf(block, prng.between(1000, Wire.CONFIG_STRING_MAX));
            default -> {
                int from = prng.below(1000);
                yield Arrays.copyOfRange(block, from, from + prng.between(1, 40));
            }
        };
    }

    // ---- lists ----

    private void mask(HostileFrame frame, ExportModel export) {
        header(frame, export, Wire.MASK);
        int sub = prng.chance(0.2) ? 0 : 1;
        int most = Math.min(255, model.ports().get(frame.port).entries(Wire.MASK_LIST, 8));
        boolean delete = prng.chance(export.masks.size() > LIST_COUNT_MANY ? 0.8 : 0.4);
        boolean many = prng.chance(delete ? 0.5 : 0.05);
        int count = sub == 0 ? 0 : many ? most : prng.between(1, 6);
        count = delete ? Math.min(count, export.masks.size()) : count;
        frame.bytes[Wire.MASK_SUB] = (byte) sub;
        frame.bytes[Wire.MASK_COUNT] = (byte) count;
        for (int i = 0; i < count; i++) {
            int at = Wire.MASK_LIST + i * Wire.MASK_ENTRY_BYTES;
            long added = many ? (prng.nextLong() >>> 16) & ~(1L << 40) : anyone().bits();
            long mac = delete ? export.masks.get(i).bits() : added;
            Octets.put(frame.bytes, at, 2, delete ? 2 : 1);
            Octets.put(frame.bytes, at + 2, 6, mac);
        }
        frame.length = Wire.MASK_LIST + count * Wire.MASK_ENTRY_BYTES;
    }

    private void reserve(HostileFrame frame, ExportModel export) {
        header(frame, export, Wire.RESERVE);
        int sub = prng.chance(0.4) ? 2 : prng.below(3);
        int most = Math.min(255, model.ports().get(frame.port).entries(Wire.RESERVE_LIST, 6));
        boolean release = prng.chance(export.reservations.isEmpty() ? 0.3 : 0.8);
        int some = prng.chance(0.02) ? most : prng.between(2, 16);
        frame.bytes[Wire.RESERVE_SUB] = (byte) sub;
        frame.length = list(frame, Wire.RESERVE_COUNT, Wire.RESERVE_LIST, release ? 0 : some);
    }

    private void fence(HostileFrame frame, ExportModel export) {
        header(frame, export, Wire.FENCE);
        frame.bytes[Wire.FENCE_SUB] = (byte) (prng.chance(0.2) ? 0 : 1);
        long epoch = export.epoch + (prng.chance(0.1) ? prng.between(1, 3) : -prng.below(3));
        Octets.put(frame.bytes, Wire.FENCE_EPOCH, 8, epoch);
        int some = prng.chance(0.1) ? prng.below(40) : prng.between(4, 12);
        frame.length = list(frame, Wire.FENCE_COUNT, Wire.FENCE_LIST, some);
    }

    private int list(HostileFrame frame, int countAt, int listAt, int count) {
        frame.bytes[countAt] = (byte) count;
        boolean strange = count > LIST_COUNT_MANY;
        for (int i = 0; i < count; i++) {
            long mac = strange ? (prng.nextLong() >>> 16) & ~(1L << 40) : anyone().bits();
            Octets.put(frame.bytes, listAt + i * Wire.MAC_BYTES, 6, mac);
        }
        return listAt + count * Wire.MAC_BYTES;
    }

    private void floor(HostileFrame frame, ExportModel export) {
        header(frame, export, Wire.FLOOR);
        int floor = 0x8000_0000 | ((tag - prng.below(4000)) & 0x7fff_ffff);
        Octets.put(frame.bytes, Wire.FLOOR_TAG, 4, floor);
        frame.length = Wire.FLOOR_END;
    }
}
