// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Nearest;
import etherbay.node.DecorationKind.Option;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads what stands before the name of a disk, outermost first: {@code KIND:NAME=VALUE,...:} or,
 * where the kind has no options, {@code KIND:}. It ends where no kind follows.
 */
final class DecorationReader {
    private final List<Decoration> decorations = new ArrayList<>();
    private final String whole;
    private String rest;

    private DecorationReader(String text) {
        whole = text;
        rest = text;
    }

    /**
     * What was read, and what it stands before.
     *
     * @param decorations outermost first
     */
    record Read(List<Decoration> decorations, String name) {}

    /**
     * @throws EtherbayException INVALID for what begins as a decoration and is none
     */
    static Read read(String text) {
        DecorationReader reader = new DecorationReader(text);
        Optional<DecorationKind> kind = reader.next();
        while (kind.isPresent()) {
            reader.decorations.add(reader.decoration(kind.get()));
            kind = reader.next();
        }
        reader.check();
        return new Read(List.copyOf(reader.decorations), reader.rest);
    }

    /** What a person may have meant by a path that is not there; empty for an ordinary one. */
    static Optional<String> meant(String path) {
        int colon = path.indexOf(':');
        return colon < 0
                ? Optional.empty()
                : Nearest.to(path.substring(0, colon), DecorationKind.words())
                        .flatMap(DecorationKind::of)
                        .map(DecorationKind::prefixExample);
    }

    private Optional<DecorationKind> next() {
        int colon = rest.indexOf(':');
        return colon < 0 ? Optional.empty() : DecorationKind.of(rest.substring(0, colon));
    }

    private Decoration decoration(DecorationKind kind) {
        rest = rest.substring(kind.word().length() + 1);
        if (kind.options().isEmpty()) {
            return new Decoration(kind, Map.of());
        }
        int end = rest.indexOf(':');
        if (end < 0) {
            throw invalid(
                    kind.word() + ": names no disk",
                    "the disk stands behind the options and a colon; a file of that name is called"
                            + " ./" + whole,
                    "write " + kind.prefixExample() + "/srv/disk.img");
        }
        Map<String, String> options = new LinkedHashMap<>();
        for (String each : rest.substring(0, end).split(",", -1)) {
            option(kind, each, options);
        }
        if (options.keySet().stream().allMatch(Option.SEED::equals)) {
            throw invalid(
                    kind.word() + ": says nothing of what it does",
                    "without an option it would change nothing",
                    "write " + kind.prefixExample() + "/srv/disk.img");
        }
        rest = rest.substring(end + 1);
        return new Decoration(kind, options);
    }

    private void check() {
        if (decorations.size() > Decoration.COUNT_MAX) {
            throw invalid(
                    decorations.size() + " of " + String.join(", ", DecorationKind.words())
                            + " stand before a disk",
                    "there may be at most " + Decoration.COUNT_MAX,
                    "leave some out");
        }
        if (!decorations.isEmpty() && rest.isBlank()) {
            DecorationKind last = decorations.getLast().kind();
            throw invalid(
                    "`" + shown(whole) + "` names no disk",
                    "nothing stands behind the last colon",
                    "write " + last.prefixExample() + "/srv/disk.img");
        }
    }

    private static void option(DecorationKind kind, String text, Map<String, String> into) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        Option option = kind.options().stream()
                .filter(known -> known.name().equals(name))
                .findFirst()
                .orElseThrow(() -> unknown(kind, name));
        if (equals < 0) {
            throw invalid(
                    kind.word() + ": " + name + " has no value",
                    "an option is a name and a value",
                    "write " + name + "=" + option.max().toPlainString() + ", or less");
        }
        String value = value(kind, option, text.substring(equals + 1));
        if (into.put(name, value) != null) {
            throw invalid(
                    kind.word() + ": " + name + " is there twice",
                    "only one of them can count",
                    "leave one out; for two ranges write " + kind.word() + ":...: twice");
        }
    }

    private static EtherbayException unknown(DecorationKind kind, String name) {
        String known = String.join(", ", kind.optionNames());
        return invalid(
                kind.word() + ": knows no option `" + shown(name) + "`",
                "it has " + known + ", each as NAME=VALUE, with commas between",
                Nearest.to(name, kind.optionNames())
                        .map(nearest -> "did you mean " + nearest + "?")
                        .orElse("write " + kind.prefixExample() + "/srv/disk.img"));
    }

    private static String value(DecorationKind kind, Option option, String text) {
        if (!option.name().equals(Option.LBA)) {
            return number(kind, option, text);
        }
        int dash = text.indexOf('-');
        String from = number(kind, option, dash < 0 ? text : text.substring(0, dash));
        String to = number(kind, option, dash < 0 ? text : text.substring(dash + 1));
        if (new BigDecimal(from).compareTo(new BigDecimal(to)) > 0) {
            throw invalid(
                    kind.word() + ": lba=" + text + " is no range",
                    "its last sector stands before its first one",
                    "write lba=" + to + "-" + from);
        }
        return from + "-" + to;
    }

    /** In one form, whatever the zeroes at its ends. */
    private static String number(DecorationKind kind, Option option, String text) {
        String form = option.decimals() == 0
                ? "[0-9]{1,19}"
                : "[0-9]{1,19}(\\.[0-9]{1," + option.decimals() + "})?";
        BigDecimal value = text.matches(form) ? new BigDecimal(text) : BigDecimal.ONE.negate();
        if (value.compareTo(option.min()) < 0 || value.compareTo(option.max()) > 0) {
            String digits = option.decimals() == 0
                    ? "a whole number"
                    : "a number with at most " + option.decimals() + " digits behind the point";
            throw invalid(
                    "%s: %s=%s cannot be".formatted(kind.word(), option.name(), shown(text)),
                    "it is " + digits,
                    "write %s=%s, from %s to %s"
                            .formatted(
                                    option.name(),
                                    option.name().equals(Option.LBA) ? "FROM-TO" : "NUMBER",
                                    option.min().toPlainString(),
                                    option.max().toPlainString()));
        }
        return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
    }

    private static String shown(String text) {
        String printable = text.replaceAll("\\p{Cntrl}", "?");
        return printable.length() > 60 ? printable.substring(0, 60) + "..." : printable;
    }

    private static EtherbayException invalid(String what, String why, String correction) {
        return new EtherbayException(ErrorCode.INVALID, what, why, correction);
    }
}
