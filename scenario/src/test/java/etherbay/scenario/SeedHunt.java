// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.Check;
import etherbay.sim.Seeds;
import etherbay.sim.SimulationFailure;

import java.util.function.BiFunction;

/**
 * Runs one seed of a scenario and says in words how it failed, nothing when it passed. Knows
 * nothing but words, so that whoever made it in another class loader understands it.
 */
public final class SeedHunt implements BiFunction<String, Long, String> {
    /** What a failure begins with that no judge found: a check of the shipped code itself. */
    static final String CHECK = "check: ";

    /** The same for what is no finding at all: code that fell over. */
    static final String EXCEPTION = "exception: ";

    /** For {@link PatchedClasses}. */
    public SeedHunt() {}

    @Override
    public String apply(String scenario, Long seed) {
        try {
            Seeds.run(scenario, seed, Scenarios.of(scenario));
            return "";
        } catch (SimulationFailure failure) {
            Throwable cause = failure.getCause();
            if (cause instanceof RuntimeException) {
                return EXCEPTION + cause;
            }
            boolean check = cause != null
                    && cause.getStackTrace().length > 0
                    && cause.getStackTrace()[0].getClassName().equals(Check.class.getName());
            return (check ? CHECK : "") + (cause == null ? failure : cause).getMessage();
        }
    }
}
