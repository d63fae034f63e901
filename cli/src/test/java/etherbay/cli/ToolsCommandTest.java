// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.guest.KillAtExit;

import io.avaje.jsonb.Jsonb;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The verbs that ask targets, against exports of ours on a segment, as a person uses them. */
@Timeout(120)
class ToolsCommandTest {
    private static final int INVALID = 3;
    private static final int NOT_FOUND = 4;
    private static final int CONFLICT = 6;
    private static final int UNAVAILABLE = 8;
    private static final int DEVIATES = 9;
    private static final String NBD = "--nbd=unix:/nowhere/s";
    private static final int START_S_MAX = 60;
    private static final int END_S_MAX = 30;
    private static final String OTHER = "02:00:00:00:00:07";

    @TempDir
    private static Path folder;

    private static final List<Process> PROCESSES = new ArrayList<>();
    private static String segment = "";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void serve() throws IOException {
        segment = "unix:" + folder.resolve("s");
        start("listens", "segment", "run", segment);
        export("1", "0", "-sb16");
        export("10", "2", "-b16");
    }

    private static void export(String shelf, String slot, String option) throws IOException {
        Path disk = folder.resolve("disk" + shelf);
        Files.write(disk, new byte[1 << 20]);
        start(
                "serving",
                "export",
                option,
                "--state",
                folder.resolve("state").toString(),
                shelf,
                slot,
                segment,
                disk.toString());
    }

    private static void start(String sign, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        Process process = KillAtExit.hold(
                new ProcessBuilder(command).redirectErrorStream(true).start());
        PROCESSES.add(process);
        CompletableFuture<String> ready = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> drain(process, sign, ready));
        try {
            ready.get(START_S_MAX, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | InterruptedException never) {
            throw new AssertionError("what " + command + " says when it is ready", never);
        }
    }

    /** Reads all that it says, so that it never waits for us. */
    private static void drain(Process process, String sign, CompletableFuture<String> ready) {
        StringBuilder said = new StringBuilder();
        try (BufferedReader log = process.inputReader()) {
            for (String line = log.readLine(); line != null; line = log.readLine()) {
                if (line.contains(sign)) {
                    ready.complete(line);
                } else if (!ready.isDone()) {
                    said.append(line).append('\n');
                }
            }
            ready.completeExceptionally(new AssertionError("it ended, and said: " + said));
        } catch (IOException ended) {
            ready.completeExceptionally(ended);
        }
    }

    @AfterAll
    static void stop() throws InterruptedException {
        for (Process process : PROCESSES.reversed()) {
            process.toHandle().destroy();
            if (!process.waitFor(END_S_MAX, TimeUnit.SECONDS)) {
                KillAtExit.kill(process);
            }
        }
    }

