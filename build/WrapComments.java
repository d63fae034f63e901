// SPDX-License-Identifier: Apache-2.0

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The part of {@code ./dev format} that the Java formatter leaves alone: comment lines wider than
 * 100 columns hand their last words on to the next line. Preformatted text stays as it is.
 */
public final class WrapComments {
    private static final int COLUMNS_MAX = 100;
    private static final Pattern ONE_LINE = Pattern.compile("(\\s*)/\\*\\* (.*) \\*/");
    private static final Pattern COMMENT = Pattern.compile("(\\s*(?:\\*|//) ?)(\\s*)(\\S.*)");
    private static final Pattern BEGINS_ANEW = Pattern.compile("([@<|+\\-]|\\d\\.|\\*/|/).*");

    private WrapComments() {}

    public static void main(String[] arguments) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(arguments[0]))) {
            for (Path file : files.filter(WrapComments::isSource).toList()) {
                List<String> before = Files.readAllLines(file);
                List<String> after = wrapped(before);
                if (!after.equals(before)) {
                    Files.write(file, after);
                    System.out.println("wrapped comments of " + file);
                }
            }
        }
    }

    private static boolean isSource(Path file) {
        String path = file.toString();
        return path.endsWith(".java") && !path.contains("/.build/") && Files.isRegularFile(file);
    }

    private static List<String> wrapped(List<String> lines) {
        List<String> todo = new ArrayList<>(lines);
        List<String> done = new ArrayList<>();
        boolean preformatted = false;
        for (int i = 0; i < todo.size(); i++) {
            String line = todo.get(i);
            preformatted = (preformatted || line.contains("<pre>") || line.contains("{@snippet"))
                    && !line.contains("</pre>");
            if (line.length() > COLUMNS_MAX && !preformatted) {
                line = wrapOne(todo, i);
            }
            done.add(line);
        }
        return done;
    }

    /** Returns what line {@code i} becomes, and puts the rest of it into the lines after it. */
    private static String wrapOne(List<String> todo, int i) {
        Matcher oneLine = ONE_LINE.matcher(todo.get(i));
        if (oneLine.matches()) {
            String indent = oneLine.group(1);
            todo.add(i + 1, indent + " * " + oneLine.group(2));
            todo.add(i + 2, indent + " */");
            return indent + "/**";
        }
        Matcher comment = COMMENT.matcher(todo.get(i));
        if (!comment.matches()) {
            return todo.get(i);
        }
        int cut = todo.get(i).lastIndexOf(' ', COLUMNS_MAX);
        String kept = todo.get(i).substring(0, cut).stripTrailing();
        if (kept.length() <= comment.end(2)) {
            return todo.get(i);
        }
        handOn(todo, i + 1, comment, todo.get(i).substring(cut + 1));
        return kept;
    }

    private static void handOn(List<String> todo, int next, Matcher comment, String rest) {
        if (next < todo.size()) {
            Matcher follower = COMMENT.matcher(todo.get(next));
            if (follower.matches()
                    && follower.group(1).equals(comment.group(1))
                    && !BEGINS_ANEW.matcher(follower.group(3)).matches()) {
                String start = follower.group(1) + follower.group(2);
                todo.set(next, start + rest + " " + follower.group(3));
                return;
            }
        }
        String deeper = comment.group(3).startsWith("@") ? "    " : "";
        todo.add(next, comment.group(1) + comment.group(2) + deeper + rest);
    }
}
