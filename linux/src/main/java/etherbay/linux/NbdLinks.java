// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.EtherbayException;

import java.util.OptionalInt;

/**
 * Hears from the kernel's NBD driver that a connection has ended (NBD_CMD_LINK_DEAD), between its
 * making and its end without a gap. Owned by the thread that waits; only {@link #wakeUp} may be
 * called elsewhere.
 */
final class NbdLinks implements AutoCloseable {
    private final GenericNetlink netlink;
    private final LinuxIdler idler;

    private NbdLinks(GenericNetlink netlink, LinuxIdler idler) {
        this.netlink = netlink;
        this.idler = idler;
    }

    /**
     * Hears from now on.
     *
     * @throws EtherbayException ENVIRONMENT when the group is none, or no files are left
     */
    static NbdLinks join(int group) {
        GenericNetlink netlink = new GenericNetlink();
        try {
            netlink.join(group);
            LinuxIdler idler = new LinuxIdler();
            idler.watch(netlink.fd());
            return new NbdLinks(netlink, idler);
        } catch (EtherbayException refused) {
            netlink.close();
            throw refused;
        }
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
