// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.MaskHeader;
import etherbay.base.EtherbayException;
import etherbay.base.Frame;
import etherbay.initiator.conform.Finding;
import etherbay.initiator.conform.Outcome;
import etherbay.initiator.conform.Report;
import etherbay.initiator.conform.Rule;
import etherbay.initiator.conform.Suite;
import etherbay.initiator.conform.Touches;
import etherbay.scenario.ConformRig.Setup;
import etherbay.target.ExportState;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** The conformance suite against the shipped target, in one process. */
class ConformTest {
    @ParameterizedTest
    @ValueSource(ints = {1500, 4200, 9000})
    void ourTargetPassesEveryRuleAndIsLeftAsItWas(int mtu) {
        try (ConformRig rig = new ConformRig(Setup.PLAIN.withMtu(mtu))) {
            ExportState stateBefore = rig.export.state();
            byte[] diskBefore = rig.disk.copy();
            Report report = rig.run();
            assertThat(deviations(report)).isEmpty();
            assertThat(report.conforms()).isTrue();
            assertThat(with(report, Outcome.NOT_APPLICABLE)).isEmpty();
            assertThat(report.count(Outcome.PASSED) + report.count(Outcome.REPORTED))
                    .isEqualTo(Suite.rules().size());
            assertThat(report.notRestored()).isEmpty();
            assertThat(rig.disk.copy()).isEqualTo(diskBefore);
            assertThat(rig.export.state().withFloors(List.of())).isEqualTo(stateBefore);
        }
    }

    @Test
    void withoutWriteNothingChangesEvenForAMoment() {
        Setup setup = Setup.PLAIN.withOptions(false, false);
        WriteWatch watch = new WriteWatch();
        try (ConformRig rig = new ConformRig(setup.withDisk(watch::over))) {
            ExportState before = rig.export.state();
            Report report = rig.run();
            assertThat(deviations(report)).isEmpty();
            assertThat(watch.changes()).isZero();
            assertThat(rig.export.state()).isSameAs(before);
            assertThat(with(report, Outcome.NOT_RUN))
                    .hasSameElementsAs(Suite.rules().stream()
                            .filter(rule -> rule.touches() != Touches.NOTHING)
                            .map(Rule::id)
                            .toList());
        }
    }

    @Test
    void aDiskThatSeemsToBeInUseIsNotWrittenToUnlessForced() {
        WriteWatch watch = new WriteWatch();
        Setup careful = Setup.PLAIN.withOptions(true, false).withDisk(watch::over);
        try (ConformRig rig = new ConformRig(careful)) {
            assertThatThrownBy(rig::run)
                    .isInstanceOf(EtherbayException.class)
                    .hasMessageContaining("seems to be in use")
                    .extracting(error -> ((EtherbayException) error).why())
                    .asString()
                    .contains("host:node9");
        }
    }

    @Test
    void anInterruptedRunPutsBackWhatItChanged() {
        WriteWatch watch = new WriteWatch();
        try (ConformRig rig = new ConformRig(Setup.PLAIN.withDisk(watch::over))) {
            ExportState before = rig.export.state();
            byte[] diskBefore = rig.disk.copy();
            watch.onWrite(40, () -> rig.stopped = true);
            Report report = rig.run();
            assertThat(report.interrupted()).isTrue();
            assertThat(report.count(Outcome.NOT_RUN)).isPositive();
            assertThat(report.notRestored()).isEmpty();
            assertThat(rig.disk.copy()).isEqualTo(diskBefore);
            assertThat(rig.export.state()).isEqualTo(before);
        }
    }

    /** As vblade does when an address is taken off its mask list. */
    private static final class Dying implements TamperedPort.Tamper {
        private boolean dead;

        @Override
        public int request(MemorySegment original, Frame frame) {
            dead |= Mutant.sub(AoeHeader.COMMAND_MASK, 25, MaskHeader.EDIT).test(original)
                    && MaskHeader.directiveCommand(original, 0, 0) == MaskHeader.DIRECTIVE_DELETE;
            return dead ? 0 : 1;
        }
    }

    @Test
    void aTargetThatDiesEndsTheRunWithWhatItWas() {
        Dying dying = new Dying();
        Setup setup = Setup.PLAIN.withWire(port -> new TamperedPort(port, dying));
        try (ConformRig rig = new ConformRig(setup)) {
            Report report = rig.run();
            assertThat(dying.dead).isTrue();
            assertThat(with(report, Outcome.NOT_RUN)).contains("mask.delete", "mask.many");
            assertThat(report.notRestored())
                    .singleElement()
                    .asString()
                    .contains("does not answer any more", "host:node9");
        }
    }

    @Test
    void whatIsKeptIsSaidBeforeAnythingChanges() {
        try (ConformRig rig = new ConformRig(Setup.PLAIN)) {
            rig.run();
            assertThat(rig.said)
                    .containsExactly(
                            "kept: config string: \"host:node9\"",
                            "kept: mask list: empty",
                            "kept: reservation: empty",
                            "kept: sectors 2016 to 2079, and the last one, 4095");
        }
    }

    @Test
    void rulesHaveDifferentNamesThatStayShort() {
        assertThat(Suite.rules()).extracting(Rule::id).doesNotHaveDuplicates();
        assertThat(Suite.rules())
                .allSatisfy(rule -> assertThat(rule.id()).matches("[a-z0-9.-]{4,24}"))
                .allSatisfy(rule -> assertThat(rule.sentence()).hasSizeBetween(10, 90))
                .allSatisfy(rule -> assertThat(rule.source()).isNotBlank());
    }

    private static List<Finding> deviations(Report report) {
        return report.findings().stream().filter(Finding::isDeviation).toList();
    }

    private static List<String> with(Report report, Outcome outcome) {
        return report.findings().stream()
                .filter(finding -> finding.outcome() == outcome)
                .map(finding -> finding.rule().id())
                .toList();
    }
}
