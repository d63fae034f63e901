// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeFrames;

import java.lang.foreign.MemorySegment;

/**
 * Builds one transmission of a request. Called once for each, since each has a tag of its own:
 * {@code frames -> frames.read(lba, 1)}.
 */
@FunctionalInterface
public interface Request {
    /** The frame to send, in memory that nobody else has; may be longer or shorter than is sane. */
    MemorySegment frame(AoeFrames frames);
}
