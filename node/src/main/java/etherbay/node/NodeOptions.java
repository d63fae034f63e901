// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.linux.KeptSockets;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How a node is run, beside what it serves.
 *
 * @param station tells it from other processes with the same state folder, the same at each start:
 *     the addresses of its ports on segments come from it
 * @param force serve addresses that another box serves already
 * @param writeLog where each executed write is recorded, for tests
 * @param sockets on which it offers what it holds, over the life of the process
 */
public record NodeOptions(
        String station, boolean force, Optional<Path> writeLog, KeptSockets sockets) {
    /** Whose sockets end with it. */
    public NodeOptions(String station, boolean force, Optional<Path> writeLog) {
        this(station, force, writeLog, KeptSockets.none());
    }
}
