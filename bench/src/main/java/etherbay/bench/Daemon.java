// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code ./etherbay node run} of a settings file that the bench writes anew, in the servers'
 * namespace of a {@link Lab}. What it prints is the truth about what it did.
 */
final class Daemon implements AutoCloseable {
    private final Path file;
    private final Child process;

    /** Sends signals: a process for each would cost more than what it asks for. */
    private final Child shell;

    private Daemon(Path file, Child process, Child shell) {
        this.file = file;
        this.process = process;
        this.shell = shell;
    }

    /**
     * How a reload ended.
     *
     * @param ms from the signal to its last line
     * @param clean it is as the file says, without a failure
     * @param said all lines of it
     */
    record Reload(double ms, boolean clean, List<String> said) {}

    static Daemon start(Cleanup cleanup, Lab lab, Path file, ServedFiles first) throws IOException {
        Files.writeString(file, first.toText());
        Child shell = Child.start(cleanup, "the shell", List.of("sh"));
        Child process =
                Child.startQuietly(cleanup, "the node", lab.atTarget(Launcher.daemon(file)));
        return new Daemon(file, process, shell);
    }

    Child process() {
        return process;
    }

    /** Waits until it says that everything is served. */
    void awaitServing() {
        while (!process.hear().startsWith("node: ")) {
            // one line for each export and interface
        }
    }

    /** Lets it serve {@code next}, and waits until it says how that went. */
    Reload reload(ServedFiles next) {
        try {
            Path draft = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(draft, next.toText());
            Files.move(
                    draft,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException refused) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "cannot write " + file,
                    String.valueOf(refused.getMessage()),
                    "choose another --folder");
        }
        long beganNs = System.nanoTime();
        shell.tell("kill -HUP " + process.pid());
        List<String> said = new ArrayList<>();
        while (true) {
            String line = process.hear();
            said.add(line);
            if (line.startsWith("reload: done") || line.startsWith("reload: refused")) {
                double ms = (System.nanoTime() - beganNs) / 1e6;
                return new Reload(ms, line.equals("reload: done"), said);
            }
        }
    }

    /** Asks it to end and waits until it has. @return its exit code */
    int stop() {
        shell.tell("kill -TERM " + process.pid());
        return process.exitCode();
    }

    @Override
    public void close() {
        process.close();
        shell.close();
    }
}
