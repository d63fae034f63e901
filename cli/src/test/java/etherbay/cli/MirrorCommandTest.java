// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.node.ControlSocket;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import picocli.CommandLine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The verbs on files, which each assembles for itself where nobody holds the mirror. */
final class MirrorCommandTest {
    private static final int INVALID = 3;
    private static final int NOT_FOUND = 4;
    private static final int CONFLICT = 6;
    private static final int UNAVAILABLE = 8;
    private static final int DEVIATES = 9;
    private static final long DATA_AT = 1 << 20;

    @TempDir
    private Path folder;

    private String one = "";
    private String two = "";
    private String out = "";
    private String err = "";

    @BeforeEach
    void makeDisks() throws IOException {
        one = disk("one", 8 << 20);
        two = disk("two", 8 << 20);
    }

    private String disk(String name, long bytes) throws IOException {
        Path path = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(bytes);
        }
        return path.toString();
    }

    private static void write(String path, long at, int value) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path, "rw")) {
            file.seek(at);
            file.write(value);
        }
    }

    private static int read(String path, long at) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path, "r")) {
            file.seek(at);
            return file.read();
        }
    }

    private int run(String... words) {
        StringWriter outText = new StringWriter();
        StringWriter errText = new StringWriter();
        int code = run(outText, errText, words);
        out = outText.toString();
        err = errText.toString();
        return code;
    }

    private int run(Writer outText, Writer errText, String... words) {
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(outText));
        command.setErr(new PrintWriter(errText));
        List<String> all = new ArrayList<>(List.of("mirror"));
        all.addAll(List.of(words));
        all.addAll(List.of("--state", state().toString()));
        return command.execute(all.toArray(String[]::new));
    }

    private Path state() {
        return folder.resolve("state");
    }

    private void good(String... words) {
        assertThat(run(words)).as(() -> err).isZero();
    }

    private void make() {
        good("create", "web", one, two, "--assume-clean");
    }

    @Test
    void aMirrorOfTwoFilesIsMadeAndListed() {
        make();
        assertThat(out).contains("mirror \"web\" created of " + one + ", " + two);
        good("list", one, two);
        assertThat(out.lines().skip(1))
                .hasSize(2)
                .allMatch(line -> line.startsWith("web "))
                .allMatch(line -> line.contains("clean"));
        good("detail", "web", one, two);
        assertThat(out).contains("2 good of 2", "Owner : nobody here (read only)", "in sync");
    }

    @Test
    void aDetailThatOnlyLooksWritesNothing() throws IOException {
        make();
        int before = read(one, 4096 + 200);
        good("detail", "web", one, two, "--json");
        assertThat(out).contains("\"name\":\"web\"", "\"good_copies\":2", "\"epoch\":0");
        assertThat(read(one, 4096 + 200)).isEqualTo(before);
    }

    @Test
    void whatHoldsSomethingIsTakenOnlyWithAYes() throws IOException {
        write(two, 12_345, 7);
        assertThat(run("create", "web", one, two)).isEqualTo(CONFLICT);
        assertThat(err).contains(two + " holds something", "--yes", "nothing was written");
        assertThat(read(two, 12_345)).isEqualTo(7);
        good("create", "web", one, two, "--yes");
        assertThat(run("create", "other", one, two)).isEqualTo(CONFLICT);
        assertThat(err).contains("a leg of the mirror web");
    }

    @Test
    void aNameThatIsNoneIsRefused() {
        assertThat(run("create", "a/b", one, two)).isEqualTo(INVALID);
        assertThat(run("create", "e1.0", one, two)).isEqualTo(INVALID);
        assertThat(err).contains("is no name of a mirror");
    }

    @Test
    void aDiskTooSmallIsRefusedAndNothingIsWritten() throws IOException {
        String small = disk("small", 512 << 10);
        assertThat(run("create", "web", one, small)).isEqualTo(INVALID);
        assertThat(run("list", one)).isZero();
        assertThat(out).contains("no mirror");
    }

    @Test
    void aFlippedSectorIsFoundToldAndMendedAsTheNamedLegHasIt() throws IOException {
        make();
        write(two, DATA_AT + 1000 * 512 + 17, 0x5A);
        assertThat(run("check", "web", "--leg", one + "," + two)).isEqualTo(DEVIATES);
        assertThat(err).contains("1 sectors differ; the first: 1000");
        good("repair", "web", "--like", two, "--leg", one + "," + two);
        assertThat(read(one, DATA_AT + 1000 * 512 + 17)).isEqualTo(0x5A);
        good("check", "web", "--leg", one + "," + two);
        assertThat(out).contains("all legs are the same");
    }

    @Test
    void threeLegsAreMendedAsMostOfThemAre() throws IOException {
        String three = disk("three", 8 << 20);
        good("create", "web", one, two, three, "--assume-clean");
        String all = String.join(",", one, two, three);
        write(one, DATA_AT + 77 * 512, 9);
        good("repair", "web", "--leg", all);
        assertThat(read(one, DATA_AT + 77 * 512)).isZero();
    }

    @Test
    void aLegThatIsFailedIsMissingUntilItIsAddedAgain() {
        make();
        String legs = one + "," + two;
        good("fail", "web", two, "--leg", legs);
        assertThat(run("fail", "web", one, "--leg", one)).isEqualTo(CONFLICT);
        assertThat(err).contains("it is the last leg in sync");
        good("detail", "web", one);
        assertThat(out).contains("1 good of 2: ONE GOOD COPY");
    }

    @Test
    void aSubsetThatMayBeStaleIsNotAssembled() {
        make();
        assertThat(run("check", "web", "--leg", one)).isEqualTo(UNAVAILABLE);
        assertThat(err).contains("--force");
    }

    @Test
    void aDiskWithoutASuperblockIsNoLeg() {
        assertThat(run("detail", "web", one)).isEqualTo(NOT_FOUND);
        assertThat(err).contains("no superblock of an array", "mirror create");
    }

    @Test
    void anotherNameThanTheLegsHaveIsRefused() {
        make();
        assertThat(run("detail", "mail", one, two)).isEqualTo(INVALID);
        assertThat(err).contains("it holds web");
    }

    @Test
    void nobodyHoldsAMirrorThatIsToBeStopped() {
        assertThat(run("stop", "web")).isEqualTo(NOT_FOUND);
        assertThat(err).contains("no process of this machine holds the mirror web");
    }

    @Test
    void aMirrorThatIsStoppedCanBeAssembledAtOnce() throws Exception {
        make();
        for (int term = 1; term <= 3; term++) {
            CompletableFuture<Integer> holder = hold();
            good("stop", "web");
            assertThat(ControlSocket.held(state())).isEmpty();
            good("check", "web", "--leg", one + "," + two);
            assertThat(holder.get(10, TimeUnit.SECONDS)).isZero();
        }
    }

    /** Assembles it on another thread; returns when commands reach it. */
    private CompletableFuture<Integer> hold() throws Exception {
        CompletableFuture<Void> held = new CompletableFuture<>();
        StringWriter said = new StringWriter() {
            @Override
            public void flush() {
                held.complete(null); // it says how it stands
            }
        };
        CompletableFuture<Integer> code = CompletableFuture.supplyAsync(
                () -> run(said, new StringWriter(), "assemble", "web", one, two));
        CompletableFuture.anyOf(held, code).get(10, TimeUnit.SECONDS);
        assertThat(ControlSocket.held(state())).containsExactly("web");
        return code;
    }

    @Test
    void aMirrorWithoutABitmapGetsOne() {
        good("create", "web", one, two, "--assume-clean", "--no-bitmap");
        good("detail", "web", one, two);
        assertThat(out).contains("Intent Bitmap : none", "etherbay mirror grow web --bitmap");
        String legs = one + "," + two;
        good("grow", "web", "--bitmap", "--leg", legs);
        assertThat(out).contains("internal, a bit for 1");
        good("detail", "web", one, two);
        assertThat(out).contains("Intent Bitmap : internal");
        assertThat(run("grow", "web", "--bitmap", "--leg", legs)).isEqualTo(CONFLICT);
        assertThat(err)
                .contains("the mirror gets no bitmap", "it has one, a bit for each 1024 KiB");
        assertThat(run("grow", "web", "--bitmap", "--legs", "3", "--leg", legs)).isEqualTo(2);
    }

    @Test
    void aCheckThatIsNotUnderWayIsCancelledAllTheSame() {
        make();
        good("check", "web", "--cancel", "--leg", one + "," + two);
    }

    @Test
    void aThirdLegIsAddedAndFilled() throws IOException {
        make();
        String three = disk("three", 8 << 20);
        write(three, 5, 5);
        String legs = one + "," + two;
        good("grow", "web", "--legs", "3", "--leg", legs);
        good("add", "web", three, "--yes", "--leg", legs);
        good("check", "web", "--leg", legs + "," + three);
        good("detail", "web", one, two, three);
        assertThat(out).contains("3 good of 3");
    }
}
