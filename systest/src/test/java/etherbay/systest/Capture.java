// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Records the AoE frames that a node sees, and lets two dissectors judge them: Wireshark's knows
 * ATA, tcpdump's knows config, mask and reserve as well.
 */
final class Capture implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration JUDGE_TIMEOUT = Duration.ofMinutes(2);
    private static final int FRAME_COUNT_MAX = 20_000;

    private final Daemon tcpdump;
    private final Path file;

    private Capture(Daemon tcpdump, Path file) {
        this.tcpdump = tcpdump;
        this.file = file;
    }

    /** Begins; {@code file} holds up to {@value #FRAME_COUNT_MAX} whole frames. */
    static Capture start(NetLab.Node node, Path file) {
        Tool.require("tshark", "tshark");
        String tcpdump = Tool.require("tcpdump", "tcpdump").toString();
        List<String> command = node.command(
                tcpdump,
                "-i",
                "eth0",
                "-U",
                "--immediate-mode", // else the last second is lost when it is ended
                "-s",
                "0",
                "-Z",
                "root",
                "-c",
                "" + FRAME_COUNT_MAX,
                "-w",
                file.toString(),
                "ether",
                "proto",
                "0x88a2");
        return new Capture(Daemon.start(command).awaitLog("listening on", START_TIMEOUT), file);
    }

    /** Ends the recording; asserts that {@code mac} sent frames and none of them is malformed. */
    void assertAllWellFormed(String mac) {
        if (tcpdump.isAlive()) {
            tcpdump.terminate();
        }
        assertThat(frames(file, "eth.src==" + mac + " && aoe")).as("AoE frames").isNotEmpty();
        assertThat(malformed(file, mac)).as("malformed frames").isEmpty();
    }

    /**
     * The frames of {@code mac} that either dissector cannot read to the end. tcpdump is not asked
     * about a reserve frame of the least length: it wants the list to end with the frame, and calls
     * padding invalid.
     */
    static List<String> malformed(Path file, String mac) {
        List<String> found = new ArrayList<>(frames(
                file,
                "eth.src==" + mac + " && (_ws.malformed || _ws.expert.severity==error"
                        + " || _ws.short)"));
        String tcpdump = Tool.require("tcpdump", "tcpdump").toString();
        Tool.Outcome outcome = Tool.run(
                List.of(
                        tcpdump,
                        "-nn",
                        "-v",
                        "-r",
                        file.toString(),
                        "ether src " + mac + " and not (ether[19] = 3 and len <= 60)"),
                JUDGE_TIMEOUT);
        assertThat(outcome.exitCode()).as(outcome.text()).isZero();
        outcome.text()
                .lines()
                .filter(line -> line.contains("(invalid)") || line.contains("[|aoe]"))
                .forEach(found::add);
        return found;
    }

    private static List<String> frames(Path file, String filter) {
        String tshark = Tool.require("tshark", "tshark").toString();
        Tool.Outcome outcome =
                Tool.run(List.of(tshark, "-n", "-r", file.toString(), "-Y", filter), JUDGE_TIMEOUT);
        assertThat(outcome.exitCode()).as(outcome.text()).isZero();
        return outcome.text()
                .lines()
                .filter(line -> !line.startsWith("Running as user"))
                .toList();
    }

    @Override
    public void close() {
        tcpdump.close();
    }
}
