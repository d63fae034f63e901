// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.UUID;

/** The number formats of what stands on a leg, little-endian, and how a format gets its fields. */
final class Disk {
    static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);

    /** A UUID is bytes, not a number: the first byte on the disk is the first in print. */
    private static final ValueLayout.OfLong UUID_HALF =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(BIG_ENDIAN);

    static final int UUID_BYTES = 16;

    /** More sectors than any offset or size may say: their bytes fit a long. */
    static final long SECTORS_MAX = Long.MAX_VALUE >> 10;

    private Disk() {}

    static MemoryLayout bytes(String name, int count) {
        return MemoryLayout.sequenceLayout(count, U8).withName(name);
    }

    /** Handle of one field; invoked exactly, so a wrong type is an error and never a slow path. */
    static VarHandle field(StructLayout layout, String name) {
        return layout.varHandle(PathElement.groupElement(name)).withInvokeExactBehavior();
    }

    static int offset(StructLayout layout, String name) {
        return (int) layout.byteOffset(PathElement.groupElement(name));
    }

    static UUID uuid(MemorySegment from, long at) {
        return new UUID(from.get(UUID_HALF, at), from.get(UUID_HALF, at + Long.BYTES));
    }

    static void uuid(MemorySegment to, long at, UUID uuid) {
        to.set(UUID_HALF, at, uuid.getMostSignificantBits());
        to.set(UUID_HALF, at + Long.BYTES, uuid.getLeastSignificantBits());
    }

    /**
     * An error for a thing on a leg that cannot be used.
     *
     * @param what the thing, for instance "the superblock"
     * @param where the leg, as a person calls it
     */
    static EtherbayException damaged(String what, String where, String why) {
        return new EtherbayException(
                ErrorCode.INVALID,
                what + " of the mirror on " + EtherbayException.shown(where) + " cannot be used",
                why,
                "nothing was written; see what mdadm says of it (mdadm --examine, or mdadm"
                        + " --examine-bitmap), and start the mirror from its other legs");
    }
}
