// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.admin.Documents;
import etherbay.admin.NodeReport.Trouble;
import etherbay.admin.Task;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Follows a task to its end, and prints what is new. Used once. */
final class TaskWatcher {
    private static final Duration INTERVAL = Duration.ofMillis(500);

    private final ApiClient client;
    private final PrintWriter out;
    private final boolean json;
    private String shown = "";
    private List<String> log = List.of();

    /** @param json a line of JSON for each change, in place of text */
    TaskWatcher(ApiClient client, PrintWriter out, boolean json) {
        this.client = client;
        this.out = out;
        this.json = json;
    }

    /**
     * Begins a task, and follows it to its end.
     *
     * @return as {@link #follow}
     */
    static int begin(
            ApiClient client,
            PrintWriter out,
            String path,
            Map<String, String> options,
            String reason) {
        Task task = TaskCommand.task(client.post(path, options, reason).text());
        return new TaskWatcher(client, out, false).follow(task.id());
    }

    /**
     * @return 0 when it is done, that of DEVIATES when it was cancelled
     * @throws EtherbayException what it failed of
     */
    int follow(String id) {
        Task task;
        do {
            task = TaskCommand.task(client.get(TaskCommand.path(id)).text());
            show(task);
        } while (!TaskText.hasEnded(task) && !out.checkError() && ApiVerb.pause(INTERVAL));
        return result(task);
    }

    private void show(Task task) {
        String now = json ? Documents.json(task) : TaskText.line(task);
        if (!json) {
            task.log().stream()
                    .filter(line -> !log.contains(line))
                    .forEach(line -> out.println("  " + EtherbayException.shown(line)));
            log = task.log();
        }
        if (!now.equals(shown)) {
            out.println(now);
            shown = now;
        }
        out.flush();
    }

    private static int result(Task task) {
        Trouble trouble = task.trouble();
        if (task.state().equals("failed") && trouble != null) {
            throw new EtherbayException(
                    code(trouble),
                    EtherbayException.shown(trouble.message()),
                    EtherbayException.shown(trouble.cause()),
                    EtherbayException.shown(trouble.correction()));
        }
        return task.state().equals("done") ? 0 : ApiVerb.DEVIATES;
    }

    private static ErrorCode code(Trouble trouble) {
        return Arrays.stream(ErrorCode.values())
                .filter(it -> it.name().equals(trouble.code()))
                .findFirst()
                .orElse(ErrorCode.DEVIATES);
    }
}
