// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * What happened: the latest {@link #EVENTS_MAX} in memory, and in {@code events.jsonl} of the state
 * folder, from which they come back after a restart. Ids only grow. A disk that takes no more lines
 * does not hold up events: they are then known until the process ends, and counted. May be called
 * from any thread.
 */
public final class EventLog implements AutoCloseable {
    /** What a client that was away can still ask for. */
    public static final int EVENTS_MAX = 10_000;

    /**
     * Of a text; what is longer is cut. Six bytes a letter at most, in a line that is read back
     * ({@link LinesBackward#LINE_BYTES_MAX}).
     */
    static final int TEXT_LENGTH_MAX = 32_000;

    private static final int OBJECT_LENGTH_MAX = 1_000;
    private static final long ROTATE_BYTES = 8L << 20;
    private static final String CUT = "... (cut)";
    private static final String FILE = "events.jsonl";

    private final Journal journal;
    private final Deque<Event> events = new ArrayDeque<>();
    private final List<Consumer<Event>> listeners = new CopyOnWriteArrayList<>();
    private long lastId;
    private long unwrittenCount;

    private EventLog(Journal journal) {
        this.journal = journal;
    }

    /** Opens the log of a state folder. */
    public static EventLog open(Path folder) {
        try {
            EventLog log = new EventLog(new Journal(folder.resolve(FILE), ROTATE_BYTES, 1));
            log.journal.read(log::restore);
            return log;
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "the events in " + folder + " cannot be opened",
                    String.valueOf(failure.getMessage()),
                    "make the folder writable for the daemon's user: ls -ld " + folder);
        }
    }

    /** Takes a line of the files, which come newest first; false when it is enough. */
    private boolean restore(String line) {
        try {
            if (Documents.read(line, FILE) instanceof Map<?, ?> fields
                    && fields.get("id") instanceof BigDecimal id
                    && fields.get("atMs") instanceof BigDecimal atMs) {
                keepFormer(new Event(
                        id.longValue(),
                        atMs.longValue(),
                        String.valueOf(fields.get("severity")),
                        String.valueOf(fields.get("code")),
                        String.valueOf(fields.get("object")),
                        String.valueOf(fields.get("text"))));
            }
        } catch (EtherbayException damaged) {
            unwrittenCount++; // a line that a person or a dying disk has changed; the rest counts
        }
        return events.size() < EVENTS_MAX;
    }

    private void keepFormer(Event event) {
        if (events.isEmpty()) {
            lastId = event.id();
        }
        if (events.isEmpty() || event.id() < events.getFirst().id()) {
            events.addFirst(event);
        }
    }

    private void keep(Event event) {
        lastId = event.id();
        events.addLast(event);
        if (events.size() > EVENTS_MAX) {
            events.removeFirst();
        }
    }

    /** Hears of every event from now on, in order, on the thread that adds it; must not block. */
    public void listen(Consumer<Event> listener) {
        listeners.add(listener);
    }

    /** Adds an event, and tells everybody who listens. */
    public synchronized Event add(
            long atMs, String severity, String code, String object, String text) {
        Event event = new Event(
                lastId + 1,
                atMs,
                severity,
                code,
                cut(object, OBJECT_LENGTH_MAX),
                cut(text, TEXT_LENGTH_MAX));
        try {
            journal.append(Documents.json(event), false);
        } catch (IOException failure) {
            unwrittenCount++;
        }
        keep(event);
        listeners.forEach(listener -> listener.accept(event));
        return event;
    }

    private static String cut(String text, int lengthMax) {
        return text.length() <= lengthMax
                ? text
                : text.substring(0, lengthMax - CUT.length()) + CUT;
    }

    /**
     * Events after one, oldest first.
     *
     * @param sinceId the last that the caller knows; zero for all
     * @param limit how many at most; the oldest of them
     */
    public synchronized List<Event> since(long sinceId, int limit) {
        List<Event> found = new ArrayList<>();
        for (Event event : events) {
            if (event.id() > sinceId && found.size() < limit) {
                found.add(event);
            }
        }
        return found;
    }

    /** Zero when nothing has happened yet. */
    public synchronized long lastId() {
        return lastId;
    }

    /** Events that stand in no file, and lines of files that could not be read. */
    public synchronized long unwrittenCount() {
        return unwrittenCount;
    }

    @Override
    public synchronized void close() {
        try {
            journal.close();
        } catch (IOException failure) {
            unwrittenCount++;
        }
    }
}
