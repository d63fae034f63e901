// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import static etherbay.initiator.conform.Rule.info;
import static etherbay.initiator.conform.Rule.must;
import static etherbay.initiator.conform.Rule.should;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.MaskHeader;
import etherbay.base.MacAddress;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;
import etherbay.initiator.Station;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * AoE command 2: whom a target answers. AoEr11 section 3.3. Our own address is on every list, or we
 * could not take it back.
 */
final class MaskRules {
    private static final String SPEC = "AoEr11 3.3";
    private static final int UNKNOWN_DIRECTIVE = 7;
    private static final int UNKNOWN_SUBCOMMAND = 9;
    private static final int MANY_COUNT = 40;

    /** More directives than any short frame holds. */
    private static final int COUNT_BEYOND_FRAME = 200;

    /** Second address of the captured lists. */
    private static final MacAddress OTHER = new MacAddress(0x0200_0000_0a02L);

    private static final MacAddress THIRD = new MacAddress(0x0200_0000_0a03L);

    private MaskRules() {}

    static List<Rule> rules() {
        return Stream.of(editing(), access()).flatMap(List::stream).toList();
    }

    private static List<Rule> editing() {
        return List.of(
                should("mask.read", "the mask list can be read", SPEC, MaskRules::read),
                info("mask.unknown", "what an unknown subcommand meets", SPEC, MaskRules::unknown),
                state(should(
                        "mask.edit",
                        "two addresses are added, shown by the answer and by the next read",
                        "captured from vblade; " + SPEC,
                        MaskRules::edit)),
                state(should(
                        "mask.delete",
                        "deleting takes one address out; one that is not there is no error",
                        SPEC,
                        MaskRules::delete)),
                state(should(
                        "mask.twice",
                        "an address added twice is on the list once",
                        SPEC + "; a lost answer is asked for again",
                        MaskRules::twice)),
                state(should(
                        "mask.bad-directive",
                        "an unknown directive: error 2 and its index; those before it stand",
                        "captured from vblade; " + SPEC,
                        MaskRules::badDirective)));
    }

    private static List<Rule> access() {
        return List.of(
                state(must(
                        "mask.stranger",
                        "who is not on the list gets silence, to every command",
                        SPEC,
                        MaskRules::stranger)),
                state(must(
                        "mask.listed", "who is on the list is answered", SPEC, MaskRules::listed)),
                state(must(
                        "mask.empty",
                        "an empty list lets everybody in again",
                        SPEC,
                        MaskRules::empty)),
                state(must(
                        "mask.cut",
                        "an edit that does not fit its frame changes nothing",
                        "no standard; the bytes behind a frame are not the sender's",
                        MaskRules::cut)),
                state(should(
                        "mask.many",
                        "forty addresses are kept",
                        SPEC + ": the count is an octet",
                        MaskRules::many)));
    }

    private static Rule state(Rule rule) {
        return rule.changingMasks();
    }

    private static void read(Trial trial) {
        Reply reply = trial.ask(StateRules.readMasks());
        StateRules.masks(trial, reply);
        trial.expect("subcommand", MaskHeader.READ, reply.mask().orElseThrow().command());
    }

    private static void unknown(Trial trial) {
        StateRules.requireMasks(trial);
        List<Reply> replies = trial.probe(
                frames -> frames.mask(MaskHeader.Fields.of(UNKNOWN_SUBCOMMAND, List.of())));
        trial.report(
                replies.isEmpty()
                        ? "silence"
                        : replies.getFirst()
                                .refusal()
                                .map(code -> "AoE error " + code)
                                .orElse("answered"));
    }

    private static void prepare(Trial trial, List<MacAddress> list) {
        StateRules.requireMasks(trial);
        StateRules.installMasks(trial, list);
    }

    private static void edit(Trial trial) {
        prepare(trial, List.of());
        Reply edited = trial.ask(Captured.frame("vblade-mask", 2)::addressed);
        trial.expectLike(Captured.frame("vblade-mask", 3), edited, 25, 44);
        Reply read = trial.ask(Captured.frame("vblade-mask", 4)::addressed);
        trial.expectLike(Captured.frame("vblade-mask", 5), read, 25, 44);
    }

