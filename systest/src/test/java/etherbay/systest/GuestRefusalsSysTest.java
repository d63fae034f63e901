// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static etherbay.systest.GuestLab.GUEST;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;

import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What cannot be done to a guest is refused: the error says what, why, and what to do, nothing is
 * left half made on either node, and the guest writes on.
 */
@Timeout(600)
@ExtendWith(ReasonInTrace.class)
class GuestRefusalsSysTest {
    private static final Duration TIMEOUT = Duration.ofMinutes(1);
    private static final String[] MIGRATE = {"migrate", GUEST, "b"};

    /** QEMU with less memory than the guest has: what a node does that has no room. */
    private static final String SMALL = "ulimit -v 160000; exec %s \"$@\"";

    /** QEMU without the guest's model of a processor. */
    private static final String OTHER_CPU = """
            case " $* " in
            *" -machine none "*) %1$s "$@" | sed 's/"name": "max"/"name": "other"/g' ;;
            *) exec %1$s "$@" ;;
            esac""";

    private static final String OTHER_MACHINE = """
            case " $* " in
            *" -machine none "*) %1$s "$@" | sed 's/pc-q35-/pc-other-/g' ;;
            *) exec %1$s "$@" ;;
            esac""";

    private final SoftAssertions softly = new SoftAssertions();
    private GuestLab lab;

    @Test
    void whatCannotBeDoneIsRefusedAndNothingIsHalfMade() throws IOException {
        try (GuestLab made = new GuestLab(new GuestLab.Wiring(false, true, false));
                ConsoleTail console = new ConsoleTail(made.consoles())) {
            lab = made;
            lab.boot("a");
            long epoch = lab.report("a").orElseThrow().epoch();
            Tool.await(
                    "b knows of it as it is",
                    TIMEOUT,
                    () -> lab.report("b")
                            .filter(guest -> guest.epoch() == epoch)
                            .isPresent());
            refuseMoves();
            refuseGuests();
            console.awaitMore(3, TIMEOUT);
            assertThat(console.faults()).isEmpty();
            assertThat(console.lives()).isEqualTo(1);
            assertThat(lab.guest("a", MIGRATE)).contains("done");
            console.awaitMore(3, TIMEOUT);
            assertThat(console.faults()).isEmpty();
        }
        softly.assertAll();
    }

    private void refuseMoves() {
        lab.tools("b").qemu(SMALL);
        refused(ErrorCode.ENVIRONMENT, List.of("not moved to b", "memory"), MIGRATE);
        lab.tools("b").qemu(OTHER_CPU);
        refused(
                ErrorCode.CONFLICT,
                List.of("not moved to b", "WRONG processor", "no processor max"),
                MIGRATE);
        lab.tools("b").qemu(OTHER_MACHINE);
        refused(
                ErrorCode.CONFLICT,
                List.of("not moved to b", "WRONG machine", "has no machine pc-q35"),
                MIGRATE);
        lab.tools("b").qemu("echo it is broken >&2; exit 1");
        refused(
                ErrorCode.ENVIRONMENT,
                List.of("not moved to b", "does not say what it offers", "it is broken"),
                MIGRATE);
        lab.tools("b").qemu("exec %s \"$@\"");
        refused(
                ErrorCode.NOT_FOUND,
                List.of("no other node c", "known are: b"),
                "migrate",
                GUEST,
                "c");
        refused(ErrorCode.NOT_FOUND, List.of("no other node a"), "migrate", GUEST, "a");
        refused(ErrorCode.NOT_FOUND, List.of("no guest nobody"), "migrate", "nobody", "b");
        refused(
                ErrorCode.INVALID,
                List.of("mib-per-second"),
                "migrate",
                GUEST,
                "b",
                "--mib-per-second=-1");
    }

    private void refuseGuests() throws IOException {
        refused(ErrorCode.CONFLICT, List.of("not deleted", "stop it first"), "delete", GUEST);
        refused(ErrorCode.CONFLICT, List.of("is on a already"), "recover", GUEST);
        refused(ErrorCode.INVALID, List.of("nothing to put"), created("second"));
        refused(
                ErrorCode.CONFLICT,
                List.of("no mirror none is found", "use e0.0, e1.0"),
                created("second", "--mirror", "none"));
        refused(ErrorCode.CONFLICT, List.of("wanderer"), created("second", "--mirror", GUEST));
        refused(ErrorCode.CONFLICT, List.of("holds"), created("second", "--legs", "e0.0,e1.0"));
        refused(ErrorCode.INVALID, List.of("name"), created("no name!", "--mirror", GUEST));
        refused(ErrorCode.INVALID, List.of("memory"), created("second", "--memory", "0"));
        // Before the disks are looked at, which are in use besides.
        refused(
                ErrorCode.CONFLICT,
                List.of("there is a guest wanderer"),
                created(GUEST, "--legs", "e0.0,e1.0", "--yes"));
        refused(
                ErrorCode.NOT_FOUND,
                List.of("no image /nowhere/image"),
                created("second", "--legs", "e0.0,e1.0", "--yes", "--image", "/nowhere/image"));
        refused(
                ErrorCode.INVALID,
                List.of("no 5 MiB of memory"),
                created("second", "--legs", "e0.0,e1.0", "--yes", "--memory", "5M"));
    }

    private String[] created(String name, String... options) {
        return Stream.concat(Stream.of("create", name, "--if", lab.network()), Stream.of(options))
                .toArray(String[]::new);
    }

    private void refused(ErrorCode code, List<String> words, String... order) {
        String before = lists();
        Set<String> files = files();
        Tool.Outcome outcome = lab.attempt("a", order);
        String text = String.join(" ", order) + ": " + outcome.text();
        softly.assertThat(outcome.exitCode()).as(text).isEqualTo(code.exitCode());
        softly.assertThat(text).contains("why: ", "do: ").contains(words);
        Tool.await(
                text + before + lists(), TIMEOUT, () -> lists().equals(before)); // a look a second
        softly.assertThat(files()).as(text).isEqualTo(files);
    }

    /** As both nodes list them; what a person wants of it is known to its own node. */
    private String lists() {
        return GuestLab.NODES.stream()
                .map(node -> lab.client(node).get("/guests").text())
                .map(text -> text.replaceAll("\"wanted\":\"[a-z]*\",", ""))
                .collect(Collectors.joining("\n"));
    }

    /** All that both nodes keep of guests. */
    private Set<String> files() {
        return GuestLab.NODES.stream()
                .flatMap(node -> under(lab.state(node).resolve("guests")).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<String> under(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.map(Path::toString).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
