// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Our sources as text by path from the root of the project, or a small made-up project. */
record TidyTree(Map<String, String> texts) {
    private static final Set<String> OUTPUT = Set.of(".git", ".build", ".idea", ".vscode");
    private static final Pattern TEXT =
            Pattern.compile(".*\\.(java|xml|md|sh|txt|toml|properties|json|yml)");
    private static final Pattern MODULE_OUTPUT = Pattern.compile("[a-z]+/target");
    private static final String SHELL = "#!/usr/bin/env bash";

    /** A made-up project: path, text, path, text. */
    static TidyTree of(String... pathsAndTexts) {
        Map<String, String> texts = new TreeMap<>();
        for (int i = 0; i < pathsAndTexts.length; i += 2) {
            texts.put(pathsAndTexts[i], pathsAndTexts[i + 1]);
        }
        return new TidyTree(texts);
    }

    /** The project in a folder, without what builds leave there. */
    static TidyTree read(Path root) {
        Map<String, String> texts = new TreeMap<>();
        try {
            Files.walkFileTree(root, new Reader(root, texts));
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
        return new TidyTree(texts);
    }

    Stream<String> paths(Predicate<String> wanted) {
        return texts.keySet().stream().filter(wanted);
    }

    Stream<String> javaPaths() {
        return paths(path -> path.endsWith(".java"));
    }

    Stream<String> shellPaths() {
        return paths(path -> path.endsWith(".sh") || text(path).startsWith(SHELL));
    }

    String text(String path) {
        return texts.getOrDefault(path, "");
    }

    boolean has(String path) {
        return texts.containsKey(path);
    }

    /** The modules that the parent POM names. */
    Stream<String> modules() {
        return Pattern.compile("<module>([a-z]+)</module>")
                .matcher(text("pom.xml"))
                .results()
                .map(match -> match.group(1));
    }

    /** The first folder of a path: a module, or something beside the modules. */
    static String moduleOf(String path) {
        int slash = path.indexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    static boolean isTest(String path) {
        return path.contains("/src/test/");
    }

    private static final class Reader extends SimpleFileVisitor<Path> {
        private final Path root;
        private final Map<String, String> texts;

        Reader(Path root, Map<String, String> texts) {
            this.root = root;
            this.texts = texts;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            boolean skipped = OUTPUT.contains(folder.getFileName().toString())
                    || MODULE_OUTPUT.matcher(root.relativize(folder).toString()).matches();
            return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            String name = file.getFileName().toString();
            if (attributes.isRegularFile()
                    && (TEXT.matcher(name).matches() || !name.contains("."))) {
                // Not readString: a file that is no text must not end the walk.
                String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
                texts.put(root.relativize(file).toString(), text);
            }
            return FileVisitResult.CONTINUE;
        }
    }
}
