// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An {@code etherbay node run} as the service of a manager that keeps its sockets, or of one that
 * does not: {@code service.py} beside this class. One thread.
 */
final class ServiceProcess implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final Pattern TIMED = Pattern.compile("(?m)^(\\d+\\.\\d{3}) (.*)$");

    private final Daemon manager;
    private final Path folder;

    /** What was said before the latest thing that was asked of it does not count. */
    private long fromBytes;

    private ServiceProcess(Daemon manager, Path folder) {
        this.manager = manager;
        this.folder = folder;
    }

    /**
     * Starts it.
     *
     * @param folder for the manager and the settings
     * @param keeps whether the manager is one that keeps sockets
     * @param settings all of them
     */
    static ServiceProcess start(Path folder, boolean keeps, String settings) {
        Path script = folder.resolve("service.py");
        Path file = folder.resolve("etherbay.toml");
        try (InputStream in = ServiceProcess.class.getResourceAsStream("service.py")) {
            Files.write(script, in.readAllBytes());
            Files.writeString(file, settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> command = new ArrayList<>(
                List.of(Tool.require("python3", "python3").toString(), script.toString()));
        if (!keeps) {
            command.add("--no-store");
        }
        command.add(folder.toString());
        command.addAll(List.of(
                AoeServer.Repository.root().resolve("etherbay").toString(),
                "node",
                "run",
                "-c",
                file.toString()));
        return new ServiceProcess(Daemon.start(command), folder);
    }

    /**
     * Waits for a line with that in it since the latest thing that was asked of it.
     *
     * @return its time, milliseconds of the machine
     */
    long await(String text) {
        Tool.await("\"" + text + "\" in " + manager.logFrom(fromBytes), TIMEOUT, () -> {
            if (!manager.isAlive()) {
                throw new AssertionError("the manager has ended:\n" + manager.log());
            }
            return manager.logFrom(fromBytes).contains(text);
        });
        String log = manager.logFrom(fromBytes);
        Matcher line = TIMED.matcher(log);
        while (line.find()) {
            if (line.group(2).contains(text)) {
                return Math.round(Double.parseDouble(line.group(1)) * 1000);
            }
        }
        throw new AssertionError("no time before " + text + " in " + log);
    }

    private void ask(String word) {
        write("do", word);
        Tool.check(List.of("kill", "-USR1", Long.toString(manager.pid())));
    }

    private void write(String file, String text) {
        try {
            Files.writeString(folder.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        fromBytes = manager.logBytes();
    }

    /** Ends it, in order or by SIGKILL; it is gone when this returns. @return when it began */
    long stop(boolean inOrder) {
        ask(inOrder ? "stop" : "kill");
        long atMs = await(inOrder ? "service: SIGTERM" : "service: SIGKILL");
        await("service: ended with " + (inOrder ? "143" : "-9"));
        return atMs;
    }

    /** What it reads at its next start. */
    void settings(String text) {
        write("etherbay.toml", text);
    }

    /** Begins it again. */
    void start() {
        ask("start");
        await("service: started");
    }

    /** Reads its settings file anew, with these in it. */
    void reload(String settings) {
        await("SIGHUP reads them again");
        write("etherbay.toml", settings);
        Tool.check(List.of("pkill", "-HUP", "-P", Long.toString(manager.pid())));
        await("reload: done");
    }

    @Override
    public void close() {
        manager.terminate();
        manager.close();
    }
}
