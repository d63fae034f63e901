// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static etherbay.scenario.Mutant.ata;
import static etherbay.scenario.Mutant.both;
import static etherbay.scenario.Mutant.command;
import static etherbay.scenario.Mutant.config;
import static etherbay.scenario.Mutant.deaf;
import static etherbay.scenario.Mutant.refusing;
import static etherbay.scenario.Mutant.reply;
import static etherbay.scenario.Mutant.request;
import static etherbay.scenario.Mutant.set;
import static etherbay.scenario.Mutant.setting;
import static etherbay.scenario.Mutant.sub;
import static etherbay.scenario.Mutant.wire;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.FenceHeader;
import etherbay.aoe.FloorHeader;
import etherbay.aoe.MaskHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.Frame;
import etherbay.scenario.Mutant.Requests;
import etherbay.scenario.TamperedPort.Tamper;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Mistakes with reservations, mask lists, and our own commands. */
final class StateMutants {
    private static final int RESERVE = AoeHeader.COMMAND_RESERVE;
    private static final int MASK = AoeHeader.COMMAND_MASK;
    private static final int RESERVE_COMMAND_AT = 24;
    private static final int RESERVE_COUNT_AT = 25;
    private static final int MASK_COMMAND_AT = 25;
    private static final int MASK_ERROR_AT = 26;
    private static final int MASK_COUNT_AT = 27;

    /** First directive's command. */
    private static final int DIRECTIVE_AT = 29;

    private static final Requests SET = sub(RESERVE, RESERVE_COMMAND_AT, ReserveHeader.SET);
    private static final Requests FORCE = sub(RESERVE, RESERVE_COMMAND_AT, ReserveHeader.FORCE);
    private static final Requests EDIT = sub(MASK, MASK_COMMAND_AT, MaskHeader.EDIT);
    private static final Consumer<Frame> RESERVED = refusing(AoeHeader.ERROR_RESERVED);
    private static final Consumer<Frame> UNKNOWN = refusing(AoeHeader.ERROR_COMMAND);

    private StateMutants() {}

    static List<Mutant> all() {
        List<Mutant> all = new ArrayList<>(reservations());
        all.addAll(reservationChanges());
        all.addAll(masks());
        all.addAll(vendor());
        return all;
    }

    private static boolean isStranger(MemorySegment request) {
        return Ethernet.src(request, 0) != ConformRig.CLIENT.bits();
    }

    // ---- reservations ----

    private static List<Mutant> reservations() {
        Requests read = ata(AtaCommand.READ_SECTORS_EXT);
        return List.of(
                reply("reservations not known", command(RESERVE), UNKNOWN, "reserve.read"),
                reply(
                        "unknown reserve subcommand taken",
                        sub(RESERVE, RESERVE_COMMAND_AT, 9),
                        setting(14, 0x18),
                        "reserve.unknown"),
                reply(
                        "list of a set cut",
                        SET,
                        setting(RESERVE_COUNT_AT, 1),
                        "reserve.set",
                        "reserve.set.stranger"),
                reply(
                        "reserved is another error",
                        read,
                        frame -> {
                            if (Mutant.get(frame, 15) == AoeHeader.ERROR_RESERVED) {
                                set(frame, 15, AoeHeader.ERROR_UNAVAILABLE);
                            }
                        },
                        "reserve.stranger"),
                wire(
                        "IDENTIFY closed to strangers",
                        () -> new Shut(ata(AtaCommand.IDENTIFY_DEVICE), false),
                        "reserve.identify"),
                wire(
                        "config closed to strangers",
                        () -> new Shut(config(ConfigHeader.READ), false),
                        "reserve.config"),
                wire(
                        "only the first on the list reads",
                        () -> new Shut(read, true),
                        "reserve.holder"));
    }

