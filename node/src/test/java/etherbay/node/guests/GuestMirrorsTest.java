// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Impairment;
import etherbay.base.PortAddress;
import etherbay.base.SegmentSwitch;
import etherbay.guest.keeper.GuestDisks.Leg;
import etherbay.guest.keeper.GuestDisks.Standing;
import etherbay.guest.keeper.GuestDisks.Take;
import etherbay.guest.machine.GuestDisk;
import etherbay.linux.KeptSockets;
import etherbay.linux.Linux;
import etherbay.mirror.AssemblyRequest;
import etherbay.mirror.Creation;
import etherbay.mirror.MirrorSettings;
import etherbay.node.AttachedMirror;
import etherbay.node.ExportSpec;
import etherbay.node.NbdFronts;
import etherbay.node.Node;
import etherbay.node.NodeIdentity;
import etherbay.node.NodeOptions;
import etherbay.node.NodeSettings;
import etherbay.node.volume.VolumePlaces;
import etherbay.target.ExportSettings;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Two nodes, a third that serves both legs, and one disk that changes hands under its client. */
@Timeout(120)
final class GuestMirrorsTest {
    private static final long MIB = 1 << 20;

    @TempDir
    private Path folder;

    private SegmentSwitch segment;
    private final List<Node> targets = new ArrayList<>();
    private GuestDisk disk;
    private final List<GuestMirrors> opened = new ArrayList<>();

    @BeforeEach
    void makeMirror() throws IOException {
        segment = new SegmentSwitch(
                new SegmentSwitch.Settings(
                        PortAddress.parseUnix(segmentName()), 9000, Impairment.Settings.NONE, 1),
                Linux.clock(),
                new Counters());
        segment.start();
        for (String node : List.of("a", "b")) {
            Files.createDirectories(folder.resolve(node));
            Files.writeString(folder.resolve(node).resolve("node-id"), node);
        }
        for (int slot = 0; slot < 2; slot++) {
            try (RandomAccessFile file = new RandomAccessFile(leg(slot).toFile(), "rw")) {
                file.setLength(16 * MIB);
            }
        }
        startTargets();
        disk = new GuestDisk("vm", List.of("e7.0", "e7.1"), List.of(segmentName()));
        UUID maker = NodeIdentity.of(folder.resolve("a")).id();
        AttachedMirror.create(
                new AttachedMirror.Options(
                        "vm",
                        disk.legs(),
                        disk.interfaces(),
                        5_000_000_000L,
                        1_000_000_000,
                        MirrorSettings.of(maker, "test"),
                        new AssemblyRequest(false, false, false, maker, 1),
                        VolumePlaces.ofTheSystem()),
                parts -> new Creation.Request(
                        "vm",
                        new UUID(3, 4),
                        List.of(new UUID(5, 6), new UUID(7, 8)),
                        true,
                        true,
                        1),
                held -> {},
                new Counters());
    }

    private void startTargets() {
        startTarget(0);
        startTarget(1);
    }

    private void startTarget(int slot) {
        targets.add(Node.start(
                new NodeSettings(folder.resolve("t" + slot), List.of(), List.of(export(slot))),
                new NodeOptions("target " + slot, false, Optional.empty()),
                line -> {}));
    }

    private void endTargets() {
        targets.forEach(Node::close);
        targets.clear();
    }

    private Path leg(int slot) {
        return folder.resolve("disk" + slot);
    }

    private ExportSpec export(int slot) {
        return new ExportSpec(
                ExportSettings.of(7, slot),
                List.of(segmentName()),
                leg(slot),
                Optional.empty(),
                0,
                0);
    }

    @AfterEach
    void end() {
        opened.forEach(GuestMirrors::close);
        endTargets();
        segment.close();
    }

    private String segmentName() {
        return "unix:" + folder.resolve("s");
    }

