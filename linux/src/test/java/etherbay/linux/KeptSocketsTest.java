// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Lives of a process, one after the other, with a manager that keeps what it is given. */
final class KeptSocketsTest {
    private static final int BACKLOG_COUNT = 8;

    @TempDir
    private Path folder;

    private DescriptorStore manager;
    private Path path;

    @BeforeEach
    void startManager() {
        manager = new DescriptorStore(folder.resolve("notify"));
        path = folder.resolve("disk.sock");
    }

    @AfterEach
    void stopManager() {
        manager.close();
    }

    /** A process, from its start to its end. */
    private final class Life implements AutoCloseable {
        private final Notify notify = Notify.of(manager.environment(), Linux.clock());
        final KeptSockets sockets = KeptSockets.of(Map.of(), notify);

        /** Gets copies of what the manager keeps, as a process that it starts does. */
        Life() {
            manager.stored().forEach((name, fd) -> sockets.inherit(copy(fd), name));
        }

        private static int copy(int fd) {
            int copy = Libc.socket(Constants.AF_UNIX, Constants.SOCK_DGRAM, 0);
            assertThat(Libc.dup3(fd, copy, 0)).isEqualTo(copy);
            return copy;
        }

        ServerSocketChannel listen() {
            return sockets.listen(path, BACKLOG_COUNT).orElseThrow();
        }

        @Override
        public void close() {
            sockets.close();
            notify.close();
        }
    }

