// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.node.NodeSettings;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The page and the example that people read say what the program does. */
final class SettingsPagesTest {
    private static final Path NO_ETHERS = Path.of("/nowhere/ethers");
    private static final Path DOCS =
            Path.of(System.getProperty("etherbay.home", ".")).resolve("docs");

    /** Options that stand in a value; DecorationReaderTest holds the page to them. */
    private static final String NO_KEYS = "Disks that misbehave on purpose";

    /** Headings of tables beside which there is an export. */
    private static final String HELD = "`\\[\\[(disk|mirror|volume)]]`|Where a disk.*";

    /** Rows by the heading above them; a row is what stands between its bars. */
    private static Map<String, List<List<String>>> tables() throws IOException {
        Map<String, List<List<String>>> tables = new LinkedHashMap<>();
        String heading = "";
        for (String line : Files.readAllLines(DOCS.resolve("settings.md"))) {
            if (line.startsWith("## ")) {
                heading = line.substring(3);
            } else if (line.startsWith("| `") && !heading.equals(NO_KEYS)) {
                List<String> cells = List.of(line.split("\\|", -1));
                tables.computeIfAbsent(heading, _ -> new ArrayList<>())
                        .add(cells.subList(1, cells.size() - 1).stream()
                                .map(String::strip)
                                .toList());
            }
        }
        return tables;
    }

    private static List<String> keys(List<List<String>> rows) {
        return rows.stream().map(row -> row.getFirst().replace("`", "")).toList();
    }

    @Test
    void thePageHasEveryKeyInItsTableAndNoOther() throws IOException {
        Map<String, List<String>> keys = new LinkedHashMap<>();
        tables().forEach((heading, rows) -> keys.put(heading, keys(rows)));
        assertThat(keys)
                .containsExactly(
                        Map.entry("The file", Keys.OF_FILE),
                        Map.entry("`[api]`", Keys.OF_API),
                        Map.entry("`[nodes.NAME]`", Keys.OF_NODE),
                        Map.entry("`[interface.NAME]`", Keys.OF_INTERFACE),
                        Map.entry("`[[export]]`: address and disk", Keys.OF_ONE_EXPORT),
                        Map.entry(
                                "How it is served: `[[export]]` or `[defaults]`", Keys.OF_DEFAULTS),
                        Map.entry("`rights`", Keys.OF_RIGHTS),
                        Map.entry("`[[disk]]`", Keys.OF_ONE_DISK),
                        Map.entry("`[[mirror]]`", Keys.OF_ONE_MIRROR),
                        Map.entry("`[[volume]]`", Keys.OF_ONE_VOLUME),
                        Map.entry("Where a disk, mirror or volume is offered", Keys.OF_FRONT));
        assertThat(tables().values().stream().flatMap(List::stream))
                .allSatisfy(row -> assertThat(row).hasSize(6));
    }

    /** A default that is written like a value is one: with it in the file nothing changes. */
    @Test
    void theDefaultsOfThePageAreThoseOfTheProgram() throws IOException {
        List<String> tried = new ArrayList<>();
        for (Map.Entry<String, List<List<String>>> table : tables().entrySet()) {
            for (List<String> row : table.getValue()) {
                String key = row.get(0).replace("`", "");
                String value = row.get(2).replaceFirst(".*, else ", "");
                if (table.getKey().matches(HELD) && value.matches("`[^`]*`")) {
                    String line = key + " = " + value.replace("`", "") + "\n";
                    assertThat(held(table.getKey(), line)).isEqualTo(held(table.getKey(), ""));
                    tried.add(table.getKey() + " " + key);
                } else if (value.matches("`[^`]*`")) {
                    String line = key + " = " + value.replace("`", "") + "\n";
                    assertThat(node(line, Keys.OF_INTERFACE.contains(key)))
                            .isEqualTo(node("", true));
                    tried.add(key);
                }
            }
        }
        assertThat(tried)
                .containsExactlyInAnyOrder(
                        "mtu",
                        "buffers",
                        "offset",
                        "length",
                        "interfaces",
                        "queue-length",
                        "sectors",
                        "write-cache",
                        "trace-io",
                        "broadcast",
                        "read-only",
                        "deny",
                        "policy",
                        "max-frame-age",
                        "`[[disk]]` interfaces",
                        "`[[disk]]` fail-after",
                        "`[[mirror]]` legs",
                        "`[[mirror]]` interfaces",
                        "`[[mirror]]` leg-timeout",
                        "`[[mirror]]` slow-timeout",
                        "`[[mirror]]` sync-rate",
                        "Where a disk, mirror or volume is offered tls",
                        "Where a disk, mirror or volume is offered read-only");
    }

    private static NodeSettings held(String heading, String line) {
        String table = heading.contains("mirror]]")
                ? "[[mirror]]\nname = \"m\"\n"
                : "[[disk]]\naddress = \"e1.0\"\n";
        return SettingsFile.parse(
                table + "nbd = \"unix:/s\"\n" + line, Path.of("t.toml"), NO_ETHERS);
    }

    private static NodeSettings node(String line, boolean ofInterface) {
        return SettingsFile.parse(
                "[interface.eth0]\n" + (ofInterface ? line : "")
                        + "[[export]]\nshelf = 1\nslot = 1\npath = \"/d\"\n"
                        + (ofInterface ? "" : line),
                Path.of("t.toml"),
                NO_ETHERS);
    }

    @Test
    void theExampleIsReadAndHasEveryKey() throws IOException {
        Path example = DOCS.resolve("etherbay.toml");
        NodeSettings settings = SettingsFile.read(example, NO_ETHERS);
        assertThat(settings.exports()).hasSize(2);
        assertThat(settings.interfaces()).hasSize(2);
        assertThat(settings.held()).hasSize(3);
        assertThat(settings.exports().getLast().settings().access().rights()).hasSize(4);
        String text = Files.readString(example);
        List<String> keys = new ArrayList<>(Keys.OF_EXPORT);
        keys.addAll(Keys.OF_INTERFACE);
        keys.addAll(Keys.OF_API);
        keys.addAll(Keys.OF_NODE);
        keys.add(Keys.NAME);
        keys.addAll(Keys.OF_RIGHTS);
        keys.addAll(Keys.OF_DISK);
        keys.addAll(Keys.OF_MIRROR);
        keys.addAll(Keys.OF_VOLUME);
        assertThat(keys).allSatisfy(key -> assertThat(text).contains(key + " = "));
    }
}
