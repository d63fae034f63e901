// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;

import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * All our classes once more, some of them with a planted bug: in a class loader of their own that
 * finds what was compiled from patched sources before what the build compiled.
 */
final class PatchedClasses implements AutoCloseable {
    private final URLClassLoader loader;

    /**
     * Patches and compiles.
     *
     * @param root of the project
     * @param folder an empty one, for sources and classes
     */
    PatchedClasses(SourcePatch patch, Path root, Path folder) {
        try {
            Path classes = Files.createDirectories(folder.resolve("classes"));
            List<Path> sources = new ArrayList<>();
            for (String file : patch.files()) {
                Path source = folder.resolve("sources").resolve(file);
                Files.createDirectories(source.getParent());
                sources.add(Files.writeString(source, patch.applied(root, file)));
            }
            compile(patch, sources, classes);
            loader = new URLClassLoader(urls(classes), ClassLoader.getPlatformClassLoader());
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
    }

    private static void compile(SourcePatch patch, List<Path> sources, Path classes)
            throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<String> options = List.of("-d", classes.toString(), "-proc:none", "-nowarn");
        List<String> said = new ArrayList<>();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(
                            null,
                            files,
                            diagnostic -> said.add(diagnostic.toString()),
                            options,
                            null,
                            files.getJavaFileObjectsFromPaths(sources))
                    .call();
            if (!compiled) {
                throw new AssertionError(patch + ".patch does not compile: " + said);
            }
        }
    }

    private static URL[] urls(Path classes) {
        String path = System.getProperty("java.class.path");
        return Stream.concat(
                        Stream.of(classes),
                        Stream.of(path.split(File.pathSeparator, -1)).map(Path::of))
                .map(PatchedClasses::url)
                .toArray(URL[]::new);
    }

    private static URL url(Path path) {
        try {
            return path.toUri().toURL();
        } catch (MalformedURLException cause) {
            throw new UncheckedIOException(cause);
        }
    }

    /** A {@link SeedHunt} among these classes. */
    @SuppressWarnings("unchecked")
    BiFunction<String, Long, String> hunt() {
        try {
            return (BiFunction<String, Long, String>)
                    loader.loadClass(SeedHunt.class.getName()).getConstructor().newInstance();
        } catch (ReflectiveOperationException cause) {
            throw new LinkageError("the patched classes cannot be loaded", cause);
        }
    }

    @Override
    public void close() throws IOException {
        loader.close();
    }
}
