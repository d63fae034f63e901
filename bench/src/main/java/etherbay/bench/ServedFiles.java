// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a settings file of a bench says.
 *
 * @param state folder of the exports' state
 * @param interfaces where all are served
 * @param defaults lines for all of them
 * @param exports in the order of the file
 */
record ServedFiles(
        Path state, List<String> interfaces, List<String> defaults, List<Export> exports) {

    /**
     * One export.
     *
     * @param keys further settings by their keys, as TOML writes the values
     */
    record Export(Address address, Path file, Map<String, String> keys) {
        Export with(String key, String value) {
            return new Export(address, file, Map.of(key, value));
        }
    }

    /** The same for other exports. */
    ServedFiles with(List<Export> others) {
        return new ServedFiles(state, interfaces, defaults, others);
    }

    /** The same with other defaults. */
    ServedFiles withDefaults(String... lines) {
        return new ServedFiles(state, interfaces, List.of(lines), exports);
    }

    /** TOML, as docs/settings.md has it. */
    String toText() {
        StringBuilder text = new StringBuilder();
        text.append("state = \"%s\"%n%n[defaults]%n".formatted(state));
        text.append("interfaces = [%s]%n"
                .formatted(interfaces.stream()
                        .map(name -> '"' + name + '"')
                        .collect(Collectors.joining(", "))));
        defaults.forEach(line -> text.append(line).append('\n'));
        for (Export export : exports) {
            text.append("%n[[export]]%nshelf = %d%nslot = %d%npath = \"%s\"%n"
                    .formatted(export.address().shelf(), export.address().slot(), export.file()));
            export.keys().forEach((key, value) -> text.append("%s = %s%n".formatted(key, value)));
        }
        return text.toString();
    }
}
