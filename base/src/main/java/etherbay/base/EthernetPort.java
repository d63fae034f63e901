// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

/**
 * The third seam: a place on an Ethernet segment that sends and receives ATA over Ethernet frames
 * (EtherType 0x88A2; others never reach the handler). Owned by one loop, which {@link #poll}s it
 * and flushes it once a turn.
 *
 * <p><b>Contract.</b>
 *
 * <ul>
 *   <li>The network may lose, double, delay and reorder frames, before the port and behind it; so
 *       may the port itself when a queue is full. What it drops it counts.
 *   <li>{@link #poll} hands arrived frames to the handler, those of one sender oldest first, each
 *       with the time of its arrival. Of several senders it may take turns. Frames sent from this
 *       port do not come back to it; frames to group addresses, to {@link #mac} and to the further
 *       source MACs do arrive.
 *   <li>The handler may retain frames. The pool bounds how many: while none is free the port
 *       receives nothing and what arrives waits in, and overflows, the queue below.
 *   <li>{@link #claim} lends a frame to be sent. A retained frame can be sent as well. Frames are
 *       committed in any order and in any later turn; {@link #flush} sends what was committed, once
 *       a turn, though a port may send earlier. A committed frame is out of the caller's hands.
 *   <li>The sender writes all bytes of a frame, addresses and EtherType too; nothing is padded or
 *       changed.
 *   <li>A port whose link is down, or whose interface does not exist yet or any more, stays open:
 *       sends vanish, nothing arrives, and when the interface is there it works, under a new {@link
 *       #mac} and {@link #mtu} perhaps; listeners hear it.
 * </ul>
 */
public interface EthernetPort extends LoopPart, AutoCloseable {
    /** Hears what changes by itself. Called on the port's loop. */
    @FunctionalInterface
    interface Listener {
        /** Link state, MTU or address are not what they were. */
        void changed(EthernetPort port);
    }

    /** As the user called it: {@code eth0} or {@code unix:PATH}. */
    String name();

    /** The address of this port; the source of what it sends unless another one was added. */
    MacAddress mac();

    /** Makes frames to {@code mac} arrive too, so that it can serve as a further source address. */
    void addSourceMac(MacAddress mac);

    /** No longer receives for that further address. */
    void removeSourceMac(MacAddress mac);

    /** Largest Ethernet payload in bytes, at most {@link FramePool#MTU_MAX}; 0 while not known. */
    int mtu();

    /** Whether frames can pass right now. */
    boolean linkUp();

    void listen(Listener listener);

    /** Who takes received frames; set before the first poll. */
    void onFrames(FrameHandler handler);

    /**
     * A frame of {@code bytes} to fill and commit, its contents undefined.
     *
     * @return null when all frames are in use: drop what was to be said, or say it in a later turn
     */
    @Nullable
    Frame claim(int bytes);

    /** Whether frames may have a {@link Frame#tail}, as things are now. */
    default boolean sendsTails() {
        return false;
    }

    /** Gives a claimed or retained frame of this port up to be sent. */
    void commit(Frame frame);

    /**
     * Ends it, at any moment of a turn, from within its handler or listener too; its loop lets go
     * of it before. Nothing arrives any more and nothing can be claimed. Frames still held stay
     * what they are until they are released or committed, and go nowhere then: a disk may be
     * working on them.
     */
    @Override
    void close();
}
