// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.admin.NodeReport.Guest;
import etherbay.node.ApiSpec;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * A node of the demo: a daemon with a folder, a name and an identity of its own, and the verbs that
 * are asked of it. One thread.
 */
final class DemoNode {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    private static final Pattern COPYING = Pattern.compile("(?m): copying (\\d+) MiB ");

    private final int number;
    private final Path folder;
    private final DemoNetwork network;
    private final DemoVerbs verbs;
    private @Nullable DemoChild daemon;

    /** Makes folder, identity and certificate; nothing runs yet. */
    DemoNode(int number, Path labFolder, DemoNetwork network, DemoVerbs verbs) {
        this.number = number;
        this.network = network;
        this.verbs = verbs;
        folder = labFolder.resolve(name());
        try {
            Files.createDirectories(folder);
            // One machine, many nodes: without it all would be the same owner of a disk.
            Files.writeString(folder.resolve("node-id"), UUID.randomUUID().toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> hosts = List.of("--host", network.host(number), "--host", "127.0.0.1");
        verbs.run(DemoVerbs.words(
                List.of("node", "certificate", name()), hosts, List.of("--dir", "" + folder)));
    }

    String name() {
        return "node" + number;
    }

    int number() {
        return number;
    }

    /** State folder of the daemon. */
    Path folder() {
        return folder;
    }

    /** Its settings file. */
    Path settings() {
        return folder.resolve("etherbay.toml");
    }

    /** What all nodes have in their settings. */
    private String common() {
        return """
                state = "%1$s"
                name = "%2$s"
                [api]
                listen = "%3$s:%4$d"
                certificate = "%1$s/%2$s.pem"
                key = "%1$s/%2$s.key"
                """.formatted(folder, name(), network.host(number), network.port(number));
    }

    /** How the others know it. */
    private String entry() {
        return """
                [nodes.%1$s]
                address = "https://%2$s:%3$d"
                certificate = "%4$s/%1$s.pem"
                """.formatted(name(), network.host(number), network.port(number), folder);
    }

    /**
     * Writes its settings.
     *
     * @param first lines before the first table; may be nothing
     * @param last tables at the end; may be nothing
     */
    void configure(List<DemoNode> all, String first, String last) {
        StringBuilder text = new StringBuilder(first).append(common());
        all.forEach(node -> text.append(node.entry()));
        try {
            Files.writeString(settings(), text.append(last));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the daemon; {@link #await} waits for it. */
    void start() {
        daemon = DemoChild.start(
                name(),
                log(),
                network.prefix(number),
                List.of("node", "run", "-c", settings().toString()));
    }

    void await() {
        running().await(", settings in ", START_TIMEOUT);
    }

    /** As {@code kill -9} of the daemon does it; a guest of it goes on. */
    void kill() {
        running().kill();
    }

    private DemoChild running() {
        return daemon().orElseThrow(() -> new IllegalStateException(name() + " was not started"));
    }

    /** Its process, or the last that it had. */
    Optional<DemoChild> daemon() {
        return Optional.ofNullable(daemon);
    }

    /** What passes over mirrors have been to copy since it was started, as it has told. */
    long copyingBytes() {
        try {
            return COPYING.matcher(Files.readString(log()))
                    .results()
                    .mapToLong(match -> Long.parseLong(match.group(1)) << 20)
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of its daemon. */
    Path log() {
        return folder.resolve("log");
    }

    /** The guests that it knows of. */
    List<Guest> guests() {
        return GuestCommand.guests(ApiClient.unix(ApiSpec.socket(folder)));
    }

    /** Runs a verb that asks this node: {@code guest start NAME}. Gives what it printed. */
    String run(String... words) {
        return verbs.run(DemoVerbs.words(List.of(words), List.of("--state", "" + folder)));
    }

    /** As {@link #run}, and tells each line as it comes. */
    String run(Consumer<String> told, String... words) {
        return verbs.run(told, DemoVerbs.words(List.of(words), List.of("--state", "" + folder)));
    }
}
