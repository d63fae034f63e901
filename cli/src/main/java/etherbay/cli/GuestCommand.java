// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.admin.Documents;
import etherbay.admin.NodeReport.Guest;
import etherbay.admin.NodeReport.Trouble;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code etherbay guest}: virtual machines on mirrors. */
@Command(
        name = "guest",
        description = "Virtual machines on mirrors: make one, run it, move it while it runs.",
        mixinStandardHelpOptions = true,
        subcommands = {
            GuestCreateCommand.class,
            GuestCommand.ListAll.class,
            GuestCommand.Start.class,
            GuestCommand.Pause.class,
            GuestCommand.PowerOff.class,
            GuestCommand.Reset.class,
            GuestCommand.Stop.class,
            GuestCommand.Delete.class,
            GuestCommand.Migrate.class,
            GuestCommand.Evacuate.class,
            GuestCommand.Recover.class,
            GuestConsoleCommand.class
        })
final class GuestCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    static String path(String name) {
        return "/guests/" + URLEncoder.encode(name, StandardCharsets.UTF_8);
    }

    static List<Guest> guests(ApiClient client) {
        return Documents.readList(client.get("/guests").text(), "the list of guests", Guest.class);
    }

    /** All of them. */
    @Command(
            name = "list",
            description = "Print the guests that the node knows, and where each is.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class ListAll extends ApiVerb {
        @Option(names = "--json", description = "print one JSON document")
        private boolean json;

        @Override
        int ask(ApiClient client) {
            List<Guest> guests = guests(client);
            if (json) {
                out().println(Documents.json(guests));
                return 0;
            }
            if (guests.isEmpty()) {
                out().println("no guest is known; make one: etherbay guest create --help");
                return 0;
            }
            Columns columns =
                    new Columns("GUEST", "STATE", "NODE", "CPUS", "MEMORY", "MIRROR", "EPOCH");
            guests.forEach(guest -> columns.row(
                    guest.name(),
                    guest.state(),
                    guest.place().isEmpty() ? "here" : guest.place(),
                    "" + guest.cpuCount(),
                    guest.memoryMib() + " MiB",
                    guest.mirror(),
                    "" + guest.epoch()));
            columns.print(out());
            for (Guest guest : guests) {
                Trouble trouble = guest.trouble();
                if (trouble != null) {
                    out().println(EtherbayException.shown("  " + guest.name() + ": "
                            + trouble.message() + ": " + trouble.cause()));
                    out().println(EtherbayException.shown("    do: " + trouble.correction()));
                }
            }
            return 0;
        }
    }

    /** A verb about one guest. */
    abstract static class One extends ApiVerb {
        @Parameters(index = "0", paramLabel = "NAME", description = "the guest")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String name;

        @Option(names = "--reason", paramLabel = "TEXT", description = "why, for the audit log")
        private String reason = "";

        final String name() {
            return name;
        }

        /** Has it done, and prints what came of it. */
        final int act(ApiClient client, String verb, Map<String, String> options) {
            String text = client.post(path(name) + "/" + verb, options, reason).text();
            out().println(EtherbayException.shown(
                    Documents.read(text, "the answer", Said.class).text()));
            return 0;
        }

        /** Begins a task, and follows it to its end. */
        final int follow(ApiClient client, String verb, Map<String, String> options) {
            return TaskWatcher.begin(client, out(), path(name) + "/" + verb, options, reason);
        }
    }

    /** What came of an order. */
    public record Said(String text) {}

    /** Running. */
    @Command(
            name = "start",
            description = "Have a guest run, or run on.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Start extends One {
        @Override
        int ask(ApiClient client) {
            return act(client, "start", Map.of());
        }
    }

    /** Standing still. */
    @Command(
            name = "pause",
            description = "Have a guest stand still; start lets it go on.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Pause extends One {
        @Override
        int ask(ApiClient client) {
            return act(client, "pause", Map.of());
        }
    }

    /** Shutting down. */
    @Command(
            name = "power-off",
            description = "Ask the system of a guest to switch itself off.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class PowerOff extends One {
        @Override
        int ask(ApiClient client) {
            return act(client, "power-off", Map.of());
        }
    }

    /** Beginning anew. */
    @Command(
            name = "reset",
            description = "Start a guest anew, as its reset button would.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Reset extends One {
        @Override
        int ask(ApiClient client) {
            return act(client, "reset", Map.of());
        }
    }

    /** Ending. */
    @Command(
            name = "stop",
            description = "Stop a guest as a pulled plug would; power-off asks it first.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Stop extends One {
        @Override
        int ask(ApiClient client) {
            return act(client, "stop", Map.of());
        }
    }

    /** Forgetting. */
    @Command(
            name = "delete",
            description = "Forget a guest that is stopped; its mirror stays as it is.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Delete extends One {
        @Override
        int ask(ApiClient client) {
            return act(client, "delete", Map.of());
        }
    }

    /** Moving. */
    @Command(
            name = "migrate",
            description = {
                "Move a guest to another node while it runs; ends when it runs there. What fails",
                "leaves it running here. An interrupt of this command does not end the move:",
                "etherbay task cancel does."
            },
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Migrate extends One {
        @Parameters(index = "1", paramLabel = "NODE", description = "where to; see node list")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String node;

        @Option(
                names = "--downtime-ms",
                paramLabel = "MS",
                description = "how long it may stand still for the last of its memory (300)")
        private @Nullable Long downtimeMs;

        @Option(
                names = "--mib-per-second",
                paramLabel = "N",
                description = "most that is sent (no limit)")
        private @Nullable Long mibPerSecond;

        @Option(
                names = "--keep-speed",
                description = "do not slow it down where it changes memory faster than it is sent")
        private boolean keepSpeed;

        @Option(
                names = "--check",
                description = "only look whether it can be moved, and print what was looked at")
        private boolean check;

        @Override
        int ask(ApiClient client) {
            Map<String, String> options = new TreeMap<>(Map.of("node", node));
            if (check) {
                options.put("check", "true");
            }
            if (downtimeMs != null) {
                options.put("downtime-ms", downtimeMs.toString());
            }
            if (mibPerSecond != null) {
                options.put("mib-per-second", mibPerSecond.toString());
            }
            if (keepSpeed) {
                options.put("slow-down", "false");
            }
            return follow(client, "migrate", options);
        }
    }

    /** Moving all. */
    @Command(
            name = "evacuate",
            description = "Move all guests that run here to another node, one after the other.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Evacuate extends ApiVerb {
        @Parameters(index = "0", paramLabel = "NODE", description = "where to; see node list")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String node;

        @Override
        int ask(ApiClient client) {
            int worst = 0;
            for (Guest guest : guests(client)) {
                if (guest.place().isEmpty() && guest.state().equals("running")) {
                    String path = path(guest.name()) + "/migrate";
                    int code = TaskWatcher.begin(
                            client, out(), path, Map.of("node", node), "evacuate");
                    worst = Math.max(worst, code);
                }
            }
            return worst;
        }
    }

    /** After a node died. */
    @Command(
            name = "recover",
            description = {
                "Start a guest here whose node is gone. Every leg of its disk is fenced first;",
                "what it had in memory is lost. Refused while the node that has it answers."
            },
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Recover extends One {
        @Option(
                names = "--force",
                description = "also when a leg is out of reach that may know more: what it alone"
                        + " was given is lost")
        private boolean force;

        @Override
        int ask(ApiClient client) {
            return act(client, "recover", force ? Map.of("force", "true") : Map.of());
        }
    }
}
