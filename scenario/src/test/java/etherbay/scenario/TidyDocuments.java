// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Markdown and shell: links that lead somewhere, no paths of one machine, scripts that parse. */
final class TidyDocuments {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern MACHINE_PATH =
            Pattern.compile("(?<![\\w.$}-])/(work|home|root|Users)/\\w*");

    private TidyDocuments() {}

    static List<TidyRule> rules() {
        return List.of(links(), paths(), scripts());
    }

    private static TidyRule links() {
        return new TidyRule(
                "links in Markdown lead somewhere",
                TidyDocuments::linkFindings,
                TidyTree.of("docs/A.md", "[b](../B.md#c) [w](https://x.org/)", "B.md", ""),
                TidyTree.of("docs/A.md", "[b](B.md)", "B.md", ""));
    }

    private static List<String> linkFindings(TidyTree tree) {
        List<String> found = new ArrayList<>();
        tree.paths(path -> path.endsWith(".md")).forEach(path -> {
            List<String> links = LINK.matcher(tree.text(path))
                    .results()
                    .map(match -> match.group(1).replaceFirst("#.*", ""))
                    .filter(link -> !link.isEmpty() && !link.contains("://"))
                    .toList();
            for (String link : links) {
                Path from = Path.of("/" + path).getParent();
                String to =
                        Path.of("/").relativize(from.resolve(link).normalize()).toString();
                if (!tree.has(to)
                        && tree.paths(other -> other.startsWith(to + "/"))
                                .findAny()
                                .isEmpty()) {
                    found.add("%s: broken link %s".formatted(path, link));
                }
            }
        });
        return found;
    }

    private static TidyRule paths() {
        return new TidyRule(
                "no path of one machine stands in the project",
                tree -> {
                    List<String> found = new ArrayList<>();
                    tree.paths(path -> !path.equals("LICENSE"))
                            .forEach(path -> TidyRule.find(
                                    found,
                                    path,
                                    tree.text(path),
                                    MACHINE_PATH,
                                    "write a relative path"));
                    return found;
                },
                TidyTree.of("README.md", "See docs/work/x and $HOME/work/"),
                TidyTree.of("README.md", "See /wor" + "k/main"));
    }

    private static TidyRule scripts() {
        return new TidyRule(
                "shell scripts parse",
                tree -> {
                    List<String> found = new ArrayList<>();
                    tree.shellPaths().forEach(path -> {
                        String complaint = bashComplaint(tree.text(path));
                        if (!complaint.isEmpty()) {
                            found.add(path + ": " + complaint);
                        }
                    });
                    return found;
                },
                TidyTree.of("a.sh", "if true; then echo a; fi\n"),
                TidyTree.of("a.sh", "if true; then echo a\n"));
    }

    /** What {@code bash -n} says about a script, nothing if it parses. */
    private static String bashComplaint(String script) {
        try {
            Process bash =
                    new ProcessBuilder("bash", "-n").redirectErrorStream(true).start();
            try (var in = bash.getOutputStream()) {
                in.write(script.getBytes(StandardCharsets.UTF_8));
            }
            String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return bash.waitFor() == 0 ? "" : "bash -n: " + said.strip();
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        } catch (InterruptedException cause) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(cause);
        }
    }
}
