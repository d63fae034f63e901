// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.base.EtherbayException;

import java.util.Comparator;

/**
 * One thing that is wrong in a settings file.
 *
 * @param line from 1
 * @param column from 1, in characters
 * @param what is wrong, naming the key as it stands in the file
 * @param why it is wrong
 * @param correction what to write instead
 */
public record Problem(int line, int column, String what, String why, String correction) {
    static final Comparator<Problem> BY_POSITION =
            Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column);

    /** {@code FILE:LINE:COLUMN: what; why; what to write instead}, on one line. */
    public String toText(String file) {
        return EtherbayException.shown(
                "%s:%d:%d: %s; %s; %s".formatted(file, line, column, what, why, correction));
    }
}
