// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the guest prints, wherever it runs, and when each line was seen here: the consoles of all
 * hosts are one text, of which each host has a part. A thread reads them every few milliseconds;
 * everything else may be asked by any thread.
 */
final class DemoConsole implements AutoCloseable {
    /**
     * A record that the writer called written and read back.
     *
     * @param sum MD5 of it, in hex
     * @param guestMs the guest's own clock
     * @param seenNs when the line was read here
     */
    record Written(long number, String sum, long guestMs, long seenNs) {}

    private static final long POLL_MS = 5;
    private static final int KEPT_LINES = 15;
    private static final Pattern WRITTEN = Pattern.compile("W (\\d+) ([0-9a-f]{32}) (\\d+)$");
    private static final Pattern FOUND = Pattern.compile("V (\\d+) ([0-9a-f]{32})$");
    private static final Pattern WRONG =
            Pattern.compile(".*(FAILED \\d+|I/O error|EXT4-fs error|Kernel panic).*");

    private final Map<Path, Long> readBytes = new HashMap<>();
    private final List<Written> written = new ArrayList<>();
    private final Map<Long, String> found = new HashMap<>();
    private final List<String> errors = new ArrayList<>();
    private final List<String> last = new ArrayList<>();
    private final StringBuilder partial = new StringBuilder();
    private final Thread reader;
    private volatile boolean closed;

    /** Follows these files, which come, go and begin anew as the guest moves. */
    DemoConsole(List<Path> files) {
        files.forEach(file -> readBytes.put(file, 0L));
        reader = Thread.ofPlatform().daemon().name("demo-console").start(this::follow);
    }

    private void follow() {
        try {
            while (!closed) {
                readBytes.keySet().forEach(this::read);
                Thread.sleep(POLL_MS);
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private void read(Path path) {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            long length = file.length();
            long from = readBytes.getOrDefault(path, 0L);
            if (length < from) {
                from = 0; // another one by the same name
            }
            byte[] bytes = new byte[Math.toIntExact(length - from)];
            file.seek(from);
            file.readFully(bytes);
            readBytes.put(path, length);
            take(new String(bytes, StandardCharsets.ISO_8859_1), System.nanoTime());
        } catch (FileNotFoundException notThere) {
            readBytes.put(path, 0L);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** More text of the guest's; lines end anywhere in it. */
    synchronized void take(String text, long seenNs) {
        partial.append(text);
        for (int end = partial.indexOf("\n"); end >= 0; end = partial.indexOf("\n")) {
            line(partial.substring(0, end).strip(), seenNs);
            partial.delete(0, end + 1);
        }
    }

    private void line(String line, long seenNs) {
        Matcher record = WRITTEN.matcher(line);
        Matcher there = FOUND.matcher(line);
        if (record.find()) {
            written.add(new Written(
                    Long.parseLong(record.group(1)),
                    record.group(2),
                    Long.parseLong(record.group(3)),
                    seenNs));
        } else if (there.find()) {
            found.put(Long.parseLong(there.group(1)), there.group(2));
        } else if (WRONG.matcher(line).matches()) {
            errors.add(line);
        }
        last.add(line);
        if (last.size() > KEPT_LINES) {
            last.removeFirst();
        }
    }

    /** The guest starts anew: what was half said is over, and it has found nothing yet. */
    synchronized void begin() {
        partial.setLength(0);
        found.clear();
    }

    /** All records in the order in which they were printed. */
    synchronized List<Written> written() {
        return List.copyOf(written);
    }

    /** What the writer found at its start: the sums of records, by number. */
    synchronized Map<Long, String> found() {
        return Map.copyOf(found);
    }

    /** What went wrong in the guest, as it printed it. */
    synchronized List<String> errors() {
        return List.copyOf(errors);
    }

    /** Whether the last that it printed is a line that has not ended, with this at its end. */
    synchronized boolean waitsAt(String prompt) {
        return partial.toString().strip().endsWith(prompt);
    }

    /** The last lines. */
    synchronized List<String> last() {
        return List.copyOf(last);
    }

    @Override
    public void close() {
        closed = true;
        reader.interrupt();
    }
}
