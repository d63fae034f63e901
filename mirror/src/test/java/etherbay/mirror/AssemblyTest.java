// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static etherbay.mirror.ReadLeg.leg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Epoch;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.mirror.Assembly.Absent;
import etherbay.mirror.Assembly.Extent;
import etherbay.mirror.Assembly.InSync;
import etherbay.mirror.Assembly.Recovering;
import etherbay.mirror.Assembly.Resync;
import etherbay.mirror.Assembly.Spare;
import etherbay.mirror.Assembly.Standing;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

final class AssemblyTest {
    private static final AssemblyRequest PLAIN =
            new AssemblyRequest(false, false, false, ReadLeg.NODE_A, 1_700_000_060_000L);
    private static final AssemblyRequest FORCE =
            new AssemblyRequest(false, false, true, ReadLeg.NODE_A, 1_700_000_060_000L);
    private static final AssemblyRequest TAKE_OVER =
            new AssemblyRequest(false, true, false, ReadLeg.NODE_A, 1_700_000_060_000L);
    private static final AssemblyRequest READ_ONLY =
            new AssemblyRequest(true, false, false, ReadLeg.NODE_A, 1_700_000_060_000L);

    private static final InSync IN_SYNC = new InSync();
    private static final Recovering BY_BITMAP = new Recovering(Extent.BITMAP, 0);
    private static final Recovering BY_ALL = new Recovering(Extent.FULL, 0);

    private static Assembly decide(AssemblyRequest request, ReadLeg... legs) {
        return Assembly.decide(Stream.of(legs).map(ReadLeg::read).toList(), request);
    }

    private static List<Standing> standings(Assembly assembly) {
        return assembly.legs().stream().map(Assembly.Leg::standing).toList();
    }

    private static EtherbayException refused(AssemblyRequest request, ReadLeg... legs) {
        try {
            decide(request, legs);
        } catch (EtherbayException refusal) {
            return refusal;
        }
        throw new AssertionError("assembled");
    }

    @Test
    void twoCleanLegsWithEqualEventsAreInSyncAndNeedNothing() {
        Assembly assembly = decide(PLAIN, leg(0), leg(1));
        assertThat(standings(assembly)).containsExactly(IN_SYNC, IN_SYNC);
        assertThat(assembly.resync()).isEqualTo(new Resync(Extent.NOTHING, 0));
        assertThat(assembly.mustClaim()).containsExactly("e0.0", "e1.0");
        assertThat(assembly.absent()).isEmpty();
        assertThat(assembly.name()).isEqualTo("disk");
        assertThat(assembly.bitmaps()).containsExactly("e0.0", "e1.0");
        assertThat(assembly.losesWithForce()).isFalse();
        assertThat(assembly.warnings()).isEmpty();
    }

