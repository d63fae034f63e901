// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.Check;

/** What a server spends at most, and why so much. */
final class Limits {
    /** Connections at once; each further one is closed as it arrives. */
    static final int CONNECTION_COUNT_MAX = 256;

    /** Requests of one connection that are not answered yet; clients in the field send 16 to 64. */
    static final int REQUEST_COUNT_MAX = 64;

    /** What has arrived and could not be acted on yet, per connection; a TLS record and some. */
    static final int INPUT_BYTES = 64 * 1024;

    /**
     * Longest data of an option that is looked at; it has to fit into the input with its header.
     */
    static final int OPTION_BYTES_MAX = 32 * 1024;

    /**
     * What a record of TLS may hold, and what a JDK asks room for beyond: RFC 8446, 5.1 and 5.2.
     */
    static final int TLS_RECORD_BYTES_MAX = 17 * 1024;

    /** Longest data of an option that is passed over and answered with TOO_BIG. */
    static final int OPTION_SKIP_BYTES_MAX = 1024 * 1024;

    /** Options in one negotiation; a client needs about eight. */
    static final int OPTION_COUNT_MAX = 256;

    /** Answers to options that wait to be sent: no further option is looked at until then. */
    static final int OPTION_OUTPUT_BYTES_MAX = 128 * 1024;

    /** From accepting a connection to the end of the negotiation, TLS included. */
    static final long HANDSHAKE_NS = 10_000_000_000L;

    /** Memory of one chunk: an Io of its own on each of them keeps a disk busy. */
    static final int CHUNK_BYTES = 32 * 1024;

    /** Chunks of one connection: 4 MiB read ahead of a client that takes its time. */
    static final int CONNECTION_CHUNK_COUNT_MAX = 128;

    /** Chunks beyond the one that each connection is sure of: 64 MiB. */
    static final int SHARED_CHUNK_COUNT_MAX = 2048;

    /** Connections accepted in one turn. */
    static final int ACCEPT_COUNT_MAX = 16;

    /** Fills of the input of one connection in one turn. */
    static final int READ_COUNT_MAX = 4;

    /** Turns in which a connection is asked for more input before the selector watches it. */
    static final int HOT_TURN_COUNT = 64;

    static {
        Check.that(
                OPTION_BYTES_MAX + NbdWire.OPTION_HEADER_BYTES <= INPUT_BYTES,
                "an option fits into the input");
        Check.that(
                OPTION_BYTES_MAX + NbdWire.OPTION_HEADER_BYTES + TLS_RECORD_BYTES_MAX
                        <= INPUT_BYTES,
                "beside the longest beginning of an option there is room for a record");
        Check.that(
                CONNECTION_CHUNK_COUNT_MAX < SHARED_CHUNK_COUNT_MAX,
                "one connection does not take all that is shared");
    }

    private Limits() {}
}
