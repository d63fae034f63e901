// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/**
 * Wakes a loop when one of its sockets becomes ready: a daemon thread in a selector, which never
 * touches the data. Methods are called by the loop.
 */
public final class ChannelWatcher implements AutoCloseable {
    /** A channel under watch, for the loop. */
    public final class Watched {
        private final SelectionKey key;
        private volatile boolean ready;

        private Watched(SelectableChannel channel) throws IOException {
            key = channel.register(selector, 0, this);
        }

        /** Whether it became ready since the last call. */
        public boolean takeReady() {
            if (!ready) {
                return false;
            }
            ready = false;
            return true;
        }

        /** The next time that it is ready for one of {@code ops} wakes the loop, once. */
        public void arm(int ops) {
            if (key.isValid() && key.interestOps() != ops) {
                key.interestOps(ops);
                selector.wakeup();
            }
        }

        /** The channel was closed: lets the selector give its file descriptor up. */
        public void forget() {
            key.cancel();
            selector.wakeup();
        }
    }

    private final Runnable wakeUp;
    private final Selector selector;
    private volatile boolean closed;

    /**
     * @param name of what is watched, for a person
     * @param wakeUp what makes the owning loop turn: {@code loop::wakeUp}
     */
    public ChannelWatcher(String name, Runnable wakeUp) {
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

    /**
     * Puts a channel, which does not block, under watch; nothing of it wakes before it is armed.
     */
    public Watched watch(SelectableChannel channel) throws IOException {
        return new Watched(channel);
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
            throw new UncheckedIOException("epoll of a watcher", cause);
        }
    }

    private void ready(SelectionKey key) {
        // First disarmed, then told: the loop arms again before it sleeps again.
        try {
            key.interestOps(0);
        } catch (CancelledKeyException closedMeanwhile) {
            return;
        }
        if (key.attachment() instanceof Watched watched) {
            watched.ready = true;
            wakeUp.run();
        }
    }
}
