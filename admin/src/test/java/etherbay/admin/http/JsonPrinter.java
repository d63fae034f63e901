// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Documents;

import java.util.List;
import java.util.Map;

/** JSON that a person can compare line by line: two spaces a level, a small value on its line. */
final class JsonPrinter {
    private static final int LINE_MAX = 100;

    private JsonPrinter() {}

    static String print(Object value) {
        StringBuilder text = new StringBuilder();
        print(text, value, 0);
        return text.append('\n').toString();
    }

    private static void print(StringBuilder text, Object value, int depth) {
        String line = Documents.json(value);
        String indent = "  ".repeat(depth + 1);
        if (line.length() + 2 * depth < LINE_MAX) {
            text.append(line);
        } else if (value instanceof Map<?, ?> map) {
            String before = "{\n";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                text.append(before)
                        .append(indent)
                        .append(Documents.json(String.valueOf(entry.getKey())))
                        .append(": ");
                print(text, entry.getValue(), depth + 1);
                before = ",\n";
            }
            text.append('\n').append("  ".repeat(depth)).append('}');
        } else if (value instanceof List<?> list) {
            String before = "[\n";
            for (Object item : list) {
                text.append(before).append(indent);
                print(text, item, depth + 1);
                before = ",\n";
            }
            text.append('\n').append("  ".repeat(depth)).append(']');
        } else {
            text.append(line);
        }
    }
}
