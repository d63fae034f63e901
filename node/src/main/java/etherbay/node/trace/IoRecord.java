// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * A request of a disk in the {@link TraceRing}, behind the fields of every {@link TraceRecord}. In
 * memory only, so in the machine's byte order.
 *
 * <pre>
 *  32    40        48        56          60       64    68
 * +-----+---------+---------+-----------+--------+-----+--------+
 * | lba | sectors | took ns | operation | status | fua | unused |
 * +-----+---------+---------+-----------+--------+-----+--------+
 * </pre>
 */
final class IoRecord {
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            ValueLayout.JAVA_LONG.withName("lba"),
            ValueLayout.JAVA_LONG.withName("sectors"),
            ValueLayout.JAVA_LONG.withName("tookNs"),
            ValueLayout.JAVA_INT.withName("operation"),
            ValueLayout.JAVA_INT.withName("status"),
            ValueLayout.JAVA_INT.withName("fua"),
            MemoryLayout.paddingLayout(Integer.BYTES));
    private static final VarHandle LBA = field("lba");
    private static final VarHandle SECTORS = field("sectors");
    private static final VarHandle TOOK_NS = field("tookNs");
    private static final VarHandle OPERATION = field("operation");
    private static final VarHandle STATUS = field("status");
    private static final VarHandle FUA = field("fua");
    private static final IoOperation[] OPERATIONS = IoOperation.values();
    private static final IoStatus[] STATUSES = IoStatus.values();

    static final int BYTES = (int) LAYOUT.byteSize();

    private IoRecord() {}

    private static VarHandle field(String name) {
        return LAYOUT.varHandle(MemoryLayout.PathElement.groupElement(name));
    }

    /**
     * @param at where the request is to lie: behind the fields of the record
     */
    @SuppressWarnings("EnumOrdinal") // read again by this very program only
    static void write(MemorySegment ring, long at, Io io, long tookNs) {
        LBA.set(ring, at, io.lba());
        SECTORS.set(ring, at, io.sectors());
        TOOK_NS.set(ring, at, tookNs);
        OPERATION.set(ring, at, io.operation().ordinal());
        STATUS.set(ring, at, io.status().ordinal());
        FUA.set(ring, at, io.fua() ? 1 : 0);
    }

    /** For instance {@code WRITE lba 2048 sectors 16 fua OK after 144 us}. */
    static String text(MemorySegment ring, long at) {
        IoOperation operation = OPERATIONS[(int) OPERATION.get(ring, at)];
        StringBuilder text = new StringBuilder(operation.toString());
        if (operation != IoOperation.FLUSH) {
            text.append(" lba ").append((long) LBA.get(ring, at));
            text.append(" sectors ").append((long) SECTORS.get(ring, at));
        }
        return text.append((int) FUA.get(ring, at) == 0 ? " " : " fua ")
                .append(STATUSES[(int) STATUS.get(ring, at)])
                .append(" after ")
                .append((long) TOOK_NS.get(ring, at) / 1000)
                .append(" us")
                .toString();
    }
}
