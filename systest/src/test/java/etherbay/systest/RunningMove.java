// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.admin.ApiClient;
import etherbay.admin.Documents;
import etherbay.admin.NodeReport.Trouble;
import etherbay.admin.Task;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** A move of a guest, followed closely enough to do something while it is at one of its steps. */
final class RunningMove {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    private final ApiClient client;
    private final String id;

    private RunningMove(ApiClient client, String id) {
        this.client = client;
        this.id = id;
    }

    /** @param options of {@code guest migrate}, {@code mib-per-second} */
    static RunningMove start(ApiClient client, String to, Map<String, String> options) {
        Map<String, String> all = new TreeMap<>(options);
        all.put("node", to);
        String path = "/guests/" + GuestLab.GUEST + "/migrate";
        return new RunningMove(client, task(client.post(path, all, "").text()).id());
    }

    private static Task task(String text) {
        return Documents.read(text, "the task", Task.class);
    }

    Task now() {
        return task(client.get("/tasks/" + id).text());
    }

    private static boolean hasEnded(Task task) {
        return !task.state().equals("running") && !task.state().equals("waiting");
    }

    /** @return whether it is at that step, or further; false when it has ended before */
    boolean reaches(String step) {
        boolean[] there = new boolean[1];
        Tool.await("the move comes to " + step, TIMEOUT, () -> {
            Task task = now();
            there[0] = task.log().stream().anyMatch(line -> line.startsWith(step + " "));
            return there[0] || hasEnded(task);
        });
        return there[0];
    }

    /** Waits until it has ended. */
    Task end() {
        Task[] last = new Task[1];
        Tool.await("the move ends", TIMEOUT, () -> {
            last[0] = now();
            return hasEnded(last[0]);
        });
        return last[0];
    }

    void cancel() {
        client.post("/tasks/" + id + "/cancel", Map.of(), "");
    }

    /** What a person is told of one that failed. */
    static String text(Task task) {
        Trouble trouble = task.trouble();
        return task.state()
                + (trouble == null
                        ? ""
                        : ": " + trouble.message() + ": " + trouble.cause() + "; do: "
                                + trouble.correction());
    }
}
