// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.Clock;

import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * All that a node keeps about itself besides its settings: events, tasks and the audit log in its
 * state folder, and the watch that fills them. Opened once a process; kinds of tasks are registered
 * between {@link #open} and {@link #start}.
 *
 * @param node what is looked at and asked
 * @param giveWay lowers the priority of the thread that runs it
 */
public record Administration(
        NodeAdmin node,
        Clock clock,
        Runnable giveWay,
        Watch watch,
        EventLog events,
        Tasks tasks,
        AuditLog audit)
        implements AutoCloseable {

    /**
     * Opens what stands in the state folder.
     *
     * @param say takes a line for a person
     * @throws etherbay.base.EtherbayException ENVIRONMENT when the folder cannot be used
     */
    public static Administration open(
            NodeAdmin node, Path stateFolder, Clock clock, Runnable giveWay, Consumer<String> say) {
        EventLog events = EventLog.open(stateFolder);
        Tasks tasks = Tasks.open(stateFolder, clock);
        AuditLog audit = AuditLog.open(stateFolder, clock);
        Watch watch = new Watch(node, clock, giveWay, say);
        watch.listen((before, now) -> {
            if (before != null) {
                ReportDifference.between(before, now)
                        .forEach(it -> events.add(
                                now.atMs(), it.severity(), it.code(), it.object(), it.text()));
            }
        });
        watch.listen(new MirrorPasses(tasks, node));
        watch.listen((before, now) -> audit.tellLeftOut());
        tasks.listenToBegins(task -> events.add(
                clock.wallMillis(),
                "info",
                "TASK_BEGUN",
                task.object(),
                "%s (%s) has begun".formatted(task.kind(), task.id())));
        tasks.listen(task -> tellEnd(events, clock, task));
        return new Administration(node, clock, giveWay, watch, events, tasks, audit);
    }

    /** The begin and the end of a task are events; what lies between is not. */
    private static void tellEnd(EventLog events, Clock clock, Task task) {
        if (task.endedMs() > 0) {
            boolean failed = task.state().equals("failed");
            String why = task.trouble() == null ? "" : ": " + task.trouble().cause();
            events.add(
                    clock.wallMillis(),
                    failed ? "error" : "info",
                    failed ? "TASK_FAILED" : "TASK_ENDED",
                    task.object(),
                    "%s (%s) %s%s".formatted(task.kind(), task.id(), task.state(), why));
        }
    }

    /** Lets interrupted tasks go on, and begins to look at the node. */
    public void start() {
        events.add(clock.wallMillis(), "info", "NODE_STARTED", "node", "the node has started");
        tasks.resume();
        watch.start();
    }

    @Override
    public void close() {
        watch.close();
        tasks.close();
        events.close();
        audit.close();
    }
}
