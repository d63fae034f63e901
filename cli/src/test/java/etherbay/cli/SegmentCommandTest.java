// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import picocli.CommandLine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

class SegmentCommandTest {
    @TempDir
    private Path folder;

    private Process segment(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "segment",
                "run",
                "unix:" + folder.resolve("s")));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private SocketChannel join() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("s")));
    }

    @Test
    @Timeout(60)
    void aSegmentSaysWhenItListensCarriesFramesAndEndsCleanlyOnSigterm() throws Exception {
        Process process = segment("--mtu", "1500");
        try (BufferedReader out = process.inputReader();
                SocketChannel other = joinWhenListening(out, ", MTU 1500");
                SocketChannel sender = join()) {
            ByteBuffer frame = ByteBuffer.allocate(64).putInt(60);
            frame.putLong(-1).putLong(0x0200_0000_0001_88a2L).clear();
            ByteBuffer got = ByteBuffer.allocate(64);
            sender.write(frame);
            while (got.hasRemaining() && other.read(got) >= 0) {}
            assertThat(got.array()).isEqualTo(frame.array());
            process.toHandle().destroy();
            assertThat(out.lines()).contains("segment.frames.sent 1", "segment.clients.joined 2");
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.waitFor()).isEqualTo(128 + 15);
        assertThat(folder.resolve("s")).doesNotExist();
    }

    private SocketChannel joinWhenListening(BufferedReader out, String rest) throws IOException {
        assertThat(out.readLine())
                .isEqualTo("segment unix:" + folder.resolve("s") + " listens" + rest);
        return join();
    }

    @Test
    @Timeout(60)
    void asJsonItPrintsOneObjectAtTheBeginningAndOneAtTheEnd() throws Exception {
        Process process = segment("--json", "--loss", "0.5", "--seed", "7");
        try (BufferedReader out = process.inputReader()) {
            assertThat(out.readLine())
                    .isEqualTo("{\"listening\":\"unix:%s\",\"mtu\":9000,\"seed\":7}"
                            .formatted(folder.resolve("s")));
            process.toHandle().destroy();
            assertThat(out.readLine())
                    .startsWith("{\"segment.clients.joined\":0,")
                    .endsWith(":0}");
        } finally {
            process.destroyForcibly();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "eth0, 0, 3, `eth0` is no segment",
        "unix:/no/such/folder/s, 0, 4, no segment at unix:/no/such/folder/s",
        "unix:/tmp, 0, 6, no segment at unix:/tmp",
        "unix:/tmp/never, 2, 3, loss of 2.0",
        "unix:/tmp/never, x, 2, Invalid value for option '--loss'",
    })
    void whatCannotBeIsAnErrorWithItsExitCode(
            String address, String loss, int exitCode, String message) {
        StringWriter error = new StringWriter();
        CommandLine main = Main.commandLine().setErr(new PrintWriter(error));
        assertThat(main.execute("segment", "run", address, "--loss", loss)).isEqualTo(exitCode);
        assertThat(error.toString()).contains(message).contains("  do: ");
    }
}
