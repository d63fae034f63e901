// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import java.util.Locale;

/** Why a connection ended; counted as {@code nbd.ended.WORD}. */
enum EndReason {
    /** The client said so: DISC, or ABORT. */
    DISCONNECTED,
    /** The client closed its end. */
    CLOSED,
    /** The socket failed. */
    FAILED,
    /** A magic number was none, or a flag of the client is unknown. */
    MALFORMED,
    /** EXPORT_NAME, which knows no error, asked for what there is not or is refused. */
    REFUSED,
    /** Options without end, or one without measure. */
    EXCESS,
    /** The negotiation took too long. */
    TIMEOUT,
    /** A write is longer than what we take, so that nothing after it can be understood. */
    PAYLOAD,
    /** A read failed after a reply had begun that cannot say so. */
    TORN,
    /** TLS failed: a certificate, or what is no TLS. */
    TLS,
    /** The server stopped. */
    STOPPED;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
