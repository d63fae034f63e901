// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.admin.Documents;
import etherbay.admin.Task;
import etherbay.base.EtherbayException;

import java.util.List;

/** Tasks of a node in lines. */
final class TaskText {
    private TaskText() {}

    static List<Task> list(ApiClient client) {
        return Documents.readList(client.get("/tasks").text(), "the list of tasks", Task.class);
    }

    static boolean hasEnded(Task task) {
        return !task.state().equals("running") && !task.state().equals("waiting");
    }

    /** {@code t17 mirror-resync of mirror vm1: running, 25 % of 4.29G bytes, 3 min left}. */
    static String line(Task task) {
        StringBuilder line = new StringBuilder(
                "%s %s of %s: %s".formatted(task.id(), task.kind(), task.object(), task.state()));
        if (!hasEnded(task)) {
            line.append(", ").append(progress(task));
            if (task.etaSeconds() >= 0) {
                line.append(", ")
                        .append(Quantity.duration(1000 * task.etaSeconds()))
                        .append(" left");
            }
        }
        return EtherbayException.shown(line.toString());
    }

    /** {@code 25 % of 4.29G bytes}; how much is done where the whole is unknown. */
    static String progress(Task task) {
        return task.total() > 0
                ? "%d %% of %s %s"
                        .formatted(
                                percent(task.done(), task.total()),
                                Quantity.short3((double) task.total()),
                                task.unit())
                : "%s %s"
                        .formatted(Quantity.short3((double) task.done()), task.unit())
                        .strip();
    }

    private static long percent(long done, long total) {
        return (long) Math.floor(100.0 * done / total);
    }
}
