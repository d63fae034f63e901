// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import static etherbay.initiator.conform.Rule.info;
import static etherbay.initiator.conform.Rule.must;
import static etherbay.initiator.conform.Rule.should;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.MacAddress;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** AoE command 3: who may send ATA commands. AoEr11 section 3.4. */
final class ReserveRules {
    private static final String SPEC = "AoEr11 3.4";
    private static final int UNKNOWN_SUBCOMMAND = 9;
    private static final int MANY_COUNT = 40;

    /** More addresses than any short frame holds. */
    private static final int COUNT_BEYOND_FRAME = 200;

    /** Who holds the disk in the captured conversation. */
    private static final List<MacAddress> OTHERS =
            List.of(new MacAddress(0x0200_0000_0a02L), new MacAddress(0x0200_0000_0a03L));

    /** Bytes of the captured list: subcommand to the end of the second address. */
    private static final int LIST_AT = 24;

    private static final int LIST_END = 38;

    private ReserveRules() {}

    static List<Rule> rules() {
        return Stream.of(readings(), access(), changes()).flatMap(List::stream).toList();
    }

    private static List<Rule> readings() {
        return List.of(
                should("reserve.read", "the reservation can be read", SPEC, ReserveRules::read),
                info(
                        "reserve.unknown",
                        "what an unknown subcommand meets",
                        SPEC,
                        ReserveRules::unknown));
    }

    private static List<Rule> access() {
        return List.of(
                state(should(
                        "reserve.set",
                        "a free disk is reserved for others, the answer and a read show the list",
                        "captured from vblade; " + SPEC,
                        ReserveRules::set)),
                state(must(
                        "reserve.stranger",
                        "ATA of who is not on the list is refused with error 6",
                        "captured from vblade; it is what fences a node that lost the disk",
                        ReserveRules::stranger)),
                state(must(
                        "reserve.identify",
                        "IDENTIFY DEVICE stays open to all",
                        SPEC + "; Linux could not find the disk otherwise",
                        ReserveRules::identifyOpen)),
                state(must(
                        "reserve.config",
                        "config queries stay open to all",
                        SPEC,
                        ReserveRules::configOpen)),
                state(must(
                        "reserve.holder", "who is on the list reads", SPEC, ReserveRules::holder)),
                state(must(
                        "reserve.set.stranger",
                        "a set by who is not on the list: error 6 and the list in force",
                        "captured from vblade; " + SPEC,
                        ReserveRules::setByStranger)));
    }

    private static List<Rule> changes() {
        return List.of(
                state(should(
                        "reserve.set.holder",
                        "who is on the list may change it",
                        SPEC,
                        ReserveRules::setByHolder)),
                state(should(
                        "reserve.force",
                        "a forced set succeeds whoever holds the disk",
                        "captured from vblade; " + SPEC,
                        ReserveRules::force)),
                state(must(
                        "reserve.release",
                        "an empty list by the holder frees the disk for all",
                        SPEC,
                        ReserveRules::release)),
                state(must(
                        "reserve.cut",
                        "a set that does not fit its frame changes nothing",
                        "no standard; the bytes behind a frame are not the sender's",
                        ReserveRules::cut)),
                state(should(
                        "reserve.many",
                        "forty addresses are kept",
                        SPEC + ": the count is an octet",
                        ReserveRules::many)));
    }

    private static Rule state(Rule rule) {
        return rule.changingState();
    }

    private static void read(Trial trial) {
        Reply reply = trial.ask(StateRules.readReservation());
        trial.expectTaken(reply);
        StateRules.reservation(reply);
        trial.expect(
                "subcommand", ReserveHeader.READ, reply.reserve().orElseThrow().command());
    }

    private static void unknown(Trial trial) {
        StateRules.requireReservation(trial);
        List<Reply> replies = trial.probe(StateRules.reserve(UNKNOWN_SUBCOMMAND, List.of()));
        trial.report(
                replies.isEmpty()
                        ? "silence"
                        : replies.getFirst()
                                .refusal()
                                .map(code -> "AoE error " + code)
                                .orElse("answered"));
    }

