// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.lang.model.element.Name;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Java source as the rules see it: code without comments and strings, and lengths of methods. */
final class TidyJava {
    private static final Pattern NOT_CODE = Pattern.compile(
            String.join(
                    "|",
                    "//[^\n]*",
                    "/\\*.*?\\*/",
                    "\"\"\".*?(?<!\\\\)\"\"\"",
                    "\"(?:\\\\.|[^\"\\\\\n])*\"",
                    "'(?:\\\\.|[^'\\\\\n])+'"),
            Pattern.DOTALL);

    private TidyJava() {}

    /** The text with comments and literals blanked; every line keeps its number. */
    static String code(String text) {
        Matcher matcher = NOT_CODE.matcher(text);
        return matcher.replaceAll(match -> match.group().replaceAll("[^\n]", " "));
    }

    /** Lines of each method by "path#name"; of methods with one name the longest. */
    static Map<String, Integer> methodLines(TidyTree tree) {
        List<Source> sources =
                tree.javaPaths().map(path -> new Source(path, tree.text(path))).toList();
        Map<String, Integer> lines = new TreeMap<>();
        if (sources.isEmpty()) {
            return lines;
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        JavacTask task =
                (JavacTask) compiler.getTask(null, null, problem -> {}, List.of(), null, sources);
        try {
            for (CompilationUnitTree unit : task.parse()) {
                new Lengths(unit, Trees.instance(task).getSourcePositions(), lines)
                        .scan(unit, null);
            }
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
        return lines;
    }

    private static final class Lengths extends TreePathScanner<@Nullable Void, @Nullable Void> {
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final Map<String, Integer> lines;

        Lengths(CompilationUnitTree unit, SourcePositions positions, Map<String, Integer> lines) {
            this.unit = unit;
            this.positions = positions;
            this.lines = lines;
        }

        @Override
        public @Nullable Void visitMethod(MethodTree method, @Nullable Void nothing) {
            LineMap map = unit.getLineMap();
            long first = map.getLineNumber(positions.getStartPosition(unit, method));
            long last = map.getLineNumber(positions.getEndPosition(unit, method));
            Name name = method.getName();
            String path = unit.getSourceFile().toUri().getPath().substring(1);
            String key = path + "#" + name;
            lines.merge(key, (int) (last - first + 1), Math::max);
            return super.visitMethod(method, null);
        }
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String path, String text) {
            super(URI.create("string:///" + path), JavaFileObject.Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
