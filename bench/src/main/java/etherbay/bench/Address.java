// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The disk that is measured, {@code eX.Y}.
 *
 * @param shelf 0 to 65534
 * @param slot 0 to 254
 */
record Address(int shelf, int slot) {
    private static final Pattern TEXT = Pattern.compile("e?(\\d{1,5})\\.(\\d{1,3})");

    /** Reads {@code e1.0} or {@code 1.0}. */
    static Address parse(String text) {
        Matcher match = TEXT.matcher(text);
        if (match.matches()) {
            int shelf = Integer.parseInt(match.group(1));
            int slot = Integer.parseInt(match.group(2));
            if (shelf <= 65534 && slot <= 254) {
                return new Address(shelf, slot);
            }
        }
        throw new EtherbayException(
                ErrorCode.INVALID,
                text + " is no AoE address",
                "an address is shelf 0-65534 and slot 0-254",
                "write it as e1.0");
    }

    @Override
    public String toString() {
        return "e" + shelf + "." + slot;
    }
}
