// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestKeeper;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The verbs that act on a guest at once, with their options. Stateless. */
final class GuestVerbs {
    private static final String FORCE = "force";
    private static final Map<String, Set<String>> OPTIONS = Map.of(
            "start", Set.of(),
            "pause", Set.of(),
            "stop", Set.of(),
            "power-off", Set.of(),
            "reset", Set.of(),
            "delete", Set.of(),
            "recover", Set.of(FORCE));

    private GuestVerbs() {}

    /** @return a text for a person */
    static String act(Guests guests, String name, String verb, Map<String, String> options) {
        Set<String> known = OPTIONS.get(verb);
        if (known == null) {
            throw invalid(
                    "`" + EtherbayException.shown(verb) + "` is nothing that a guest does",
                    "its verbs are " + String.join(", ", new TreeSet<>(OPTIONS.keySet())));
        }
        for (String option : options.keySet()) {
            if (!known.contains(option)) {
                throw invalid(
                        verb + " has no option `" + EtherbayException.shown(option) + "`",
                        known.isEmpty() ? "it has none" : "it has " + String.join(", ", known));
            }
        }
        GuestKeeper keeper = guests.keeper();
        return switch (verb) {
            case "start" -> {
                keeper.start(name);
                yield "guest " + name + " runs";
            }
            case "pause" -> {
                keeper.pause(name);
                yield "guest " + name + " stands still; etherbay guest start lets it go on";
            }
            case "stop" -> {
                keeper.stop(name);
                yield "guest " + name + " is stopped";
            }
            case "power-off" -> {
                keeper.powerOff(name);
                yield "guest " + name + " was asked to switch itself off";
            }
            case "reset" -> {
                keeper.reset(name);
                yield "guest " + name + " starts anew";
            }
            case "delete" -> {
                keeper.delete(name);
                yield "guest " + name + " is forgotten; its mirror stays as it is";
            }
            default -> {
                keeper.recover(name, options.getOrDefault(FORCE, "false").equals("true"));
                yield "guest " + name + " runs here, started anew";
            }
        };
    }

    static EtherbayException invalid(String what, String why) {
        return new EtherbayException(
                ErrorCode.INVALID, what, why, "see `etherbay guest --help`, and ask again");
    }
}