    private static List<Mutant> reservationChanges() {
        return List.of(
                both(
                        "a stranger's set taken",
                        SET,
                        setting(RESERVE_COMMAND_AT, 2),
                        setting(RESERVE_COMMAND_AT, 1),
                        "reserve.set.stranger"),
                reply(
                        "a holder's set refused",
                        SET.and(request ->
                                isStranger(request) && ReserveHeader.macCount(request, 0) > 0),
                        RESERVED,
                        "reserve.set.holder"),
                both(
                        "a release by force not taken",
                        FORCE.and(request -> ReserveHeader.macCount(request, 0) == 0),
                        setting(RESERVE_COMMAND_AT, ReserveHeader.READ),
                        setting(RESERVE_COMMAND_AT, ReserveHeader.FORCE),
                        "reserve.force"),
                reply(
                        "a release refused",
                        SET.and(request -> ReserveHeader.macCount(request, 0) == 0),
                        RESERVED,
                        "reserve.release"),
                request(
                        "cut reservations read as far as they go",
                        SET.and(request -> ReserveHeader.macCount(request, 0) == 200),
                        setting(RESERVE_COUNT_AT, 2),
                        "reserve.cut"),
                request(
                        "reservations of 32",
                        FORCE.and(request -> ReserveHeader.macCount(request, 0) > 32),
                        setting(RESERVE_COUNT_AT, 32),
                        "reserve.many"));
    }

    /** Refuses some requests of who is not on the list, or not the first on it. */
    private static final class Shut implements Tamper {
        private final Requests requests;
        private final boolean firstOnly;
        private List<Long> list = List.of();

        Shut(Requests requests, boolean firstOnly) {
            this.requests = requests;
            this.firstOnly = firstOnly;
        }

        @Override
        public int reply(MemorySegment request, Frame frame) {
            if (command(RESERVE).test(request)) {
                list = listOf(frame);
            } else if (requests.test(request) && !list.isEmpty()) {
                int index = list.indexOf(Ethernet.src(request, 0));
                if (index < 0 || (firstOnly && index > 0)) {
                    RESERVED.accept(frame);
                }
            }
            return 1;
        }

        private static List<Long> listOf(Frame frame) {
            List<Long> macs = new ArrayList<>();
            int count = ReserveHeader.macCount(frame.memory(), frame.at());
            for (int i = 0; i < count; i++) {
                macs.add(ReserveHeader.mac(frame.memory(), frame.at(), i));
            }
            return macs;
        }
    }

    // ---- mask lists ----

    private static List<Mutant> masks() {
        return List.of(
                reply("mask lists not known", command(MASK), UNKNOWN, "mask.read"),
                reply(
                        "unknown mask subcommand taken",
                        sub(MASK, MASK_COMMAND_AT, 9),
                        setting(14, 0x18),
                        "mask.unknown"),
                reply(
                        "list of an edit cut",
                        EDIT.and(request -> MaskHeader.directiveCount(request, 0) == 2
                                && MaskHeader.directiveCommand(request, 0, 0)
                                        == MaskHeader.DIRECTIVE_ADD),
                        setting(MASK_COUNT_AT, 1),
                        "mask.edit"),
                reply(
                        "deleting who is not there is an error",
                        EDIT.and(request -> MaskHeader.directiveCount(request, 0) == 2
                                && MaskHeader.directiveCommand(request, 0, 1)
                                        == MaskHeader.DIRECTIVE_DELETE),
                        setting(MASK_ERROR_AT, MaskHeader.ERROR_UNSPECIFIED),
                        "mask.delete"),
                wire("who is there is added again", AddedTwice::new, "mask.twice"),
                reply(
                        "a bad directive is the first",
                        EDIT.and(request -> MaskHeader.directiveCount(request, 0) == 3),
                        setting(MASK_COUNT_AT, 0),
                        "mask.bad-directive"),
                both(
                        "IDENTIFY open to who is not on the list",
                        ata(AtaCommand.IDENTIFY_DEVICE).and(StateMutants::isStranger),
                        frame -> Ethernet.src(frame.memory(), frame.at(), ConformRig.CLIENT.bits()),
                        frame -> {},
                        "mask.stranger"),
                deaf(
                        "only one station answered",
                        ata(AtaCommand.IDENTIFY_DEVICE).and(StateMutants::isStranger),
                        "mask.listed",
                        "mask.empty"),
                request(
                        "the last address stays",
                        EDIT.and(request -> MaskHeader.directiveCount(request, 0) == 1
                                && MaskHeader.directiveCommand(request, 0, 0)
                                        == MaskHeader.DIRECTIVE_DELETE
                                && MaskHeader.directiveMac(request, 0, 0)
                                        == ConformRig.CLIENT.bits()),
                        setting(DIRECTIVE_AT, MaskHeader.DIRECTIVE_NONE),
                        "mask.cut",
                        "mask.empty"),
                request(
                        "cut edits done as far as they go",
                        EDIT.and(request -> MaskHeader.directiveCount(request, 0) == 200),
                        setting(MASK_COUNT_AT, 1),
                        "mask.cut"),
                request(
                        "lists of 32",
                        EDIT.and(request -> MaskHeader.directiveCount(request, 0) > 31),
                        setting(MASK_COUNT_AT, 31),
                        "mask.many"));
    }