    private SocketChannel client() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        boolean connected = false;
        try {
            channel.connect(UnixDomainSocketAddress.of(path));
            connected = true;
            return channel;
        } finally {
            if (!connected) {
                channel.close();
            }
        }
    }

    private static void assertServes(ServerSocketChannel door, SocketChannel client)
            throws IOException {
        try (SocketChannel served = door.accept()) {
            assertThat(served).isNotNull();
            served.write(ByteBuffer.wrap(new byte[] {42}));
            ByteBuffer answer = ByteBuffer.allocate(1);
            assertThat(client.read(answer)).isOne();
            assertThat(answer.get(0)).isEqualTo((byte) 42);
        }
        assertThat(door.accept()).isNull(); // neither another one, nor does it wait
    }

    @Test
    void whoConnectsBetweenTwoLivesIsServedByTheNext() throws IOException {
        try (Life first = new Life();
                ServerSocketChannel door = first.listen();
                SocketChannel client = client()) {
            assertServes(door, client);
        }
        assertThat(path).exists();
        try (SocketChannel waits = client();
                Life second = new Life();
                ServerSocketChannel door = second.sockets.kept(path).orElseThrow()) {
            assertServes(door, waits);
        }
        try (SocketChannel waits = client();
                Life third = new Life();
                ServerSocketChannel door = third.sockets.kept(path).orElseThrow()) {
            assertServes(door, waits);
        }
        assertThat(manager.heard())
                .as("what is kept is kept, without being told again")
                .hasSize(1);
    }

    @Test
    void withinALifeOneChannelFollowsTheOther() throws IOException {
        try (Life life = new Life()) {
            life.listen().close();
            try (SocketChannel waits = client();
                    ServerSocketChannel door = life.sockets.kept(path).orElseThrow()) {
                assertServes(door, waits);
            }
        }
    }

    @Test
    void whatIsWantedNoLongerIsGoneFromTheManagerAndTheFolder() throws IOException {
        try (Life first = new Life()) {
            first.listen().close();
        }
        try (SocketChannel waits = client();
                Life second = new Life()) {
            second.sockets.dropAllBut(Set.of(path));
            assertThat(manager.stored()).hasSize(1);
            second.sockets.dropAllBut(Set.of(folder.resolve("other.sock")));
            assertThat(manager.stored()).isEmpty();
            assertThat(path).doesNotExist();
            assertThatThrownBy(() -> waits.read(ByteBuffer.allocate(1)))
                    .as("who waited is told")
                    .hasMessage("Connection reset");
        }
    }

    @Test
    void aSocketWhoseFileIsGoneIsGivenUp() throws IOException {
        try (Life first = new Life()) {
            first.listen().close();
        }
        Files.delete(path);
        try (Life second = new Life()) {
            assertThat(second.sockets.kept(path)).isEmpty();
            assertThat(manager.stored()).isEmpty();
        }
    }

    @Test
    void aSocketWhosePathLeadsElsewhereIsGivenUpAndTheOtherFileStays() throws IOException {
        try (Life first = new Life()) {
            first.listen().close();
        }
        Files.move(path, folder.resolve("moved.sock"));
        try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(path));
            try (Life second = new Life()) {
                assertThat(second.sockets.kept(path)).isEmpty();
                assertThat(manager.stored()).isEmpty();
                client().close();
            }
        }
    }

    @Test
    void oneThatIsFoundToBeElsewhereLaterIsGivenUpToo() throws IOException {
        try (Life life = new Life()) {
            life.listen().close();
            Files.delete(path);
            Files.writeString(path, "somebody's");
            assertThat(life.sockets.kept(path)).isEmpty();
            assertThat(path).hasContent("somebody's");
            assertThat(manager.stored()).isEmpty();
        }
    }

    @Test
    void whatNeverWasOursIsNotTakenNorForgotten() throws IOException {
        try (ServerSocketChannel foreign = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                Life life = new Life()) {
            foreign.bind(UnixDomainSocketAddress.of(path));
            int fd = Linux.expect(
                    Libc.socket(Constants.AF_UNIX, Constants.SOCK_STREAM, 0), "a unix socket");
            life.sockets.inherit(fd, "foreign.socket");
            assertThat(life.sockets.kept(path)).isEmpty();
            assertThat(manager.heard()).isEmpty();
            assertThat(Path.of("/proc/self/fd", Integer.toString(fd))).doesNotExist();
        }
    }

    @Test
    void whatBearsTheNameOfAFileButDoesNotListenThereIsNotTaken() throws IOException {
        String name;
        try (Life first = new Life()) {
            first.listen().close();
            name = manager.stored().keySet().iterator().next();
        }
        try (Life second = new Life()) {
            second.sockets.kept(path).orElseThrow().close();
        }
        manager.stored().clear(); // leaves a file at which nobody listens
        try (Life third = new Life()) {
            int fd = Linux.expect(
                    Libc.socket(Constants.AF_UNIX, Constants.SOCK_STREAM, 0), "a unix socket");
            third.sockets.inherit(fd, name);
            assertThat(third.sockets.kept(path)).isEmpty();
            assertThat(manager.heard().getLast()).isEqualTo("FDSTOREREMOVE=1\nFDNAME=" + name);
        }
    }

    @Test
    void descriptorsForAnotherProcessAreNotTouched() {
        Map<String, String> environment =
                Map.of("LISTEN_PID", "1", "LISTEN_FDS", "1", "LISTEN_FDNAMES", "etherbay-listen-");
        try (KeptSockets sockets =
                KeptSockets.of(environment, Notify.of(Map.of(), Linux.clock()))) {
            assertThat(sockets.kept(path)).isEmpty();
            assertThat(Path.of("/proc/self/fd/3")).exists();
        }
    }

    @Test
    void withoutAManagerNothingIsMade() {
        assertThat(KeptSockets.none().listen(path, BACKLOG_COUNT)).isEmpty();
        assertThat(path).doesNotExist();
    }

    @Test
    void aManagerThatIsGoneKeepsNothingAndNothingIsMade() throws IOException {
        try (Life life = new Life()) {
            manager.close();
            assertThat(life.sockets.listen(path, BACKLOG_COUNT)).isEmpty();
            assertThat(path).doesNotExist();
            assertThatThrownBy(this::client).isInstanceOf(IOException.class);
        } finally {
            Files.delete(folder.resolve("notify"));
            startManager();
        }
    }

    @Test
    void whereNobodyCanListenThatIsSaidAndNoDescriptorStays() throws IOException {
        path = folder.resolve("x".repeat(120));
        try (Life life = new Life()) {
            long before = descriptorCount();
            for (int count = 0; count < 64; count++) {
                assertRefused(life);
            }
            path = folder.resolve("no/folder");
            for (int count = 0; count < 64; count++) {
                assertRefused(life);
            }
            assertThat(descriptorCount()).isLessThan(before + 64);
        }
    }

    private static void assertRefused(Life life) {
        assertThatThrownBy(life::listen)
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.DENIED));
    }

    @Test
    void manyLivesLeaveNoDescriptorsBehind() throws IOException {
        try (Life life = new Life()) {
            life.listen().close();
            long before = descriptorCount();
            for (int count = 0; count < 64; count++) {
                life.sockets.kept(path).orElseThrow().close();
            }
            assertThat(descriptorCount()).isLessThan(before + 64);
        }
        assertThat(folder.resolve("disk.sock")).exists();
    }

    private static long descriptorCount() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    @Test
    void aSocketThatWasDroppedRefuses() throws IOException {
        try (Life life = new Life()) {
            life.listen().close();
            life.sockets.drop(path);
            assertThatThrownBy(this::client).isInstanceOf(IOException.class);
            try (ServerSocketChannel again = life.listen();
                    SocketChannel client = client()) {
                assertServes(again, client);
            }
            assertThat(manager.stored()).hasSize(1);
        }
    }
}
