// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

/**
 * One thing that a target has to do.
 *
 * @param id stable: scripts and {@code docs/conformance.md} name it
 * @param sentence what the target does when it passes
 * @param source the section of a standard, or the initiator that needs it
 */
public record Rule(
        String id, Level level, Touches touches, String sentence, String source, Probe probe) {

    /** Sends, and judges by the methods of the trial; returning is passing. */
    @FunctionalInterface
    interface Probe {
        void run(Trial trial);
    }

    static Rule must(String id, String sentence, String source, Probe probe) {
        return new Rule(id, Level.MUST, Touches.NOTHING, sentence, source, probe);
    }

    static Rule should(String id, String sentence, String source, Probe probe) {
        return new Rule(id, Level.SHOULD, Touches.NOTHING, sentence, source, probe);
    }

    static Rule info(String id, String sentence, String source, Probe probe) {
        return new Rule(id, Level.INFO, Touches.NOTHING, sentence, source, probe);
    }

    /** The same rule, which changes state of the target. */
    Rule changingState() {
        return new Rule(id, level, Touches.STATE, sentence, source, probe);
    }

    /** The same rule, which changes the mask list. */
    Rule changingMasks() {
        return new Rule(id, level, Touches.MASKS, sentence, source, probe);
    }

    /** The same rule, which changes sectors. */
    Rule changingData() {
        return new Rule(id, level, Touches.DATA, sentence, source, probe);
    }

    @Override
    public String toString() {
        return id;
    }
}