    private static void prepare(Trial trial, List<MacAddress> list) {
        StateRules.requireReservation(trial);
        StateRules.forceReservation(trial, list);
    }

    private static Reply captured(Trial trial, int index) {
        return trial.ask(Captured.frame("vblade-reserve", index)::addressed);
    }

    private static void like(Trial trial, int index, Reply reply, int end) {
        trial.expectLike(Captured.frame("vblade-reserve", index), reply, LIST_AT, end);
    }

    private static void set(Trial trial) {
        prepare(trial, List.of());
        like(trial, 6, captured(trial, 0), LIST_AT + 2);
        like(trial, 7, captured(trial, 1), LIST_END);
        like(trial, 8, captured(trial, 2), LIST_END);
    }

    private static void stranger(Trial trial) {
        prepare(trial, OTHERS);
        like(trial, 9, captured(trial, 3), LIST_AT);
        long lba = trial.sectors() - 1;
        trial.expectRefusal(AoeHeader.ERROR_RESERVED, trial.ask(frames -> frames.read(lba, 1)));
    }

    private static void identifyOpen(Trial trial) {
        prepare(trial, OTHERS);
        trial.dataOf(trial.good(trial.ask(AoeFrames::identify)), 1);
    }

    private static void configOpen(Trial trial) {
        prepare(trial, OTHERS);
        trial.expectTaken(trial.ask(AoeFrames::configQuery));
    }

    private static void holder(Trial trial) {
        prepare(trial, List.of(OTHERS.getFirst(), trial.subject().stranger()));
        trial.good(trial.askAs(trial.subject().stranger(), frames -> frames.read(0, 1)));
    }

    private static void setByStranger(Trial trial) {
        prepare(trial, OTHERS);
        like(trial, 10, captured(trial, 4), LIST_END);
        trial.expect("the reservation", OTHERS, StateRules.sorted(StateRules.reservation(trial)));
    }

    private static void setByHolder(Trial trial) {
        MacAddress own = trial.client().mac();
        MacAddress stranger = trial.subject().stranger();
        prepare(trial, List.of(stranger));
        List<MacAddress> both = StateRules.sorted(List.of(own, stranger));
        Reply reply = trial.askAs(stranger, StateRules.reserve(ReserveHeader.SET, both));
        trial.expectTaken(reply);
        trial.expect("the reservation", both, StateRules.sorted(StateRules.reservation(trial)));
        trial.good(trial.ask(frames -> frames.read(0, 1)));
    }

    private static void force(Trial trial) {
        prepare(trial, OTHERS);
        like(trial, 11, captured(trial, 5), LIST_AT + 2);
        trial.expect("the reservation", List.of(), StateRules.reservation(trial));
    }

    private static void release(Trial trial) {
        MacAddress stranger = trial.subject().stranger();
        prepare(trial, List.of(stranger));
        Reply reply = trial.askAs(stranger, StateRules.reserve(ReserveHeader.SET, List.of()));
        trial.expectTaken(reply);
        trial.expect("the reservation", List.of(), StateRules.reservation(trial));
        trial.good(trial.ask(frames -> frames.read(0, 1)));
    }

    private static void cut(Trial trial) {
        prepare(trial, List.of());
        Request cut = frames -> {
            MemorySegment frame = StateRules.reserve(ReserveHeader.SET, OTHERS).frame(frames);
            ReserveHeader.macCount(frame, 0, COUNT_BEYOND_FRAME);
            return frame;
        };
        List<Reply> replies = trial.probe(cut);
        trial.expect("the reservation", List.of(), StateRules.reservation(trial));
        for (Reply reply : replies) {
            trial.expectRefusal(AoeHeader.ERROR_ARGUMENT, reply);
        }
    }

    private static void many(Trial trial) {
        List<MacAddress> list = new ArrayList<>(List.of(trial.client().mac()));
        for (int i = 1; i < MANY_COUNT; i++) {
            list.add(new MacAddress(OTHERS.getLast().bits() + i));
        }
        prepare(trial, list);
        trial.expect(
                "the reservation",
                StateRules.sorted(list),
                StateRules.sorted(StateRules.reservation(trial)));
    }
}
