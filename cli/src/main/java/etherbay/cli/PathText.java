// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.initiator.tools.EscapedText;
import etherbay.initiator.tools.FoundPath;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A path as a line of a table, and as an object of a JSON document. */
final class PathText {
    private static final String COLUMNS = "%-10s %-17s %-12s %7s %7s %7s %8s  %s";

    private PathText() {}

    /** What stands above {@link #row}. */
    static String head() {
        return COLUMNS.formatted(
                "disk",
                "address",
                "interface",
                "buffers",
                "payload",
                "sectors",
                "firmware",
                "config string");
    }

    /** Sectors are what the target states, payload what our MTU leaves of them. */
    static String row(FoundPath path) {
        return COLUMNS.formatted(
                        path.disk(),
                        path.mac(),
                        path.port().name(),
                        path.config().bufferCount(),
                        path.payloadBytes(),
                        path.config().sectorsMax(),
                        firmware(path),
                        EscapedText.of(path.configString()))
                .stripTrailing();
    }

    static Map<String, Object> object(FoundPath path) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("disk", path.disk().toString());
        values.put("mac", path.mac().toString());
        values.put("interface", path.port().name());
        values.put("buffers", path.config().bufferCount());
        values.put("sectorsPerRequest", path.config().sectorsMax());
        values.put("payloadBytes", path.payloadBytes());
        values.put("firmware", firmware(path));
        values.put("config", EscapedText.of(path.configString()));
        return values;
    }

    /** As {@code firmware-version} of the Linux driver has it. */
    private static String firmware(FoundPath path) {
        return String.format(Locale.ROOT, "0x%04x", path.config().firmware());
    }
}
