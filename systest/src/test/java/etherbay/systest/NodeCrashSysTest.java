// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Counters;
import etherbay.base.Impairment;
import etherbay.base.PortAddress;
import etherbay.base.Prng;
import etherbay.base.SegmentSwitch;
import etherbay.linux.Linux;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * {@code kill -9} of a daemon while it is told again and again to be another one: after each start
 * it is what it had said that it is, or what it had been asked to be last. Needs no root.
 */
class NodeCrashSysTest {
    private static final int KILL_COUNT = 50;
    private static final int KILL_SHARE = 5;
    private static final int CHANGES_MAX = 6;
    private static final long DISK_BYTES = 1 << 20;
    private static final Duration TIMEOUT = Duration.ofMinutes(3);
    private static final int FIRST_CHANGE_NS = 100_000_000;
    private static final long SEED = 21;

    @TempDir
    Path folder;

    private static List<String> lines(String log, String word) {
        return log.lines()
                .filter(line -> line.startsWith(word + " ") && line.endsWith(";"))
                .toList();
    }

    private static long generation(String line) {
        return Long.parseLong(line.substring(line.indexOf(' ') + 1, line.indexOf(':')));
    }

    /** How long the change before this one took; at the start nobody knows. */
    private static long lastTookNs(String log) {
        List<String> took = lines(log, "took");
        return took.isEmpty()
                ? FIRST_CHANGE_NS
                : 1000 * Long.parseLong(took.getLast().replaceAll("\\D", ""));
    }

    private void makeFiles(Path config) throws IOException {
        for (int slot = 0; slot < 4; slot++) {
            MirrorLegs.empty(folder.resolve("disk" + slot), DISK_BYTES);
        }
        Files.writeString(config, "state = \"" + folder.resolve("state") + "\"\n");
    }

    @Test
    void afterEachKillItIsWhatItWasOrWhatItWasToBe() throws IOException {
        int killCount = Share.of(KILL_SHARE, KILL_COUNT, "kills", getClass());
        Prng prng = new Prng(SEED);
        Path config = folder.resolve("etherbay.toml");
        makeFiles(config);
        String segment = "unix:" + folder.resolve("segment");
        long answered = 0;
        long wanted = 0;
        int newCount = 0;
        try (SegmentSwitch network = new SegmentSwitch(
                new SegmentSwitch.Settings(
                        PortAddress.parseUnix(segment), 9000, Impairment.Settings.NONE, SEED),
                Linux.clock(),
                new Counters())) {
            network.start();
            for (int kill = 1; kill <= killCount; kill++) {
                String when = "kill " + kill + " of seed " + SEED;
                try (Daemon daemon = Daemon.start(ApplyLoop.command(config, folder, segment))) {
                    daemon.awaitLog(";", TIMEOUT);
                    String is = lines(daemon.log(), "is").getFirst();
                    long found = generation(is);
                    assertThat(found).as(when).isBetween(answered, wanted);
                    assertThat(is).as(when).isEqualTo(ApplyLoop.line("is", found));
                    newCount += found > answered ? 1 : 0;
                    daemon.awaitLog(
                            ApplyLoop.line("wants", found + prng.between(1, CHANGES_MAX)), TIMEOUT);
                    // Anywhere in the change, whose record is renamed near its end.
                    Tool.pause(Duration.ofNanos(prng.below((int) lastTookNs(daemon.log()))));
                    daemon.kill();
                    String log = daemon.log();
                    assertThat(log).as(when).doesNotContain("REFUSED");
                    List<String> has = lines(log, "has");
                    has.forEach(line ->
                            assertThat(line).isEqualTo(ApplyLoop.line("has", generation(line))));
                    answered = has.isEmpty() ? found : generation(has.getLast());
                    wanted = generation(lines(log, "wants").getLast());
                }
            }
        }
        if (killCount == KILL_COUNT) {
            assertThat(newCount).as("kills after the record was renamed").isPositive();
        }
        System.out.printf(
                "kill -9 of a daemon, %d times, over %d changes: %d times it was the new one%n",
                killCount, wanted, newCount);
    }
}
