// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Makes other arrays of bytes from one. Stateless. */
final class Bytes {
    private Bytes() {}

    /** All but those from {@code from} up to before {@code to}. */
    static byte[] without(byte[] bytes, int from, int to) {
        return joined(bytes, from, bytes, to);
    }

    /** The first {@code headBytes} of one, then the other from {@code tailAt} on. */
    static byte[] joined(byte[] head, int headBytes, byte[] tail, int tailAt) {
        byte[] joined = Arrays.copyOf(head, headBytes + tail.length - tailAt);
        System.arraycopy(tail, tailAt, joined, headBytes, tail.length - tailAt);
        return joined;
    }

    /** Simpler ones: without a half of it, a quarter, ..., a byte; then with a byte that is 0. */
    static Stream<byte[]> simpler(byte[] bytes) {
        List<Integer> pieces = new ArrayList<>();
        for (int piece = bytes.length; piece > 0; piece /= 2) {
            pieces.add(piece);
        }
        Stream<byte[]> shorter = pieces.stream()
                .flatMap(piece -> IntStream.iterate(0, at -> at < bytes.length, at -> at + piece)
                        .mapToObj(at -> without(bytes, at, Math.min(bytes.length, at + piece))));
        Stream<byte[]> zeroed = IntStream.range(0, bytes.length)
                .filter(at -> bytes[at] != 0)
                .mapToObj(at -> {
                    byte[] other = bytes.clone();
                    other[at] = 0;
                    return other;
                });
        return Stream.concat(shorter, zeroed);
    }
}