    /** Lists an address twice that was there. */
    private static final class AddedTwice implements Tamper {
        private int count;

        @Override
        public int reply(MemorySegment request, Frame frame) {
            if (!command(MASK).test(request)) {
                return 1;
            }
            MemorySegment memory = frame.memory();
            long at = frame.at();
            int countNow = MaskHeader.directiveCount(memory, at);
            boolean adds = EDIT.test(request)
                    && MaskHeader.directiveCount(request, 0) == 1
                    && MaskHeader.directiveCommand(request, 0, 0) == MaskHeader.DIRECTIVE_ADD;
            if (adds && countNow == 1 && count == 1) {
                MaskHeader.directiveCount(memory, at, 2);
                MaskHeader.directive(
                        memory, at, 1, MaskHeader.DIRECTIVE_NONE, ConformRig.CLIENT.bits());
            }
            count = countNow;
            return 1;
        }
    }

    // ---- fence and floor ----

    private static List<Mutant> vendor() {
        Requests floor = command(AoeHeader.COMMAND_FLOOR);
        return List.of(
                reply(
                        "another epoch told",
                        sub(AoeHeader.COMMAND_FENCE, 24, FenceHeader.READ),
                        frame -> FenceHeader.epoch(frame.memory(), frame.at(), 9),
                        "fence.read",
                        "fence.lower"),
                reply(
                        "an unknown fence subcommand taken",
                        sub(AoeHeader.COMMAND_FENCE, 24, 9),
                        frame -> FenceHeader.error(frame.memory(), frame.at(), 0),
                        "fence.unknown"),
                reply(
                        "an equal epoch taken",
                        sub(AoeHeader.COMMAND_FENCE, 24, FenceHeader.SET),
                        frame -> FenceHeader.error(frame.memory(), frame.at(), 0),
                        "fence.lower"),
                reply(
                        "a floor without bit 31 taken",
                        floor.and(request -> FloorHeader.floorTag(request, 0) >= 0),
                        setting(14, 0x18),
                        "floor.tag"),
                wire("floors told and not in force", IdleFloor::new, "floor"));
    }

    /** The target hears of the lowest floor only. */
    private static final class IdleFloor implements Tamper {
        @Override
        public int request(MemorySegment original, Frame frame) {
            if (isFloor(original)) {
                FloorHeader.floorTag(frame.memory(), frame.at(), AoeHeader.TAG_USER_SPACE);
            }
            return 1;
        }

        @Override
        public int reply(MemorySegment request, Frame frame) {
            if (isFloor(request)) {
                FloorHeader.floorTag(frame.memory(), frame.at(), FloorHeader.floorTag(request, 0));
            }
            return 1;
        }

        private static boolean isFloor(MemorySegment request) {
            return command(AoeHeader.COMMAND_FLOOR).test(request)
                    && FloorHeader.floorTag(request, 0) < 0;
        }
    }
}
