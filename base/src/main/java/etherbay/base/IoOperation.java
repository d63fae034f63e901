// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/** What an {@link Io} asks of a {@link BlockDevice}. */
public enum IoOperation {
    READ,
    WRITE,
    FLUSH,
    TRIM,
    WRITE_ZEROES;

    /** Whether it changes what a later read returns. */
    public boolean changesData() {
        return switch (this) {
            case WRITE, TRIM, WRITE_ZEROES -> true;
            case READ, FLUSH -> false;
        };
    }
}
