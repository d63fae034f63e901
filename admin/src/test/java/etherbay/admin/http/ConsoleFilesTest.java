// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The console's files as they are served: small, whole, ours alone, and nothing in line. */
class ConsoleFilesTest {
    private static final int PACKED_BYTES_MAX = 150 * 1024;
    private static final int MODULE_LINES_MAX = 250;
    private static final int COLUMNS_MAX = 100;
    private static final List<String> LIBRARIES =
            List.of("lib/preact.module.js", "lib/uPlot.iife.min.js", "lib/uPlot.min.css");

    private static final Pattern IMPORT = Pattern.compile("\\bfrom \"([^\"]+)\"");
    private static final Pattern LINK = Pattern.compile("(?:src|href)=\"([^\"#]+)\"");
    private static final Pattern IN_LINE =
            Pattern.compile("<style|<script>|\\sstyle=|\\son[a-z]+=|javascript:");

    private final StaticFiles served = new StaticFiles(ConsoleFilesTest.class.getClassLoader());

    /** Texts by their paths below {@code /console/}. */
    private static Map<String, String> ours() throws IOException, URISyntaxException {
        Path root = Path.of(Objects.requireNonNull(
                                ConsoleFilesTest.class.getResource("/etherbay/console/main.js"))
                        .toURI())
                .getParent();
        Map<String, String> texts = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                texts.put(root.relativize(file).toString(), Files.readString(file));
            }
        }
        return texts;
    }

    @Test
    void allOfItIsSmallOnTheWire() throws Exception {
        int packedBytes = 0;
        for (String path :
                Stream.concat(ours().keySet().stream(), LIBRARIES.stream()).toList()) {
            Optional<StaticFiles.StaticFile> file = served.find(path);
            assertThat(file).as(path).isPresent();
            packedBytes += file.orElseThrow().packed().length;
        }
        assertThat(packedBytes).isBetween(20_000, PACKED_BYTES_MAX);
    }

    @Test
    void eachModuleIsShortAndNamesItsLicence() throws Exception {
        ours().forEach((path, text) -> {
            assertThat(text.lines().limit(2))
                    .as(path)
                    .anyMatch(it -> it.contains("SPDX-License-Identifier: Apache-2.0"));
            if (path.endsWith(".js")) {
                assertThat(text.lines().count()).as(path).isLessThanOrEqualTo(MODULE_LINES_MAX);
                assertThat(text.lines()
                                .max(Comparator.comparingInt(String::length))
                                .orElse(""))
                        .as(path)
                        .hasSizeLessThanOrEqualTo(COLUMNS_MAX);
            }
        });
    }

    @Test
    void whatIsImportedIsServed() throws Exception {
        List<String> broken = new ArrayList<>();
        ours().forEach((path, text) -> {
            Pattern reference = path.endsWith(".js") ? IMPORT : LINK;
            reference
                    .matcher(text)
                    .results()
                    .map(it -> Path.of("/" + path).resolveSibling(it.group(1)).normalize())
                    .map(it -> it.toString().substring(1))
                    .filter(it -> served.find(it).isEmpty())
                    .forEach(it -> broken.add(path + " asks for " + it));
        });
        assertThat(broken).isEmpty();
    }

    @Test
    void nothingIsInLineAndNothingComesFromElsewhere() throws Exception {
        ours().forEach((path, text) -> {
            String without = text.replace("http://www.w3.org/2000/svg", "");
            assertThat(without).as(path).doesNotContain("http://", "https://");
            if (path.endsWith(".html")) {
                assertThat(without).as(path).doesNotContainPattern(IN_LINE);
            }
            assertThat(text).as(path).doesNotContain("innerHTML", "eval(", "new Function");
        });
    }

    @Test
    void whatIsServedIsWhatStandsThere() throws Exception {
        String index =
                new String(served.find("index.html").orElseThrow().plain(), StandardCharsets.UTF_8);
        assertThat(index).contains("<html lang=\"en\">", "main.js", "theme.js");
    }
}