    private GuestMirrors node(String name) {
        GuestMirrors mirrors = new GuestMirrors(new GuestMirror.Context(
                folder.resolve(name),
                NodeIdentity.of(folder.resolve(name)),
                VolumePlaces::ofTheSystem,
                new NbdFronts(new Counters(), KeptSockets.none()),
                line -> {}));
        opened.add(mirrors);
        return mirrors;
    }

    private static Take plain(long epoch) {
        return new Take(epoch, false, false);
    }

    /** A client of NBD in its plainest form, which waits for one reply at a time. */
    private static final class Client implements AutoCloseable {
        private static final int WRITE = 1;
        private static final int READ = 0;
        private static final int FLUSH = 3;
        private final SocketChannel channel;

        Client(Path socket) throws IOException {
            channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
            read(18);
            send(ByteBuffer.allocate(4).putInt(3));
            ByteBuffer go = ByteBuffer.allocate(16 + 6);
            go.putLong(0x49484156454F5054L).putInt(7).putInt(6).putInt(0).putShort((short) 0);
            send(go);
            int type;
            do {
                ByteBuffer head = read(20);
                type = head.getInt(12);
                read(head.getInt(16));
            } while (type == 3);
            assertThat(type).isEqualTo(1);
        }

        private void send(ByteBuffer bytes) throws IOException {
            bytes.flip();
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        private ByteBuffer read(int count) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(count);
            while (bytes.hasRemaining()) {
                assertThat(channel.read(bytes)).isPositive();
            }
            return bytes.flip();
        }

        private void ask(int command, int bytes, byte fill) throws IOException {
            ByteBuffer request = ByteBuffer.allocate(28 + (command == WRITE ? bytes : 0));
            request.putInt(0x25609513).putShort((short) 0).putShort((short) command);
            request.putLong(1).putLong(0).putInt(bytes);
            while (command == WRITE && request.hasRemaining()) {
                request.put(fill);
            }
            send(request);
        }

        private int answered() throws IOException {
            return read(16).getInt(4);
        }

        byte firstByte() throws IOException {
            ask(READ, 4096, (byte) 0);
            assertThat(answered()).isZero();
            return read(4096).get(0);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    @Test
    void aDiskChangesHandsUnderItsClientsWhichOnlyWait() throws Exception {
        GuestMirrors a = node("a");
        GuestMirrors b = node("b");
        long first = a.take(disk, plain(Long.MAX_VALUE));
        assertThat(a.isWhole(disk)).isTrue();
        assertThatThrownBy(() -> b.take(disk, plain(first - 1)))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("is not taken");
        b.close(disk);
        try (Client here = new Client(a.socket(disk))) {
            here.ask(Client.WRITE, 4096, (byte) 1);
            assertThat(here.answered()).isZero();

            b.standBy(disk);
            try (Client there = new Client(b.socket(disk))) {
                assertThat(there.firstByte()).isEqualTo((byte) 1);
                there.ask(Client.WRITE, 4096, (byte) 2); // waits: it is not the owner's
                assertThatThrownBy(() -> b.take(disk, plain(first)))
                        .isInstanceOf(EtherbayException.class)
                        .hasMessageContaining("owned by");

                assertThat(a.release(disk)).isTrue();
                here.ask(Client.FLUSH, 0, (byte) 0);
                assertThat(here.answered()).isZero();

                long second = b.take(disk, plain(first));
                assertThat(second).isEqualTo(first + 1);
                assertThat(there.answered()).isZero();
                assertThat(there.firstByte()).isEqualTo((byte) 2);
                assertThat(b.isOursEverywhere(disk)).isTrue();

                // Whoever knows no later epoch than its own does not get it back in peace.
                b.release(disk);
                assertThatThrownBy(() -> a.take(disk, plain(first)))
                        .isInstanceOf(EtherbayException.class)
                        .hasMessageContaining("is not taken");
                here.ask(Client.WRITE, 4096, (byte) 3); // waits still
                assertThat(a.take(disk, plain(second))).isEqualTo(second + 1);
                assertThat(here.answered()).isZero();
                assertThat(here.firstByte()).isEqualTo((byte) 3);
                assertThat(a.details().get("vm").copiedSectors()).isZero();
            }
        }
    }

    /** Not served by anybody meanwhile, and nobody's but ours: no other node has taken it. */
    @Test
    void aDiskWhoseLegsAreSilentIsNotLetGoAndIsTakenAgain() throws Exception {
        GuestMirrors a = node("a");
        long first = a.take(disk, plain(Long.MAX_VALUE));
        try (Client here = new Client(a.socket(disk))) {
            endTargets();
            here.ask(Client.WRITE, 4096, (byte) 7);
            assertThatThrownBy(() -> a.release(disk))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            why -> assertThat(why.code()).isEqualTo(ErrorCode.UNAVAILABLE));
            assertThat(a.standing(disk)).isEqualTo(Standing.WAITING);
            assertThat(a.isOursEverywhere(disk)).isFalse();
            startTargets();
            long second = a.take(disk, new Take(first + 1, true, false));
            assertThat(second).isGreaterThan(first);
            assertThat(a.standing(disk)).isEqualTo(Standing.OWNED);
            assertThat(here.answered()).isZero();
            assertThat(here.firstByte()).isEqualTo((byte) 7);
        }
    }