    private static void delete(Trial trial) {
        MacAddress own = trial.client().mac();
        prepare(trial, List.of(own, OTHER));
        Request deletion =
                StateRules.edit(List.of(StateRules.delete(OTHER), StateRules.delete(THIRD)));
        trial.expect("the list", List.of(own), StateRules.masks(trial, trial.ask(deletion)));
        trial.expect("the list read", List.of(own), StateRules.masks(trial));
    }

    private static void twice(Trial trial) {
        MacAddress own = trial.client().mac();
        prepare(trial, List.of(own));
        Request addition = StateRules.edit(List.of(StateRules.add(own)));
        trial.expect("the list", List.of(own), StateRules.masks(trial, trial.ask(addition)));
    }

    private static void badDirective(Trial trial) {
        MacAddress own = trial.client().mac();
        prepare(trial, List.of(own));
        Reply first = trial.ask(Captured.frame("vblade-mask", 6)::addressed);
        trial.expectLike(Captured.frame("vblade-mask", 7), first, 25, 28);
        Reply second = trial.ask(StateRules.edit(List.of(
                StateRules.add(OTHER),
                new MaskHeader.Directive(UNKNOWN_DIRECTIVE, THIRD),
                StateRules.add(THIRD))));
        MaskHeader.Fields mask = second.mask()
                .orElseThrow(() -> Verdict.deviation("a mask answer", second.toString()));
        trial.expect("mask error", MaskHeader.ERROR_BAD_DIRECTIVE, mask.error());
        trial.expect("index", 1, mask.directiveCount());
        trial.expect(
                "the list",
                StateRules.sorted(List.of(own, OTHER)),
                StateRules.sorted(StateRules.masks(trial)));
    }

    private static void stranger(Trial trial) {
        prepare(trial, List.of(trial.client().mac()));
        MacAddress stranger = trial.subject().stranger();
        Station station = trial.subject().station();
        for (Request request : List.<Request>of(
                AoeFrames::configQuery,
                AoeFrames::identify,
                frames -> frames.read(0, 1),
                StateRules.readMasks(),
                StateRules.readReservation())) {
            trial.expectSilence(trial.probe(stranger, station, request));
        }
        trial.expectSilence(
                trial.probe(stranger, HeaderRules.broadcast(trial), AoeFrames::configQuery));
    }

    private static void listed(Trial trial) {
        prepare(trial, List.of(trial.client().mac(), trial.subject().stranger()));
        trial.good(trial.ask(AoeFrames::identify));
        trial.good(trial.askAs(trial.subject().stranger(), AoeFrames::identify));
    }

    private static void empty(Trial trial) {
        prepare(trial, List.of(trial.client().mac()));
        prepare(trial, List.of());
        trial.good(trial.askAs(trial.subject().stranger(), AoeFrames::identify));
    }

    private static void cut(Trial trial) {
        prepare(trial, List.of());
        Request cut = frames -> {
            MemorySegment frame = StateRules.edit(
                            List.of(StateRules.add(trial.client().mac())))
                    .frame(frames);
            MaskHeader.directiveCount(frame, 0, COUNT_BEYOND_FRAME);
            return frame;
        };
        List<Reply> replies = trial.probe(cut);
        trial.expect("the list", List.of(), StateRules.masks(trial));
        for (Reply reply : replies) {
            trial.expectRefusal(AoeHeader.ERROR_ARGUMENT, reply);
        }
    }

    private static void many(Trial trial) {
        List<MacAddress> list = new ArrayList<>(List.of(trial.client().mac()));
        for (int i = 1; i < MANY_COUNT; i++) {
            list.add(new MacAddress(THIRD.bits() + i));
        }
        prepare(trial, List.of(trial.client().mac()));
        StateRules.installMasks(trial, list);
    }
}
