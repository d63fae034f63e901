// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.admin.Documents;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestKeeper;
import etherbay.guest.keeper.GuestPeers;
import etherbay.guest.machine.GuestSpec;

import java.util.List;

/**
 * Answers what keepers of other nodes ask. Who asks is known by its certificate, and speaks for
 * itself alone: it offers its own guests, and tells of those that it has.
 */
final class PeerAnswers {
    static final List<String> VERBS = List.of(
            "check", "prepare", "own", "finish", "abandon", "outcome", "ask", "tell", "forget");

    private final GuestKeeper keeper;

    PeerAnswers(GuestKeeper keeper) {
        this.keeper = keeper;
    }

    /**
     * @param node who asks
     * @return a record of {@link PeerForms}
     * @throws EtherbayException INVALID for a verb or body that is none; what the keeper says
     */
    Record answer(String node, String guest, String verb, String body) {
        return switch (verb) {
            case "check" -> {
                GuestSpec spec = read(body, PeerForms.Asked.class).spec();
                requireSame(guest, spec.name());
                GuestPeers.Readiness ready = keeper.check(spec);
                yield new PeerForms.Ready(ready.cpuName(), ready.needs(), ready.legs());
            }
            case "prepare" -> {
                PeerForms.Offer offer = read(body, PeerForms.Offer.class);
                requireSame(guest, offer.spec().name());
                yield new PeerForms.Place(keeper.prepare(new GuestPeers.Offer(
                        offer.spec(),
                        offer.epoch(),
                        PeerCalls.wanted(offer.wanted()),
                        node,
                        offer.move())));
            }
            case "own" -> {
                keeper.own(guest, move(body));
                yield new PeerForms.Done();
            }
            case "finish" -> new PeerForms.Runs(keeper.finish(guest, move(body)));
            case "abandon" -> new PeerForms.Given(keeper.abandon(guest, move(body)));
            case "outcome" ->
                new PeerForms.Outcome(keeper.outcome(guest, move(body)).name());
            case "ask" ->
                new PeerForms.Known(keeper.ask(guest).map(GuestForm::of).orElse(null));
            case "tell" -> {
                GuestForm theirs = read(body, GuestForm.class);
                requireSame(guest, theirs.spec().name());
                keeper.tell(theirs.record(), node);
                yield new PeerForms.Done();
            }
            case "forget" -> {
                keeper.forget(guest, read(body, PeerForms.Given.class).epoch(), node);
                yield new PeerForms.Done();
            }
            default ->
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        "`" + EtherbayException.shown(verb) + "` is nothing nodes ask each other",
                        "known are: " + String.join(", ", VERBS),
                        "use the same version on all nodes");
        };
    }

    private static String move(String body) {
        return read(body, PeerForms.Move.class).move();
    }

    private static <T extends Record> T read(String body, Class<T> type) {
        return Documents.read(body, "the body", type);
    }

    private static void requireSame(String named, String told) {
        if (!named.equals(told)) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the guest of the address is not that of the body",
                    EtherbayException.shown(named) + " and " + EtherbayException.shown(told),
                    "send both the same");
        }
    }
}
