// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.MaskHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.MacAddress;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Requests and readings that the rules of AoE commands 2 and 3 share. */
final class StateRules {
    private static final String UNKNOWN = "the target does not know the command";

    private StateRules() {}

    static Request readMasks() {
        return frames -> frames.mask(MaskHeader.Fields.of(MaskHeader.READ, List.of()));
    }

    static Request readReservation() {
        return frames -> frames.reserve(ReserveHeader.Fields.of(ReserveHeader.READ, List.of()));
    }

    static Request edit(List<MaskHeader.Directive> directives) {
        return frames -> frames.mask(MaskHeader.Fields.of(MaskHeader.EDIT, directives));
    }

    static MaskHeader.Directive add(MacAddress mac) {
        return new MaskHeader.Directive(MaskHeader.DIRECTIVE_ADD, mac);
    }

    static MaskHeader.Directive delete(MacAddress mac) {
        return new MaskHeader.Directive(MaskHeader.DIRECTIVE_DELETE, mac);
    }

    static Request reserve(int command, List<MacAddress> macs) {
        return frames -> frames.reserve(ReserveHeader.Fields.of(command, macs));
    }

    static void requireMasks(Trial trial) {
        trial.require(known(trial.tryAsk(readMasks())), UNKNOWN);
    }

    static void requireReservation(Trial trial) {
        trial.require(known(trial.tryAsk(readReservation())), UNKNOWN);
    }

    private static boolean known(Optional<Reply> reply) {
        return reply.flatMap(Reply::refusal)
                .map(code -> code != AoeHeader.ERROR_COMMAND)
                .orElse(reply.isPresent());
    }

    /** The list of an answer without any error. */
    static List<MacAddress> masks(Trial trial, Reply reply) {
        trial.expectTaken(reply);
        MaskHeader.Fields mask =
                reply.mask().orElseThrow(() -> Verdict.deviation("a mask list", reply.toString()));
        trial.expect("mask error", MaskHeader.ERROR_NONE, mask.error());
        return mask.directives().stream().map(MaskHeader.Directive::mac).toList();
    }

    static List<MacAddress> masks(Trial trial) {
        return masks(trial, trial.ask(readMasks()));
    }

    /** Makes the list this one, which holds us or is empty. */
    static void installMasks(Trial trial, List<MacAddress> wanted) {
        List<MaskHeader.Directive> directives = new ArrayList<>();
        List<MacAddress> present = masks(trial);
        wanted.stream()
                .filter(mac -> !present.contains(mac))
                .forEach(mac -> directives.add(add(mac)));
        MacAddress own = trial.client().mac();
        present.stream()
                .filter(mac -> !wanted.contains(mac))
                .sorted(Comparator.comparing(own::equals)) // ours last: then nobody hears us
                .forEach(mac -> directives.add(delete(mac)));
        if (!directives.isEmpty()) {
            masks(trial, trial.ask(edit(directives)));
        }
        trial.expect("the mask list", sorted(wanted), sorted(masks(trial)));
    }

    static List<MacAddress> sorted(List<MacAddress> macs) {
        return macs.stream().sorted().toList();
    }

    /** The list of an answer, which may be a refusal. */
    static List<MacAddress> reservation(Reply reply) {
        return reply.reserve()
                .orElseThrow(() -> Verdict.deviation("a reservation", reply.toString()))
                .macs();
    }

    static List<MacAddress> reservation(Trial trial) {
        Reply reply = trial.ask(readReservation());
        trial.expectTaken(reply);
        return reservation(reply);
    }

    static void forceReservation(Trial trial, List<MacAddress> macs) {
        Reply reply = trial.ask(reserve(ReserveHeader.FORCE, macs));
        trial.expectTaken(reply);
        trial.expect("the reservation", sorted(macs), sorted(reservation(reply)));
    }
}
