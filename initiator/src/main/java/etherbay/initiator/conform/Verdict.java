// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

/** Ends a probe before its end. Never leaves this package: {@link Suite} makes it a finding. */
final class Verdict extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Outcome outcome;
    private final String expected;
    private final String got;

    private Verdict(Outcome outcome, String expected, String got) {
        super(expected + " / " + got, null, false, false);
        this.outcome = outcome;
        this.expected = expected;
        this.got = got;
    }

    static Verdict deviation(String expected, String got) {
        return new Verdict(Outcome.FAILED, expected, got);
    }

    static Verdict notApplicable(String why) {
        return new Verdict(Outcome.NOT_APPLICABLE, "", why);
    }

    Outcome outcome() {
        return outcome;
    }

    String expected() {
        return expected;
    }

    String got() {
        return got;
    }
}
