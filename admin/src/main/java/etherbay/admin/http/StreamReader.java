// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IteratingCallback;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;

/**
 * One who listens to the stream: a bounded queue of messages that all readers share, and at most
 * one write under way. Nobody waits for it: when its queue is full its connection is cut.
 */
final class StreamReader extends IteratingCallback {
    private final Request request;
    private final Response response;
    private final Callback done;
    private final BooleanSupplier standing;
    private final Runnable onEnd;
    private final Deque<byte[]> queue = new ArrayDeque<>();
    private int queuedBytes;
    private boolean isEnding;

    /**
     * Takes a request over, which then lasts until either side ends it.
     *
     * @param standing whether who listens still may
     * @param onEnd run once when it ended
     */
    StreamReader(
            Request request,
            Response response,
            Callback done,
            BooleanSupplier standing,
            Runnable onEnd) {
        this.standing = standing;
        this.request = request;
        this.response = response;
        this.done = done;
        this.onEnd = onEnd;
    }

    /** Queues the very first message, which goes out with the next. */
    void expect(byte[] message) {
        synchronized (queue) {
            queue.addLast(message);
            queuedBytes += message.length;
        }
    }

    /** Queues a message, and writes what can be written. Never blocks. */
    void offer(byte[] message) {
        boolean isFull;
        synchronized (queue) {
            isFull = queuedBytes + message.length > ApiLimits.STREAM_QUEUED_BYTES_MAX;
            if (!isFull && !isEnding) {
                queue.addLast(message);
                queuedBytes += message.length;
            }
        }
        if (isFull) {
            cut("a reader of the stream that is too slow");
        } else {
            iterate();
        }
    }

    /** Ends the connection of one whose token is not there any more. */
    void checkStanding() {
        if (!standing.getAsBoolean()) {
            cut("who listens may not any more");
        }
    }

    /** Ends the connection at once. */
    void cut(String why) {
        synchronized (queue) {
            if (isEnding) {
                return;
            }
            isEnding = true;
            queue.clear();
        }
        abort(new IOException(why));
        request.getConnectionMetaData().getConnection().getEndPoint().close();
    }

    @Override
    protected Action process() {
        byte[] next;
        synchronized (queue) {
            next = queue.pollFirst();
            if (next == null) {
                return Action.IDLE;
            }
            queuedBytes -= next.length;
        }
        response.write(false, ByteBuffer.wrap(next).asReadOnlyBuffer(), this);
        return Action.SCHEDULED;
    }

    @Override
    protected void onCompleteFailure(Throwable cause) {
        synchronized (queue) {
            isEnding = true;
            queue.clear();
        }
        onEnd.run();
        done.failed(cause);
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }
}
