// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

import static etherbay.sim.hostile.Octets.u16;
import static etherbay.sim.hostile.Octets.u48;

import etherbay.base.MacAddress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Config, mask and reserve of aoe.md section 3, fence and floor of etherbay-vendor.md, upon the
 * lists of an {@link ExportModel}. One thread.
 */
final class StateModel {
    private static final int READ = 0;

    // Subcommands.
    private static final int CONFIG_TEST = 1;
    private static final int CONFIG_PREFIX = 2;
    private static final int CONFIG_SET = 3;
    private static final int CONFIG_FORCE = 4;
    private static final int MASK_EDIT = 1;
    private static final int RESERVE_SET = 1;
    private static final int RESERVE_FORCE = 2;
    private static final int FENCE_SET = 1;

    private static final int MASK_ADD = 1;
    private static final int MASK_DELETE = 2;
    private static final int MASK_BAD_DIRECTIVE = 2;
    private static final int MASK_LIST_FULL = 3;
    private static final int FENCE_EPOCH_OLD = 1;
    private static final int FENCE_BAD_ARGUMENT = 2;
    private static final int FLOOR_TABLE_FULL = 1;

    private final ExportModel export;
    private final ExportFacts facts;
    private final Marks marks;

    StateModel(ExportModel export) {
        this.export = export;
        facts = export.facts;
        marks = export.marks;
    }

    // ---- config ----

    void config(HostileFrame frame, PortFacts port, Replies replies, boolean wild) {
        int sub = frame.length < Wire.CONFIG_STRING ? READ : frame.u8(Wire.CONFIG_SUB) & 0xf;
        int stringBytes = sub == READ ? 0 : u16(frame.bytes, Wire.CONFIG_LENGTH);
        if (frame.length < Wire.CONFIG_STRING + stringBytes
                || stringBytes > Wire.CONFIG_STRING_MAX) {
            marks.add(Mark.MALFORMED);
            return;
        }
        byte[] string = Arrays.copyOfRange(
                frame.bytes, Wire.CONFIG_STRING, Wire.CONFIG_STRING + stringBytes);
        switch (sub) {
            case READ -> answerConfig(frame, sub, Mark.CONFIG_READ, port, replies);
            case CONFIG_TEST ->
                compare(frame, sub, Arrays.equals(string, export.config), port, replies);
            case CONFIG_PREFIX -> compare(frame, sub, isPrefix(string), port, replies);
            case CONFIG_SET -> {
                if (export.config.length == 0 || Arrays.equals(string, export.config)) {
                    setConfig(frame, sub, string, port, replies);
                } else {
                    answerConfig(frame, sub, Mark.CONFIG_REFUSED, port, replies)
                            .refuse(Wire.CONFIG_PRESENT);
                }
            }
            case CONFIG_FORCE -> setConfig(frame, sub, string, port, replies);
            default -> {
                marks.add(Mark.CONFIG_BAD);
                if (!wild) {
                    replies.add(frame, port, facts).refuse(Wire.BAD_ARGUMENT);
                }
            }
        }
    }

    private boolean isPrefix(byte[] string) {
        return string.length <= export.config.length
                && Arrays.equals(string, 0, string.length, export.config, 0, string.length);
    }

    private void compare(
            HostileFrame frame, int sub, boolean holds, PortFacts port, Replies replies) {
        if (holds) {
            answerConfig(frame, sub, Mark.CONFIG_READ, port, replies);
        } else {
            marks.add(Mark.CONFIG_SILENT);
        }
    }

    private void setConfig(
            HostileFrame frame, int sub, byte[] string, PortFacts port, Replies replies) {
        if (!Arrays.equals(string, export.config)) {
            export.config = string;
            export.changeCount++;
        }
        answerConfig(frame, sub, Mark.CONFIG_SET, port, replies);
    }

    private Expected answerConfig(
            HostileFrame frame, int sub, Mark mark, PortFacts port, Replies replies) {
        marks.add(mark);
        Expected reply = replies.add(frame, port, facts);
        int most = facts.sectorsMax() == 0
                ? port.sectors()
                : Math.min(port.sectors(), facts.sectorsMax());
        Octets.put(reply.bytes, Wire.CONFIG_BUFFERS, 2, facts.queueLength());
        reply.free(Wire.CONFIG_FIRMWARE, 2);
        reply.bytes[Wire.CONFIG_SECTORS] = (byte) most;
        reply.bytes[Wire.CONFIG_SUB] = (byte) (0x10 | sub);
        Octets.put(reply.bytes, Wire.CONFIG_LENGTH, 2, export.config.length);
        System.arraycopy(export.config, 0, reply.bytes, Wire.CONFIG_STRING, export.config.length);
        reply.whole(Wire.CONFIG_STRING + export.config.length);
        return reply;
    }

    // ---- mask ----

    /** Whether this is a whole edit. */
    boolean editsMasks(HostileFrame frame) {
        return frame.length >= Wire.MASK_LIST
                && frame.u8(Wire.MASK_SUB) == MASK_EDIT
                && masksFit(frame);
    }

