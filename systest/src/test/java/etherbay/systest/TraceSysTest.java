// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** {@code trace-io}, judged by tshark and beside a capture of tcpdump. */
@ExtendWith(ReasonInTrace.class)
@Timeout(240)
class TraceSysTest {
    private static final int DISK_BYTES = 8 << 20;
    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration FLUSH_TIMEOUT = Duration.ofSeconds(10);

    /** The line of the log for one frame. */
    private static final String LOG_LINE =
            "(?m)^.* INFO e1\\.0 \\d\\d:\\d\\d:\\d\\d\\.\\d{6} (received|sent) .*$";

    /** Of what {@link #frames} prints. */
    private static final int COMMAND_FIELD = 4;

    @TempDir
    Path folder;

    private Path image() throws IOException {
        return Files.write(folder.resolve("disk"), new byte[DISK_BYTES]);
    }

    @Test
    void theTraceHasTheFramesThatTcpdumpSeesAndTheLogALineForEach() throws IOException {
        Path trace = folder.resolve("trace.pcap");
        Path beside = folder.resolve("beside.pcap");
        Path image = image();
        try (NetLab lab = new NetLab(9000)) {
            NetLab.Node target = lab.node("target");
            NetLab.Node client = lab.node("client");
            try (Capture _ = Capture.start(target, beside);
                    Daemon daemon = AoeServer.ETHERBAY.start(
                            target, 1, 0, image, "--trace-file", trace.toString())) {
                exchange(client);
                awaitSame(trace, beside);
                assertThat(daemon.terminate()).as("by SIGTERM").isEqualTo(128 + 15);
                List<String> traced = frames(trace, "");
                awaitSame(trace, beside); // tcpdump may not yet have written the last ones
                assertThat(frames(trace, ""))
                        .as("the trace is whole when the process has ended")
                        .hasSizeGreaterThan(20)
                        .isEqualTo(traced);
                // What it says when it stops comes when the log may have been closed already.
                assertThat(lines(daemon.log()))
                        .isBetween(traced.size() - atStop(traced), traced.size());
                assertThat(daemon.log())
                        .contains("request ata identify (ec)", "request config read")
                        .contains("request ata write (34) lba 64 sectors 16 ")
                        .containsPattern("reply ata status 40 .*, \\d+ us after its request");
            }
            assertThat(Capture.malformed(trace, target.mac())).isEmpty();
            assertThat(Capture.malformed(trace, client.mac())).isEmpty();
            assertAnswersFollowTheirRequests(trace);
        }
    }

    /** Each is written a little after its frames; what differs is said if it stays. */
    private static void awaitSame(Path trace, Path beside) {
        try {
            Tool.await(
                    "the trace grows as the capture does",
                    FLUSH_TIMEOUT,
                    () -> frames(trace, "").equals(served(beside)));
        } catch (AssertionError late) {
            assertThat(frames(trace, "")).as(late.getMessage()).isEqualTo(served(beside));
        }
    }

    /** Frames that say that the target is away for a while. */
    private static int atStop(List<String> traced) {
        int count = (int) traced.stream()
                .map(frame -> frame.split("\t", -1)[COMMAND_FIELD])
                .filter(command -> Integer.decode(command) == AoeHeader.COMMAND_AWAY)
                .count();
        assertThat(count).as("a stop is announced").isPositive();
        return count;
    }

    private static void exchange(NetLab.Node client) {
        AoeTools tools = new AoeTools(client);
        assertThat(tools.ping(1, 0, "-i").exitCode()).isZero();
        assertThat(tools.config("set", "node1:disk0")).isEqualTo("node1:disk0");
        try (Initiator initiator = Initiator.on(client, 1, 0)) {
            initiator.discover();
            initiator.identify();
            byte[] data = new byte[16 * 512];
            data[data.length - 1] = 42;
            assertThat(Initiator.done(initiator.ask(frames -> frames.write(64, data))))
                    .isTrue();
            assertThat(Initiator.done(initiator.ask(AoeFrames::flush))).isTrue();
            assertThat(initiator.read(64, 16)).isEqualTo(data);
            assertThat(initiator.read(0, 100)).hasSize(100 * 512);
        }
    }

    /**
     * One line per frame: who to whom, address, command, tag, answer or not, data. Where the export
     * is meant; the probe for a rival before it serves is not the export's.
     */
    private static List<String> frames(Path file, String filter) {
        String tshark = Tool.require("tshark", "tshark").toString();
        return Tool.check(List.of(
                        "sh",
                        "-c",
                        ("exec %s -r %s -Y \"%s\" -T fields -e eth.src -e eth.dst -e aoe.major"
                                        + " -e aoe.minor -e aoe.cmd -e aoe.tag -e aoe.response"
                                        + " -e aoe.lba -e frame.len -e data.data 2>/dev/null")
                                .formatted(tshark, file, filter)))
                .lines()
                .toList();
    }

    /** Of a capture at the target: what the export got and said, from its first beacon on. */
    private static List<String> served(Path capture) {
        List<String> all = frames(capture, "aoe");
        int first = 0;
        while (first < all.size() && all.get(first).split("\t", -1)[6].matches("0|False")) {
            first++;
        }
        return all.subList(first, all.size());
    }

    private static int lines(String log) {
        return (int) Pattern.compile(LOG_LINE).matcher(log).results().count();
    }

    /** Wireshark finds the request of each answer, and it lies before. */
    private static void assertAnswersFollowTheirRequests(Path trace) {
        assertThat(frames(trace, "aoe.response == 1 && aoe.cmd == 0")).hasSizeGreaterThan(8);
        assertThat(frames(trace, "aoe.response == 1 && aoe.cmd == 0 && !aoe.response_to"))
                .isEmpty();
        assertThat(frames(trace, "aoe.response_to && frame.time_delta < 0")).isEmpty();
    }

    @Test
    void aFullDiskEndsTheTraceAndNotTheServing() throws IOException {
        Path image = image();
        Path small = Files.createDirectory(folder.resolve("small"));
        String etherbay = AoeServer.Repository.root().resolve("etherbay").toString();
        try (NetLab lab = new NetLab(9000)) {
            NetLab.Node client = lab.node("client");
            // `ip netns exec` gives it mounts of its own, so this one ends with the process.
            String script = ("mount -t tmpfs -o size=64k none %s && exec %s export --state %s"
                            + " --trace-file %s 1 0 eth0 %s")
                    .formatted(
                            small,
                            etherbay,
                            folder.resolve("state"),
                            small.resolve("t.pcap"),
                            image);
            try (Daemon daemon = Daemon.start(lab.node("target").command("sh", "-c", script))
                            .awaitLog("e1.0: serving", START_TIMEOUT);
                    Initiator initiator = Initiator.on(client, 1, 0)) {
                initiator.discover();
                assertThat(initiator.read(0, 1024)).hasSize(1024 * 512);
                daemon.awaitLog("No space left on device; serving goes on", FLUSH_TIMEOUT);
                assertThat(initiator.read(0, 1024)).hasSize(1024 * 512);
                assertThat(daemon.terminate()).as("by SIGTERM").isEqualTo(128 + 15);
                assertThat(daemon.log().split("tracing into", -1))
                        .as("told once")
                        .hasSize(2);
            }
        }
    }
}
