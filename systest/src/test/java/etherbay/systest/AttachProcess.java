// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** {@code etherbay attach e1.0} as a process, served over a Unix socket. One thread. */
final class AttachProcess implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);

    private final Daemon daemon;
    private final Path socket;

    private AttachProcess(Daemon daemon, Path socket) {
        this.daemon = daemon;
        this.socket = socket;
    }

    /**
     * Starts it and waits until it serves.
     *
     * @param inside puts a command into the namespace that it runs in
     * @param options besides the disk and the socket
     */
    static AttachProcess start(UnaryOperator<List<String>> inside, Path socket, String... options) {
        Daemon daemon = Daemon.start(inside.apply(command(socket, options)));
        daemon.awaitLog("nbd serves", START_TIMEOUT);
        return new AttachProcess(daemon, socket);
    }

    /** The same in a node's namespace, on its {@code eth0}. */
    static AttachProcess start(NetLab.Node node, Path socket, String... options) {
        return start(command -> node.command(command.toArray(String[]::new)), socket, options);
    }

    static List<String> command(Path socket, String... options) {
        List<String> words = new ArrayList<>(List.of(
                AoeServer.Repository.root().resolve("etherbay").toString(),
                "attach",
                "e1.0",
                "--nbd",
                "unix:" + socket));
        words.addAll(List.of(options));
        return words;
    }

    String uri() {
        return "nbd+unix:///?socket=" + socket;
    }

    String log() {
        return daemon.log();
    }

    boolean isAlive() {
        return daemon.isAlive();
    }

    /** SIGTERM. @return its exit code */
    int terminate() {
        return daemon.terminate();
    }

    @Override
    public void close() {
        daemon.close();
    }
}