    private static boolean masksFit(HostileFrame frame) {
        int listBytes = frame.u8(Wire.MASK_COUNT) * Wire.MASK_ENTRY_BYTES;
        return frame.length >= Wire.MASK_LIST + listBytes;
    }

    void mask(HostileFrame frame, PortFacts port, Replies replies) {
        int sub = frame.length < Wire.MASK_LIST ? READ : frame.u8(Wire.MASK_SUB);
        if (frame.length < Wire.MASK_LIST || (sub != READ && !masksFit(frame))) {
            marks.add(Mark.MALFORMED);
            return;
        }
        if (sub > MASK_EDIT) {
            marks.add(Mark.MASK_BAD);
            replies.add(frame, port, facts).refuse(Wire.BAD_ARGUMENT);
            return;
        }
        int failed = 0;
        if (sub == MASK_EDIT) {
            List<MacAddress> after = new ArrayList<>(export.masks.macs());
            failed = edit(frame, after);
            export.changeCount += after.equals(export.masks.macs()) ? 0 : 1;
            export.masks = new MacList(after);
        }
        Expected reply = replies.add(frame, port, facts);
        reply.bytes[Wire.MASK_SUB] = (byte) sub;
        if (failed != 0) {
            marks.add(failed >> 8 == MASK_LIST_FULL ? Mark.MASK_FULL : Mark.MASK_BAD);
            reply.bytes[Wire.MASK_ERROR] = (byte) (failed >> 8);
            reply.bytes[Wire.MASK_COUNT] = (byte) failed;
            reply.leading(Wire.MASK_LIST);
            return;
        }
        marks.add(sub == READ ? Mark.MASK_READ : Mark.MASK_EDIT);
        int room = Math.min(255, port.entries(Wire.MASK_LIST, Wire.MASK_ENTRY_BYTES));
        int count = Math.min(room, export.masks.size());
        reply.bytes[Wire.MASK_COUNT] = (byte) count;
        for (int i = 0; i < count; i++) {
            int at = Wire.MASK_LIST + i * Wire.MASK_ENTRY_BYTES;
            Octets.put(reply.bytes, at, 8, export.masks.get(i).bits());
        }
        reply.whole(Wire.MASK_LIST + count * Wire.MASK_ENTRY_BYTES);
    }

    /** Edits a list. @return 0, or error * 256 + index of the directive that could not be done */
    int edit(HostileFrame frame, List<MacAddress> masks) {
        int count = frame.u8(Wire.MASK_COUNT);
        for (int i = 0; i < count; i++) {
            int at = Wire.MASK_LIST + i * Wire.MASK_ENTRY_BYTES;
            MacAddress mac = new MacAddress(u48(frame.bytes, at + 2));
            int directive = frame.u8(at + 1);
            if (directive > MASK_DELETE) {
                return (MASK_BAD_DIRECTIVE << 8) | i;
            } else if (directive == MASK_DELETE) {
                masks.remove(mac);
            } else if (directive == MASK_ADD && !masks.contains(mac)) {
                if (masks.size() == Wire.MAC_COUNT_MAX) {
                    return (MASK_LIST_FULL << 8) | i;
                }
                masks.add(mac);
            }
        }
        return 0;
    }

    // ---- reserve ----

    void reserve(HostileFrame frame, MacAddress mac, PortFacts port, Replies replies) {
        int sub = frame.length < Wire.RESERVE_LIST ? READ : frame.u8(Wire.RESERVE_SUB);
        int listed = sub == READ ? 0 : frame.u8(Wire.RESERVE_COUNT);
        if (frame.length < Wire.RESERVE_LIST + listed * Wire.MAC_BYTES) {
            marks.add(Mark.MALFORMED);
            return;
        }
        int refusal = 0;
        Mark mark = Mark.RESERVE_READ;
        if (sub == RESERVE_SET && export.reservedByOthers(mac)) {
            mark = Mark.RESERVE_REFUSED;
            refusal = Wire.RESERVED;
        } else if (sub > RESERVE_FORCE) {
            mark = Mark.RESERVE_BAD;
            refusal = Wire.BAD_ARGUMENT;
        } else if (sub != READ) {
            mark = Mark.RESERVE_SET;
            List<MacAddress> after = macs(frame, Wire.RESERVE_LIST, listed);
            export.changeCount += after.equals(export.reservations.macs()) ? 0 : 1;
            export.reservations = new MacList(after);
        }
        marks.add(mark);
        Expected reply = replies.add(frame, port, facts);
        if (refusal != 0) {
            reply.refuse(refusal);
        }
        int room = Math.min(255, port.entries(Wire.RESERVE_LIST, Wire.MAC_BYTES));
        int count = Math.min(room, export.reservations.size());
        reply.bytes[Wire.RESERVE_SUB] = (byte) sub;
        reply.bytes[Wire.RESERVE_COUNT] = (byte) count;
        list(reply, Wire.RESERVE_LIST, export.reservations, count);
        reply.whole(Wire.RESERVE_LIST + count * Wire.MAC_BYTES);
    }

