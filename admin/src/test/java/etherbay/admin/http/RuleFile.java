// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * As much of YAML as our rule file is written in, and no more: maps and lists of maps by two
 * spaces, values on their line as they are, longer ones behind {@code >-}, comments on lines of
 * their own. What is not among it is refused, so that nothing is read otherwise than Prometheus
 * does.
 */
final class RuleFile {
    private static final Pattern KEY = Pattern.compile("([a-z_]+):(?: (.+))?");

    /** YAML reads other first letters, and a colon or a hash with a space, as something else. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9](?:(?!: | #|:$).)*");

    private final List<String> lines;
    private int at;

    private RuleFile(List<String> lines) {
        this.lines = new ArrayList<>(lines);
    }

    /** Maps in their order, lists, and strings; {@link IllegalArgumentException} for all else. */
    static Object read(String text) {
        List<String> lines = text.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
        RuleFile file = new RuleFile(lines);
        Object whole = file.block(0);
        if (file.at < lines.size()) {
            throw file.wrong("is indented by a wrong number of spaces");
        }
        return whole;
    }

    private IllegalArgumentException wrong(String why) {
        return new IllegalArgumentException("\"%s\" %s".formatted(lines.get(at), why));
    }

    private boolean isAt(int indent) {
        return at < lines.size() && indent(lines.get(at)) == indent;
    }

    private static int indent(String line) {
        return line.length() - line.stripLeading().length();
    }

    private Object block(int indent) {
        if (!isAt(indent)) {
            throw new IllegalArgumentException("nothing stands at " + indent + " in line " + at);
        }
        return lines.get(at).startsWith("- ", indent) ? list(indent) : map(indent);
    }

    private List<Object> list(int indent) {
        List<Object> list = new ArrayList<>();
        while (isAt(indent) && lines.get(at).startsWith("- ", indent)) {
            lines.set(at, lines.get(at).replaceFirst("- ", "  "));
            list.add(map(indent + 2));
        }
        return list;
    }

    private Map<String, Object> map(int indent) {
        Map<String, Object> map = new LinkedHashMap<>();
        while (isAt(indent) && !lines.get(at).startsWith("- ", indent)) {
            Matcher line = KEY.matcher(lines.get(at).substring(indent));
            if (!line.matches()) {
                throw wrong("is no key and value");
            }
            String key = line.group(1);
            if (map.containsKey(key)) {
                throw wrong("stands twice");
            }
            map.put(key, value(indent, line.group(2)));
        }
        return map;
    }

    private Object value(int indent, @Nullable String rest) {
        if (rest == null) {
            at++;
            return block(indent + 2);
        } else if (rest.equals(">-")) {
            at++;
            return folded(indent + 2);
        } else if (!PLAIN.matcher(rest).matches()) {
            throw wrong("has to be quoted or folded");
        }
        at++;
        return rest;
    }

    private String folded(int indent) {
        List<String> parts = new ArrayList<>();
        while (isAt(indent)) {
            parts.add(lines.get(at++).strip());
        }
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("nothing is folded before line " + at);
        }
        return String.join(" ", parts);
    }
}
