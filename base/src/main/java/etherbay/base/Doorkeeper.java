// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Who keeps listening sockets of files over the life of whoever accepts from them: clients then
 * wait in the backlog until somebody accepts again. A server closes the channel that it got and
 * leaves the file alone; the keeper decides how long both stay. Any platform thread; nothing waits.
 */
public interface Doorkeeper {
    /** Nobody keeps anything. */
    Doorkeeper NOBODY = new Doorkeeper() {
        @Override
        public Optional<ServerSocketChannel> kept(Path path) {
            return Optional.empty();
        }

        @Override
        public Optional<ServerSocketChannel> listen(Path path, int backlogCount) {
            return Optional.empty();
        }
    };

    /**
     * Accepts from a socket that was kept: not blocking, one channel at a time.
     *
     * @return empty when there is none to which the path still leads
     */
    Optional<ServerSocketChannel> kept(Path path);

    /**
     * Listens at a path at which nothing lies, and keeps the socket from now on.
     *
     * @param backlogCount connections that wait to be accepted
     * @return not blocking; empty when it can keep none: then nothing was made
     * @throws EtherbayException DENIED when nobody can listen there
     */
    Optional<ServerSocketChannel> listen(Path path, int backlogCount);
}