    @Test
    void aLegThatWasLeftBehindIsTakenInWhenItAnswersAgain() throws Exception {
        GuestMirrors a = node("a");
        long first = a.take(disk, plain(Long.MAX_VALUE));
        assertThat(a.release(disk)).isTrue();
        targets.removeLast().close();
        a.take(disk, new Take(first, true, true));
        assertThat(a.isWhole(disk)).isFalse();
        assertThat(a.legs(disk)).extracting(Leg::name).doesNotContain("e7.1");
        try (Client here = new Client(a.socket(disk))) {
            here.ask(Client.WRITE, 4096, (byte) 9);
            assertThat(here.answered()).isZero();
            startTarget(1);
            while (!a.isWhole(disk)) {
                Thread.onSpinWait(); // until the test's time is up
            }
            assertThat(here.firstByte()).isEqualTo((byte) 9);
        }
        assertThat(a.legs(disk)).hasSize(2).allMatch(Leg::isWell);
    }

    @Test
    void aDiskThatIsClosedIsReportedNoMore() {
        GuestMirrors a = node("a");
        a.take(disk, plain(Long.MAX_VALUE));
        assertThat(a.details()).containsOnlyKeys("vm");
        a.close(disk);
        assertThat(a.details()).isEmpty();
        assertThat(a.standing(disk)).isEqualTo(Standing.CLOSED);
    }

    @Test
    void memoryGoesToWhereTheSourceReachesTheNode() {
        assertThat(PeerCalls.reachable("tcp:0.0.0.0:4444", "10.0.0.3"))
                .isEqualTo("tcp:10.0.0.3:4444");
        assertThat(PeerCalls.reachable("tcp:[::]:4444", "[fd00::3]"))
                .isEqualTo("tcp:[fd00::3]:4444");
        assertThat(PeerCalls.reachable("unix:/run/a:b", "10.0.0.3")).isEqualTo("unix:/run/a:b");
    }

    @Test
    void whoseDiskIsTakenWaitsAndGoesOnWhenItIsHisAgain() throws Exception {
        GuestMirrors a = node("a");
        GuestMirrors b = node("b");
        long first = a.take(disk, plain(Long.MAX_VALUE));
        try (Client here = new Client(a.socket(disk))) {
            b.take(disk, new Take(Long.MAX_VALUE, true, false));
            here.ask(Client.WRITE, 4096, (byte) 5);
            while (a.standing(disk) != Standing.FENCED) {
                Thread.onSpinWait();
            }
            assertThat(a.isOursEverywhere(disk)).isFalse();
            b.close(disk);
            a.take(disk, new Take(first + 1, true, false));
            assertThat(here.answered()).isZero();
            assertThat(here.firstByte()).isEqualTo((byte) 5);
        }
    }
}
