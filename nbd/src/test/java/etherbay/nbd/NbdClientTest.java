// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.BlockDevice;
import etherbay.base.Clock;
import etherbay.base.Counter;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Idler;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Loop;
import etherbay.base.ParkIdler;
import etherbay.base.Prng;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Our client at our server: each has a loop, and there is a socket in between. */
final class NbdClientTest {
    private static final int SECTORS = 8192;
    private static final int MEMORY_BYTES = 1536 * 1024;

    @TempDir
    private Path folder;

    private final AtomicLong ticks = new AtomicLong();

    /** Time that passes while a loop sleeps, however slow the machine is. */
    private final Clock clock = new Clock() {
        @Override
        public long nanoTime() {
            return ticks.get();
        }

        @Override
        public long wallMillis() {
            return 0;
        }
    };

    private final Counters counters = new Counters();
    private final TestDisk disk = new TestDisk(SECTORS, TestDisk.ALL, 1);
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(MEMORY_BYTES, 4096);
    private final Io io = new Io(2);
    private final Loop serverLoop = newLoop("server");
    private Loop loop = serverLoop;
    private Thread serverThread = Thread.currentThread();
    private NbdServer server;
    private NbdClient client;

    private Loop newLoop(String name) {
        ParkIdler parking = new ParkIdler();
        return new Loop(
                name,
                clock,
                new Idler() {
                    @Override
                    public void idle(long timeoutNs) {
                        long shortNs = Math.min(timeoutNs, 1_000_000);
                        parking.idle(shortNs);
                        ticks.addAndGet(shortNs);
                    }

                    @Override
                    public void wakeUp() {
                        parking.wakeUp();
                    }
                },
                0);
    }

    private NbdUri uri() {
        return new NbdUri(new NbdAddress.Unix(folder.resolve("s")), "x");
    }

    private NbdServer listen() {
        NbdServer opened = NbdServer.open(
                NbdServer.Settings.of(uri().server(), NbdTls.off()),
                serverLoop,
                List.of(new NbdExport("x", "", disk, false)),
                counters);
        opened.attach();
        return opened;
    }

    @BeforeEach
    void start() {
        disk.sectors(SECTORS / 2);
        server = listen();
        serverLoop.add(disk);
        serverThread = serverLoop.start((_, bug) -> {
            throw new AssertionError(bug);
        });
        loop = newLoop("client");
        client = NbdClient.open(uri(), loop, counters);
        client.attach();
    }

    @AfterEach
    void stop() throws InterruptedException {
        client.close();
        onServer(() -> server.close());
        serverLoop.stop();
        serverThread.join();
        arena.close();
    }

