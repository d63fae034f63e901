// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The verbs that act on a mirror with their options, in the words of {@link
 * etherbay.node.MirrorControl}: those of {@link etherbay.admin.NodeAdmin#mirror}. Who stops a
 * mirror waits for its end, by the {@link etherbay.node.ControlSocket}. Stateless.
 */
final class MirrorVerbs {
    private static final String LEG = "leg";
    private static final String YES = "yes";
    private static final String LIKE = "like";
    private static final String FROM = "from";
    private static final String LEGS = "legs";
    private static final String BITMAP = "bitmap";

    private static final Map<String, Set<String>> OPTIONS = Map.of(
            "fail", Set.of(LEG),
            "remove", Set.of(LEG),
            "add", Set.of(LEG, YES),
            "check", Set.of(FROM),
            "repair", Set.of(LIKE, FROM),
            "cancel", Set.of(),
            "grow", Set.of(LEGS, BITMAP));

    private MirrorVerbs() {}

    /**
     * @throws EtherbayException INVALID for what is no verb, or no option of it
     */
    static List<String> words(String verb, Map<String, String> options) {
        Set<String> known = OPTIONS.get(verb);
        if (known == null) {
            throw invalid(
                    "`" + EtherbayException.shown(verb) + "` is nothing that a mirror does",
                    "its verbs are " + String.join(", ", new TreeSet<>(OPTIONS.keySet())));
        }
        for (String option : options.keySet()) {
            if (!known.contains(option)) {
                throw invalid(
                        verb + " has no option `" + EtherbayException.shown(option) + "`",
                        known.isEmpty()
                                ? "it has none"
                                : "it has " + String.join(", ", new TreeSet<>(known)));
            }
        }
        return switch (verb) {
            case "fail", "remove" -> List.of(verb, leg(verb, options));
            case "add" -> List.of(verb, leg(verb, options), isOn(options, YES) ? "fresh" : "known");
            case "check" -> List.of(verb, "", options.getOrDefault(FROM, "0"));
            case "repair" ->
                List.of(verb, options.getOrDefault(LIKE, ""), options.getOrDefault(FROM, "0"));
            case "grow" -> grow(options);
            default -> List.of(verb);
        };
    }

    private static List<String> grow(Map<String, String> options) {
        if (isOn(options, BITMAP) && options.containsKey(LEGS)) {
            throw invalid("legs and bitmap are two changes", "one is made at a time");
        }
        if (isOn(options, BITMAP)) {
            return List.of("grow-bitmap");
        }
        return options.containsKey(LEGS)
                ? List.of("grow-legs", options.getOrDefault(LEGS, ""))
                : List.of("grow-size");
    }

    private static String leg(String verb, Map<String, String> options) {
        String leg = options.getOrDefault(LEG, "");
        if (leg.isBlank()) {
            throw invalid("no leg is named", verb + " is done to one of them");
        }
        return leg;
    }

    private static boolean isOn(Map<String, String> options, String option) {
        String value = options.getOrDefault(option, "false");
        if (!Set.of("true", "false").contains(value)) {
            throw invalid(
                    option + " = `" + EtherbayException.shown(value) + "` is neither of two",
                    "it is true or false");
        }
        return value.equals("true");
    }

    private static EtherbayException invalid(String what, String why) {
        return new EtherbayException(
                ErrorCode.INVALID, what, why, "see `etherbay mirror --help`, and ask again");
    }
}
