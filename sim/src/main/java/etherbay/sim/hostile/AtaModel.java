// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

import static etherbay.sim.hostile.Octets.little;
import static etherbay.sim.hostile.Octets.u16;

import etherbay.base.MacAddress;

import java.util.Arrays;

/**
 * ATA commands upon the sectors of an {@link ExportModel}: aoe.md section 2, floors and marks of
 * etherbay-vendor.md sections 2 and 5, "the life of a write" of ARCHITECTURE.md. One thread.
 */
final class AtaModel {
    private static final int REGION_SECTORS = 16;
    private static final long LBA28_MASK = 0x0fff_ffffL;
    private static final int POWER_ACTIVE = 0xff;

    private final ExportModel export;
    private final ExportFacts facts;
    private final Marks marks;

    /** Arrival of the newest write to each region. */
    private final long[] newestNs;

    AtaModel(ExportModel export) {
        this.export = export;
        facts = export.facts;
        marks = export.marks;
        newestNs = new long[facts.sectors() / REGION_SECTORS + 1];
        forgetArrivals();
    }

    void forgetArrivals() {
        Arrays.fill(newestNs, Long.MIN_VALUE);
    }

    void take(HostileFrame frame, long nowNs, MacAddress mac, PortFacts port, Replies replies) {
        if (frame.length < Wire.ATA_DATA) {
            marks.add(Mark.MALFORMED);
            return;
        }
        int opcode = frame.u8(Wire.ATA_OPCODE);
        boolean changes = changes(opcode);
        if (changes && belowFloor(frame, mac)) {
            marks.add(Mark.BELOW_FLOOR);
            return;
        }
        if (opcode != Wire.IDENTIFY && export.reservedByOthers(mac)) {
            refuse(frame, Wire.RESERVED, Mark.RESERVED_REFUSED, port, replies);
        } else if (changes && export.fencedOut(mac)) {
            refuse(frame, Wire.RESERVED, Mark.FENCED_REFUSED, port, replies);
        } else {
            execute(frame, opcode, nowNs, port, replies);
        }
    }

    private static boolean changes(int opcode) {
        return switch (opcode) {
            case Wire.WRITE, Wire.WRITE_EXT, Wire.WRITE_FUA_EXT, Wire.TRIM, Wire.SET_FEATURES ->
                true;
            default -> false;
        };
    }

    private boolean belowFloor(HostileFrame frame, MacAddress mac) {
        ExportModel.Floor floor = export.floors.get(mac);
        return floor != null && isBelow(frame.tag(), floor.tag());
    }

    /** etherbay-vendor.md, section 2, "Below". */
    static boolean isBelow(int tag, int floorTag) {
        long step = Math.floorMod((long) floorTag - tag, 1L << 31);
        return tag < 0 && floorTag < 0 && step >= 1 && step <= 1L << 30;
    }

    private void execute(
            HostileFrame frame, int opcode, long nowNs, PortFacts port, Replies replies) {
        long arrivedNs = nowNs - frame.agoNs;
        switch (opcode) {
            case Wire.READ, Wire.READ_EXT -> read(frame, port, replies);
            case Wire.WRITE, Wire.WRITE_EXT, Wire.WRITE_FUA_EXT ->
                write(frame, arrivedNs, port, replies);
            case Wire.TRIM -> trim(frame, arrivedNs, port, replies);
            case Wire.FLUSH, Wire.FLUSH_EXT -> good(frame, Mark.FLUSH, port, replies);
            case Wire.SET_FEATURES -> setFeatures(frame, port, replies);
            case Wire.IDENTIFY -> {
                registers(frame, Wire.STATUS_GOOD, 0, 0, Mark.IDENTIFY, port, replies)
                        .identify(export);
            }
            case Wire.POWER_MODE ->
                registers(frame, Wire.STATUS_GOOD, 0, POWER_ACTIVE, Mark.POWER_MODE, port, replies);
            default -> bad(frame, Wire.ABRT, port, replies);
        }
    }