    private void onServer(Runnable work) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        serverLoop.mailbox().offer(() -> {
            work.run();
            done.complete(true);
        });
        assertThat(done.join()).isTrue();
    }

    /** All its connections end, as if its process had; another one listens in its place. */
    private void restartServer() {
        onServer(() -> {
            server.close();
            server = listen();
        });
    }

    /** Waits until the disk has so many requests, which it does not end. */
    private void awaitAtDisk(int count) {
        int[] seen = {-1};
        while (seen[0] != count) {
            onServer(() -> seen[0] = disk.waiting.size());
            assertThat(loop.turn(ticks.get())).isNotNegative();
        }
    }

    private IoStatus run(IoOperation operation, long lba, int sectors, boolean fua) {
        submit(operation, lba, sectors, fua);
        await(() -> !io.inFlight());
        return io.status();
    }

    private void submit(IoOperation operation, long lba, int sectors, boolean fua) {
        io.prepare(operation, lba, sectors).fua(fua);
        if (operation == IoOperation.READ || operation == IoOperation.WRITE) {
            int half = sectors / 2 * 512;
            if (half > 0) {
                io.segment(memory, 0, half);
            }
            io.segment(memory, half, sectors * 512 - half);
        }
        client.submit(io.then(_ -> {}));
    }

    private void await(BooleanSupplier done) {
        assertThat(loop.runUntil(Long.MAX_VALUE, done)).isTrue();
    }

    private void fill(byte value, int bytes) {
        memory.asSlice(0, bytes).fill(value);
    }

    @Test
    void theDiskIsAsTheServerSaysAndDataGoesBothWays() {
        assertThat(client.sectors()).isEqualTo(SECTORS / 2);
        assertThat(client.capabilities().fua()).isTrue();
        assertThat(client.capabilities().logicalBlockBytes()).isEqualTo(512);
        Prng prng = new Prng(7);
        byte[] model = new byte[SECTORS / 2 * 512];
        for (int round = 0; round < 20; round++) {
            int sectors = prng.between(1, MEMORY_BYTES / 512);
            int lba = prng.between(0, SECTORS / 2 - sectors);
            byte value = (byte) prng.between(1, 255);
            boolean zero = round % 5 == 4;
            fill(value, sectors * 512);
            IoOperation operation = zero ? IoOperation.WRITE_ZEROES : IoOperation.WRITE;
            assertThat(run(operation, lba, sectors, false)).isEqualTo(IoStatus.OK);
            Arrays.fill(model, lba * 512, (lba + sectors) * 512, zero ? (byte) 0 : value);
            assertThat(run(IoOperation.READ, 0, MEMORY_BYTES / 512, false)).isEqualTo(IoStatus.OK);
            assertThat(memory.toArray(ValueLayout.JAVA_BYTE))
                    .isEqualTo(Arrays.copyOf(model, MEMORY_BYTES));
        }
        assertThat(run(IoOperation.FLUSH, 0, 0, false)).isEqualTo(IoStatus.OK);
    }

    @Test
    void whatWasFlushedOrWrittenWithFuaOutlivesALostConnection() {
        fill((byte) 3, 4096);
        assertThat(run(IoOperation.WRITE, 8, 8, false)).isEqualTo(IoStatus.OK);
        assertThat(run(IoOperation.FLUSH, 0, 0, false)).isEqualTo(IoStatus.OK);
        assertThat(run(IoOperation.WRITE, 16, 8, true)).isEqualTo(IoStatus.OK);
        restartServer();
        assertThat(run(IoOperation.READ, 8, 8, false)).isEqualTo(IoStatus.OK);
        assertThat(memory.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 3);
        assertThat(run(IoOperation.FLUSH, 0, 0, false)).isEqualTo(IoStatus.OK);
        assertThat(run(IoOperation.WRITE, 8, 8, false)).isEqualTo(IoStatus.OK);
        assertThat(run(IoOperation.FLUSH, 0, 0, false)).isEqualTo(IoStatus.OK);
    }

    @Test
    void whatMayBeLostFailsEveryFlushAndEveryWriteFromThenOn() {
        assertThat(run(IoOperation.WRITE, 8, 8, false)).isEqualTo(IoStatus.OK);
        restartServer();
        assertThat(run(IoOperation.READ, 8, 8, false)).isEqualTo(IoStatus.OK);
        assertThat(run(IoOperation.FLUSH, 0, 0, false)).isEqualTo(IoStatus.FAILED);
        assertThat(run(IoOperation.WRITE, 8, 8, false)).isEqualTo(IoStatus.FAILED);
        assertThat(run(IoOperation.FLUSH, 0, 0, false)).isEqualTo(IoStatus.FAILED);
        assertThat(run(IoOperation.READ, 8, 8, false)).isEqualTo(IoStatus.OK);
    }

    @Test
    void aServerThatComesBackWithMoreIsTakenAndOneWithLessIsNot() {
        long[] before = {0};
        client.listen(new BlockDevice.Listener() {
            @Override
            public void resized(BlockDevice device, long sectorsBefore) {
                before[0] = sectorsBefore;
            }
        });
        Counter refused = counters.counter("nbd.client." + uri() + ".refused");
        onServer(() -> disk.sectors(SECTORS / 4));
        restartServer();
        submit(IoOperation.READ, SECTORS / 4, 8, false);
        await(() -> refused.value() > 0);
        assertThat(io.inFlight()).isTrue();
        onServer(() -> disk.sectors(SECTORS));
        await(() -> !io.inFlight());
        assertThat(io.status()).isEqualTo(IoStatus.OK);
        assertThat(client.sectors()).isEqualTo(SECTORS);
        assertThat(before[0]).isEqualTo(SECTORS / 2);
    }

    /** The server lives, its connections too, and it says nothing. */
    @Test
    void aSilentServerIsALostOneAfterAWhile() {
        onServer(() -> disk.hold(true));
        for (IoOperation operation : List.of(IoOperation.READ, IoOperation.WRITE)) {
            int before = operation == IoOperation.READ ? 0 : 1;
            submit(operation, 8L * before, 8, false);
            awaitAtDisk(before + 1);
            ticks.addAndGet(NbdClient.PATIENCE_NS / 2);
            assertThat(loop.turn(ticks.get())).isNotNegative();
            assertThat(io.inFlight()).isTrue();
            ticks.addAndGet(NbdClient.PATIENCE_NS / 2);
            await(() -> !io.inFlight());
            assertThat(io.status())
                    .isEqualTo(operation == IoOperation.READ ? IoStatus.OFFLINE : IoStatus.UNKNOWN);
        }
        onServer(() -> disk.hold(false));
        assertThat(run(IoOperation.READ, 8, 8, false)).isEqualTo(IoStatus.OK);
    }

    @Test
    void whatWaitsBehindASlowServerEndsAtItsDeadline() {
        onServer(() -> disk.hold(true));
        List<Io> busy = new ArrayList<>();
        for (int count = 0; count < 4 * 32; count++) {
            Io read = new Io(1).prepare(IoOperation.READ, 0, 1).segment(memory, 512L * count, 512);
            busy.add(read.then(_ -> {}));
            client.submit(read);
        }
        awaitAtDisk(busy.size());
        io.prepare(IoOperation.READ, 8, 1)
                .segment(memory, 128 * 1024, 512)
                .deadlineNs(ticks.get() + NbdClient.PATIENCE_NS / 3);
        client.submit(io.then(_ -> {}));
        assertThat(loop.turn(ticks.get())).isNotNegative();
        assertThat(io.inFlight()).isTrue();
        ticks.addAndGet(NbdClient.PATIENCE_NS / 3);
        await(() -> !io.inFlight());
        assertThat(io.status()).isEqualTo(IoStatus.OFFLINE);
        assertThat(busy).allMatch(Io::inFlight);
        onServer(() -> disk.hold(false));
        await(() -> busy.stream().noneMatch(Io::inFlight));
        assertThat(busy).allMatch(read -> read.status() == IoStatus.OK);
    }

    /** A server that takes the header of the first command, and nothing of what follows it. */
    private Thread halfServer(ServerSocketChannel door) {
        return Thread.startVirtualThread(() -> {
            try (door;
                    SessionRig rig = new SessionRig(
                            new ChunkPool(8, 8), new NbdExport("x", "", disk, false))) {
                try (SocketChannel asks = door.accept()) {
                    negotiate(asks, rig.connect(TlsMode.OFF));
                }
                try (SocketChannel works = door.accept()) {
                    negotiate(works, rig.connect(TlsMode.OFF));
                    assertThat(works.read(ByteBuffer.allocate(NbdWire.REQUEST_BYTES)))
                            .isEqualTo(NbdWire.REQUEST_BYTES);
                }
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
        });
    }

    private static void negotiate(SocketChannel with, SessionRig.Peer peer) throws IOException {
        ByteBuffer said = ByteBuffer.allocate(1024);
        while (peer.session.negotiating()) {
            with.write(ByteBuffer.wrap(peer.output()));
            assertThat(with.read(said.clear())).isPositive();
            peer.send(Arrays.copyOf(said.array(), said.position()));
        }
        with.write(ByteBuffer.wrap(peer.output()));
    }

    @Test
    void aWriteOfWhichAPartWasSentMayHaveHappened() throws IOException, InterruptedException {
        NbdUri half = new NbdUri(new NbdAddress.Unix(folder.resolve("half")), "x");
        ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        door.bind(UnixDomainSocketAddress.of(folder.resolve("half")));
        Thread serving = halfServer(door);
        try (NbdClient torn = NbdClient.open(half, loop, counters)) {
            torn.attach();
            io.prepare(IoOperation.WRITE, 0, MEMORY_BYTES / 512).segment(memory, 0, MEMORY_BYTES);
            torn.submit(io.then(_ -> {}));
            await(() -> !io.inFlight());
            assertThat(io.status()).isEqualTo(IoStatus.UNKNOWN);
        }
        serving.join();
    }

    @Test
    void anExportThatIsNotThereIsSaidSo() {
        assertThatThrownBy(() -> NbdClient.open(new NbdUri(uri().server(), "y"), loop, counters))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.NOT_FOUND));
        assertThatThrownBy(() -> NbdClient.open(
                        new NbdUri(new NbdAddress.Unix(folder.resolve("none")), ""),
                        loop,
                        counters))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    }
}
