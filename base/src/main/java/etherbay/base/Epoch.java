// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * The number of a term of ownership. It only grows: every term has its own, also after a restart of
 * the same node. A fence refuses what comes from a lower one.
 *
 * @param value 1 for the first term; {@link #NONE} says that nobody ever owned
 */
public record Epoch(long value) implements Comparable<Epoch> {
    public static final Epoch NONE = new Epoch(0);

    /**
     * Whether this term may follow {@code other}. Unsigned, so that no value on the wire is
     * special.
     */
    public boolean isAfter(Epoch other) {
        return compareTo(other) > 0;
    }

    @Override
    public int compareTo(Epoch other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(value);
    }
}
