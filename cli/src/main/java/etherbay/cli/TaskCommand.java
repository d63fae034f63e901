// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.admin.Documents;
import etherbay.admin.Task;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** {@code etherbay task}: the long operations of a node. */
@Command(
        name = "task",
        description = "The long operations of a node: list them, wait for one, end one.",
        mixinStandardHelpOptions = true,
        subcommands = {TaskCommand.ListAll.class, TaskCommand.Watch.class, TaskCommand.Cancel.class
        })
final class TaskCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    static String path(String id) {
        return "/tasks/" + URLEncoder.encode(id, StandardCharsets.UTF_8);
    }

    static Task task(String text) {
        return Documents.read(text, "the task", Task.class);
    }

    /** The list. */
    @Command(
            name = "list",
            description = "Print the long operations, the newest first.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class ListAll extends ApiVerb {
        @Option(names = "--json", description = "print one JSON document")
        private boolean json;

        @Override
        int ask(ApiClient client) {
            List<Task> tasks = TaskText.list(client);
            if (json) {
                out().println(Documents.json(tasks));
            } else if (tasks.isEmpty()) {
                out().println("no task has been begun");
            } else {
                table(tasks).print(out());
            }
            return 0;
        }

        private static Columns table(List<Task> tasks) {
            Columns columns = new Columns("ID", "KIND", "OBJECT", "STATE", "DONE", "BEGUN", "BY");
            tasks.forEach(task -> columns.row(
                    task.id(),
                    task.kind(),
                    task.object(),
                    task.state(),
                    TaskText.progress(task),
                    Quantity.time(task.startedMs()),
                    task.actor()));
            return columns;
        }
    }

    /** Waiting. */
    @Command(
            name = "watch",
            description = {
                "Print how a task gets on until it ends. Ends with 0 when it is done, with 9 when",
                "it was cancelled, and with the code of its error when it failed."
            },
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Watch extends ApiVerb {
        @Parameters(index = "0", paramLabel = "ID", description = "the task, such as t17")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String id;

        @Option(names = "--json", description = "print the task as JSON, a line for each change")
        private boolean json;

        @Override
        int ask(ApiClient client) {
            return new TaskWatcher(client, out(), json).follow(id);
        }
    }

    /** Ending. */
    @Command(
            name = "cancel",
            description = "Ask a task to end; it ends at its next step.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Cancel extends ApiVerb {
        @Parameters(index = "0", paramLabel = "ID", description = "the task, such as t17")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String id;

        @Option(names = "--reason", paramLabel = "TEXT", description = "why, for the audit log")
        private String reason = "";

        @Option(names = "--json", description = "print one JSON document")
        private boolean json;

        @Override
        int ask(ApiClient client) {
            Task task = task(client.post(path(id) + "/cancel", Map.of(), reason).text());
            out().println(json ? Documents.json(task) : TaskText.line(task));
            return 0;
        }
    }
}
