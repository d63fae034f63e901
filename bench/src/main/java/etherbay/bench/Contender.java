// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.io.IOException;

/** One of those that are measured in turns. */
sealed interface Contender permits AoeContender, FioContender {
    String name();

    /** Runs alone, at all points of the turn's setting, and notes what each gave. */
    void measure(Turn turn, Comparison comparison) throws IOException;
}
