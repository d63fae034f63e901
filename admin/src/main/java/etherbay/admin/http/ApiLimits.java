// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

/** What a caller of the API can make the server hold, and for how long. */
final class ApiLimits {
    /** A settings file of a thousand exports has 200 KiB. */
    static final int BODY_BYTES_MAX = 1 << 20;

    /** For all of a body: 100 KiB/s at its largest. */
    static final long BODY_MS = 10_000;

    static final int HEADER_BYTES_MAX = 8 << 10;

    /** Between two bytes of a connection. */
    static final long IDLE_MS = 30_000;

    /** The same while all connections are taken. */
    static final long BUSY_IDLE_MS = 5_000;

    /** Of the Unix socket, and of TCP, each by itself: the one cannot be filled by the other. */
    static final int CONNECTIONS_MAX = 256;

    static final int STREAMS_MAX = 200;

    /** What waits for one reader of the stream; one that is behind more asks anew. */
    static final int STREAM_QUEUED_BYTES_MAX = 256 << 10;

    /** Of a list that can grow. */
    static final int LIST_MAX = 10_000;

    /** Of answers that are on their way by one way in; the heap has 64 MiB. */
    static final int ANSWERS_BYTES_MAX = 4 << 20;

    /** What is not counted among them: every connection may have one. */
    static final int SMALL_ANSWER_BYTES = 16 << 10;

    /** What an answer waits for the room of others, while no other is made. */
    static final long SENDING_MS = 1_000;

    /** What who asks waits until its answer is made. */
    static final long MAKING_MS = 10_000;

    static final int PATH_LENGTH_MAX = 512;
    static final int REASON_LENGTH_MAX = 500;
    static final double PCAP_SECONDS_MAX = 3600;

    private ApiLimits() {}
}
