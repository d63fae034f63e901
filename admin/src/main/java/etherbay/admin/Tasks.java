// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.admin.NodeReport.Trouble;
import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * The long operations of a node. A task's state is in its file before anybody is told of it, so
 * after a crash it is known, and either goes on by its kind or has failed with the reason. What
 * ended is kept for {@link #KEPT_MS}, and at most {@link #KEPT_MAX}. May be called from any thread;
 * each running task has a thread of its own.
 */
public final class Tasks implements AutoCloseable {
    /** Under way at a time, of all kinds. */
    public static final int ACTIVE_MAX = 64;

    static final int KEPT_MAX = 1000;
    static final long KEPT_MS = 7L * 24 * 3600 * 1000;

    private final TaskStore store;
    private final Clock clock;
    private final Map<Long, TaskEntry> entries = new TreeMap<>();
    private final Map<String, TaskKind> kinds = new HashMap<>();
    private final Map<String, Consumer<Task>> cancels = new HashMap<>();
    private final List<Consumer<Task>> listeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<Task>> beginListeners = new CopyOnWriteArrayList<>();
    private long lastNumber;
    private boolean isClosed;

    private Tasks(TaskStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /** Opens the tasks of a state folder; nothing runs before {@link #resume}. */
    public static Tasks open(Path stateFolder, Clock clock) {
        try {
            Tasks tasks = new Tasks(new TaskStore(stateFolder.resolve("tasks")), clock);
            for (TaskEntry entry : tasks.store.read()) {
                tasks.entries.put(entry.number, entry);
                tasks.lastNumber = entry.number;
            }
            return tasks;
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    private static EtherbayException unwritable(IOException failure) {
        return new EtherbayException(
                ErrorCode.ENVIRONMENT,
                "the tasks of the state folder cannot be read or written",
                String.valueOf(failure.getMessage()),
                "make room there, and make it writable for the daemon's user");
    }

    /** Makes a kind known, before {@link #resume}. */
    public synchronized void register(TaskKind kind) {
        kinds.put(kind.name(), kind);
    }

    /** Makes a kind known whose work is done elsewhere; {@code cancel} ends one. */
    synchronized void registerObserved(String kind, Consumer<Task> cancel) {
        cancels.put(kind, cancel);
    }

    /** Hears of every change of a task from now on; must not block. */
    public void listen(Consumer<Task> listener) {
        listeners.add(listener);
    }

    /** Hears of every new task from now on, once; must not block. */
    void listenToBegins(Consumer<Task> listener) {
        beginListeners.add(listener);
    }

    /** Lets what was interrupted go on, or fail. Once, after all kinds are registered. */
    public synchronized void resume() {
        for (TaskEntry entry : List.copyOf(entries.values())) {
            if (entry.isActive() && !entry.isObserved) {
                TaskKind kind = kinds.get(entry.kind);
                if (kind != null && kind.resumes()) {
                    entry.state = "running";
                    entry.addLog("goes on after a restart");
                    start(entry, kind);
                } else {
                    end(entry, "failed", interrupted(kind == null));
                }
            }
        }
        prune();
    }

    private static Trouble interrupted(boolean isUnknown) {
        return new Trouble(
                "INTERRUPTED",
                "the task was interrupted by a restart",
                isUnknown
                        ? "this version does not know its kind"
                        : "an operation of its kind cannot go on in the middle",
                "look at what it worked on, and begin it anew");
    }

    /**
     * Begins a task; it is durable before this returns.
     *
     * @param object {@code volume vg/lv}; one task of a kind works on it at a time
     * @throws EtherbayException NOT_FOUND for a kind that is not known, CONFLICT when one is under
     *     way, UNAVAILABLE when there are too many
     */
    public synchronized Task begin(
            String kindName, String object, Map<String, String> arguments, String actor) {
        TaskKind kind = kinds.get(kindName);
        if (kind == null) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "there is no kind of task " + EtherbayException.shown(kindName),
                    "known: "
                            + String.join(", ", kinds.keySet().stream().sorted().toList()),
                    "begin one of these");
        }
        checkRoom(kindName, object);
        TaskEntry.Begin begin = new TaskEntry.Begin(kindName, object, arguments, actor);
        TaskEntry entry = add(begin, kind.cancellable(), false);
        start(entry, kind);
        return entry.view();
    }

    private void checkRoom(String kind, String object) {
        TaskEntry same = active(kind, object);
        if (same != null) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "%s of %s is under way already".formatted(kind, object),
                    "task " + same.id() + " does it",
                    "wait for it: etherbay task watch " + same.id());
        }
        if (entries.values().stream().filter(TaskEntry::isActive).count() >= ACTIVE_MAX) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "no further task is begun",
                    ACTIVE_MAX + " are under way",
                    "wait for some, or cancel them: etherbay task list");
        }
    }

    private @Nullable TaskEntry active(String kind, String object) {
        return entries.values().stream()
                .filter(TaskEntry::isActive)
                .filter(entry -> entry.kind.equals(kind) && entry.object.equals(object))
                .findFirst()
                .orElse(null);
    }

    private TaskEntry add(TaskEntry.Begin begin, boolean cancellable, boolean isObserved) {
        prune();
        TaskEntry entry =
                new TaskEntry(lastNumber + 1, begin, clock.wallMillis(), cancellable, isObserved);
        entry.begunNs = clock.nanoTime();
        try {
            store.write(entry);
        } catch (IOException failure) {
            throw unwritable(failure);
        }
        lastNumber++;
        entries.put(entry.number, entry);
        Task begun = entry.view();
        beginListeners.forEach(listener -> listener.accept(begun));
        tell(entry);
        return entry;
    }

    private void start(TaskEntry entry, TaskKind kind) {
        entry.begunNs = clock.nanoTime();
        entry.begunDone = entry.done;
        Thread thread = Thread.ofVirtual()
                .name("task-" + entry.id())
                .unstarted(new TaskThread(this, entry, kind));
        entry.thread = thread;
        thread.start();
    }

    /** All tasks, the newest first. */
    public synchronized List<Task> list() {
        List<Task> list = new ArrayList<>();
        entries.values().forEach(entry -> list.addFirst(entry.view()));
        return list;
    }

    /** One task by its id; NOT_FOUND when it is unknown or was forgotten. */
    public synchronized Task find(String id) {
        return entry(id).view();
    }

    private TaskEntry entry(String id) {
        return entries.values().stream()
                .filter(entry -> entry.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.NOT_FOUND,
                        "there is no task " + EtherbayException.shown(id),
                        "none of that id was begun, or it ended long ago",
                        "see which there are: etherbay task list"));
    }

    /**
     * Asks a task to end. It ends soon, which its state then says.
     *
     * @throws EtherbayException CONFLICT when it has ended or cannot be cancelled
     */
    public Task cancel(String id) {
        Consumer<Task> elsewhere;
        Task task;
        synchronized (this) {
            TaskEntry entry = entry(id);
            task = entry.view();
            if (!task.cancellable()) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        "task %s cannot be cancelled".formatted(id),
                        entry.isActive()
                                ? "one of its kind must not stop in between"
                                : "it has ended: " + entry.state,
                        "see how it is: etherbay task list");
            }
            elsewhere = entry.isObserved ? cancels.get(entry.kind) : null;
            entry.isCancelled = true;
            if (entry.thread != null) {
                entry.thread.interrupt();
            }
        }
        if (elsewhere != null) {
            elsewhere.accept(task);
        }
        return find(id);
    }

    /** A task whose work is done elsewhere has been seen: a new one, or one that is known. */
    synchronized TaskEntry observed(TaskEntry.Begin begin, boolean cancellable) {
        TaskEntry known = active(begin.kind(), begin.object());
        return known == null ? add(begin, cancellable, true) : known;
    }

    /** Those seen elsewhere that have not ended. */
    synchronized List<TaskEntry> observed() {
        return entries.values().stream()
                .filter(entry -> entry.isObserved && entry.isActive())
                .toList();
    }

    synchronized void progress(
            TaskEntry entry, long done, long total, String unit, long etaSeconds) {
        boolean isNew = entry.done != done || entry.total != total;
        entry.done = done;
        entry.total = total;
        entry.unit = unit;
        entry.etaSeconds = etaSeconds;
        if (isNew && clock.nanoTime() - entry.toldNs >= 500_000_000L) {
            tell(entry);
        }
    }

    synchronized void log(TaskEntry entry, String line) {
        entry.addLog(line);
    }

    synchronized void waiting(TaskEntry entry, boolean waits) {
        String state = waits ? "waiting" : "running";
        if (entry.isActive() && !entry.state.equals(state)) {
            entry.state = state;
            tell(entry);
        }
    }

    synchronized void save(TaskEntry entry, Map<String, String> saved) {
        entry.saved = Map.copyOf(saved);
        try {
            store.write(entry);
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    /** Ends a task. A disk that cannot take it makes it be resumed once more after a restart. */
    synchronized void end(TaskEntry entry, String state, @Nullable Trouble trouble) {
        if (isClosed || !entry.isActive()) {
            return;
        }
        entry.state = state;
        entry.trouble = trouble;
        entry.endedMs = clock.wallMillis();
        entry.done = state.equals("done") && entry.total > 0 ? entry.total : entry.done;
        entry.etaSeconds = state.equals("done") ? 0 : -1;
        entry.thread = null;
        try {
            store.write(entry);
        } catch (IOException failure) {
            entry.addLog("its end could not be written: " + failure.getMessage());
        }
        tell(entry);
    }

    private void tell(TaskEntry entry) {
        entry.toldNs = clock.nanoTime();
        Task task = entry.view();
        listeners.forEach(listener -> listener.accept(task));
    }

    long nowNs() {
        return clock.nanoTime();
    }

    /** Whether the process ends: tasks stop where they are, and are run again. */
    synchronized boolean isClosed() {
        return isClosed;
    }

    private void prune() {
        List<TaskEntry> ended =
                entries.values().stream().filter(entry -> !entry.isActive()).toList();
        int surplus = ended.size() - KEPT_MAX;
        long oldestMs = clock.wallMillis() - KEPT_MS;
        for (TaskEntry entry : ended) {
            // The newest stays, since its number says which comes next.
            boolean forget = surplus-- > 0 || entry.endedMs < oldestMs;
            if (forget && entry.number != lastNumber) {
                entries.remove(entry.number);
                store.delete(entry);
            }
        }
    }

    /** Stops what runs, without ending it: it goes on after the next start. */
    @Override
    public synchronized void close() {
        isClosed = true;
        entries.values().forEach(entry -> {
            if (entry.thread != null) {
                entry.thread.interrupt();
            }
        });
    }
}
