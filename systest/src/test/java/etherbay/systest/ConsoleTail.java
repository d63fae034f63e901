// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a {@link RecordGuest} says on its console, on whichever of several nodes it is, as one text:
 * a line may begin on one node and end on the next. Followed by a thread of its own, which looks
 * every {@link #LOOK}; any thread may ask.
 */
final class ConsoleTail implements AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(2);
    private static final Pattern RECORD = Pattern.compile("W (\\d+) of the writer");
    private static final int READ_BYTES = 64 * 1024;

    /** A record that the guest has called durable, and when we saw that. */
    record Said(long number, long atNs) {}

    private final List<Log> logs;
    private final Thread thread;
    private Log current;

    // Guarded by this.
    private final StringBuilder line = new StringBuilder();
    private final List<Said> records = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private int lives = 1;
    private volatile boolean closing;

    ConsoleTail(List<Path> logs) {
        this.logs = logs.stream().map(Log::new).toList();
        current = this.logs.getFirst();
        thread = Thread.ofPlatform().name("console").daemon().start(this::follow);
    }

    /** One node's log; another file each time that the guest begins there. */
    private static final class Log {
        private final Path path;
        private final ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
        private @Nullable FileChannel channel;
        private @Nullable Object key;

        Log(Path path) {
            this.path = path;
        }

        /** What was added since; of a file that was replaced first all of the former one. */
        String more() throws IOException {
            StringBuilder text = new StringBuilder(read());
            if (isReplaced()) {
                text.append(read());
                close();
                channel = FileChannel.open(path);
                key = keyOf(path);
                text.append(read());
            }
            return text.toString();
        }

        /** A file that is open keeps its number: another one cannot have it. */
        private boolean isReplaced() throws IOException {
            try {
                return !Objects.equals(keyOf(path), key);
            } catch (NoSuchFileException notNow) {
                return false;
            }
        }

        private static Object keyOf(Path path) throws IOException {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        }

        private String read() throws IOException {
            StringBuilder text = new StringBuilder();
            while (channel != null && channel.read(buffer.clear()) > 0) {
                text.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
            }
            return text.toString();
        }

        void close() throws IOException {
            if (channel != null) {
                channel.close();
            }
        }
    }

    private void follow() {
        try {
            while (!closing) {
                look();
                Tool.pause(LOOK);
            }
            for (Log log : logs) {
                log.close();
            }
        } catch (IOException e) {
            broken(new UncheckedIOException(e));
        }
    }

    private synchronized void broken(Exception why) {
        faults.add("the console could not be followed: " + why);
    }

    /** All that a node said was said before the guest says more on another one. */
    private void look() throws IOException {
        try {
            add(current.more());
            for (Log log : logs) {
                String more = log == current ? "" : log.more();
                if (!more.isEmpty()) {
                    add(current.more());
                    current = log;
                    add(more);
                }
            }
        } catch (NoSuchFileException goneMeanwhile) {
            // It is looked for again.
        }
    }

    private synchronized void add(String text) {
        long nowNs = System.nanoTime();
        for (int at = 0; at < text.length(); at++) {
            char next = text.charAt(at);
            if (next == '\n') {
                said(line.toString(), nowNs);
                line.setLength(0);
            } else if (next != '\r') {
                line.append(next);
            }
        }
    }

    private void said(String text, long nowNs) {
        Matcher record = RECORD.matcher(text);
        if (record.matches()) {
            long number = Long.parseLong(record.group(1));
            long last = records.isEmpty() ? 0 : records.getLast().number();
            if (number == 1 && last > 0) {
                lives++;
            } else if (number != last + 1) {
                faults.add("record " + number + " came after " + last);
            }
            records.add(new Said(number, nowNs));
        } else if (text.contains("FAILED") || text.contains("of the writer")) {
            faults.add(text);
        }
    }

    /** Records that failed, that are missing, or came twice. */
    synchronized List<String> faults() {
        return List.copyOf(faults);
    }

    /** How often it has begun. */
    synchronized int lives() {
        return lives;
    }

    synchronized long count() {
        return records.size();
    }

    synchronized long last() {
        return records.isEmpty() ? 0 : records.getLast().number();
    }

    /** The longest time between two records in a row, one of them at least after that moment. */
    synchronized long longestGapNs(long sinceNs) {
        long longest = 0;
        for (int at = 1; at < records.size(); at++) {
            if (records.get(at).atNs() >= sinceNs) {
                longest = Math.max(
                        longest, records.get(at).atNs() - records.get(at - 1).atNs());
            }
        }
        return longest;
    }

    /** The usual time between two records: half of them came sooner. */
    synchronized long medianIntervalNs() {
        long[] intervals = new long[records.size() - 1];
        for (int at = 0; at < intervals.length; at++) {
            intervals[at] = records.get(at + 1).atNs() - records.get(at).atNs();
        }
        Arrays.sort(intervals);
        return intervals[intervals.length / 2];
    }

    /** Waits for that many more records, on whichever node. */
    void awaitMore(int count, Duration timeout) {
        long from = count();
        Tool.await(
                count + " records after " + last() + "; " + faults(),
                timeout,
                () -> count() >= from + count);
    }

    @Override
    public void close() {
        closing = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
