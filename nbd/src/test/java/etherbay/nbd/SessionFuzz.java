// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Prng;

import java.util.Arrays;
import java.util.List;

/**
 * What a client sends: the first byte says how the session begins, the second one how the bytes are
 * cut into pieces and when the disk answers; the rest is what it sends. No bytes end in anything
 * but answers or the end of the session, and what it holds stays bounded and comes back.
 */
public final class SessionFuzz {
    private static final List<TlsMode> MODES = List.of(TlsMode.OFF, TlsMode.ALLOW, TlsMode.REQUIRE);
    private static final int SECTORS = 64;

    /** Answers to options, what one reply needs at most, and the chunks that wait to be sent. */
    private static final long OUTPUT_BYTES_MAX =
            Limits.OPTION_OUTPUT_BYTES_MAX + 64 * 1024 + 40L * Limits.CHUNK_BYTES;

    private SessionFuzz() {}

    /** One client, from its first byte to its end. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 2) {
            return;
        }
        Prng prng = new Prng(input[1]);
        TestDisk disk = new TestDisk(SECTORS, TestDisk.ALL, prng.nextLong());
        try (SessionRig rig = SessionRig.over(disk)) {
            SessionRig.Peer peer = begin(rig, input[0] & 0xff);
            int at = 2;
            while (at < input.length) {
                int to = Math.min(input.length, at + prng.between(1, 1 + (input[1] & 0xff)));
                peer.send(Arrays.copyOfRange(input, at, to));
                at = to;
                if (!disk.waiting.isEmpty() && prng.chance(0.5)) {
                    disk.finishOne();
                }
                if (prng.chance(0.5)) {
                    peer.output();
                }
                assertThat(peer.session.output().bytes()).isLessThan(OUTPUT_BYTES_MAX);
            }
            end(rig, peer, disk);
        }
    }

    private static SessionRig.Peer begin(SessionRig rig, int how) {
        return switch (how % 5) {
            case 0 -> rig.transmitting(false);
            case 1 -> rig.transmitting(true);
            default -> rig.connect(MODES.get(how % 5 - 2));
        };
    }

    private static void end(SessionRig rig, SessionRig.Peer peer, TestDisk disk) {
        settle(peer, disk);
        if (peer.session.endReason() == null && !peer.session.startsTls()) {
            assertThat((long) peer.leftBytes()).isLessThan(bytesOfNext(peer));
        }
        peer.session.inputEnded();
        settle(peer, disk);
        assertThat(peer.session.endReason()).isNotNull();
        peer.session.abandon();
        assertThat(peer.session.isGone()).isTrue();
        assertThat(rig.pool.heldCount()).isZero();
    }

    /** The disk answers, and the client reads all of it, until nothing more comes of that. */
    private static void settle(SessionRig.Peer peer, TestDisk disk) {
        int left = Integer.MAX_VALUE;
        while (peer.leftBytes() < left || !disk.waiting.isEmpty()) {
            left = peer.leftBytes();
            while (!disk.waiting.isEmpty()) {
                disk.finishOne();
            }
            peer.output();
            peer.again();
        }
        peer.output();
    }

    /** With as many the session could have gone on: with fewer it waits for the rest, rightly. */
    private static long bytesOfNext(SessionRig.Peer peer) {
        if (!peer.session.negotiating()) {
            return NbdWire.REQUEST_BYTES;
        }
        return peer.leftBytes() < NbdWire.OPTION_HEADER_BYTES
                ? NbdWire.OPTION_HEADER_BYTES
                : NbdWire.OPTION_HEADER_BYTES + peer.leftOptionBytes();
    }
}
