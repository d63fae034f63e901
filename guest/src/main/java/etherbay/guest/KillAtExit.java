// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Child processes that must not outlive this JVM: a shutdown hook kills those still held. Thread
 * safe. (A JVM that is itself killed with {@code kill -9} cannot do so.)
 */
public final class KillAtExit {
    private static final long REAP_SECONDS = 10;
    private static final Set<Process> HELD = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> HELD.forEach(Process::destroyForcibly), "etherbay-kill-children"));
    }

    private KillAtExit() {}

    /** Holds {@code process} until {@link #kill}. */
    public static Process hold(Process process) {
        HELD.add(process);
        return process;
    }

    /** Kills {@code process} (SIGKILL), waits until it is gone, and no longer holds it. */
    public static void kill(Process process) {
        process.destroyForcibly();
        try {
            process.waitFor(REAP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        HELD.remove(process);
    }
}
