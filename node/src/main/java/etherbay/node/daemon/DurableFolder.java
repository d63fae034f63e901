// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import java.io.IOException;
import java.util.Optional;

/**
 * A folder whose files can be made durable: what a crash leaves of the steps below is what the
 * operating system promises and no more. Blocking; one thread at a time.
 */
interface DurableFolder {
    /** Empty when there is no such file. */
    Optional<byte[]> read(String name) throws IOException;

    /** Puts bytes in place of a file; a crash may leave some of them, none, or the former ones. */
    void write(String name, byte[] bytes) throws IOException;

    /** What was written to the file is durable when this returns. */
    void sync(String name) throws IOException;

    /** Calls a file otherwise, in place of one of that name; a crash may undo it as a whole. */
    void rename(String from, String to) throws IOException;

    /** Names are durable when this returns. */
    void syncNames() throws IOException;
}