    @Test
    void legsOfTwoArraysAreRefusedAndSortedOut() {
        EtherbayException refusal = refused(FORCE, leg(0), leg(1).ofArray(9, "box:other"));
        assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID);
        assertThat(refusal.why())
                .contains("e0.0 of 00000000-0000-0001-0000-000000000001 (disk)")
                .contains("e1.0 of 00000000-0000-0001-0000-000000000009 (other)");
    }

    @Test
    void aCopiedLegIsRefused() {
        EtherbayException refusal = refused(FORCE, leg(0), leg(1).device(0));
        assertThat(refusal.code()).isEqualTo(ErrorCode.CONFLICT);
        assertThat(refusal.getMessage()).isEqualTo("e0.0 and e1.0 say that they are the same leg.");
    }

    @Test
    void aLegThatTheFreshestCallsFaultyComesBackByTheBitmap() {
        Assembly assembly = decide(PLAIN, leg(0).events(30).says(0, -1), leg(1).events(20));
        assertThat(standings(assembly)).containsExactly(IN_SYNC, BY_BITMAP);
        assertThat(assembly.mustClaim()).containsExactly("e0.0", "e1.0");
        assertThat(assembly.bitmaps()).containsExactly("e0.0");
    }

    /** Seed 0xd96db3c3b57bc9cb of `mirror`: nobody was told that it had come into force. */
    @Test
    void aLaterVersionThatOnlyALegBeingFilledHasShutsOutNobodyElse() {
        ReadLeg filling = leg(2).ofLegs(3).events(33).says(-1, 1, 2).filledTo(48);
        assertThat(standings(decide(
                        PLAIN,
                        leg(0).ofLegs(3).events(30).says(0, 1, -1),
                        leg(1).ofLegs(3).events(30).says(0, 1, -1),
                        filling)))
                .containsExactly(IN_SYNC, IN_SYNC, BY_ALL);
        assertThat(refused(PLAIN, leg(0).ofLegs(3).events(30).says(0, 1, -1), filling)
                        .getMessage())
                .isNotEmpty();
    }

    @Test
    void aLegOlderThanTheLastClearingComesBackInFull() {
        assertThat(standings(decide(
                        PLAIN, leg(0).events(30).says(0, -1).cleared(20), leg(1).events(20))))
                .containsExactly(IN_SYNC, BY_BITMAP);
        assertThat(standings(decide(
                        PLAIN, leg(0).events(30).says(0, -1).cleared(21), leg(1).events(20))))
                .containsExactly(IN_SYNC, BY_ALL);
    }

    @Test
    void withoutABitmapThatCanBeTrustedALegComesBackInFull() {
        for (ReadLeg survivor : List.of(
                leg(0).withoutBitmap(),
                leg(0).bitmapState(2),
                leg(0).bitmapState(4),
                leg(0).bitmapBehind(1))) {
            assertThat(standings(decide(PLAIN, survivor.events(30).says(0, -1), leg(1))))
                    .containsExactly(IN_SYNC, BY_ALL);
        }
    }

    @Test
    void twoLegsThatCallEachOtherFaultyAreASplitWhateverTheirEvents() {
        for (AssemblyRequest request : List.of(PLAIN, FORCE, TAKE_OVER, READ_ONLY)) {
            for (long events : new long[] {5, 29, 30, 31, 100}) {
                EtherbayException refusal = refused(
                        request,
                        leg(0).events(30).says(0, -1),
                        leg(1).events(events).says(-1, 1));
                assertThat(refusal.getMessage()).startsWith("disk is split:");
            }
        }
        EtherbayException refusal =
                refused(PLAIN, leg(0).events(30).says(0, -1), leg(1).events(5).says(-1, 1));
        assertThat(refusal.why())
                .contains("e0.0 (device 0, whole, state of 2023-11-14T22:13:20Z, 30 events)")
                .contains("e1.0 (device 1, whole, state of 2023-11-14T22:13:20Z, 5 events)");
        assertThat(refusal.correction())
                .contains("etherbay mirror assemble disk e0.0 --force")
                .contains("etherbay mirror assemble disk e1.0 --force")
                .contains("etherbay mirror add disk LEG");
    }

    @Test
    void aSplitIsSeenAfterEachSideHasRemovedTheOther() {
        assertThat(refused(PLAIN, leg(0).events(30).says(0, -2), leg(1).says(-2, 1))
                        .getMessage())
                .startsWith("disk is split:");
    }

    @Test
    void aLegThatShutsOutTheFreshestIsASplitThoughTheFreshestListsIt() {
        assertThat(refused(PLAIN, leg(0).events(30), leg(1).events(20).says(-1, 1))
                        .getMessage())
                .startsWith("disk is split: e0.0 and e1.0");
    }

    @Test
    void eitherSideOfASplitAssemblesAlone() {
        assertThat(standings(decide(PLAIN, leg(0).says(0, -1)))).containsExactly(IN_SYNC);
        assertThat(standings(decide(FORCE, leg(1).says(-1, 1)))).containsExactly(IN_SYNC);
    }

    @Test
    void versionsThatDifferByOneAreACrashBetweenTwoWrites() {
        Assembly assembly = decide(PLAIN, leg(0).events(21).resyncFrom(0), leg(1).events(20));
        assertThat(standings(assembly)).containsExactly(IN_SYNC, IN_SYNC);
        assertThat(assembly.resync()).isEqualTo(new Resync(Extent.BITMAP, 0));
        assertThat(assembly.eventsNext()).isEqualTo(22);
    }

    @Test
    void eventsAreUnsigned() {
        assertThat(standings(decide(PLAIN, leg(0).events(-1).says(0, -1), leg(1).events(1))))
                .containsExactly(IN_SYNC, BY_BITMAP);
    }

    @Test
    void ofTwoEqualVersionsTheOneThatIsNotShutOutIsFollowed() {
        // md counts back when an array becomes clean; the leg that failed then has the old number.
        assertThat(standings(decide(PLAIN, leg(0).says(0, 1), leg(1).says(-1, 1))))
                .containsExactly(BY_BITMAP, IN_SYNC);
    }

    @Test
    void aFirstLegThatIsVersionsBehindThoughListedComesBack() {
        assertThat(standings(decide(PLAIN, leg(0).events(30), leg(1).events(20))))
                .containsExactly(IN_SYNC, BY_BITMAP);
    }

    @Test
    void aLaterLegThatIsVersionsBehindThoughListedMayBeAnother() {
        assertThat(refused(
                                PLAIN,
                                leg(0).events(30).says(0, -1, 1),
                                leg(2).events(20).says(0, -1, 1))
                        .getMessage())
                .isEqualTo("disk lacks device 2 (slot 1).");
    }

    @Test
    void anAbsentLegThatWasInSyncIsWaitedFor() {
        EtherbayException refusal = refused(PLAIN, leg(0));
        assertThat(refusal.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(refusal.getMessage()).isEqualTo("disk lacks device 1 (slot 1).");
        assertThat(refusal.correction())
                .contains("etherbay mirror assemble disk e0.0 --force")
                .contains("what was written since 2023-11-14T22:13:20Z is lost");
    }

    @Test
    void forceCallsTheAbsentLegFaultyAndSaysWhatMayBeLost() {
        Assembly assembly = decide(FORCE, leg(0));
        assertThat(standings(assembly)).containsExactly(IN_SYNC);
        assertThat(assembly.losesWithForce()).isTrue();
        assertThat(assembly.absent()).containsExactly(new Absent(1, Optional.of(1)));
        assertThat(assembly.warnings()).singleElement().asString().contains("device 1 (slot 1)");
    }

    @Test
    void aLegThatFailedDoesNotAssembleWithoutItsSurvivor() {
        assertThat(refused(PLAIN, leg(1).events(20)).getMessage())
                .isEqualTo("disk lacks device 0 (slot 0).");
    }

    @Test
    void aLegThatIsBeingFilledGoesOnWhereItStopped() {
        ReadLeg source = leg(0);
        assertThat(standings(decide(PLAIN, source, leg(1).filledTo(4096))))
                .containsExactly(IN_SYNC, new Recovering(Extent.FULL, 4096));
        assertThat(standings(decide(
                        PLAIN,
                        leg(0).withoutBitmap().resyncFrom(0),
                        leg(1).withoutBitmap().filledTo(4096))))
                .containsExactly(IN_SYNC, BY_ALL);
    }

    @Test
    void aLegThatIsBeingFilledByTheBitmapGoesOnWhereTheRecordSays() {
        ReadLeg filled = leg(1).filledByBitmap().claimed(3, ReadLeg.NODE_A, true, 640);
        assertThat(standings(decide(PLAIN, leg(0), filled)))
                .containsExactly(IN_SYNC, new Recovering(Extent.BITMAP, 640));
        assertThat(standings(decide(PLAIN, leg(0).resyncFrom(0), filled)))
                .containsExactly(IN_SYNC, BY_BITMAP);
    }

    @Test
    void aLegThatWasBeingFilledAndMissedSomethingBeginsAgain() {
        assertThat(standings(decide(
                        PLAIN, leg(0).events(30).says(0, -1), leg(1).events(28).filledTo(4096))))
                .containsExactly(IN_SYNC, BY_ALL);
        assertThat(standings(decide(
                        PLAIN, leg(0).events(30).says(0, -1), leg(1).events(28).filledByBitmap())))
                .containsExactly(IN_SYNC, BY_BITMAP);
    }

    @Test
    void aLegThatIsNotWholeNeverAssemblesAlone() {
        for (AssemblyRequest request : List.of(PLAIN, FORCE, READ_ONLY)) {
            EtherbayException refusal = refused(request, leg(1).filledTo(4096).says(-1, 1));
            assertThat(refusal.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(refusal.why()).contains("filled up to sector 4096");
        }
    }

    @Test
    void aSpareNeverAssemblesAlone() {
        assertThat(refused(FORCE, leg(2).says(0, 1, -2)).why()).contains("holds nothing");
    }

    @Test
    void aSpareStandsBy() {
        Assembly assembly =
                decide(PLAIN, leg(0).says(0, 1, -2), leg(1).says(0, 1, -2), leg(2).says(0, 1, -2));
        assertThat(standings(assembly)).containsExactly(IN_SYNC, IN_SYNC, new Spare());
        assertThat(assembly.mustClaim()).containsExactly("e0.0", "e1.0");
        assertThat(assembly.numbersTaken()).containsExactly(0, 1, 2);
    }

    @Test
    void aLegThatWasFilledFromSomeoneElseTellsOfALaterState() {
        ReadLeg old = leg(0).events(20).says(0, -1, -1).ofLegs(3);
        ReadLeg filled = leg(2).events(40).says(-1, 1, 2).ofLegs(3).filledTo(0);
        assertThat(refused(PLAIN, old, filled).getMessage())
                .isEqualTo("disk has gone on without e0.0.");
        assertThat(standings(decide(FORCE, old, filled))).containsExactly(IN_SYNC, BY_ALL);
    }

    @Test
    void anOwnerElsewhereIsNotDisturbed() {
        ReadLeg owned = leg(0).claimed(4, ReadLeg.NODE_B, false, 0);
        EtherbayException refusal = refused(FORCE, owned, leg(1));
        assertThat(refusal.code()).isEqualTo(ErrorCode.CONFLICT);
        assertThat(refusal.getMessage()).startsWith("disk is owned by node-b");
        assertThat(refusal.why()).contains("epoch 4 since 2023-11-14T22:13:20Z (60 s)");
        assertThat(refusal.correction())
                .contains("etherbay mirror assemble disk e0.0 e1.0 --take-over");
        assertThat(decide(READ_ONLY, owned, leg(1)).mustClaim()).isEmpty();
        Assembly taken = decide(TAKE_OVER, owned, leg(1));
        assertThat(taken.epochMax()).isEqualTo(new Epoch(4));
        assertThat(taken.warnings()).singleElement().asString().contains("Nothing");
    }

    @Test
    void aReleasedClaimOrOneOfOurOwnOrAFormerOneDoesNotStand() {
        decide(PLAIN, leg(0).claimed(4, ReadLeg.NODE_B, true, 0), leg(1));
        decide(PLAIN, leg(0).claimed(4, ReadLeg.NODE_A, false, 0), leg(1));
        Assembly assembly = decide(
                PLAIN,
                leg(0).claimed(5, ReadLeg.NODE_A, true, 0),
                leg(1).claimed(4, ReadLeg.NODE_B, false, 0));
        assertThat(assembly.epochMax()).isEqualTo(new Epoch(5));
    }

    @Test
    void readOnlyToleratesAnAbsentLeg() {
        Assembly assembly = decide(READ_ONLY, leg(0));
        assertThat(standings(assembly)).containsExactly(IN_SYNC);
        assertThat(assembly.mustClaim()).isEmpty();
        assertThat(assembly.warnings()).hasSize(1);
    }

    @Test
    void twoLegsOnOneHostAreWarnedOf() {
        assertThat(decide(PLAIN, leg(0).host("box7"), leg(1).host("box7")).warnings())
                .containsExactly(
                        "e0.0 and e1.0 stand on one host, box7: when it fails, all of them fail.");
        assertThat(decide(PLAIN, leg(0).host("box7"), leg(1).host("box8")).warnings())
                .isEmpty();
    }

    @Test
    void aDirtyArrayWithoutABitmapIsComparedFromItsCheckpointAndOfferedOne() {
        Assembly assembly = decide(
                PLAIN,
                leg(0).withoutBitmap().resyncFrom(512),
                leg(1).withoutBitmap().resyncFrom(512));
        assertThat(assembly.resync()).isEqualTo(new Resync(Extent.FULL, 512));
        assertThat(assembly.warnings()).singleElement().asString().contains("--bitmap");
    }

    @Test
    void aLegThatIsTooSmallIsRefused() {
        assertThat(refused(FORCE, leg(0), leg(1).dataSectors(9_999)).getMessage())
                .isEqualTo("e1.0 is too small for the array.");
    }

    @Test
    void twoOfThreeAssembleWhenTheThirdIsCalledFaulty() {
        Assembly assembly =
                decide(PLAIN, leg(0).ofLegs(3).says(0, 1, -1), leg(1).ofLegs(3).says(0, 1, -1));
        assertThat(standings(assembly)).containsExactly(IN_SYNC, IN_SYNC);
        assertThat(assembly.absent()).containsExactly(new Absent(2, Optional.empty()));
    }

    @Test
    void twoStaleOfThreeDoNotAssemble() {
        assertThat(refused(
                                PLAIN,
                                leg(1).ofLegs(3).says(0, 1, 2),
                                leg(2).ofLegs(3).says(0, 1, 2))
                        .getMessage())
                .isEqualTo("disk lacks device 0 (slot 0).");
    }

    @Test
    void threeThatCallEachOtherFaultyInACircleAreASplit() {
        ReadLeg first = leg(0).ofLegs(3).says(0, -1, 2);
        ReadLeg second = leg(1).ofLegs(3).says(0, 1, -1);
        ReadLeg third = leg(2).ofLegs(3).says(-1, 1, 2);
        for (long events = 18; events <= 22; events++) {
            ReadLeg[] legs = {first.events(events), second, third};
            assertThat(refused(FORCE, legs).getMessage()).startsWith("disk is split:");
        }
    }

    @Test
    void aLegThatFailedWhileAnotherWasOutComesBackThoughBothCallEachOtherFaulty() {
        // Leg 0 was in sync all the time: what leg 1 has, it has.
        assertThat(standings(decide(
                        PLAIN,
                        leg(2).ofLegs(3).events(40).says(0, -1, 2),
                        leg(0).ofLegs(3).events(40).says(0, -1, 2),
                        leg(1).ofLegs(3).events(20).says(0, 1, -1))))
                .containsExactly(IN_SYNC, IN_SYNC, BY_BITMAP);
    }

    @Test
    void aLegWhosePlaceWasTakenBecomesASpareUnderANumberOfItsOwn() {
        Assembly assembly = decide(
                PLAIN,
                leg(0).events(40).says(0, -2, 1),
                leg(2).events(40).says(0, -2, 1),
                leg(1).events(20).says(0, 1));
        assertThat(standings(assembly)).containsExactly(IN_SYNC, IN_SYNC, new Spare());
        Assembly.Leg old = assembly.legs().getLast();
        assertThat(old.deviceNumber()).isEqualTo(1);
        assertThat(old.slot()).isEqualTo(Superblock.SPARE);
    }

    @Test
    void aDiskWhoseNumberWasGivenToAnotherGetsANewOne() {
        Assembly assembly = decide(
                PLAIN,
                leg(0).events(40).says(0, -1, 1),
                leg(2).device(77).events(20).says(0, -1, 1),
                leg(2).events(40).says(0, -1, 1));
        assertThat(standings(assembly)).containsExactly(IN_SYNC, new Spare(), IN_SYNC);
        assertThat(assembly.legs().get(1).deviceNumber()).isEqualTo(3);
    }

    @Test
    void aReturningLegIsJudgedByTheSameRules() {
        LegReading survivor = leg(0).events(40).says(0, -1).read();
        assertThat(Assembly.returning(leg(1).read(), List.of(survivor), survivor.intent()))
                .isEqualTo(BY_BITMAP);
        assertThat(Assembly.returning(leg(1).read(), List.of(survivor), Optional.empty()))
                .isEqualTo(BY_ALL);
        assertThatThrownBy(() -> Assembly.returning(
                        leg(1).says(-1, 1).read(), List.of(survivor), survivor.intent()))
                .hasMessageContaining("split");
    }
}
