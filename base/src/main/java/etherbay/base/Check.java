// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * Invariants of our own code, always on. A failed check is a bug: it ends the loop that met it and
 * with it the process. Nothing that comes from outside (a frame, a disk, a setting) may reach one:
 * such input is validated and answered.
 */
public final class Check {
    private Check() {}

    /**
     * Ends the caller with an {@link AssertionError} that says {@code what} when not {@code
     * condition}.
     */
    public static void that(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }
}
