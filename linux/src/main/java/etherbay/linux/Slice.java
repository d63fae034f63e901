// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;

/**
 * How long a thread runs at a time when others want its core: {@code struct sched_attr},
 * sched_setattr(2). Kernels from 6.12 take it for ordinary threads, and let one that wakes with a
 * short slice come before one with a long slice; older ones take the call and change nothing.
 */
final class Slice {
    /** The first version of the structure, which every kernel with the call knows. */
    private static final int ATTRIBUTES_BYTES = 48;

    private static final int RUNTIME_OFFSET = 24;

    /** asm/unistd.h, which gives each architecture numbers of its own. */
    private static final OptionalLong SET_CALL = call(314, 274);

    private static final OptionalLong GET_CALL = call(315, 275);

    private Slice() {}

    /** Of the calling thread, in nanoseconds; 0 where it has none of its own or none is known. */
    static long ns() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
            return read(attributes) ? attributes.get(JAVA_LONG, RUNTIME_OFFSET) : 0;
        }
    }

    /** Nothing where the kernel or a sandbox refuses it: it is a wish, and all works without. */
    static void set(long ns) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
            if (read(attributes)) {
                attributes.set(JAVA_LONG, RUNTIME_OFFSET, ns);
                Libc.schedSetAttributes(SET_CALL.orElseThrow(), attributes.address());
            }
        }
    }

    /** The attributes as they are, so that only one of them is changed. */
    private static boolean read(MemorySegment attributes) {
        return GET_CALL.isPresent()
                && Libc.schedGetAttributes(
                                GET_CALL.orElseThrow(), attributes.address(), ATTRIBUTES_BYTES)
                        == 0;
    }

    private static OptionalLong call(long amd64, long aarch64) {
        return switch (System.getProperty("os.arch")) {
            case "amd64" -> OptionalLong.of(amd64);
            case "aarch64" -> OptionalLong.of(aarch64);
            default -> OptionalLong.empty();
        };
    }
}
