// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;

/** What carries the bytes of a connection: a socket, or TLS over one. Never blocks. */
interface Transport extends AutoCloseable {
    /** Reads what is there. @return bytes; 0 when there are none now, -1 at the end */
    int read(ByteBuffer into) throws IOException;

    /** Takes bytes of the first {@code count} buffers. @return whether any were taken */
    boolean write(ByteBuffer[] from, int count) throws IOException;

    /** Passes on what it has taken. @return whether the socket has taken all of it */
    default boolean flush() throws IOException {
        return true;
    }

    /** Whether it can be read though the socket has nothing new. */
    default boolean buffered() {
        return false;
    }

    /** Whether there is room enough in {@code into} for a read to get on. */
    default boolean hasRoom(ByteBuffer into) {
        return into.hasRemaining();
    }

    @Override
    default void close() {}
}
