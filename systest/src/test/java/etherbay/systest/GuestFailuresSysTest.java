// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static etherbay.systest.GuestLab.GUEST;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.NodeReport;
import etherbay.admin.Task;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Each step of a move made to fail: the guest goes on on one side, with all that it had, and who
 * wanted it moved is told which step failed and why. Then what failed is mended, and it moves.
 */
@Timeout(300)
@ExtendWith(ReasonInTrace.class)
class GuestFailuresSysTest {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final int RECORDS = 3;

    /** Memory is sent for some seconds: long enough to hold up what comes next. */
    private static final Map<String, String> SLOWLY = Map.of("mib-per-second", "24");

    /** What happens. */
    enum Fault {
        DESTINATION_QEMU_DIES,
        DESTINATION_QEMU_HANGS,
        SOURCE_QEMU_DIES,
        DESTINATION_DAEMON_DIES,
        SOURCE_DAEMON_DIES,
        LEG_SILENT,
        LEG_DIES,
        NETWORK_CUT,
        CANCELLED
    }

    /** At which step: see {@code MoveWatch.Step}. */
    enum Step {
        PREPARING,
        SENDING,
        SWITCHING,
        FINISHING,
        HANDED;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Where the guest is in the end. */
    enum End {
        HERE,
        THERE,
        /** Starts anew where it was: its hypervisor was what died. */
        ANEW,
        /** It depends on which was first; on one of both in any case. */
        EITHER
    }

    private static GuestLab lab;
    private static ConsoleTail console;
    private static String here;
    private static int lives;

    private String there;

    private static void begin() {
        end();
        lab = new GuestLab(new GuestLab.Wiring(true, false, false));
        console = new ConsoleTail(lab.consoles());
        here = "a";
        lives = 1;
        lab.boot(here);
    }

    @AfterAll
    static void end() {
        if (lab != null) {
            console.close();
            lab.close();
            lab = null;
        }
    }

    @ParameterizedTest
    @Cases(
            share = 5,
            value = {
                "LEG_SILENT, SWITCHING, HERE, lacks device 1",
                "DESTINATION_QEMU_DIES, SENDING, HERE, memory of guest wanderer was not sent",
                "SOURCE_DAEMON_DIES, SWITCHING, HERE, -",
                "DESTINATION_DAEMON_DIES, HANDED, THERE, does not say that it runs there",
                "CANCELLED, SWITCHING, HERE, cancelled",
                "NETWORK_CUT, SWITCHING, HERE, does not answer",
                "SOURCE_QEMU_DIES, SENDING, ANEW, its hypervisor here has ended",
                "DESTINATION_QEMU_DIES, SWITCHING, HERE, has given the move",
                "DESTINATION_QEMU_DIES, FINISHING, EITHER, -",
                "DESTINATION_QEMU_DIES, HANDED, HERE, could not let it run",
                "DESTINATION_QEMU_HANGS, SENDING, HERE, cancelled",
                "SOURCE_QEMU_DIES, SWITCHING, ANEW, not moved",
                "SOURCE_QEMU_DIES, HANDED, THERE, done",
                "DESTINATION_DAEMON_DIES, PREPARING, HERE, does not answer",
                "DESTINATION_DAEMON_DIES, SENDING, HERE, does not answer",
                "DESTINATION_DAEMON_DIES, SWITCHING, HERE, does not answer",
                "DESTINATION_DAEMON_DIES, FINISHING, EITHER, -",
                "SOURCE_DAEMON_DIES, PREPARING, HERE, -",
                "SOURCE_DAEMON_DIES, SENDING, HERE, -",
                "SOURCE_DAEMON_DIES, FINISHING, EITHER, -",
                "SOURCE_DAEMON_DIES, HANDED, THERE, -",
                "LEG_DIES, SWITCHING, HERE, lacks device 1",
                "LEG_DIES, SENDING, EITHER, -",
                "NETWORK_CUT, PREPARING, HERE, does not answer",
                "NETWORK_CUT, SENDING, HERE, does not answer",
                "NETWORK_CUT, FINISHING, EITHER, -",
                "NETWORK_CUT, HANDED, THERE, does not say that it runs there",
                "CANCELLED, PREPARING, HERE, cancelled",
                "CANCELLED, SENDING, HERE, cancelled",
                "CANCELLED, FINISHING, EITHER, -",
            })
    void aMoveThatFailsLeavesTheGuestOnOneSide(Fault fault, Step step, End end, String words) {
        if (lab == null) {
            begin();
        }
        there = GuestLab.other(here);
        boolean passed = false;
        try {
            failsAndMoves(fault, step, end, words);
            passed = true;
        } finally {
            if (!passed) {
                System.err.println(fault + ", " + step + ", " + here + ":\n" + lab.log(here) + "\n"
                        + there + ":\n" + lab.log(there));
                end(); // the next one begins anew
            }
        }
    }

    private void failsAndMoves(Fault fault, Step step, End end, String words) {
        RunningMove move = heldAt(step);
        inflict(fault, move);
        String said = outcome(fault, move);
        System.out.println(fault + ", " + step + ": " + said);
        if (!words.equals("-")) {
            assertThat(said).contains(words);
        }
        if (said.startsWith("failed")) {
            assertThat(said).contains("guest " + GUEST, "do: ");
        }
        if (end == End.HERE && fault != Fault.SOURCE_DAEMON_DIES) {
            goesOn(); // before anything is mended
        }
        mend(fault);
        settles(end);
        movesOn();
    }

