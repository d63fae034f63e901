// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import java.util.HexFormat;

/** Bytes as tests compare them. */
final class Hex {
    private Hex() {}

    static String of(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    static String of(byte[] bytes, int offset, int length) {
        return HexFormat.of().formatHex(bytes, offset, offset + length);
    }
}