    private void read(HostileFrame frame, PortFacts port, Replies replies) {
        int count = frame.u8(Wire.ATA_COUNT);
        int mark = u16(frame.bytes, Wire.ATA_RESERVED);
        boolean other = mark != 0 && mark != export.mark();
        if (other && frame.tag() < 0) {
            refuse(frame, Wire.UNAVAILABLE, Mark.READ_OTHER_INCARNATION, port, replies);
        } else if (!fitsFrame(count, port)) {
            bad(frame, Wire.ABRT, port, replies);
        } else if (lba(frame) > facts.sectors() - count) {
            bad(frame, Wire.IDNF, port, replies);
        } else {
            Mark how = mark == 0 ? Mark.READ : other ? Mark.READ_MARK_IGNORED : Mark.READ_BOUND;
            registers(frame, Wire.STATUS_GOOD, 0, 0, how, port, replies)
                    .sectors(export, lba(frame), count);
        }
    }

    private void write(HostileFrame frame, long arrivedNs, PortFacts port, Replies replies) {
        int count = frame.u8(Wire.ATA_COUNT);
        int bytes = count * Wire.SECTOR_BYTES;
        long lba = lba(frame);
        boolean carried = frame.length - Wire.ATA_DATA >= bytes;
        if (!fitsFrame(count, port) || !carried || facts.readOnly()) {
            bad(frame, Wire.ABRT, port, replies);
        } else if (lba > facts.sectors() - count) {
            bad(frame, Wire.IDNF, port, replies);
        } else if (isLate(lba, count, arrivedNs)) {
            marks.add(Mark.LATE);
        } else {
            arrived(lba, count, arrivedNs);
            int at = (int) lba * Wire.SECTOR_BYTES;
            System.arraycopy(frame.bytes, Wire.ATA_DATA, export.sectors, at, bytes);
            replies.changed(export, lba, count);
            boolean fua = frame.u8(Wire.ATA_OPCODE) == Wire.WRITE_FUA_EXT;
            good(frame, fua ? Mark.WRITE_FUA : Mark.WRITE, port, replies);
        }
    }

    private void trim(HostileFrame frame, long arrivedNs, PortFacts port, Replies replies) {
        boolean sound = facts.trim()
                && !facts.readOnly()
                && frame.u8(Wire.ATA_FEATURE) == 1
                && frame.u8(Wire.ATA_COUNT) == 1
                && fitsFrame(1, port)
                && frame.length >= Wire.ATA_DATA + Wire.SECTOR_BYTES;
        if (!sound) {
            bad(frame, Wire.ABRT, port, replies);
            return;
        }
        boolean late = false;
        for (int i = 0; i < Wire.TRIM_RANGE_COUNT; i++) {
            long lba = rangeLba(frame, i);
            int count = rangeCount(frame, i);
            if (count > 0 && lba > facts.sectors() - count) {
                bad(frame, Wire.IDNF, port, replies);
                return;
            }
            late |= count > 0 && isLate(lba, count, arrivedNs);
        }
        if (late) {
            marks.add(Mark.LATE);
            return;
        }
        for (int i = 0; i < Wire.TRIM_RANGE_COUNT; i++) {
            long lba = rangeLba(frame, i);
            int count = rangeCount(frame, i);
            if (count > 0) {
                arrived(lba, count, arrivedNs);
                int at = (int) lba * Wire.SECTOR_BYTES;
                Arrays.fill(export.sectors, at, at + count * Wire.SECTOR_BYTES, (byte) 0);
                replies.changed(export, lba, count);
            }
        }
        good(frame, Mark.TRIM, port, replies);
    }

    private static long rangeLba(HostileFrame frame, int index) {
        return little(frame.bytes, Wire.ATA_DATA + 8 * index, 6);
    }

