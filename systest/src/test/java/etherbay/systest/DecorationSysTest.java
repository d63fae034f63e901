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
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Disks that misbehave on purpose, as QEMU and fio see them over {@code etherbay nbd serve}. */
@Timeout(300)
@ExtendWith(ReasonInTrace.class)
class DecorationSysTest {
    private static final long DISK_BYTES = 8L << 20;
    private static final Duration TIMEOUT = Duration.ofMinutes(1);

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

    private NbdServerProcess serve(String decorations) {
        return NbdServerProcess.atSocket(Path.of(decorations + image), folder.resolve("s"));
    }

    private static String qemu(NbdServerProcess server, String... commands) {
        String program = Tool.require("qemu-io", "qemu-utils").toString();
        List<String> words = new ArrayList<>(List.of(program, "-f", "raw", "-t", "none"));
        for (String command : commands) {
            words.add("-c");
            words.add(command);
        }
        words.add(server.uri());
        return Tool.run(words).text();
    }

    @Test
    void sectorsThatAreBadAreAnErrorOfTheDiskAndTheOthersAreNot() {
        try (NbdServerProcess server = serve("trace:faulty:lba=8-15:")) {
            assertThat(server.log())
                    .contains("warning: faulty lba=8-15: this disk fails on purpose");
            String said = qemu(
                    server,
                    "write -P 7 0 4096",
                    "read 4096 512",
                    "write 7680 512",
                    "flush",
                    "read -P 7 0 4096",
                    "write -P 9 8192 4096",
                    "read -P 9 8192 4096");
            assertThat(said)
                    .contains("read failed: Input/output error")
                    .contains("write failed: Input/output error")
                    .contains("wrote 4096/4096 bytes at offset 0")
                    .contains("read 4096/4096 bytes at offset 0")
                    .contains("read 4096/4096 bytes at offset 8192")
                    .doesNotContain("verification failed", "flush failed");
            Tool.await(
                    "the trace has the failure",
                    TIMEOUT,
                    () -> server.log().contains("disk READ lba 8 sectors 1 FAILED after "));
            assertThat(server.terminate()).isEqualTo(128 + 15);
        }
    }

    @Test
    void afterAFlushThatFailedNothingIsWrittenUntilItIsServedAnew() {
        try (NbdServerProcess server = serve("faulty:flushes=1:")) {
            String said = qemu(
                    server,
                    "write -P 7 0 4096",
                    "flush",
                    "write -P 8 0 4096",
                    "read -P 7 0 4096",
                    "flush");
            assertThat(said)
                    .contains("wrote 4096/4096", "write failed: Input/output error")
                    .contains("read 4096/4096 bytes at offset 0")
                    .doesNotContain("verification failed");
            assertThat(server.terminate()).isEqualTo(128 + 15);
        }
        try (NbdServerProcess server = serve("")) {
            assertThat(qemu(server, "write -P 8 0 4096", "flush", "read -P 8 0 4096"))
                    .contains("wrote 4096/4096", "read 4096/4096")
                    .doesNotContain("failed");
        }
    }

    @Test
    void aDiskThatIsReadOnlyByItsNameIsNotOpenedForWriting() {
        try (NbdServerProcess server = serve("read-only:")) {
            assertThat(qemu(server, "write 0 512"))
                    .contains("Permission denied")
                    .doesNotContain("wrote");
            String reader = Tool.require("qemu-io", "qemu-utils").toString();
            assertThat(Tool.check(List.of(
                            reader, "-r", "-f", "raw", "-c", "read -P 0 0 4096", server.uri())))
                    .contains("read 4096/4096");
        }
    }

    /** What fio measures is never below what was asked for, whatever else this machine does. */
    @Test
    void fioSeesTheDelayAndTheLimits() {
        double us = latencyUsOfFio("delay:reads-ms=5:", 100, 4);
        assertThat(us).isGreaterThanOrEqualTo(4990);
        double limited = latencyUsOfFio("delay:iops=500:", 400, 8); // 8 in flight, 2 ms each
        assertThat(limited).isGreaterThanOrEqualTo(15_000).isLessThan(60_000);
    }

    /** Mean of the time that reads of 4 KiB take, at a depth. */
    private double latencyUsOfFio(String decorations, int requestCount, int depth) {
        String fio = Tool.require("fio", "fio").toString();
        try (NbdServerProcess server = serve(decorations)) {
            String said = Tool.check(List.of(
                    fio,
                    "--name=slow",
                    "--ioengine=nbd",
                    "--uri=" + server.uri(),
                    "--rw=randread",
                    "--bs=4k",
                    "--iodepth=" + depth,
                    "--size=4m",
                    "--number_ios=" + requestCount,
                    "--output-format=json"));
            Matcher mean = Pattern.compile("\"lat_ns\" : \\{\\s+\"min\" : \\d+,\\s+\"max\" : \\d+,"
                            + "\\s+\"mean\" : ([0-9.]+)")
                    .matcher(said);
            assertThat(mean.find()).as(said).isTrue();
            return Double.parseDouble(mean.group(1)) / 1000;
        }
    }
}
