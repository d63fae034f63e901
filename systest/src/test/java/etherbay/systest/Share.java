// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

/**
 * How much of a long test runs: a share that any build can wait for, or all of it, by {@code
 * ./dev systest NAME --full} (the property {@code etherbay.full}). A share is the beginning of the
 * whole, and is printed. See {@link Cases} for tests with parameters.
 */
final class Share {
    private static final boolean FULL = Boolean.getBoolean("etherbay.full");

    private Share() {}

    /**
     * How many rounds a test takes.
     *
     * @param test its class, {@code MirrorCrashSysTest}
     * @param what the rounds are, in the plural
     */
    static int of(int share, int all, String what, Class<?> test) {
        if (share < 1 || share > all) {
            throw new AssertionError("a share of " + share + " among " + all + " " + what);
        }
        if (FULL) {
            return all;
        }
        System.out.printf(
                "share: %,d of %,d %s; all by ./dev systest %s --full%n",
                share, all, what, test.getSimpleName().replace("SysTest", ""));
        return share;
    }
}
