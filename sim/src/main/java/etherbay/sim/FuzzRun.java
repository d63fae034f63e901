// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Writer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One fuzz target under the coverage-guided engine (Jazzer, which is libFuzzer within a JVM), or on
 * one input of it. What {@code ./dev fuzz} runs, with a class path on which the engine is; nothing
 * here names a class of it.
 */
public final class FuzzRun {
    private static final String ENGINE = "com.code_intelligence.jazzer.Jazzer";
    private static final String ENTRY = "fuzzerTestOneInput";

    /** Heap of the process that fuzzes; beside it lie the engine's tables and corpus. */
    private static final String HEAP = "-Xmx800m";

    /** The engine gives up beyond this. */
    private static final int RESIDENT_MB_MAX = 2048;

    /** An input that takes longer is a finding. */
    private static final int INPUT_S_MAX = 10;

    /** Longer inputs find nothing that shorter ones do not, and cost more. */
    private static final int INPUT_BYTES_MAX = 8192;

    /** After this beyond its time the process is ended: its start counts too. */
    private static final long GRACE_S = 120;

    /** Of the lines in which the engine tells how far it is, and it tells more at first. */
    private static final int TOLD_EVERY = 64;

    private static final Pattern PROGRESS =
            Pattern.compile("#(\\d+)\\s.*cov: (\\d+).*corp: (\\d+).*exec/s: (\\d+)");
    private static final Pattern DONE = Pattern.compile("Done (\\d+) runs in (\\d+) second");

    private final Class<?> target;
    private final Path folder;
    private final PrintStream out;
    private String executions = "0";
    private String perSecond = "0";
    private String coverage = "0";
    private String corpus = "0";
    private int lineCount;

    private FuzzRun(Class<?> target, Path folder, PrintStream out) {
        this.target = target;
        this.folder = folder;
        this.out = out;
    }

