// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A planted bug: a unified diff of shipped sources, as {@code git diff} prints it, behind a head
 * that says in words what it breaks, then which scenario must find it and what the judge then says:
 *
 * <pre>
 * FLUSH is answered, and nothing was synced.
 * scenario: power-cut-cache-on
 * message: holds write \d+, but write
 * --- a/target/src/...
 * </pre>
 *
 * <p>Applied strictly: the lines that a hunk changes, with those around them, stand in the file
 * exactly once, wherever that is. {@code git apply} takes the same file.
 *
 * @param name of its file, without the ending
 * @param what it breaks
 * @param message what the failure must say
 */
record SourcePatch(String name, String what, String scenario, Pattern message, List<Edit> edits) {
    private static final String ENDING = ".patch";
    private static final String SCENARIO = "scenario: ";
    private static final String MESSAGE = "message: ";
    private static final String FILE_BEFORE = "--- a/";
    private static final String FILE_AFTER = "+++ b/";
    private static final String HUNK = "@@ ";

    /** Lines of one source file that become others. */
    record Edit(String file, String before, String after) {}

    /** All patches in a folder, by name. */
    static List<SourcePatch> allIn(Path folder) {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(ENDING))
                    .sorted()
                    .map(SourcePatch::read)
                    .toList();
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
    }

    private static SourcePatch read(Path file) {
        String name = file.getFileName().toString();
        return parse(name.substring(0, name.length() - ENDING.length()), text(file));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
    }

    static SourcePatch parse(String name, String text) {
        int diffAt = text.indexOf("\n" + FILE_BEFORE) + 1;
        if (diffAt == 0) {
            throw new AssertionError(name + ENDING + " changes nothing");
        }
        List<String> head = text.substring(0, diffAt)
                .lines()
                .filter(line -> !line.startsWith("SPDX-") && !line.startsWith("diff "))
                .filter(line -> !line.startsWith("index "))
                .toList();
        String what = String.join(
                " ",
                head.stream()
                        .filter(line -> !line.startsWith(SCENARIO) && !line.startsWith(MESSAGE))
                        .toList());
        return new SourcePatch(
                name,
                what,
                valueOf(name, head, SCENARIO),
                Pattern.compile(valueOf(name, head, MESSAGE)),
                edits(text.substring(diffAt)));
    }

    private static String valueOf(String name, List<String> head, String key) {
        return head.stream()
                .filter(line -> line.startsWith(key))
                .map(line -> line.substring(key.length()))
                .findFirst()
                .orElseThrow(() -> new AssertionError(
                        name + ENDING + ": its head has no line \"" + key + "\""));
    }

    private static List<Edit> edits(String diff) {
        List<Edit> edits = new ArrayList<>();
        String file = "";
        StringBuilder before = new StringBuilder();
        StringBuilder after = new StringBuilder();
        for (String line : (diff + HUNK).lines().toList()) {
            if (line.startsWith(HUNK) || line.startsWith(FILE_BEFORE)) {
                if (!before.isEmpty()) {
                    edits.add(new Edit(file, before.toString(), after.toString()));
                }
                before.setLength(0);
                after.setLength(0);
            }
            if (line.startsWith(FILE_BEFORE)) {
                file = line.substring(FILE_BEFORE.length());
            } else if (line.startsWith("-")) {
                before.append(line, 1, line.length()).append('\n');
            } else if (line.startsWith("+") && !line.startsWith(FILE_AFTER)) {
                after.append(line, 1, line.length()).append('\n');
            } else if (line.startsWith(" ") || line.isEmpty()) {
                String context = line.isEmpty() ? "" : line.substring(1);
                before.append(context).append('\n');
                after.append(context).append('\n');
            }
        }
        return edits;
    }

    /** The files that it changes, as paths from the root of the project. */
    List<String> files() {
        return edits.stream().map(Edit::file).distinct().toList();
    }

    /**
     * What that file is with the bug in it.
     *
     * @throws AssertionError when the patch is not for this state of the file
     */
    String applied(Path root, String file) {
        String text = "\n" + text(root.resolve(file));
        for (Edit edit : edits) {
            if (edit.file().equals(file)) {
                text = replaced(text, edit);
            }
        }
        return text.substring(1);
    }

    private String replaced(String text, Edit edit) {
        String before = "\n" + edit.before();
        int at = text.indexOf(before);
        if (at < 0 || text.indexOf(before, at + 1) >= 0) {
            String nl = System.lineSeparator();
            throw new AssertionError(name + ENDING + " does not apply to " + edit.file() + nl
                    + "  why: these lines stand there " + (at < 0 ? "no more" : "more than once")
                    + ":" + nl + edit.before() + "  do: plant the bug (" + what + ") in the file"
                    + " as it is now, put `git diff` behind the head of the patch, and take the"
                    + " bug out of the file");
        }
        return text.substring(0, at) + "\n" + edit.after() + text.substring(at + before.length());
    }

    @Override
    public String toString() {
        return name;
    }
}
