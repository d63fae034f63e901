// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

/** Whose records lie in the ring, by their number. */
sealed interface Traced permits FrameTracer, IoTracer {
    int number();

    /** As the log calls it. */
    String exportName();
}
