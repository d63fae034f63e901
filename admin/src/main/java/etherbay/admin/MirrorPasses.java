// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.admin.NodeReport.Mirror;
import etherbay.admin.NodeReport.Progress;
import etherbay.admin.NodeReport.Trouble;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Shows passes over mirrors as tasks. The mirror does the work and remembers it in its metadata;
 * here it is only seen: it begins with the first report that has it, and ends with the first that
 * has not. Runs on the thread of the {@link Watch}.
 */
public final class MirrorPasses implements Watch.Watcher {
    private static final List<String> WHATS = List.of("resync", "recover", "check", "repair");

    /** Of two looks a second, what a pass may do between the last that has it and its end. */
    private static final long UNSEEN_SECONDS = 2;

    /** How long a mirror may be absent from the reports before its pass has failed. */
    private static final long ABSENT_MS = 60_000;

    private final Tasks tasks;
    private final Map<String, Long> absentSinceMs = new HashMap<>();
    private final Map<String, Last> last = new HashMap<>();

    /** The last report that had a pass. */
    private record Last(Progress progress, int inSyncCount) {}

    /**
     * Shows them in {@code tasks}; a check or repair that is cancelled there is ended by the node.
     */
    public MirrorPasses(Tasks tasks, NodeAdmin node) {
        this.tasks = tasks;
        for (String what : WHATS) {
            tasks.registerObserved(
                    "mirror-" + what,
                    task -> node.mirror(
                            task.object().substring("mirror ".length()), "cancel", Map.of()));
        }
    }

    /**
     * @throws EtherbayException when a new pass could not be written: it is shown as soon as it can
     *     be; all else has been
     */
    @Override
    public void seen(@Nullable NodeReport before, NodeReport now) {
        Map<String, Mirror> mirrors = new HashMap<>();
        EtherbayException unwritten = null;
        for (Mirror mirror : now.mirrors()) {
            mirrors.put("mirror " + mirror.name(), mirror);
            if (mirror.progress() != null) {
                try {
                    goesOn(mirror, mirror.progress());
                } catch (EtherbayException failure) {
                    unwritten = failure; // the others first
                }
            }
        }
        for (TaskEntry task : tasks.observed()) {
            Mirror mirror = mirrors.get(task.object);
            if (mirror == null) {
                absent(task, now.atMs());
            } else {
                absentSinceMs.remove(task.id());
                if (!isUnderWay(mirror, task)) {
                    ended(task, mirror);
                }
            }
        }
        if (unwritten != null) {
            throw unwritten;
        }
    }

    private static boolean isUnderWay(Mirror mirror, TaskEntry task) {
        Progress progress = mirror.progress();
        return progress != null && task.kind.equals("mirror-" + progress.what());
    }

    private void goesOn(Mirror mirror, Progress progress) {
        boolean cancellable = progress.what().equals("check") || progress.what().equals("repair");
        TaskEntry task = tasks.observed(
                new TaskEntry.Begin(
                        "mirror-" + progress.what(), "mirror " + mirror.name(), Map.of(), "node"),
                cancellable);
        last.put(task.id(), new Last(progress, mirror.inSyncCount()));
        tasks.progress(
                task, progress.doneBytes(), progress.totalBytes(), "bytes", progress.etaSeconds());
    }

    private void absent(TaskEntry task, long nowMs) {
        long sinceMs = absentSinceMs.computeIfAbsent(task.id(), id -> nowMs);
        if (nowMs - sinceMs >= ABSENT_MS) {
            absentSinceMs.remove(task.id());
            last.remove(task.id());
            fail(task, "the node no longer holds the mirror");
        }
    }

    private void ended(TaskEntry task, Mirror mirror) {
        Last seen = last.remove(task.id());
        boolean copies = task.kind.equals("mirror-resync") || task.kind.equals("mirror-recover");
        boolean whole = mirror.inSyncCount() >= mirror.legCount();
        if (task.isCancelled) {
            tasks.end(task, "cancelled", null);
        } else if (copies ? whole || hasGrown(seen, mirror) : seen == null || isNearEnd(seen)) {
            tasks.end(task, "done", null);
        } else if (copies) {
            fail(task, "a leg went away, or failed, before it was filled");
        } else {
            tasks.end(task, "cancelled", null);
        }
    }

    private static boolean hasGrown(@Nullable Last seen, Mirror mirror) {
        return seen != null && mirror.inSyncCount() > seen.inSyncCount();
    }

    private static boolean isNearEnd(Last seen) {
        Progress progress = seen.progress();
        long unseenBytes = UNSEEN_SECONDS * progress.bytesPerSecond();
        return progress.doneBytes() + unseenBytes >= progress.totalBytes();
    }

    private void fail(TaskEntry task, String why) {
        tasks.end(
                task,
                "failed",
                new Trouble(
                        "PASS_ENDED",
                        "the pass over " + task.object + " ended before its end",
                        why,
                        "see how it is: etherbay mirror detail "
                                + task.object.substring("mirror ".length())));
    }
}
