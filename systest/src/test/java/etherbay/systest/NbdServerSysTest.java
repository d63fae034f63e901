// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code etherbay nbd serve} as libnbd, QEMU and fio use it. */
@Timeout(600)
@ExtendWith(ReasonInTrace.class)
class NbdServerSysTest {
    private static final long DISK_BYTES = 64L << 20;
    private static final int CLIENT_COUNT = 200;
    private static final long RSS_KIB_MAX = 400 * 1024;

    @TempDir
    Path folder;

    private Path image;

    @BeforeEach
    void makeImage() throws IOException {
        image = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
    }

    private NbdServerProcess serve(String... options) {
        return NbdServerProcess.atSocket(image, folder.resolve("s"), options);
    }

    /** A file as long as the disk, of which every page is something else, and some are holes. */
    private Path content() throws IOException {
        Path source = folder.resolve("content");
        try (RandomAccessFile file = new RandomAccessFile(source.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
            for (long at = 0; at < DISK_BYTES / 2; at += 4096) {
                file.seek(at);
                file.writeLong(~at);
            }
        }
        return source;
    }

    private static String tool(String program, String debianPackage) {
        return Tool.require(program, debianPackage).toString();
    }

    @Test
    void libnbdReadsAndWritesTheWholeDisk() throws IOException {
        String copy = tool("nbdcopy", "libnbd-bin");
        String info = tool("nbdinfo", "libnbd-bin");
        Path source = content();
        Path back = folder.resolve("back");
        try (NbdServerProcess server = serve("--name", "disk one")) {
            assertThat(Tool.check(List.of(info, server.uri())))
                    .contains("newstyle-fixed", "structured", "base:allocation")
                    .contains("can_fua: true", "can_multi_conn: true", "can_df: true")
                    .contains("block_size_minimum: 1", "can_fast_zero: false");
            assertThat(Tool.check(List.of(info, "--list", server.uri()))).contains("disk one");
            assertThat(Tool.check(List.of(info, "--map", server.uri())))
                    .contains(DISK_BYTES + "    0  data");
            Tool.check(List.of(copy, "--flush", source.toString(), server.uri()));
            assertThat(Files.mismatch(source, image)).isEqualTo(-1);
            Tool.check(List.of(copy, server.uri(), back.toString()));
            assertThat(Files.mismatch(source, back)).isEqualTo(-1);
            assertThat(Tool.run(List.of(info, server.uri().replace("///", "///other")))
                            .exitCode())
                    .isNotZero();
            assertThat(server.terminate()).isEqualTo(128 + 15);
            assertThat(server.socket()).doesNotExist();
        }
    }

    @Test
    void qemuWritesPartsOfSectorsAndReadsThemBack() throws IOException {
        String io = tool("qemu-io", "qemu-utils");
        String img = tool("qemu-img", "qemu-utils");
        Path qcow = folder.resolve("disk.qcow2");
        try (NbdServerProcess server = serve()) {
            String said = Tool.check(List.of(
                    io,
                    "-f",
                    "raw",
                    "-c",
                    "write -P 7 1000 5001",
                    "-c",
                    "write -z -u 2000 1000",
                    "-c",
                    "read -P 0 0 1000",
                    "-c",
                    "read -P 7 1000 1000",
                    "-c",
                    "read -P 0 2000 1000",
                    "-c",
                    "read -P 7 3000 3001",
                    "-c",
                    "read -P 0 6001 999",
                    "-c",
                    "write -P 9 1M 20M",
                    "-c",
                    "discard 2M 1M",
                    "-c",
                    "read -P 9 3M 18M",
                    "-c",
                    "flush",
                    server.uri()));
            assertThat(said).doesNotContain("failed").contains("read 18874368/18874368");
            Tool.check(List.of(img, "convert", "-O", "qcow2", server.uri(), qcow.toString()));
            Tool.check(List.of(img, "check", qcow.toString()));
            assertThat(Tool.check(List.of(img, "compare", server.uri(), qcow.toString())))
                    .contains("identical");
            assertThat(Tool.check(List.of(img, "map", "--output=json", server.uri())))
                    .contains("\"data\": true");
        }
        try (NbdServerProcess server = serve("--read-only")) {
            assertThat(Tool.run(List.of(io, "-f", "raw", "-c", "write 0 512", server.uri()))
                            .exitCode())
                    .isNotZero();
        }
    }

    @Test
    void fioVerifiesWhatItWroteAtDepth() {
        String fio = tool("fio", "fio");
        try (NbdServerProcess server = serve()) {
            String said = Tool.check(List.of(
                    fio,
                    "--name=verify",
                    "--ioengine=nbd",
                    "--uri=" + server.uri(),
                    "--rw=randrw",
                    "--bsrange=512-128k",
                    "--bs_unaligned=1",
                    "--iodepth=32",
                    "--size=16m",
                    "--verify=crc32c",
                    "--fsync=64",
                    "--output-format=terse"));
            assertThat(said).contains(";verify;0;0;");
        }
    }

    @Test
    void clientsThatDoNotReadOrSayNothingDisturbNobody() throws IOException {
        String copy = tool("nbdcopy", "libnbd-bin");
        Path source = content();
        Path back = folder.resolve("back");
        List<SocketChannel> idle = new ArrayList<>();
        try (NbdServerProcess server = serve()) {
            for (int count = 0; count < CLIENT_COUNT; count++) {
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                idle.add(channel);
                channel.connect(UnixDomainSocketAddress.of(server.socket()));
                if (count % 4 != 0) {
                    channel.write(greedy(count % 4 == 1));
                }
            }
            Tool.check(List.of(copy, source.toString(), server.uri()));
            Tool.check(List.of(copy, server.uri(), back.toString()));
            assertThat(Files.mismatch(source, back)).isEqualTo(-1);
            assertThat(server.rssKiB()).isLessThan(RSS_KIB_MAX);
        } finally {
            for (SocketChannel channel : idle) {
                channel.close();
            }
        }
    }

    /** A client that chooses the export and asks for 32 MiB twice, or sends half of a write. */
    private static ByteBuffer greedy(boolean writes) {
        ByteBuffer bytes = ByteBuffer.allocate(4096).putInt(3);
        bytes.putLong(0x49484156454F5054L).putInt(7).putInt(6).putInt(0).putShort((short) 0);
        for (int count = 0; count < 2; count++) {
            bytes.putInt(0x25609513)
                    .putShort((short) 0)
                    .putShort((short) (writes ? 1 : 0))
                    .putLong(count)
                    .putLong(DISK_BYTES / 2)
                    .putInt(32 << 20);
            if (writes) {
                return bytes.put(new byte[1000]).flip();
            }
        }
        return bytes.flip();
    }

    @Test
    void withTlsRequiredOnlyWhoHasACertificateGetsIn() throws IOException {
        String info = tool("nbdinfo", "libnbd-bin");
        String copy = tool("nbdcopy", "libnbd-bin");
        Path certificates = certificates();
        Path stranger = Files.createDirectory(folder.resolve("stranger"));
        Files.copy(certificates.resolve("ca-cert.pem"), stranger.resolve("ca-cert.pem"));
        Path source = content();
        Path back = folder.resolve("back");
        try (NbdServerProcess server = NbdServerProcess.atPort(
                image, "--tls", "require", "--tls-dir", certificates.toString())) {
            String uri = "nbds://localhost:" + server.port() + "/?tls-certificates=";
            Tool.check(List.of(copy, source.toString(), uri + certificates));
            Tool.check(List.of(copy, uri + certificates, back.toString()));
            assertThat(Files.mismatch(source, back)).isEqualTo(-1);
            Tool.Outcome plain = Tool.run(List.of(info, "nbd://localhost:" + server.port() + "/"));
            assertThat(plain.exitCode()).isNotZero();
            assertThat(plain.text()).contains("server replied with error").doesNotContain("size");
            assertThat(Tool.run(List.of(info, uri + stranger)).exitCode()).isNotZero();
            Tool.check(List.of(info, uri + certificates));
        }
    }

    /** In QEMU's layout: an authority, a server and a client. */
    private Path certificates() throws IOException {
        String openssl = tool("openssl", "openssl");
        Path at = Files.createDirectory(folder.resolve("tls"));
        Tool.check(List.of(
                openssl,
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=authority",
                "-keyout",
                at.resolve("ca-key.pem").toString(),
                "-out",
                at.resolve("ca-cert.pem").toString()));
        Path names = Files.writeString(folder.resolve("names"), "subjectAltName=DNS:localhost\n");
        for (String who : List.of("server", "client")) {
            Path request = at.resolve(who + ".csr");
            Tool.check(List.of(
                    openssl,
                    "req",
                    "-newkey",
                    "rsa:2048",
                    "-nodes",
                    "-subj",
                    "/CN=localhost",
                    "-keyout",
                    at.resolve(who + "-key.pem").toString(),
                    "-out",
                    request.toString()));
            Tool.check(List.of(
                    openssl,
                    "x509",
                    "-req",
                    "-days",
                    "2",
                    "-CAcreateserial",
                    "-in",
                    request.toString(),
                    "-CA",
                    at.resolve("ca-cert.pem").toString(),
                    "-CAkey",
                    at.resolve("ca-key.pem").toString(),
                    "-extfile",
                    names.toString(),
                    "-out",
                    at.resolve(who + "-cert.pem").toString()));
        }
        return at;
    }
}
