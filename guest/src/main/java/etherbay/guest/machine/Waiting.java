// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waiting for what another process does. Any thread; an interrupt ends it. */
final class Waiting {
    private static final long POLL_MS = 10;

    private Waiting() {}

    /** @return false when time is up */
    static boolean until(Duration timeout, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                return false;
            }
            pauseMs(POLL_MS);
        }
        return true;
    }

    static void pauseMs(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException failure) {
            Thread.currentThread().interrupt();
            throw cancelled();
        }
    }

    static EtherbayException cancelled() {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "waiting for a guest was cancelled",
                "the thread was interrupted",
                "run it again");
    }
}
