// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.Check;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The memory for data of all connections of a server. Each connection is sure of one chunk, so that
 * whoever does not read what it asked for, or does not send what it announced, never brings others
 * to a standstill; what is beyond is shared, and one connection gets a bounded part of it. Native
 * memory that is made when it is first needed and kept. Owned by the loop.
 */
final class ChunkPool implements AutoCloseable {
    /** What one connection holds. */
    static final class Account {
        private int held;

        int held() {
            return held;
        }
    }

    private final Arena arena = Arena.ofShared();
    private final Deque<Chunk> free = new ArrayDeque<>();
    private final int sharedMax;
    private final int accountMax;
    private int sharedHeld;
    private int madeCount;

    /**
     * @param sharedMax chunks beyond the first of each connection
     * @param accountMax chunks of one connection
     */
    ChunkPool(int sharedMax, int accountMax) {
        this.sharedMax = sharedMax;
        this.accountMax = accountMax;
    }

    /** Whether {@link #take} would give one. */
    boolean has(Account account) {
        return account.held == 0 || (account.held < accountMax && sharedHeld < sharedMax);
    }

    /** A chunk, or null when this connection gets none right now. */
    @Nullable
    Chunk take(Account account) {
        if (!has(account)) {
            return null;
        }
        sharedHeld += account.held > 0 ? 1 : 0;
        account.held++;
        Chunk chunk = free.poll();
        if (chunk == null) {
            madeCount++;
            chunk = new Chunk(arena);
        }
        return chunk;
    }

    void giveBack(Account account, Chunk chunk) {
        Check.that(account.held > 0, "a chunk goes back to the account that holds it");
        account.held--;
        sharedHeld -= account.held > 0 ? 1 : 0;
        free.push(chunk);
    }

    /** Chunks that exist: the memory that is in use, and will be again. */
    int madeCount() {
        return madeCount;
    }

    /** Chunks that somebody holds. */
    int heldCount() {
        return madeCount - free.size();
    }

    /** Nothing is held any more. */
    @Override
    public void close() {
        Check.that(heldCount() == 0, "memory that a device may still write to is not given up");
        arena.close();
    }
}
