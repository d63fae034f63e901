// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/**
 * Frames that a port has received and not yet handed on, by their senders: handed on a few of each
 * sender in turn, of each sender the oldest first. So what one sends in excess waits behind what
 * the others send.
 *
 * <p>Frames that carry data stay in the order of arrival among themselves, whoever sent them: a
 * write that is handed on before one that arrived earlier makes that one late, and a late write is
 * dropped if both are for the same place.
 *
 * <p>Nothing is allocated: the links are in the {@link Frame} itself, and bounded by the frames
 * that exist. Owned by the loop of the port.
 */
public final class SenderQueues {
    /** Senders that are told apart; those that come when there are so many share one queue. */
    static final int SENDER_COUNT_MAX = 256;

    /**
     * Frames of a turn: answers that go to one place together wake who waits there once. One by one
     * they cost a third of all that two processors could do.
     */
    static final int TURN_COUNT_MAX = 8;

    private static final int SOURCE_AT = MacAddress.BYTES;

    /** No address: the queue of those that share one. */
    private static final long SHARED = -1;

    /** Places of queues: those with frames first, in the order of their turns. */
    private final int[] places = new int[SENDER_COUNT_MAX];

    private final long[] senders = new long[SENDER_COUNT_MAX];
    private final @Nullable Frame[] heads = new Frame[SENDER_COUNT_MAX];
    private final @Nullable Frame[] tails = new Frame[SENDER_COUNT_MAX];
    private final int[] counts = new int[SENDER_COUNT_MAX];
    private int firstTurn;
    private int turnCount;

    /** Of those with data the one that arrived first, and the last one. */
    private @Nullable Frame firstData;

    private @Nullable Frame lastData;
    private int senderCount;
    private int count;

    public SenderQueues() {
        Arrays.setAll(places, place -> place);
    }

    /** Frames that wait. */
    public int count() {
        return count;
    }

    /** Senders of whom a frame waits. */
    public int senderCount() {
        return senderCount;
    }

    /** Takes a frame that was just received. */
    public void add(Frame frame) {
        int place = placeOf(MacAddress.read(frame.memory(), frame.at() + SOURCE_AT));
        Frame tail = tails[place];
        if (tail == null) {
            heads[place] = frame;
        } else {
            tail.next = frame;
        }
        tails[place] = frame;
        counts[place]++;
        count++;
        if (carriesData(frame)) {
            linkData(frame);
        }
    }

    private static boolean carriesData(Frame frame) {
        return frame.bytes() > Frame.BYTES_MIN;
    }

    private int placeOf(long sender) {
        int shared = -1;
        for (int turn = 0; turn < senderCount; turn++) {
            int place = place(turn);
            if (senders[place] == sender) {
                return place;
            }
            shared = senders[place] == SHARED ? place : shared;
        }
        if (shared >= 0) {
            return shared; // while it lasts, for one of its frames may be this sender's
        }
        int place = place(senderCount++);
        senders[place] = senderCount == SENDER_COUNT_MAX ? SHARED : sender;
        return place;
    }

    private int place(int turn) {
        return places[(firstTurn + turn) % SENDER_COUNT_MAX];
    }

    /** The oldest frame of the sender whose turn it is; null when none waits. */
    public @Nullable Frame poll() {
        if (count == 0) {
            return null;
        }
        // Whose frame with data came first has it in front, or something without.
        while (mustWait(heads[place(0)])) {
            endTurn();
        }
        Frame frame = take(place(0));
        if (heads[place(0)] == null) {
            endTurn();
            senderCount--;
        } else if (++turnCount == TURN_COUNT_MAX) {
            endTurn();
        }
        return frame;
    }

    private boolean mustWait(@Nullable Frame frame) {
        return frame != null && carriesData(frame) && frame != firstData;
    }

    /** The first goes behind the last, where the first of those without frames was. */
    private void endTurn() {
        int behind = (firstTurn + senderCount) % SENDER_COUNT_MAX;
        int place = places[firstTurn];
        places[firstTurn] = places[behind];
        places[behind] = place;
        firstTurn = (firstTurn + 1) % SENDER_COUNT_MAX;
        turnCount = 0;
    }

    /**
     * Makes room at the cost of a sender of whom more frames wait than of all others together.
     *
     * @return its oldest frame; null when there is no such sender
     */
    public @Nullable Frame pollExcess() {
        for (int turn = 0; turn < senderCount; turn++) {
            int place = place(turn);
            if (counts[place] > count / 2 && counts[place] > 1) {
                return take(place); // one stays, so it keeps its turn
            }
        }
        return null;
    }

    private Frame take(int place) {
        Frame frame = heads[place];
        if (frame == null) {
            throw new AssertionError("a queue whose turn it is has a frame");
        }
        heads[place] = frame.next;
        if (frame.next == null) {
            tails[place] = null;
        }
        frame.next = null;
        counts[place]--;
        count--;
        if (carriesData(frame)) {
            unlinkData(frame);
        }
        return frame;
    }

    private void linkData(Frame frame) {
        Frame before = lastData;
        frame.dataBefore = before;
        if (before == null) {
            firstData = frame;
        } else {
            before.dataAfter = frame;
        }
        lastData = frame;
    }

    private void unlinkData(Frame frame) {
        Frame before = frame.dataBefore;
        Frame after = frame.dataAfter;
        if (before == null) {
            firstData = after;
        } else {
            before.dataAfter = after;
        }
        if (after == null) {
            lastData = before;
        } else {
            after.dataBefore = before;
        }
        frame.dataBefore = null;
        frame.dataAfter = null;
    }
}
