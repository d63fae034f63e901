// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * One client of a server, from its greeting to its end: a pure state machine, bytes in and bytes
 * out, that knows neither sockets nor TLS nor time. Owned by the loop of the devices, whose
 * completions move it too.
 */
final class NbdSession {
    private final NbdHandshake handshake;
    private final OutQueue out = new OutQueue();
    private final ChunkPool pool;
    private final NbdCounters counters;
    private @Nullable NbdTransmission transmission;
    private boolean inputEnded;
    private boolean abandoned;

    NbdSession(List<ServedExport> exports, TlsMode tls, ChunkPool pool, NbdCounters counters) {
        this.pool = pool;
        this.counters = counters;
        handshake = new NbdHandshake(exports, tls, out, counters);
    }

    /** What is to be sent. */
    OutQueue output() {
        return out;
    }

    /**
     * Takes from {@code in} all that can be acted on now. The rest is offered again with what
     * arrives later, or when output was sent, or a request ended.
     *
     * @return whether anything happened
     */
    boolean receive(ByteBuffer in) {
        boolean any = false;
        while (!ended() && step(in)) {
            any = true;
        }
        return any;
    }

    private boolean step(ByteBuffer in) {
        NbdTransmission serving = transmission;
        if (serving != null) {
            return serving.advance(in);
        }
        boolean moved = handshake.advance(in);
        NbdHandshake.Agreed agreed = handshake.agreed();
        if (agreed != null) {
            transmission = new NbdTransmission(agreed, out, pool, counters);
        }
        return moved;
    }

    /** Whether the client is still choosing: a time limit applies. */
    boolean negotiating() {
        return transmission == null;
    }

    /** Whether what follows in the input is TLS: {@link #tlsStarted} goes on once it is up. */
    boolean startsTls() {
        return handshake.startsTls();
    }

    void tlsStarted() {
        handshake.tlsStarted();
    }

    /** Nothing more will arrive. */
    void inputEnded() {
        inputEnded = true;
        if (transmission != null) {
            transmission.inputEnded();
        }
    }

    /** Whether a request waits for memory, and is to be given a try each turn. */
    boolean wantsMemory() {
        return transmission != null && transmission.wantsMemory();
    }

    /** Whether the memory that a request waits for is there. */
    boolean canGoOn() {
        return transmission != null && transmission.canGoOn();
    }

    /** Whether nothing more is to be done but to send the output. */
    boolean ended() {
        return endReason() != null;
    }

    /** Why it ended; null while it has not. */
    @Nullable
    EndReason endReason() {
        NbdTransmission serving = transmission;
        if (serving == null) {
            return inputEnded && handshake.endReason() == null
                    ? EndReason.CLOSED
                    : handshake.endReason();
        }
        if (serving.endReason() != null) {
            return serving.endReason();
        }
        if (serving.leaving() && serving.idle()) {
            return EndReason.DISCONNECTED;
        }
        boolean over = serving.idle() || serving.awaitsPayload();
        return inputEnded && over ? EndReason.CLOSED : null;
    }

    /** The connection is gone; requests under way end by themselves. */
    void abandon() {
        abandoned = true;
        if (transmission != null) {
            transmission.abandon();
        }
        out.drop();
    }

    /** Whether nothing of an abandoned session is under way any more. */
    boolean isGone() {
        return abandoned && (transmission == null || transmission.idle());
    }
}
