// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/**
 * Wakes a loop when its socket becomes ready: a daemon thread in a selector, which never touches
 * the data. Once for each {@link #arm}; all methods are called by the loop.
 */
final class SocketWatcher implements AutoCloseable {
    private final Runnable wakeUp;
    private final Selector selector;
    private @Nullable SelectionKey key;
    private volatile boolean closed;

    SocketWatcher(String name, Runnable wakeUp) {
        this.wakeUp = wakeUp;
        try {
            selector = Selector.open();
        } catch (IOException cause) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "no selector for " + name,
                    String.valueOf(cause.getMessage()),
                    "raise the limit of open files (`ulimit -n`)");
        }
        Thread.ofPlatform().daemon().name("watch " + name).start(this::run);
    }

    void watch(SocketChannel channel) throws IOException {
        key = channel.register(selector, 0);
    }

    /** The next time that the channel is ready for one of {@code interestOps} wakes the loop. */
    void arm(int interestOps) {
        SelectionKey watched = key;
        if (watched != null && watched.isValid() && watched.interestOps() != interestOps) {
            watched.interestOps(interestOps);
            selector.wakeup();
        }
    }

    /** The channel was closed: lets the selector give its file descriptor up. */
    void forget() {
        key = null;
        selector.wakeup();
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
    }

    private void run() {
        try (selector) {
            while (!closed) {
                selector.select(this::ready);
            }
        } catch (IOException cause) {
            throw new UncheckedIOException("epoll of a socket's watcher", cause);
        }
    }

    private void ready(SelectionKey ready) {
        // First disarmed, then told: the loop arms again before it sleeps again.
        try {
            ready.interestOps(0);
        } catch (CancelledKeyException closedMeanwhile) {
            return;
        }
        wakeUp.run();
    }
}
