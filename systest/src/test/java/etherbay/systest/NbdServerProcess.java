// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An {@code etherbay nbd serve} in the background of a test. One thread. */
final class NbdServerProcess implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(3); // the launcher may build
    private static final Pattern PORT = Pattern.compile("at tcp:[^ ]*:(\\d+)");
    private static final Pattern RSS = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    private final Daemon daemon;
    private final Path socket;

    private NbdServerProcess(Daemon daemon, Path socket) {
        this.daemon = daemon;
        this.socket = socket;
    }

    /** Serves {@code image} at {@code socket}. */
    static NbdServerProcess atSocket(Path image, Path socket, String... options) {
        return start(image, "unix:" + socket, socket, options);
    }

    /** Serves {@code image} at a port of this machine that is free. */
    static NbdServerProcess atPort(Path image, String... options) {
        return start(image, "tcp:127.0.0.1:0", Path.of(""), options);
    }

    private static NbdServerProcess start(
            Path image, String address, Path socket, String... options) {
        List<String> words = new ArrayList<>(List.of(
                AoeServer.Repository.root().resolve("etherbay").toString(),
                "nbd",
                "serve",
                image.toString(),
                "--nbd",
                address));
        words.addAll(List.of(options));
        Daemon daemon = Daemon.start(words).awaitLog("nbd serves", START_TIMEOUT);
        return new NbdServerProcess(daemon, socket);
    }

    /** The address, as libnbd and QEMU write it. */
    String uri() {
        return "nbd+unix:///?socket=" + socket;
    }

    String log() {
        return daemon.log();
    }

    Path socket() {
        return socket;
    }

    int port() {
        Matcher matcher = PORT.matcher(daemon.log());
        if (!matcher.find()) {
            throw new AssertionError("no port in: " + daemon.log());
        }
        return Integer.parseInt(matcher.group(1));
    }

    long rssKiB() {
        try {
            Matcher matcher =
                    RSS.matcher(Files.readString(Path.of("/proc/" + daemon.pid() + "/status")));
            if (!matcher.find()) {
                throw new AssertionError("no VmRSS");
            }
            return Long.parseLong(matcher.group(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int terminate() {
        return daemon.terminate();
    }

    @Override
    public void close() {
        daemon.close();
    }
}
