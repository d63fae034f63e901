// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestDisks.Standing;
import etherbay.guest.keeper.GuestKeeper;
import etherbay.guest.keeper.GuestRecord;
import etherbay.guest.keeper.MoveCheck;
import etherbay.guest.keeper.MoveWatch;
import etherbay.guest.keeper.Phase;
import etherbay.guest.keeper.Wanted;
import etherbay.guest.machine.Hypervisor;
import etherbay.guest.machine.Hypervisor.Condition;
import etherbay.sim.Simulation;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/** What a person sees of a keeper when one thing goes wrong, in the world of {@link MoveLife}. */
final class KeeperTest {
    private static final String GUEST = MoveLife.SPEC.name();

    private final Simulation simulation = new Simulation("keeper", 1);
    private final MoveWorld world = new MoveWorld(simulation);
    private final MoveBox a = world.boxes.get(0);
    private final MoveBox b = world.boxes.get(1);

    @AfterEach
    void end() {
        simulation.close();
    }

    /** @return what it was refused with; none for what was done */
    private List<EtherbayException> ask(MoveBox box, Consumer<GuestKeeper> request) {
        List<EtherbayException> refusals = new ArrayList<>();
        world.attempt(box, keeper -> {
            try {
                request.accept(keeper);
            } catch (EtherbayException refused) {
                refusals.add(refused);
            }
        });
        return refusals;
    }

    private void make() {
        assertThat(ask(a, keeper -> {
                    keeper.create(MoveLife.SPEC, record -> {});
                    keeper.start(GUEST);
                }))
                .isEmpty();
    }

    /** Moves it to b; something happens when that comes to a step. */
    private List<EtherbayException> move(MoveWatch.Step when, Runnable what) {
        MoveWatch watch = watching(when, what);
        return ask(a, keeper -> keeper.migrate(GUEST, b.name, Hypervisor.Sending.DEFAULT, watch));
    }

    private static MoveWatch watching(MoveWatch.Step when, Runnable what) {
        return new MoveWatch() {
            @Override
            public void checked(List<MoveCheck> checks) {
                assertThat(checks).extracting(MoveCheck::what).contains("memory", "leg e1.0");
            }

            @Override
            public void at(Step step) {
                if (step == when) {
                    what.run();
                }
            }

            @Override
            public void sent(Hypervisor.Progress progress) {}

            @Override
            public boolean isAborted() {
                return false;
            }
        };
    }

    private FakeHypervisor.Machine machine(MoveBox box) {
        return Objects.requireNonNull(box.hypervisor.machines.get(GUEST));
    }

    private static GuestKeeper.Seen seen(MoveBox box) {
        return Objects.requireNonNull(box.keeper()).list().getFirst();
    }

    private static Standing standing(MoveBox box) {
        return Objects.requireNonNull(box.disks()).standing(MoveLife.SPEC.disk());
    }

    private void assertRunsHere() {
        assertThat(seen(a).record().phase()).isEqualTo(Phase.HERE);
        assertThat(seen(a).condition()).isEqualTo(Condition.RUNNING);
        assertThat(standing(a)).isEqualTo(Standing.OWNED);
        assertThat(world.running()).containsExactly(a);
    }

    @Test
    void aGuestWhoseHypervisorHangsWhileItSendsTheLastOfItsMemoryGoesOn() {
        make();
        assertThat(move(MoveWatch.Step.FINISHING, () -> machine(a).hangs = true))
                .singleElement()
                .satisfies(why -> assertThat(why.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        assertRunsHere();
        assertThat(seen(b).record().phase()).isEqualTo(Phase.GIVEN_UP);
    }

    @Test
    void aDiskThatIsNotLetGoIsNobodysUntilItIsTakenAgain() {
        make();
        MoveLeg silent = world.legs.getLast();
        assertThat(move(MoveWatch.Step.SWITCHING, () -> silent.reachable = false))
                .isNotEmpty();
        assertThat(standing(a)).isEqualTo(Standing.WAITING);
        assertThat(seen(a).record().phase()).isEqualTo(Phase.LEAVING);
        silent.reachable = true;
        ask(a, GuestKeeper::settle);
        assertRunsHere();
    }

    @Test
    void whatDoesNotGoTogetherIsSaidBeforeAnythingIsBegun() {
        make();
        GuestRecord before = seen(a).record();
        b.hypervisor.cpuName = "another one";
        world.legs.getLast().reachable = false;
        MoveWatch watch = watching(MoveWatch.Step.PREPARING, () -> {
            throw new AssertionError("it has begun");
        });
        assertThat(ask(
                        a,
                        keeper -> keeper.migrate(GUEST, b.name, Hypervisor.Sending.DEFAULT, watch)))
                .singleElement()
                .satisfies(why -> {
                    assertThat(why.code()).isEqualTo(ErrorCode.CONFLICT);
                    assertThat(why.why())
                            .contains("same processor: max of all; there: another one")
                            .contains("leg e1.0: silent; there: silent");
                });
        assertThat(seen(a).record()).isEqualTo(before);
        assertThat(seen(b).record().phase()).isEqualTo(Phase.ELSEWHERE);
        assertRunsHere();
    }

    @Test
    void aReportAsksNoHypervisor() {
        make();
        machine(a).hangs = true;
        assertThat(seen(a).condition()).isEqualTo(Condition.RUNNING);
        assertThat(seen(a).trouble()).isEmpty();
        ask(a, GuestKeeper::settle); // ends what hangs
        assertRunsHere();
    }

    @Test
    void whoSaysStartHasABrokenGuestTryAgain() {
        make();
        machine(a).condition = Condition.BROKEN;
        ask(a, GuestKeeper::settle);
        assertThat(seen(a).condition()).isEqualTo(Condition.BROKEN);
        assertThat(seen(a).trouble())
                .hasValueSatisfying(why ->
                        assertThat(why.correction()).contains("etherbay guest start " + GUEST));
        assertThat(ask(a, keeper -> keeper.start(GUEST))).isEmpty();
        assertRunsHere();
        assertThat(seen(a).trouble()).isEmpty();
    }

    @Test
    void whatIsDeletedIsForgottenByAllWhoKnewItToBeThere() {
        make();
        ask(a, GuestKeeper::tellAll);
        assertThat(seen(b).record().phase()).isEqualTo(Phase.ELSEWHERE);
        assertThat(ask(b, keeper -> keeper.forget(GUEST, 99, "nobody"))).isEmpty();
        assertThat(seen(b).record().place()).isEqualTo(a.name);
        ask(a, keeper -> keeper.stop(GUEST));
        GuestRecord last = seen(a).record();
        assertThat(last.wanted()).isEqualTo(Wanted.STOPPED);
        ask(b, keeper -> keeper.forget(GUEST, last.epoch() - 1, a.name)); // comes late
        assertThat(Objects.requireNonNull(b.keeper()).list()).hasSize(1);
        assertThat(ask(a, keeper -> keeper.delete(GUEST))).isEmpty();
        assertThat(Objects.requireNonNull(b.keeper()).list()).isEmpty();
        make();
        assertRunsHere();
    }
}