    /**
     * Fuzzes for so long, or tries one input; a finding is exit code 1.
     *
     * @param arguments the class of the target, a folder for what is found, and either the time in
     *     seconds or {@code --replay} and a file, or the name of an input that is kept
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        try {
            Class<?> target = Class.forName(arguments[0]);
            FuzzRun run = new FuzzRun(target, Path.of(arguments[1]), System.out);
            if (arguments[2].equals("--replay")) {
                run.replay(arguments[3]);
            } else if (!run.fuzz(Integer.parseInt(arguments[2]))) {
                System.exit(1);
            }
        } catch (ClassNotFoundException unknown) {
            fail(new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "there is no fuzz target " + arguments[0],
                    "no class of that name is among the tests",
                    "see `./dev fuzz --list`"));
        } catch (EtherbayException error) {
            fail(error);
        }
    }

    private static void fail(EtherbayException error) {
        System.err.println(error.toText());
        System.exit(error.code().exitCode());
    }

    private void replay(String name) throws IOException {
        Path file = Path.of(name);
        byte[] input = Files.exists(file) ? FuzzTarget.read(file) : kept(name);
        entry(input);
        out.printf("%s takes %s%n", target.getSimpleName(), name);
    }

    private byte[] kept(String name) {
        return new FuzzTarget(target, this::entry)
                .inputs().stream()
                        .filter(input -> input.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new EtherbayException(
                                ErrorCode.NOT_FOUND,
                                target.getSimpleName() + " has no input " + name,
                                "it is neither a file nor among those that are kept",
                                "see " + folder.resolve("findings")))
                        .bytes();
    }

    private void entry(byte[] input) {
        try {
            Method entry = target.getMethod(ENTRY, byte[].class);
            entry.invoke(null, input);
        } catch (InvocationTargetException thrown) {
            throw new AssertionError(thrown.getCause());
        } catch (ReflectiveOperationException none) {
            throw new IllegalStateException(target + " has no entry " + ENTRY, none);
        }
    }

    /** @return whether nothing was found */
    private boolean fuzz(int seconds) throws IOException, InterruptedException {
        Path seeds = Files.createDirectories(folder.resolve("seeds"));
        Path found = Files.createDirectories(folder.resolve("findings"));
        Path grown = Files.createDirectories(folder.resolve("corpus"));
        setAside(found);
        for (FuzzTarget.Input input : new FuzzTarget(target, this::entry).inputs()) {
            Files.write(seeds.resolve(input.name()), input.bytes());
        }
        Process process = new ProcessBuilder(command(seconds, grown, seeds, found))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        // Whoever ends this process ends the engine with it.
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().unstarted(process::destroyForcibly));
        Thread watchdog = Thread.ofPlatform().daemon().start(() -> endLate(process, seconds));
        try {
            int code = follow(process);
            return tell(code, found);
        } finally {
            process.destroyForcibly();
            watchdog.interrupt();
        }
    }

    /** @return the engine's exit code */
    private int follow(Process process) throws IOException, InterruptedException {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
                Writer log = Files.newBufferedWriter(folder.resolve("log"))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                log.write(line + "\n");
                follow(line);
            }
        }
        return process.waitFor();
    }

    /** What former runs found is kept, apart from what this one finds. */
    private static void setAside(Path found) throws IOException {
        Path earlier = Files.createDirectories(found.resolve("earlier"));
        try (Stream<Path> old = Files.list(found)) {
            for (Path file : old.filter(Files::isRegularFile).toList()) {
                Files.move(
                        file,
                        earlier.resolve(file.getFileName()),
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private List<String> command(int seconds, Path grown, Path seeds, Path found) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return List.of(
                java,
                HEAP,
                "-XX:+UseSerialGC",
                "-XX:+EnableDynamicAgentLoading",
                "-XX:-OmitStackTraceInFastThrow",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-da:org.tomlj...",
                "-cp",
                System.getProperty("java.class.path"),
                ENGINE,
                "--target_class=" + target.getName(),
                "--instrumentation_includes=etherbay.**",
                "--custom_hook_includes=etherbay.**",
                "--reproducer_path=" + found,
                "-max_total_time=" + seconds,
                "-rss_limit_mb=" + RESIDENT_MB_MAX,
                "-timeout=" + INPUT_S_MAX,
                "-max_len=" + INPUT_BYTES_MAX,
                "-print_final_stats=1",
                "-artifact_prefix=" + found + "/",
                grown.toString(),
                seeds.toString());
    }

    private static void endLate(Process process, int seconds) {
        try {
            if (!process.waitFor(seconds + GRACE_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private void follow(String line) {
        Matcher progress = PROGRESS.matcher(line);
        if (progress.find()) {
            executions = progress.group(1);
            coverage = progress.group(2);
            corpus = progress.group(3);
            perSecond = progress.group(4);
            if (++lineCount % TOLD_EVERY == 0) {
                out.printf("   %s%n", summary());
            }
        }
        Matcher done = DONE.matcher(line);
        if (done.find()) {
            executions = done.group(1);
        }
        if (line.startsWith("== Java Exception") || line.contains("ERROR:")) {
            out.printf("   %s%n", line);
        }
    }

    private String summary() {
        return "%s executions, %s a second; coverage %s edges; corpus %s inputs"
                .formatted(executions, perSecond, coverage, corpus);
    }

    private boolean tell(int code, Path found) throws IOException {
        out.printf("-- %s: %s; exit code %d%n", target.getSimpleName(), summary(), code);
        List<Path> artifacts;
        try (Stream<Path> files = Files.list(found)) {
            artifacts = files.filter(FuzzRun::isArtifact).sorted().toList();
        }
        for (Path artifact : artifacts) {
            Path hex = Path.of(artifact + ".hex");
            Files.writeString(hex, hexText(Files.readAllBytes(artifact)));
            String kept = target.getPackageName().replace('.', '/') + "/" + target.getSimpleName();
            out.printf(
                    "   finding: %s%n   replay: ./dev fuzz %s --replay %s%n"
                            + "   keep: as WHAT.hex in src/test/resources/%s/ of its module%n",
                    artifact.getFileName(), target.getSimpleName(), hex, kept);
        }
        if (code != 0) {
            out.printf("   log: %s%n", folder.resolve("log"));
        }
        return code == 0 && artifacts.isEmpty();
    }

    private static boolean isArtifact(Path file) {
        String name = file.getFileName().toString();
        return Stream.of("crash-", "timeout-", "oom-", "leak-").anyMatch(name::startsWith);
    }

    private static String hexText(byte[] bytes) {
        StringBuilder text = new StringBuilder("# found by ./dev fuzz\n");
        for (int at = 0; at < bytes.length; at += 32) {
            int to = Math.min(bytes.length, at + 32);
            text.append(HexFormat.of().formatHex(Arrays.copyOfRange(bytes, at, to)))
                    .append('\n');
        }
        return text.toString();
    }
}
