// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import java.util.OptionalInt;

/**
 * Hears from the kernel's NBD driver that a connection has ended (NBD_CMD_LINK_DEAD), between its
 * making and its end without a gap. Owned by the thread that waits; only {@link #wakeUp} may be
 * called elsewhere.
 */
final class NbdLinks implements AutoCloseable {
    private final GenericNetlink netlink = new GenericNetlink();
    private final LinuxIdler idler = new LinuxIdler();

    NbdLinks(int group) {
        netlink.join(group);
        idler.watch(netlink.fd());
    }

    /**
     * Waits for news.
     *
     * @param timeoutNs at most so long; {@code Long.MAX_VALUE} for no bound
     * @return whether a connection of that device may have ended since the last call; false also
     *     after a wake-up
     */
    boolean await(int index, long timeoutNs) {
        boolean ended = ended(index);
        if (!ended) {
            idler.idle(timeoutNs);
            ended = ended(index);
        }
        return ended;
    }

    private boolean ended(int index) {
        boolean[] ended = {false};
        for (GenericNetlink.News news : netlink.news(() -> ended[0] = true)) {
            OptionalInt whose = news.attributes().number(Constants.NBD_ATTR_INDEX);
            ended[0] |= news.command() == Constants.NBD_CMD_LINK_DEAD
                    && whose.equals(OptionalInt.of(index));
        }
        return ended[0];
    }

    /** Ends a wait. */
    void wakeUp() {
        idler.wakeUp();
    }

    @Override
    public void close() {
        idler.close();
        netlink.close();
    }
}