    // How a step is reached.

    /** A move that is at a step, and does not come further as long as the network is held. */
    private RunningMove heldAt(Step step) {
        RunningMove move = RunningMove.start(lab.client(here), there, SLOWLY);
        if (step == Step.PREPARING) {
            reach(move, Step.PREPARING);
            lab.relay(there).hold(); // the answer: a hypervisor starts before it comes
            return move;
        }
        reach(move, Step.SENDING);
        Tool.await("some of it is sent", TIMEOUT, () -> move.now().done() > 0);
        if (step == Step.SWITCHING) {
            lab.relay(there).hold();
        }
        if (step == Step.HANDED) {
            reach(move, Step.FINISHING);
            lab.relay(there).hold();
        }
        reach(move, step);
        if (step == Step.SWITCHING) {
            awaitReleased();
        }
        return move;
    }

    private static void reach(RunningMove move, Step step) {
        assertThat(move.reaches(step.word()))
                .as(() -> step + ": " + RunningMove.text(move.now()))
                .isTrue();
    }

    private static void awaitReleased() {
        Tool.await("the disk is let go", TIMEOUT, () -> {
            try {
                return MirrorLegs.claim(lab.leg(0)).orElseThrow().released()
                        && MirrorLegs.claim(lab.leg(1)).orElseThrow().released();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    // What fails.

    private void inflict(Fault fault, RunningMove move) {
        switch (fault) {
            case DESTINATION_QEMU_DIES -> lab.killGuest(there);
            case DESTINATION_QEMU_HANGS -> {
                lab.signalGuest(there, "STOP");
                move.cancel();
            }
            case SOURCE_QEMU_DIES -> lab.killGuest(here);
            case DESTINATION_DAEMON_DIES -> lab.killNode(there);
            case SOURCE_DAEMON_DIES -> lab.killNode(here);
            case LEG_SILENT -> lab.signalTarget(1, "STOP");
            case LEG_DIES -> lab.killTarget(1);
            case NETWORK_CUT -> {
                lab.relay(here).cut();
                lab.relay(there).cut();
            }
            case CANCELLED -> move.cancel();
        }
        if (fault != Fault.NETWORK_CUT) {
            lab.relay(there).open();
        }
    }

    private String outcome(Fault fault, RunningMove move) {
        if (fault == Fault.SOURCE_DAEMON_DIES) {
            return "";
        }
        Task task = move.end();
        return RunningMove.text(task);
    }

    private void mend(Fault fault) {
        switch (fault) {
            case DESTINATION_DAEMON_DIES -> lab.startNode(there);
            case SOURCE_DAEMON_DIES -> lab.startNode(here);
            case LEG_SILENT -> lab.signalTarget(1, "CONT");
            case LEG_DIES -> lab.startTarget(1);
            case NETWORK_CUT -> {
                lab.relay(here).open();
                lab.relay(there).open();
            }
            case DESTINATION_QEMU_DIES, DESTINATION_QEMU_HANGS, SOURCE_QEMU_DIES, CANCELLED -> {}
        }
    }

    // What is left.

    private static boolean runs(String node) {
        return lab.report(node)
                .filter(guest -> guest.place().isEmpty() && guest.state().equals("running"))
                .isPresent();
    }

    /** It writes, on this side. */
    private void goesOn() {
        await(here + " runs it", () -> runs(here));
        console.awaitMore(RECORDS, TIMEOUT);
        assertSound();
    }

    /** On one side, known to both, and nothing of it is left on the other. */
    private void settles(End end) {
        await(
                "one side has it, and both know",
                () -> runs(here) != runs(there) && isGone(runs(here) ? there : here));
        String at = runs(here) ? here : there;
        if (end != End.EITHER) {
            assertThat(at).as("where it is").isEqualTo(end == End.THERE ? there : here);
        }
        lives += end == End.ANEW ? 1 : 0;
        console.awaitMore(RECORDS, TIMEOUT);
        assertSound();
        here = at;
        there = GuestLab.other(at);
    }

    private static boolean isGone(String node) {
        Optional<NodeReport.Guest> guest = lab.report(node);
        return lab.hypervisor(node).isEmpty()
                && guest.filter(one -> one.state().equals("elsewhere")).isPresent();
    }

    private static void assertSound() {
        assertThat(console.faults()).isEmpty();
        assertThat(console.lives()).as("how often it has begun").isEqualTo(lives);
    }

    private void movesOn() {
        await(
                "all legs are in sync",
                () -> lab.mirror(here, "--json").contains("\"good_copies\":2,"));
        RunningMove move = RunningMove.start(lab.client(here), there, Map.of());
        assertThat(RunningMove.text(move.end())).isEqualTo("done");
        here = there;
        console.awaitMore(RECORDS, TIMEOUT);
        assertSound();
    }

    private void await(String what, java.util.function.BooleanSupplier condition) {
        Tool.await(
                what + ": " + lab.report(here) + lab.hypervisor(here) + lab.hypervisor(there),
                TIMEOUT,
                condition);
    }
}