    private static int rangeCount(HostileFrame frame, int index) {
        return (int) little(frame.bytes, Wire.ATA_DATA + 8 * index + 6, 2);
    }

    private void setFeatures(HostileFrame frame, PortFacts port, Replies replies) {
        int feature = frame.u8(Wire.ATA_FEATURE);
        if (feature == Wire.CACHE_OFF) {
            export.cacheOn = false;
            good(frame, Mark.CACHE_OFF, port, replies);
        } else if (feature == Wire.CACHE_ON && facts.writeCache()) {
            export.cacheOn = true;
            good(frame, Mark.CACHE_ON, port, replies);
        } else {
            bad(frame, Wire.ABRT, port, replies);
        }
    }

    /** Count 0 stands for more sectors than any frame carries. */
    private boolean fitsFrame(int count, PortFacts port) {
        int carried = port.sectors();
        int most = facts.sectorsMax() == 0 ? carried : Math.min(carried, facts.sectorsMax());
        return count > 0 && count <= most;
    }

    /** The width of the address follows from the opcode. */
    private static long lba(HostileFrame frame) {
        long lba = little(frame.bytes, Wire.ATA_LBA, 6);
        int opcode = frame.u8(Wire.ATA_OPCODE);
        return opcode == Wire.READ || opcode == Wire.WRITE ? lba & LBA28_MASK : lba;
    }

    /** Whether a write to one of the same regions was admitted that arrived later. */
    private boolean isLate(long lba, int count, long arrivedNs) {
        for (long region = lba / REGION_SECTORS; region * REGION_SECTORS < lba + count; region++) {
            if (newestNs[(int) region] > arrivedNs) {
                return true;
            }
        }
        return false;
    }

    private void arrived(long lba, int count, long arrivedNs) {
        for (long region = lba / REGION_SECTORS; region * REGION_SECTORS < lba + count; region++) {
            newestNs[(int) region] = Math.max(newestNs[(int) region], arrivedNs);
        }
    }

    private void good(HostileFrame frame, Mark mark, PortFacts port, Replies replies) {
        registers(frame, Wire.STATUS_GOOD, 0, 0, mark, port, replies);
    }

    private void bad(HostileFrame frame, int error, PortFacts port, Replies replies) {
        Mark mark = error == Wire.ABRT ? Mark.ATA_ABRT : Mark.ATA_IDNF;
        int notDone = frame.u8(Wire.ATA_COUNT);
        registers(frame, Wire.STATUS_BAD, error, notDone, mark, port, replies);
    }

    /** With the error flag: no data, and the reserved bytes are zero; registers say nothing. */
    private void refuse(HostileFrame frame, int code, Mark mark, PortFacts port, Replies replies) {
        marks.add(mark);
        Expected reply = replies.add(frame, port, facts).refuse(code);
        reply.free(Wire.ATA_FLAGS, Wire.ATA_REGISTERS_BYTES);
        Octets.put(reply.bytes, Wire.ATA_RESERVED, 2, 0);
        reply.whole(Wire.ATA_DATA);
    }

    /** An answer without data. */
    private Expected registers(
            HostileFrame frame,
            int status,
            int error,
            int count,
            Mark mark,
            PortFacts port,
            Replies replies) {
        marks.add(mark);
        Expected reply = replies.add(frame, port, facts);
        reply.bytes[Wire.ATA_FLAGS] = frame.bytes[Wire.ATA_FLAGS];
        reply.bytes[Wire.ATA_FEATURE] = (byte) error;
        reply.bytes[Wire.ATA_COUNT] = (byte) count;
        reply.bytes[Wire.ATA_OPCODE] = (byte) status;
        System.arraycopy(frame.bytes, Wire.ATA_LBA, reply.bytes, Wire.ATA_LBA, 6);
        Octets.put(reply.bytes, Wire.ATA_RESERVED, 2, 0);
        reply.whole(Wire.ATA_DATA);
        return reply;
    }
}
