// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How a node is run, beside what it serves.
 *
 * @param state folder of the durable state of its exports
 * @param force serve addresses that another box serves already
 * @param writeLog where each executed write is recorded, for tests
 */
public record NodeOptions(Path state, boolean force, Optional<Path> writeLog) {}
