// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.eclipse.jetty.util.Callback;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * What answers may hold of the heap: one is made at a time, and those that are on their way to
 * callers have a number of bytes together, whoever reads however slowly. Each way in has a room of
 * its own: the one cannot be filled by the other. May be called from any thread that may block.
 */
final class AnswerRoom {
    private static final int UNIT_BYTES = 1 << 10;
    private static final int UNITS = ApiLimits.ANSWERS_BYTES_MAX / UNIT_BYTES;

    private final Semaphore making = new Semaphore(1, true);
    private final Semaphore sending = new Semaphore(UNITS, true);

    /** The turn of who makes an answer; ends with {@link #close}. */
    final class Turn implements AutoCloseable {
        private Turn() {}

        /**
         * Makes room for an answer that goes out now.
         *
         * @return to be told of its end, in place of {@code callback}
         */
        Callback send(int bytes, Callback callback) {
            if (bytes <= ApiLimits.SMALL_ANSWER_BYTES) {
                return callback;
            }
            int units = Math.min(UNITS, Math.ceilDiv(bytes, UNIT_BYTES));
            take(sending, units, ApiLimits.SENDING_MS);
            return Callback.from(callback, () -> sending.release(units));
        }

        @Override
        public void close() {
            making.release();
        }
    }

    /** Waits for the turn; UNAVAILABLE when it does not come. */
    Turn enter() {
        take(making, 1, ApiLimits.MAKING_MS);
        return new Turn();
    }

    private static void take(Semaphore places, int count, long waitMs) {
        try {
            if (places.tryAcquire(count, waitMs, TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        throw new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "no further answer is made now",
                "others are on their way to callers that read slowly",
                "ask again in a few seconds, or for less: ?limit=100");
    }
}
