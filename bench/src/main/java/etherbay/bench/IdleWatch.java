// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

/**
 * What a process does while nobody asks it for anything.
 *
 * @param cpuPercent of one core
 * @param switchesPerSecond times that its threads gave up a core or lost it
 */
record IdleWatch(double seconds, double cpuPercent, double switchesPerSecond) {
    /** Until what a start leaves behind is done: compilers, a first look at the disks. */
    private static final long SETTLE_SECONDS = 3;

    /** Watches {@code process} for so long, after it has come to rest. */
    static IdleWatch over(Child process, long seconds) {
        pause(SETTLE_SECONDS);
        long beganNs = System.nanoTime();
        long cpuNs = process.cpuNs();
        long switchCount = process.contextSwitchCount();
        pause(seconds);
        double elapsed = (System.nanoTime() - beganNs) / 1e9;
        return new IdleWatch(
                elapsed,
                (process.cpuNs() - cpuNs) / 1e7 / elapsed,
                (process.contextSwitchCount() - switchCount) / elapsed);
    }

    static void pause(long seconds) {
        try {
            Thread.sleep(seconds * 1000);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
