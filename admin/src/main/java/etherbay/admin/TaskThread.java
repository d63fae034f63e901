// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.admin.NodeReport.Trouble;
import etherbay.base.EtherbayException;

import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** The thread of one task: runs its kind, and says how it ended, whatever it threw. */
final class TaskThread implements Runnable, TaskRun {
    private final Tasks tasks;
    private final TaskEntry entry;
    private final TaskKind kind;

    TaskThread(Tasks tasks, TaskEntry entry, TaskKind kind) {
        this.tasks = tasks;
        this.entry = entry;
        this.kind = kind;
    }

    @Override
    public void run() {
        FutureTask<Boolean> work = new FutureTask<>(() -> {
            kind.run(this);
            return true;
        });
        work.run();
        boolean interrupted = Thread.interrupted(); // else the next line would not wait
        try {
            work.get();
            tasks.end(entry, "done", null);
        } catch (ExecutionException failure) {
            ended(failure.getCause(), interrupted);
        } catch (InterruptedException late) {
            ended(late, true);
        }
    }

    private void ended(Throwable why, boolean interrupted) {
        if (why instanceof InterruptedException || (interrupted && entry.isCancelled)) {
            tasks.end(entry, "cancelled", null);
        } else if (why instanceof EtherbayException known) {
            tasks.end(
                    entry,
                    "failed",
                    new Trouble(
                            known.code().name(),
                            String.valueOf(known.getMessage()),
                            known.why(),
                            known.correction()));
        } else {
            tasks.end(
                    entry,
                    "failed",
                    new Trouble(
                            "INTERNAL",
                            "the task met an error of Etherbay itself",
                            String.valueOf(why),
                            "report it, with what etherbay task list shows"));
        }
    }

    @Override
    public String object() {
        return entry.object;
    }

    @Override
    public Map<String, String> arguments() {
        return entry.arguments;
    }

    @Override
    public Map<String, String> saved() {
        return entry.saved;
    }

    @Override
    public void save(Map<String, String> state) {
        tasks.save(entry, state);
    }

    @Override
    public void progress(long done, long total, String unit) {
        tasks.progress(entry, done, total, unit, etaSeconds(done, total));
    }

    /** As long as it took so far, for what is left. */
    private long etaSeconds(long done, long total) {
        long since = done - entry.begunDone;
        if (total <= 0 || since <= 0) {
            return -1;
        }
        double elapsedNs = tasks.nowNs() - entry.begunNs;
        return (long) (elapsedNs * (total - done) / since / 1e9);
    }

    @Override
    public void log(String line) {
        tasks.log(entry, line);
    }

    @Override
    public void waiting(boolean waits) {
        tasks.waiting(entry, waits);
    }

    @Override
    public void checkCancelled() throws InterruptedException {
        if (Thread.interrupted() || entry.isCancelled || tasks.isClosed()) {
            throw new InterruptedException("cancelled");
        }
    }
}
