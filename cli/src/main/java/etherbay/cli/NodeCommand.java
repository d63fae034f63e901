// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.EtherbayException;
import etherbay.linux.KeptSockets;
import etherbay.linux.Linux;
import etherbay.linux.Notify;
import etherbay.node.NodeOptions;
import etherbay.node.NodeSettings;
import etherbay.node.daemon.DaemonApi;
import etherbay.node.daemon.NodeDaemon;
import etherbay.node.settings.SettingsException;
import etherbay.node.settings.SettingsFile;
import etherbay.node.settings.SettingsText;

import io.avaje.jsonb.Jsonb;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code etherbay node}: the daemon, and what its settings file says. */
@Command(
        name = "node",
        description = {
            "Serve what a settings file says; check and show such a file; see the other nodes, and",
            "make what this one is known by."
        },
        mixinStandardHelpOptions = true,
        subcommands = {
            NodeCommand.Run.class,
            NodeCommand.Check.class,
            NodeCommand.Show.class,
            NodeListCommand.class,
            NodeCertificateCommand.class
        })
final class NodeCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** Which file. */
    static final class FileOption {
        @Option(
                names = {"-c", "--config"},
                paramLabel = "FILE",
                description = "the settings (default: ${DEFAULT-VALUE})")
        private Path file = Path.of("/etc/etherbay/etherbay.toml");

        NodeSettings read() {
            return SettingsFile.read(file);
        }
    }

    @Command(
            name = "run",
            description = {
                "Serve all exports of a settings file until stopped. SIGHUP reads the file again:",
                "exports that do not differ notice nothing, a bad file changes nothing."
            },
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Run implements Callable<Integer> {
        /** A beat that is late or lost is not the end yet. */
        private static final int BEATS_A_WATCHDOG = 4;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before call()
        private CommandSpec spec;

        @Mixin
        private FileOption config = new FileOption();

        @Option(names = "--force", description = "serve even what another box serves")
        private boolean force;

        @Option(
                names = "--write-log",
                paramLabel = "FILE",
                hidden = true,
                description = "append (epoch, MAC, lba, sectors, checksum) of each executed write")
        private @Nullable Path writeLog;

        @Override
        public Integer call() throws InterruptedException {
            PrintWriter out = spec.commandLine().getOut();
            try (StopSignal stop = new StopSignal();
                    Notify notify = Notify.of(System.getenv(), Linux.clock());
                    KeptSockets sockets = KeptSockets.of(System.getenv(), notify);
                    NodeDaemon daemon = NodeDaemon.start(
                            config.file,
                            Version.text(""),
                            new NodeOptions("node", force, Optional.ofNullable(writeLog), sockets),
                            line -> tell(out, line));
                    DaemonApi api = answering(daemon, out)) {
                HangUp hangUp = new HangUp();
                tell(
                        out,
                        "node: %s, settings in %s; %s"
                                .formatted(
                                        counted(daemon.settings()), config.file, reading(hangUp)));
                Thread.ofPlatform()
                        .name("etherbay-reload")
                        .daemon()
                        .start(() -> reloadForEver(hangUp, daemon, notify, out));
                notify.watchdogNs()
                        .ifPresent(ns -> daemon.node().beat(ns / BEATS_A_WATCHDOG, notify::alive));
                notify.ready(counted(daemon.settings()) + (api == null ? ", cannot be asked" : ""));
                stop.await(daemon.failure());
                notify.stopping();
            }
            return 0;
        }

        /** Disks are served all the same where nobody can ask about them. */
        private static @Nullable DaemonApi answering(NodeDaemon daemon, PrintWriter out) {
            try {
                return DaemonApi.start(daemon, line -> tell(out, line));
            } catch (EtherbayException refused) {
                tell(out, refused.toText());
                tell(out, "node: it goes on without its API and its console");
                return null;
            }
        }

        private static void tell(PrintWriter out, String line) {
            out.println(line);
            out.flush();
        }

        private static String reading(HangUp hangUp) {
            return hangUp.isIgnored()
                    ? "they are not read again: SIGHUP is ignored, as nohup does; start it"
                            + " otherwise (setsid, systemd) for that"
                    : "SIGHUP reads them again";
        }

        private static void reloadForEver(
                HangUp hangUp, NodeDaemon daemon, Notify notify, PrintWriter out) {
            Linux.giveWay();
            try {
                while (!daemon.failure().isDone()) {
                    hangUp.await();
                    notify.reloading();
                    notify.ready(reload(daemon, out));
                }
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        }

        /** @return what became of it, in a line */
        private static String reload(NodeDaemon daemon, PrintWriter out) {
            try {
                int failureCount = daemon.reload();
                return counted(daemon.settings())
                        + (failureCount == 0 ? "" : ", some with failures: see the log");
            } catch (EtherbayException refused) {
                tell(out, refused.toText());
                tell(out, "reload: refused, nothing has changed");
                return "serves as before: the settings were refused, see the log";
            }
        }
    }

    private static String counted(NodeSettings settings) {
        int heldCount = settings.held().size();
        return settings.exports().size() + " exports"
                + (heldCount == 0 ? "" : ", " + heldCount + " disks, mirrors and volumes");
    }

    @Command(
            name = "check",
            description = "Say whether a settings file is right, and every mistake in it.",
            mixinStandardHelpOptions = true)
    static final class Check implements Callable<Integer> {
        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before call()
        private CommandSpec spec;

        @Mixin
        private FileOption config = new FileOption();

        @Option(names = "--json", description = "one JSON document")
        private boolean json;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            try {
                NodeSettings settings = config.read();
                out.println(
                        json
                                ? "{\"ok\":true,\"problems\":[]}"
                                : "%s: right, %s".formatted(config.file, counted(settings)));
                return 0;
            } catch (SettingsException wrong) {
                if (!json) {
                    throw wrong;
                }
                out.println(document(wrong));
                return wrong.code().exitCode();
            }
        }

        private static String document(SettingsException wrong) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("ok", false);
            document.put(
                    "problems",
                    wrong.problems().stream()
                            .map(problem -> {
                                Map<String, Object> one = new LinkedHashMap<>();
                                one.put("line", problem.line());
                                one.put("column", problem.column());
                                one.put("what", problem.what());
                                one.put("why", problem.why());
                                one.put("correction", problem.correction());
                                return one;
                            })
                            .toList());
            return Jsonb.builder().build().toJson(document);
        }
    }

    @Command(
            name = "show",
            description = "Print what a settings file means: defaults filled in, lists resolved.",
            mixinStandardHelpOptions = true)
    static final class Show implements Runnable {
        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before run()
        private CommandSpec spec;

        @Mixin
        private FileOption config = new FileOption();

        @Override
        public void run() {
            spec.commandLine().getOut().print(SettingsText.of(config.read()));
            spec.commandLine().getOut().flush();
        }
    }
}
