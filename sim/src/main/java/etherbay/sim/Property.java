// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Prng;

import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

/**
 * Tries a claim on many generated values. A value is made from a seed alone: its low eight bits are
 * the size. When the claim fails, it is tried with half the size, and half of that, and the
 * smallest value that still fails is reported with the line that makes it again.
 */
public final class Property {
    /** Makes a value: larger for a larger size, nothing but the two decides. */
    @FunctionalInterface
    public interface Gen<T> {
        T make(Prng prng, int size);

        /** Bytes of any content, up to the size. */
        static Gen<byte[]> bytes() {
            return (prng, size) -> {
                byte[] bytes = new byte[prng.between(0, size)];
                for (int index = 0; index < bytes.length; index++) {
                    bytes[index] = (byte) prng.nextLong();
                }
                return bytes;
            };
        }
    }

    /** Size of the largest values; the cases grow towards it. */
    public static final int SIZE_MAX = 256;

    private static final long SIZE_MASK = SIZE_MAX - 1L;

    private Property() {}

    /**
     * Tries {@code claim} on that many values, half of them the same each time, half of them fresh.
     * The system property {@code etherbay.seed} tries one seed alone. Called from the test method
     * itself, which the replay line names.
     *
     * @param name of the claim, for people
     * @throws SimulationFailure for the smallest value found for which {@code claim} throws
     */
    public static <T> void check(String name, int caseCount, Gen<T> gen, Consumer<T> claim) {
        String test = callingTest();
        String one = System.getProperty("etherbay.seed", "");
        if (!one.isEmpty()) {
            attempt(name, test, gen, claim, Seeds.parse(one));
            return;
        }
        Prng fixed = new Prng(name.hashCode());
        Prng fresh = new Prng(Seeds.fresh());
        for (int index = 0; index < caseCount; index++) {
            long size = SIZE_MAX * (long) index / caseCount;
            long seed = ((index % 2 == 0 ? fixed : fresh).nextLong() & ~SIZE_MASK) | size;
            attempt(name, test, gen, claim, seed);
        }
    }

    private static <T> void attempt(
            String name, String test, Gen<T> gen, Consumer<T> claim, long seed) {
        Throwable failure = failure(gen, claim, seed);
        if (failure == null) {
            return;
        }
        long smallest = seed;
        for (long size = seed & SIZE_MASK; size > 0; ) {
            size /= 2;
            Throwable smallerFailure = failure(gen, claim, (seed & ~SIZE_MASK) | size);
            if (smallerFailure != null) {
                smallest = (seed & ~SIZE_MASK) | size;
                failure = smallerFailure;
            }
        }
        throw new SimulationFailure(
                "%s fails for a value of size %d: %s"
                        .formatted(name, 1 + (smallest & SIZE_MASK), failure.getMessage()),
                "./dev test " + test + " --seed " + SimulationFailure.hex(smallest),
                smallest,
                failure);
    }

    private static <T> @Nullable Throwable failure(Gen<T> gen, Consumer<T> claim, long seed) {
        try {
            int size = 1 + (int) (seed & SIZE_MASK);
            claim.accept(gen.make(new Prng(seed >>> 8), size));
            return null;
        } catch (AssertionError | RuntimeException failure) {
            return failure;
        }
    }

    /** As {@code ./dev test} takes it: {@code module Class#method}. */
    private static String callingTest() {
        StackWalker.StackFrame caller = StackWalker.getInstance()
                .walk(frames -> frames.filter(
                                frame -> !frame.getClassName().equals(Property.class.getName()))
                        .findFirst()
                        .orElseThrow());
        String[] words = caller.getClassName().split("\\.", -1);
        return words[words.length - 2]
                + " "
                + words[words.length - 1]
                + "#"
                + caller.getMethodName();
    }
}
