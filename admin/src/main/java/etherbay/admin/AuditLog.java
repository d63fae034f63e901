// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Who changed what, and who tried: {@code audit.jsonl} of the state folder. Each line holds the
 * SHA-256 of the one before, so a line that is changed or taken out later shows ({@link #verify});
 * each is synced before the answer goes out. Texts that may hold a secret come here as digests. May
 * be called from any thread.
 */
public final class AuditLog implements AutoCloseable {
    /** Of what is read at a time: a heap has 64 MiB, and hostile entries have 10 KiB each. */
    static final int LATEST_LENGTH_MAX = 4 << 20;

    private static final long ROTATE_BYTES = 8L << 20;
    private static final int KEPT_COUNT = 15;
    private static final int FIELD_LENGTH_MAX = 1000;
    private static final int BEGINNING_LENGTH = 40;
    private static final String FILE = "audit.jsonl";
    private static final String DAMAGED = "damaged";
    private static final String NONE = "";

    private final Journal journal;
    private final Clock clock;
    private final Refusals refusals = new Refusals();
    private long lastId;
    private String lastDigest;

    /**
     * One line.
     *
     * @param before how the object was, or a digest
     * @param after what it was to become, or a digest
     * @param result "done", or why not
     * @param previous SHA-256 of the former line's text; empty for the very first
     *     <p>A line of the file that is none any more has the id 0, and its result says so.
     */
    public record Entry(
            long id,
            long atMs,
            String who,
            String role,
            String source,
            String verb,
            String object,
            String before,
            String after,
            String reason,
            String result,
            String previous) {
        private static Entry unreadable(String line, String why) {
            return new Entry(
                    0,
                    0,
                    "",
                    "",
                    "",
                    DAMAGED,
                    FILE,
                    "",
                    "",
                    "",
                    "a line of %d letters that begins with %s cannot be read: %s"
                            .formatted(line.length(), field(beginning(line)), field(why)),
                    "");
        }

        private static String beginning(String line) {
            return line.substring(0, Math.min(BEGINNING_LENGTH, line.length()));
        }

        /** Whether it stands for a line that somebody, or a dying disk, has changed. */
        public boolean isUnreadable() {
            return id < 1;
        }
    }

    /** What was asked and came of it, for a new line. */
    public record Change(String verb, String object, String before, String after, String result) {}

    private AuditLog(Journal journal, Clock clock) throws IOException {
        this.journal = journal;
        this.clock = clock;
        lastDigest = NONE;
        journal.read(newest -> {
            lastDigest = digest(newest);
            lastId = id(newest);
            return false;
        });
    }

    private static long id(String line) {
        try {
            return parse(line).id();
        } catch (EtherbayException damaged) {
            return 0; // verify() says so; the chain goes on over it
        }
    }

    /** Opens the log of a state folder. */
    public static AuditLog open(Path folder, Clock clock) {
        try {
            return new AuditLog(new Journal(folder.resolve(FILE), ROTATE_BYTES, KEPT_COUNT), clock);
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    private static EtherbayException unwritable(IOException failure) {
        return new EtherbayException(
                ErrorCode.ENVIRONMENT,
                "the audit log cannot be read or written",
                String.valueOf(failure.getMessage()),
                "make room in the state folder, and make it writable for the daemon's user");
    }

    /** SHA-256 of a text, in hex: what stands for it in the log. */
    public static String digest(String text) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }

    /** Adds a line; it is durable when this returns. */
    public synchronized Entry add(Caller caller, Change change) {
        Entry entry = new Entry(
                lastId + 1,
                clock.wallMillis(),
                field(caller.name()),
                caller.role().name(),
                field(caller.source()),
                field(change.verb()),
                field(change.object()),
                field(change.before()),
                field(change.after()),
                field(caller.reason()),
                field(change.result()),
                lastDigest);
        String line = Documents.json(entry);
        try {
            journal.append(line, true);
        } catch (IOException failure) {
            throw unwritable(failure);
        }
        lastId++;
        lastDigest = digest(line);
        return entry;
    }

    /**
     * Adds a line for what came to nothing, unless the caller has had some within a minute: then it
     * is counted, and {@link #tellLeftOut} says how many there were.
     */
    public synchronized void addRefused(Caller caller, Change change) {
        tellLeftOut();
        if (refusals.admits(caller, change, clock.nanoTime())) {
            add(caller, change);
        }
    }

    /** Adds a line for each caller of whom more was refused in the last minute than has lines. */
    public synchronized void tellLeftOut() {
        add(refusals.over(clock.nanoTime()));
    }

    private void add(List<Refusals.Summary> summaries) {
        summaries.forEach(summary -> add(summary.caller(), summary.change()));
    }

    private static String field(String text) {
        String cut = text.length() > FIELD_LENGTH_MAX
                ? text.substring(0, FIELD_LENGTH_MAX) + "..."
                : text;
        return EtherbayException.shown(cut);
    }

    /**
     * The latest entries, newest first: {@code limit}, or as many as have {@link
     * #LATEST_LENGTH_MAX} letters together. A line that is damaged is {@link Entry#isUnreadable},
     * and the others are there all the same.
     */
    public synchronized List<Entry> latest(int limit) {
        List<Entry> entries = new ArrayList<>();
        if (limit > 0) {
            long[] length = {0};
            read(line -> {
                length[0] += line.length();
                boolean fits = length[0] <= LATEST_LENGTH_MAX;
                if (fits) {
                    entries.add(parsedAsFar(line));
                }
                return fits && entries.size() < limit;
            });
        }
        return entries;
    }

    private void read(Predicate<String> sink) {
        try {
            journal.read(sink);
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    private static Entry parsedAsFar(String line) {
        try {
            Entry entry = parse(line);
            return entry.isUnreadable() ? Entry.unreadable(line, "it has no id") : entry;
        } catch (EtherbayException wrong) {
            return Entry.unreadable(line, wrong.why());
        }
    }

    private static Entry parse(String line) {
        if (!(Documents.read(line, FILE) instanceof Map<?, ?> fields)) {
            throw damaged("a line is no entry");
        }
        return new Entry(
                number(fields, "id"),
                number(fields, "atMs"),
                text(fields, "who"),
                text(fields, "role"),
                text(fields, "source"),
                text(fields, "verb"),
                text(fields, "object"),
                text(fields, "before"),
                text(fields, "after"),
                text(fields, "reason"),
                text(fields, "result"),
                text(fields, "previous"));
    }

    private static long number(Map<?, ?> fields, String key) {
        return fields.get(key) instanceof BigDecimal number ? number.longValue() : 0;
    }

    private static String text(Map<?, ?> fields, String key) {
        return fields.get(key) instanceof String text ? text : "";
    }

    private static EtherbayException damaged(String why) {
        return new EtherbayException(
                ErrorCode.DEVIATES,
                "the audit log is not as it was written",
                why,
                "keep a copy of audit.jsonl*, and find out who can write there");
    }

    /**
     * Follows the chain of digests through all files that are kept.
     *
     * @return how many entries there are
     * @throws EtherbayException DEVIATES where the chain is broken
     */
    public synchronized int verify() {
        Chain chain = new Chain(lastDigest);
        read(chain::follow);
        chain.end();
        return chain.count;
    }

    /** The chain from its end to its beginning, one line at a time. */
    private static final class Chain {
        private String expected;
        private long laterId;
        private int count;

        /** Ends with a line of that digest. */
        Chain(String digest) {
            expected = digest;
        }

        boolean follow(String line) {
            Entry entry = parse(line);
            if (!digest(line).equals(expected)) {
                throw damaged(
                        count == 0
                                ? "it does not end with what this process wrote last"
                                : "entry %d does not follow entry %d"
                                        .formatted(laterId, entry.id()));
            }
            if (count > 0 && entry.id() != laterId - 1) {
                throw damaged("entry %d does not follow entry %d".formatted(laterId, entry.id()));
            }
            expected = entry.previous();
            laterId = entry.id();
            count++;
            return true;
        }

        /** Where the oldest files are gone, the oldest line that is kept follows one of them. */
        void end() {
            boolean isWhole = count == 0 || laterId <= 1;
            if (isWhole && !expected.equals(NONE)) {
                throw damaged("what stood before entry %d is gone".formatted(laterId));
            }
        }
    }

    /**
     * Follows the chain through entries that were asked for, from the oldest of them on.
     *
     * @param newestFirst as {@link #latest} has them
     * @throws EtherbayException DEVIATES where the chain is broken
     */
    public static void verify(List<Entry> newestFirst) {
        for (Entry entry : newestFirst) {
            if (entry.isUnreadable()) {
                throw damaged(entry.result());
            }
        }
        for (int index = newestFirst.size() - 2; index >= 0; index--) {
            Entry former = newestFirst.get(index + 1);
            Entry entry = newestFirst.get(index);
            boolean follows = entry.id() == former.id() + 1
                    && entry.previous().equals(digest(Documents.json(former)));
            if (!follows) {
                throw damaged(
                        "entry %d does not follow entry %d".formatted(entry.id(), former.id()));
            }
        }
    }

    @Override
    public synchronized void close() {
        try {
            add(refusals.all());
        } finally {
            closeJournal();
        }
    }

    private void closeJournal() {
        try {
            journal.close();
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }
}
