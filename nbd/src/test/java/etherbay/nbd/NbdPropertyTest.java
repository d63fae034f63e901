// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Prng;
import etherbay.sim.Property;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Sessions on seeds: hostile bytes, and requests of any alignment on several connections. */
final class NbdPropertyTest {
    private static final int CASE_COUNT = 200;
    private static final List<TlsMode> MODES = List.of(TlsMode.OFF, TlsMode.ALLOW, TlsMode.REQUIRE);
    private static final int SECTORS = 256;
    private static final int DISK_BYTES = SECTORS * 512;

    /** What a session sends and holds at most for one that never reads. */
    private static final long OUTPUT_BYTES_MAX =
            Limits.OPTION_OUTPUT_BYTES_MAX + 64 * 1024 + 40L * Limits.CHUNK_BYTES;

    @Test
    void noBytesStopASessionOrMakeItGrow() {
        Property.check("hostile bytes", CASE_COUNT, (prng, _) -> prng.fork(), prng -> {
            TestDisk disk = new TestDisk(SECTORS, TestDisk.ALL, prng.nextLong());
            try (SessionRig rig = SessionRig.over(disk)) {
                SessionRig.Peer peer = prng.chance(0.5)
                        ? rig.connect(MODES.get(prng.below(MODES.size())))
                        : rig.transmitting(prng.chance(0.5));
                for (int step = 0; step < 60 && peer.leftBytes() < 40_000; step++) {
                    peer.send(mutated(prng, plausible(prng)));
                    if (!disk.waiting.isEmpty() && prng.chance(0.7)) {
                        disk.finishOne();
                    }
                    if (prng.chance(0.3)) {
                        peer.output();
                    }
                    assertThat(peer.session.output().bytes()).isLessThan(OUTPUT_BYTES_MAX);
                }
                peer.session.abandon();
                while (!disk.waiting.isEmpty()) {
                    disk.finishOne();
                }
                assertThat(peer.session.isGone()).isTrue();
                assertThat(rig.pool.heldCount()).isZero();
            }
        });
    }

    private static byte[] plausible(Prng prng) {
        return switch (prng.between(0, 3)) {
            case 0 -> ByteBuffer.allocate(4).putInt(prng.between(0, 3)).array();
            case 1 -> option(prng);
            case 2 -> request(prng, prng.between(0, 9), 0);
            default -> request(prng, NbdWire.CMD_WRITE, prng.between(0, 3000));
        };
    }

    private static byte[] option(Prng prng) {
        byte[] data = new byte[prng.between(0, 40)];
        for (int index = 0; index < data.length; index++) {
            data[index] = (byte) (prng.chance(0.6) ? 0 : prng.between(0, 12));
        }
        return ByteBuffer.allocate(NbdWire.OPTION_HEADER_BYTES + data.length)
                .putLong(NbdWire.IHAVEOPT)
                .putInt(prng.between(1, 12))
                .putInt(data.length)
                .put(data)
                .array();
    }

    private static byte[] request(Prng prng, int type, int payloadBytes) {
        return ByteBuffer.allocate(NbdWire.REQUEST_BYTES + payloadBytes)
                .putInt(NbdWire.REQUEST_MAGIC)
                .putShort((short) (prng.chance(0.7) ? 0 : prng.between(0, 31)))
                .putShort((short) type)
                .putLong(prng.nextLong())
                .putLong(prng.between(0, DISK_BYTES))
                .putInt(payloadBytes > 0 ? payloadBytes : prng.between(0, 70_000))
                .array();
    }

    private static byte[] mutated(Prng prng, byte[] bytes) {
        if (bytes.length > 0 && prng.chance(0.2)) {
            bytes[prng.between(0, bytes.length - 1)] ^= (byte) (1 << prng.between(0, 7));
        }
        return bytes;
    }

    /** Each client writes bytes of its own, side by side with the others' in the same sectors. */
    @Test
    void changesOfPartsOfSectorsNeverLoseWhatOthersWrote() {
        Property.check("parts of sectors", CASE_COUNT, (prng, _) -> prng.fork(), prng -> {
            TestDisk disk = new TestDisk(SECTORS, TestDisk.ALL, prng.nextLong());
            byte[] model = new byte[DISK_BYTES];
            try (SessionRig rig = SessionRig.over(disk)) {
                List<SessionRig.Peer> peers = new ArrayList<>();
                for (int count = 0; count < 3; count++) {
                    peers.add(rig.transmitting(count == 1));
                }
                int at = prng.between(0, 2000);
                while (at < 8000) {
                    int bytes = prng.between(1, 900);
                    SessionRig.Peer peer = peers.get(prng.between(0, 2));
                    change(prng, peer, model, at, bytes);
                    at += bytes;
                    if (!disk.waiting.isEmpty() && prng.chance(0.5)) {
                        disk.finishOne();
                    }
                }
                settle(disk, peers);
                assertThat(disk.content).isEqualTo(model);
                checkRead(prng, disk, peers.getFirst(), model);
                peers.forEach(peer -> peer.session.abandon());
                assertThat(rig.pool.heldCount()).isZero();
            }
        });
    }

    private static void change(Prng prng, SessionRig.Peer peer, byte[] model, int at, int bytes) {
        if (prng.chance(0.2)) {
            peer.request(prng.between(0, 1) * 2, NbdWire.CMD_WRITE_ZEROES, at, at, bytes);
            return;
        }
        byte[] data = new byte[bytes];
        for (int index = 0; index < bytes; index++) {
            data[index] = (byte) prng.between(1, 255);
        }
        System.arraycopy(data, 0, model, at, bytes);
        peer.request(prng.between(0, 1), NbdWire.CMD_WRITE, at, at, bytes);
        peer.send(data);
    }

    private static void settle(TestDisk disk, List<SessionRig.Peer> peers) {
        while (!disk.waiting.isEmpty()) {
            disk.finishOne();
            peers.forEach(SessionRig.Peer::again);
        }
        peers.forEach(peer -> assertThat(peer.output().length % 16).isZero());
    }

    private static void checkRead(Prng prng, TestDisk disk, SessionRig.Peer peer, byte[] model) {
        int at = prng.between(0, DISK_BYTES - 70_000);
        int bytes = prng.between(1, 70_000);
        peer.request(0, NbdWire.CMD_READ, 5, at, bytes);
        settleReads(disk, peer);
        byte[] said = peer.output();
        assertThat(said).hasSize(16 + bytes);
        assertThat(java.util.Arrays.copyOfRange(said, 16, said.length))
                .isEqualTo(java.util.Arrays.copyOfRange(model, at, at + bytes));
    }

    private static void settleReads(TestDisk disk, SessionRig.Peer peer) {
        while (!disk.waiting.isEmpty()) {
            disk.finishOne();
            peer.again();
        }
    }
}
