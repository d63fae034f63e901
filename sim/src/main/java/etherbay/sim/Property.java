// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Prng;

import org.jspecify.annotations.Nullable;

import java.util.HexFormat;
import java.util.Iterator;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Tries a claim on many generated values. A value is made from a seed alone: its low eight bits are
 * the size. When the claim fails, it is tried with half the size, and half of that, and the
 * smallest value that still fails is reported with the line that makes it again. Bytes are then
 * made simpler piece by piece, and what is left of them is reported as well.
 */
public final class Property {
    /** Makes a value: larger for a larger size, nothing but the two decides. */
    @FunctionalInterface
    public interface Gen<T> {
        T make(Prng prng, int size);

        /** Values that are simpler than one for which the claim failed, the simplest first. */
        default Stream<T> simpler(T value) {
            return Stream.empty();
        }

        /** What of a value is worth telling; nothing where the seed says it all. */
        default String text(T value) {
            return "";
        }

        /** Bytes of any content, up to the size. */
        static Gen<byte[]> bytes() {
            return shrinking((prng, size) -> {
                byte[] bytes = new byte[prng.between(0, size)];
                for (int index = 0; index < bytes.length; index++) {
                    bytes[index] = (byte) prng.nextLong();
                }
                return bytes;
            });
        }

        /** The same bytes, made simpler where a claim fails for them. */
        static Gen<byte[]> shrinking(Gen<byte[]> gen) {
            return new Gen<>() {
                @Override
                public byte[] make(Prng prng, int size) {
                    return gen.make(prng, size);
                }

                @Override
                public Stream<byte[]> simpler(byte[] value) {
                    return Bytes.simpler(value);
                }

                @Override
                public String text(byte[] value) {
                    return value.length + " bytes "
                            + HexFormat.of().formatHex(value, 0, Math.min(value.length, 200));
                }
            };
        }
    }

    /** Size of the largest values; the cases grow towards it. */
    public static final int SIZE_MAX = 256;

    /** Simpler values tried for one failure: some seconds of the slowest claims. */
    private static final int SIMPLER_COUNT_MAX = 2000;

    private static final long SIZE_MASK = SIZE_MAX - 1L;

    private static final Set<String> OWN =
            Set.of(Property.class.getName(), FuzzTarget.class.getName());

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
        Case<T> simplest = simplest(gen, claim, smallest, failure);
        throw new SimulationFailure(
                "%s fails for a value of size %d: %s%s"
                        .formatted(
                                name,
                                1 + (smallest & SIZE_MASK),
                                simplest.failure().getMessage(),
                                told(gen.text(simplest.value()))),
                "./dev test " + test + " --seed " + SimulationFailure.hex(smallest),
                smallest,
                simplest.failure());
    }

    private static String told(String text) {
        return text.isEmpty() ? "" : "; the simplest one found: " + text;
    }

    /** A value for which the claim fails, and how. */
    private record Case<T>(T value, Throwable failure) {}

    /** From one simpler value to the next, as long as it fails and for so many tries. */
    private static <T> Case<T> simplest(
            Gen<T> gen, Consumer<T> claim, long seed, Throwable firstFailure) {
        Case<T> simplest = new Case<>(made(gen, seed), firstFailure);
        int left = SIMPLER_COUNT_MAX;
        for (boolean found = true; found && left > 0; ) {
            found = false;
            Iterator<T> others = gen.simpler(simplest.value()).iterator();
            while (!found && left-- > 0 && others.hasNext()) {
                T other = others.next();
                Throwable failure = failure(claim, other);
                if (failure != null) {
                    simplest = new Case<>(other, failure);
                    found = true;
                }
            }
        }
        return simplest;
    }

    private static <T> @Nullable Throwable failure(Gen<T> gen, Consumer<T> claim, long seed) {
        return failure(claim, made(gen, seed));
    }

    private static <T> T made(Gen<T> gen, long seed) {
        return gen.make(new Prng(seed >>> 8), 1 + (int) (seed & SIZE_MASK));
    }

    private static <T> @Nullable Throwable failure(Consumer<T> claim, T value) {
        try {
            claim.accept(value);
            return null;
        } catch (AssertionError | RuntimeException failure) {
            return failure;
        }
    }

    /** As {@code ./dev test} takes it: {@code module Class#method}. */
    private static String callingTest() {
        StackWalker.StackFrame caller = StackWalker.getInstance()
                .walk(frames -> frames.filter(frame -> !OWN.contains(frame.getClassName()))
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