    /** Addresses in a frame, doubles once. */
    private static List<MacAddress> macs(HostileFrame frame, int at, int count) {
        List<MacAddress> macs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            MacAddress mac = new MacAddress(u48(frame.bytes, at + i * Wire.MAC_BYTES));
            if (!macs.contains(mac)) {
                macs.add(mac);
            }
        }
        return macs;
    }

    private static void list(Expected reply, int at, MacList macs, int count) {
        for (int i = 0; i < count; i++) {
            Octets.put(reply.bytes, at + i * Wire.MAC_BYTES, 6, macs.get(i).bits());
        }
    }

    // ---- fence ----

    void fence(HostileFrame frame, PortFacts port, Replies replies) {
        int sub = frame.length < Wire.FENCE_LIST ? READ : frame.u8(Wire.FENCE_SUB);
        int listed = sub == READ ? 0 : frame.u8(Wire.FENCE_COUNT);
        if (frame.length < Wire.FENCE_LIST + listed * Wire.MAC_BYTES) {
            marks.add(Mark.MALFORMED);
            return;
        }
        int error = sub == READ ? 0 : setFence(frame, sub, macs(frame, Wire.FENCE_LIST, listed));
        marks.add(
                switch (error) {
                    case FENCE_EPOCH_OLD -> Mark.FENCE_OLD;
                    case FENCE_BAD_ARGUMENT -> Mark.FENCE_BAD;
                    default -> sub == READ ? Mark.FENCE_READ : Mark.FENCE_SET;
                });
        Expected reply = replies.add(frame, port, facts);
        int count = export.owners.size();
        reply.bytes[Wire.FENCE_SUB] = (byte) sub;
        reply.bytes[Wire.FENCE_ERROR] = (byte) error;
        reply.bytes[Wire.FENCE_COUNT] = (byte) count;
        Octets.put(reply.bytes, Wire.FENCE_EPOCH, 8, export.epoch);
        list(reply, Wire.FENCE_LIST, export.owners, count);
        reply.whole(Wire.FENCE_LIST + count * Wire.MAC_BYTES);
    }

    private int setFence(HostileFrame frame, int sub, List<MacAddress> owners) {
        long epoch = Octets.u64(frame.bytes, Wire.FENCE_EPOCH);
        boolean sound = sub == FENCE_SET
                && owners.size() <= Wire.FENCE_COUNT_MAX
                && owners.stream().noneMatch(MacAddress::isGroup);
        if (!sound) {
            return FENCE_BAD_ARGUMENT;
        }
        if (Long.compareUnsigned(epoch, export.epoch) <= 0) {
            return FENCE_EPOCH_OLD;
        }
        export.epoch = epoch;
        export.owners = new MacList(owners);
        export.floors.keySet().retainAll(owners);
        export.changeCount++;
        return 0;
    }

    // ---- floor ----

    void floor(HostileFrame frame, long nowNs, MacAddress mac, PortFacts port, Replies replies) {
        if (frame.length < Wire.FLOOR_END) {
            marks.add(Mark.MALFORMED);
            return;
        }
        int tag = Octets.u32(frame.bytes, Wire.FLOOR_TAG);
        int error = 0;
        Expected reply = replies.add(frame, port, facts);
        if (tag >= 0) {
            marks.add(Mark.FLOOR_BAD);
            reply.refuse(Wire.BAD_ARGUMENT);
        } else {
            error = raiseFloor(mac, tag, nowNs);
        }
        ExportModel.Floor floor = export.floors.get(mac);
        reply.bytes[Wire.FLOOR_ERROR] = (byte) error;
        Octets.put(reply.bytes, Wire.FLOOR_TAG, 4, floor == null ? 0 : floor.tag());
        reply.whole(Wire.FLOOR_END);
    }

    private int raiseFloor(MacAddress mac, int tag, long nowNs) {
        ExportModel.Floor present = export.floors.get(mac);
        if (present != null && !AtaModel.isBelow(present.tag(), tag)) {
            marks.add(Mark.FLOOR_KEPT);
            return 0;
        }
        Map<MacAddress, ExportModel.Floor> after = new LinkedHashMap<>(export.floors);
        after.remove(mac);
        if (after.size() >= Wire.FLOOR_COUNT_MAX && !giveWay(after, nowNs)) {
            marks.add(Mark.FLOOR_FULL);
            return FLOOR_TABLE_FULL;
        }
        after.put(mac, new ExportModel.Floor(tag, nowNs));
        export.floors = after;
        export.changeCount++;
        marks.add(Mark.FLOOR_SET);
        return 0;
    }

    /** The oldest one makes room, if it was set more than a minute ago. */
    private boolean giveWay(Map<MacAddress, ExportModel.Floor> floors, long nowNs) {
        MacAddress oldest = null;
        long oldestNs = nowNs - Wire.FLOOR_AGE_NS;
        for (Map.Entry<MacAddress, ExportModel.Floor> each : floors.entrySet()) {
            if (each.getValue().setNs() < oldestNs) {
                oldest = each.getKey();
                oldestNs = each.getValue().setNs();
            }
        }
        if (oldest == null) {
            return false;
        }
        floors.remove(oldest);
        marks.add(Mark.FLOOR_REPLACED);
        return true;
    }
}
