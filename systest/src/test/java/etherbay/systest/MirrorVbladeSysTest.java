// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The article's own targets as legs: they know no fence, and their reservation shuts readers out.
 */
@ExtendWith(ReasonInTrace.class)
class MirrorVbladeSysTest {
    private static final long DISK_BYTES = 64 << 20;
    private static final int SECTORS = 64;
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private Path disk(String name) throws IOException {
        Path disk = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        return disk;
    }

    private List<String> command(NetLab.Node node, String state, String... words) {
        List<String> all = new ArrayList<>(List.of(MirrorLab.launcher()));
        all.addAll(Arrays.asList(words));
        all.addAll(List.of("--if", "eth0", "--state", folder.resolve(state).toString()));
        return node.command(all.toArray(String[]::new));
    }

    private Path socket() {
        return folder.resolve("nbd");
    }

    private Daemon attach(NetLab.Node node) {
        return MirrorLab.awaitServed(
                Daemon.start(command(node, "state", "attach", "web", "--nbd", "unix:" + socket())));
    }

    private static byte[] pattern(int seed) {
        byte[] bytes = new byte[SECTORS * 512];
        Arrays.fill(bytes, (byte) seed);
        return bytes;
    }

    @Test
    void aMirrorOfTwoVbladesIsReadAfterItsOwnCrashAndLetsThemGoWhenItStops() throws IOException {
        Path one = disk("one");
        Path two = disk("two");
        try (NetLab lab = new NetLab(9000)) {
            NetLab.Node client = lab.node("client");
            try (Daemon first = AoeServer.VBLADE.start(lab.node("first"), 2, 0, one);
                    Daemon second = AoeServer.VBLADE.start(lab.node("second"), 2, 1, two)) {
                assertThat(first.isAlive() && second.isAlive()).isTrue();
                Tool.check(command(
                        client,
                        "state",
                        "mirror",
                        "create",
                        "web",
                        "e2.0",
                        "e2.1",
                        "--assume-clean"));
                crash(client);
                try (Daemon again = attach(client);
                        NbdLink link = NbdLink.open(socket())) {
                    assertThat(again.log()).contains("its target cannot fence");
                    assertThat(link.read(0, SECTORS)).isEqualTo(pattern(7));
                    assertThat(link.write(1000, pattern(8))).isZero();
                    assertThat(again.terminate()).as(again.log()).isIn(0, 143);
                }
                // Another node reads and takes what nobody holds any more.
                NetLab.Node other = lab.node("other");
                assertThat(Tool.check(command(other, "other", "mirror", "detail", "web")))
                        .contains("2 good of 2", "clean");
                assertThat(MirrorLegs.firstDifference(one, two)).isNegative();
            }
        }
    }

    /** Writes, and dies with the reservations in force. */
    private void crash(NetLab.Node client) throws IOException {
        Daemon dying = attach(client);
        try (NbdLink link = NbdLink.open(socket())) {
            assertThat(link.write(0, pattern(7))).isZero();
        } finally {
            dying.kill();
        }
        Tool.await("it is gone", TIMEOUT, () -> !dying.isAlive());
    }
}