    private int run(String... words) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> all = new ArrayList<>(List.of(words));
        all.add("--if=" + segment);
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(all.toArray(String[]::new));
    }

    private String good(String... words) {
        int exitCode = run(words);
        assertThat(exitCode).as(out + "\n" + err).isZero();
        assertThat(err.toString()).isEmpty();
        return out.toString();
    }

    private void failsWith(int exitCode, String what, String... words) {
        assertThat(run(words)).as(err.toString()).isEqualTo(exitCode);
        assertThat(err.toString().lines()).hasSize(3);
        assertThat(err.toString()).contains(what).contains("  do: ");
    }

    @SuppressWarnings("unchecked") // documents of ours are objects, or lists of them
    private List<Map<String, Object>> objects(String... words) {
        Object read = Jsonb.builder().build().type(Object.class).fromJson(good(words));
        return read instanceof List<?> list
                ? (List<Map<String, Object>>) list
                : List.of((Map<String, Object>) read);
    }

    /** The address of our interface on the segment. */
    private String own() {
        good("reserve", "set", "e10.2");
        String mac = out.toString().strip();
        good("reserve", "release", "e10.2");
        return mac;
    }

    @Test
    void discoverHasALineForEachPath() {
        List<String> lines = good("discover").lines().toList();
        assertThat(lines).hasSize(3);
        assertThat(lines.get(1)).matches("e1\\.0 +02:\\S+ +unix:\\S+ +16 +8704 +17 +0x0100.*");
        assertThat(lines.get(2)).matches("e10\\.2 +02:\\S+ +unix:\\S+ +16 +8704 +17 +0x0100.*");
        assertThat(objects("discover", "--json"))
                .extracting(path -> path.get("disk"))
                .containsExactly("e1.0", "e10.2");
    }

    @Test
    void statPrintsTheLinesOfAoeStat() {
        // printf "%10s %15s %10s %-5s %-14s\n", as aoe-stat of aoetools has it.
        String expected = "%10s %15s %10s %-5s %-14s%n";
        String first = expected.formatted("e1.0", "0.001GB", segment, "8704", "up");
        String second = expected.formatted("e10.2", "0.001GB", segment, "8704", "up");
        assertThat(good("stat")).isEqualTo(first + second);
        assertThat(good("stat", "e1\\.")).isEqualTo(first);
        failsWith(NOT_FOUND, "no disk matches e7", "stat", "e7");
        failsWith(INVALID, "no regular expression", "stat", "e[");
    }

    @Test
    void statSaysWhatAnAcknowledgedWriteIsWorth() {
        assertThat(good("stat", "--long"))
                .containsPattern("(?s)e1\\.0.*durability +write-through.*e10\\.2")
                .containsPattern("(?s)e10\\.2.*durability +flush")
                .containsPattern("incarnation +[0-9a-f]{16}")
                .containsPattern("serial +\\S+");
        assertThat(objects("stat", "--json"))
                .extracting(disk -> disk.get("durability"))
                .containsExactly("write-through", "flush");
    }

    @Test
    void pingCountsWhatIsAnswered() {
        assertThat(good("ping", "e1.0", "-c", "3", "-i", "1"))
                .containsPattern("e1.0 at 02:\\S+ on unix:\\S+: 3: 60 bytes, \\d+\\.\\d{3} ms")
                .containsPattern("3 sent, 3 answered, 0.0% lost, rtt min/avg/max/p99 ");
        assertThat(objects("ping", "e1.0", "-c", "2", "-i", "1", "--identify", "--json"))
                .singleElement()
                .satisfies(result -> assertThat(result)
                        .containsEntry("sent", 2L)
                        .containsEntry("answered", 2L)
                        .containsKey("rttNs99"));
        failsWith(INVALID, "--count is out of range", "ping", "e1.0", "-c", "0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ping", "config test"})
    void aDiskThatIsNotThereIsUnavailable(String verb) {
        List<String> words = new ArrayList<>(List.of(verb.split(" ", -1)));
        words.add("e9.9");
        words.addAll(verb.equals("ping") ? List.of() : List.of("text"));
        failsWith(UNAVAILABLE, "e9.9 does not answer", words.toArray(String[]::new));
    }

    @Test
    void identifyTellsTheFieldsAndTheBytes() {
        assertThat(good("identify", "e1.0"))
                .containsPattern("(?m)^sectors +2048$")
                .containsPattern("(?m)^durability +write-through$")
                .containsPattern("(?m)^lba48 +true$")
                .containsPattern("(?m)^integrity +valid$");
        List<String> raw = good("identify", "e1.0", "--raw").lines().toList();
        assertThat(raw).hasSize(32).allMatch(line -> line.matches("([0-9a-f]{2} ){16}"));
        assertThat(objects("identify", "e1.0", "--json"))
                .singleElement()
                .satisfies(disk -> assertThat(disk.get("raw"))
                        .isEqualTo(String.join("", raw).replace(" ", "")));
    }

    @Test
    void theConfigStringIsClaimedAndShownToWhomItRefuses() {
        good("config", "force", "e1.0", "");
        assertThat(good("config", "set", "e1.0", "a\\x00b")).isEqualTo("a\\x00b\n");
        failsWith(CONFLICT, "it is: a\\x00b", "config", "set", "e1.0", "other");
        assertThat(good("config", "test", "e1.0", "a\\x00b")).isEqualTo("a\\x00b\n");
        failsWith(DEVIATES, "is not `a`", "config", "test", "e1.0", "a");
        assertThat(good("config", "prefix", "e1.0", "a")).isEqualTo("a\\x00b\n");
        failsWith(DEVIATES, "does not begin with `b`", "config", "prefix", "e1.0", "b");
        assertThat(good("config", "read", "e*.*")).isEqualTo("1.0\ta\\x00b\n10.2\t\n");
        assertThat(good("config", "prefix", "e*.0", "a")).isEqualTo("1.0\ta\\x00b\n");
        failsWith(DEVIATES, "2 answer", "config", "test", "e*.*", "nobody");
        failsWith(UNAVAILABLE, "no disk answers", "config", "test", "e7.*", "nobody");
        failsWith(INVALID, "escape", "config", "force", "e1.0", "\\q");
        assertThat(good("config", "force", "e1.0", "")).isEqualTo("\n");
    }

    @Test
    void aMaskListThatShutsTheCallerOutNeedsAYes() {
        failsWith(CONFLICT, "would not answer this machine", "mask", "add", "e10.2", OTHER);
        assertThat(good("mask", "read", "e10.2")).contains("everybody is let in");
        String own = own();
        assertThat(good("mask", "add", "e10.2", OTHER, own).lines())
                .containsExactlyInAnyOrder(own, OTHER);
        failsWith(CONFLICT, own, "mask", "remove", "e10.2", own);
        assertThat(objects("mask", "remove", "e10.2", OTHER, own, "--json"))
                .containsExactly(Map.of("disk", "e10.2", "macs", List.of()));
        failsWith(NOT_FOUND, "nobody's address", "mask", "add", "e10.2", "no-such-host");
        failsWith(INVALID, "group address", "mask", "add", "e10.2", "01:00:5e:00:00:01");
    }

    @Test
    void aReservationOfOthersIsNamed() {
        failsWith(CONFLICT, "could not be read or written", "reserve", "set", "e10.2", OTHER);
        assertThat(run("reserve", "force", "e10.2", OTHER, "--yes")).isZero();
        assertThat(err.toString()).startsWith("warning: e10.2 could not be read or written");
        failsWith(CONFLICT, "it is held by " + OTHER, "reserve", "set", "e10.2");
        failsWith(CONFLICT, "it is held by " + OTHER, "reserve", "release", "e10.2");
        assertThat(good("reserve", "read", "e10.2")).isEqualTo(OTHER + "\n");
        good("sancheck");
        assertThat(out.toString()).contains("note: e10.2", "it is reserved by others");
        assertThat(good("reserve", "release", "e10.2", "--force"))
                .contains("nobody has reserved it");
    }

    @Test
    void sancheckMeasuresBothWays() {
        assertThat(good("sancheck"))
                .containsPattern("e1\\.0 +02:\\S+ +unix:\\S+ +8704 +8704 +8704 +0/200 +0/16")
                .contains("nothing is wrong");
        assertThat(objects("sancheck", "--json"))
                .singleElement()
                .satisfies(document -> assertThat(document)
                        .containsEntry("complaints", List.of())
                        .containsKeys("interfaces", "paths"));
    }

    @Test
    void everyVerbHasItsHelp() {
        for (String verb : List.of(
                "discover", "stat", "ping", "identify", "config", "mask", "reserve", "sancheck")) {
            assertThat(Main.commandLine().setOut(new PrintWriter(out)).execute(verb, "--help"))
                    .isZero();
            assertThat(out.toString()).contains("Usage: etherbay " + verb);
        }
    }

    @Test
    void aWaitThatIsNoneAndALocalLookAtTheNetworkAreRefused() {
        for (String verb : List.of("discover", "stat", "sancheck")) {
            failsWith(INVALID, "--wait 0 is no time to wait", verb, "--wait", "0");
            failsWith(INVALID, "--wait 601", verb, "--wait", "601");
        }
        failsWith(INVALID, "from 0.001 to 1000000", "attach", "e1.0", NBD, "--wait", "0");
        good("discover", "--wait", "0.25");
        failsWith(2, "--local excludes", "stat", "--local", "--long");
        failsWith(2, "--local excludes --if", "stat", "--local");
        failsWith(2, "--state is for --local", "stat", "--state", folder.toString());
        failsWith(2, "exclude each other", "identify", "e1.0", "--raw", "--json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--name=x", "--tls=require", "--tls-dir=/nowhere"})
    void whatIsSaidOfAnNbdServerThatIsNotAskedForIsRefused(String option) {
        failsWith(2, "are for --nbd ADDRESS", "attach", "e1.0", "--device", option);
        failsWith(2, "--state is for --device", "attach", "e1.0", NBD, "--state=/nowhere");
    }

    @Test
    void anAttachedDiskHasOneNameHoweverItIsWritten() throws IOException {
        String nbd = "unix:" + folder.resolve("nbd");
        start("nbd serves e1.0 at", "attach", "e01.00", "--nbd", nbd, "--if", segment);
    }

    @Test
    void controlCharactersOfTheUserAreNotSentToTheTerminal() {
        failsWith(INVALID, "`[?[2J`", "stat", "[\u001b[2J");
        failsWith(NOT_FOUND, "no disk matches e7?", "stat", "e7\u0007");
        failsWith(DEVIATES, "is not `a?b`", "config", "test", "e1.0", "a\u0007b");
    }

    @Test
    void sancheckThatFindsNoDiskSaysSoAndNothingElse() throws IOException {
        String empty = "unix:" + folder.resolve("empty");
        start("listens", "segment", "run", empty);
        int exitCode = Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute("sancheck", "--if", empty, "--wait", "0.1");
        assertThat(exitCode).isEqualTo(UNAVAILABLE);
        assertThat(err.toString()).contains("no disk answers on " + empty);
        assertThat(out.toString()).isEmpty();
    }
}
