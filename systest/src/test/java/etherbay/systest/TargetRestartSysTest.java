// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A target that is killed, or stopped in order, and started again under a Linux guest that writes.
 * {@code docs/restart.md} has what it prints.
 */
@ExtendWith(ReasonInTrace.class)
class TargetRestartSysTest {
    private static final long DISK_BYTES = 256L << 20;
    private static final int WRITERS = 2;
    private static final Duration OUTAGE = Duration.ofSeconds(2);

    /**
     * Writer $1 puts 64 KiB records one after the other into its own 64 MiB, past the page cache,
     * and notes each sum once the write is acknowledged. The longest gap since it was asked to
     * forget is noted too, in hundredths of a second, as the proof that the outage was felt.
     */
    private static final String WRITER = """
            cat > /tmp/writer <<'END'
            last=0 longest=0 n=0
            while [ ! -e /tmp/stop ] && [ $n -lt 1024 ]; do
                dd if=/dev/urandom of=/tmp/record$1 bs=64k count=1 2>/dev/null
                dd if=/tmp/record$1 of=/dev/etherd/e1.0 bs=64k seek=$(($1 * 1024 + n)) count=1 \\
                    oflag=direct conv=notrunc 2>/tmp/error$1 || {
                        cp /tmp/error$1 /tmp/failed$1
                        exit 1
                    }
                sum=$(md5sum < /tmp/record$1)
                echo "$(($1 * 1024 + n)) ${sum%% *}" >> /tmp/written$1
                read now rest </proc/uptime; now=${now%.*}${now#*.}
                [ ! -e /tmp/forget$1 ] || { longest=0; rm /tmp/forget$1; }
                [ $last -gt 0 ] && [ $((now - last)) -gt $longest ] && longest=$((now - last))
                last=$now n=$((n + 1))
                echo $longest > /tmp/longest$1
            done
            END
            """;

    /** Reads every acknowledged record back past the page cache. */
    private static final String VERIFY = """
            echo 3 > /proc/sys/vm/drop_caches
            cat /tmp/written* | while read -r at sum; do
                found=$(dd if=/dev/etherd/e1.0 bs=64k skip=$at count=1 iflag=direct 2>/dev/null |
                    md5sum)
                [ "${found%% *}" = "$sum" ] || { echo "record $at differs"; exit 1; }
            done
            """;

    @TempDir
    Path folder;

    @ParameterizedTest
    @Cases(
            share = 1,
            value = {"ETHERBAY, 9000", "VBLADE, 9000", "ETHERBAY, 1500"})
    void aKilledAndRestartedTargetCostsTheWriterTimeButNoData(AoeServer server, int mtu)
            throws IOException {
        Path image = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        try (NetLab lab = new NetLab(mtu)) {
            NetLab.Node target = lab.node("target");
            Daemon daemon = server.start(target, 1, 0, image);
            try (LinuxClient linux = LinuxClient.boot(lab, mtu)) {
                linux.discover("e1.0");
                linux.sh(WRITER);
                for (int writer = 0; writer < WRITERS; writer++) {
                    linux.sh("sh /tmp/writer " + writer + " > /tmp/out" + writer + " 2>&1 &");
                }
                for (boolean inOrder : new boolean[] {false, true}) {
                    awaitRecords(linux, written(linux) + 40);
                    linux.sh("touch /tmp/forget0 /tmp/forget1");
                    awaitRecords(linux, written(linux) + 10);
                    long endedNs = System.nanoTime();
                    end(daemon, inOrder);
                    Tool.pause(OUTAGE);
                    daemon = server.start(target, 1, 0, image);
                    long outageMs = (System.nanoTime() - endedNs) / 1_000_000;
                    awaitRecords(linux, written(linux) + 40);
                    assertFelt(server + (inOrder ? " stopped" : " killed"), outageMs, linux);
                }
                linux.sh(
                        "touch /tmp/stop; while pgrep -f /tmp/writer >/dev/null; do sleep 1; done");
                assertThat(linux.sh("cat /tmp/failed* 2>/dev/null || true")).isEmpty();
                linux.sh(VERIFY);
            } finally {
                daemon.close();
            }
        }
    }

    private static void end(Daemon daemon, boolean inOrder) {
        if (inOrder) {
            daemon.terminate();
        }
        daemon.close(); // kill -9
    }

    private static void assertFelt(String what, long outageMs, LinuxClient linux) {
        long waitMs = 10 * Long.parseLong(linux.sh("sort -n /tmp/longest? | tail -1"));
        System.out.printf(
                "%s: outage %d ms, the guest's longest wait %d ms: %+d ms%n",
                what, outageMs, waitMs, waitMs - outageMs);
        assertThat(waitMs).as("longest wait").isGreaterThanOrEqualTo(OUTAGE.toMillis() / 2);
    }

    private static int written(LinuxClient linux) {
        return Integer.parseInt(linux.sh("cat /tmp/written* 2>/dev/null | wc -l"));
    }

    private static void awaitRecords(LinuxClient linux, int count) {
        Tool.await(count + " records", Duration.ofSeconds(60), () -> written(linux) >= count);
    }
}
