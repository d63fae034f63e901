// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Prng;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * An entry that eats bytes from outside, with the inputs that are kept for it: seeds, and whatever
 * once broke it. They lie beside its class, in the resources' folder of its name: {@code *.hex} is
 * hexadecimal with comments from '#' on, any other file is taken as it is. The entry throws when a
 * claim of its own does not hold; the engine of {@code ./dev fuzz} calls it as {@code
 * fuzzerTestOneInput} of its class.
 *
 * @param type whose folder of resources has the inputs
 * @param entry what eats the bytes
 */
public record FuzzTarget(Class<?> type, Consumer<byte[]> entry) {
    private static final String HEX = ".hex";

    /** One that is kept. */
    public static final class Input {
        private final String name;
        private final byte[] bytes;

        private Input(String name, byte[] bytes) {
            this.name = name;
            this.bytes = bytes;
        }

        public String name() {
            return name;
        }

        /** Its own: not to be changed. */
        public byte[] bytes() {
            return bytes;
        }
    }

    /** All that are kept, in the order of their names. */
    public List<Input> inputs() {
        URL folder = type.getResource(type.getSimpleName());
        if (folder == null) {
            throw new IllegalStateException(type.getSimpleName()
                    + " has no inputs: put one into the resources' folder of its name");
        }
        try (Stream<Path> files = Files.list(Path.of(uri(folder)))) {
            List<Input> inputs = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                inputs.add(new Input(file.getFileName().toString(), read(file)));
            }
            return inputs;
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
    }

    private static URI uri(URL folder) {
        try {
            return folder.toURI();
        } catch (URISyntaxException cause) {
            throw new IllegalStateException(cause);
        }
    }

    /** The bytes that a file stands for. */
    public static byte[] read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        if (!file.toString().endsWith(HEX)) {
            return bytes;
        }
        String digits = new String(bytes, StandardCharsets.UTF_8)
                .replaceAll("#[^\n]*", "")
                .replaceAll("\\s", "");
        return HexFormat.of().parseHex(digits);
    }

    /** Tries each input that is kept; the failure names it. @return how many there are */
    public int replay() {
        List<Input> inputs = inputs();
        for (Input input : inputs) {
            try {
                entry.accept(input.bytes());
            } catch (AssertionError | RuntimeException failure) {
                throw new SimulationFailure(
                        "%s fails for its input %s: %s"
                                .formatted(
                                        type.getSimpleName(), input.name(), failure.getMessage()),
                        "./dev fuzz %s --replay %s".formatted(type.getSimpleName(), input.name()),
                        0,
                        failure);
            }
        }
        return inputs.size();
    }

    /** Tries what is kept with a few bytes changed, taken out, doubled, or joined. */
    public void mutate(int caseCount) {
        List<Input> inputs = inputs();
        Property.check(
                type.getSimpleName(),
                caseCount,
                Property.Gen.shrinking((prng, size) -> mutated(prng, size, inputs)),
                entry);
    }

    private static byte[] mutated(Prng prng, int size, List<Input> inputs) {
        byte[] bytes = any(prng, inputs);
        for (int count = prng.between(0, 1 + size / 32); count > 0; count--) {
            bytes = mutatedOnce(prng, bytes, inputs);
        }
        return bytes;
    }

    private static byte[] any(Prng prng, List<Input> inputs) {
        return inputs.get(prng.below(inputs.size())).bytes().clone();
    }

    private static byte[] mutatedOnce(Prng prng, byte[] bytes, List<Input> inputs) {
        int at = prng.between(0, bytes.length);
        int to = Math.min(bytes.length, at + prng.between(1, 8));
        switch (prng.below(5)) {
            case 0 -> {
                return Bytes.without(bytes, at, to);
            }
            case 1 -> {
                return Bytes.joined(bytes, at, bytes, at);
            }
            case 2 -> {
                byte[] other = any(prng, inputs);
                return Bytes.joined(bytes, at, other, prng.between(0, other.length));
            }
            case 3 -> {
                for (int index = at; index < to; index++) {
                    bytes[index] = (byte) prng.nextLong();
                }
            }
            default -> {
                if (at < to) {
                    bytes[at] ^= (byte) (1 << prng.below(8));
                }
            }
        }
        return bytes;
    }

    @Override
    public String toString() {
        return type.getSimpleName();
    }
}
