// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.avaje.jsonb.Jsonb;

import org.junit.jupiter.api.io.TempDir;

import picocli.CommandLine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The command line on disks that are files of the test. */
abstract class VolumeVerbCase {
    static final int USAGE = 2;
    static final int INVALID = 3;
    static final int NOT_FOUND = 4;
    static final int CONFLICT = 6;

    /** Fifteen extents of 4 MiB behind the metadata. */
    static final long DISK_BYTES = 64L << 20;

    @TempDir
    private Path folder;

    private StringWriter out = new StringWriter();
    private StringWriter err = new StringWriter();
    private final List<String> devices = new ArrayList<>();

    /** A new disk of zeroes; from now on all commands look at it. */
    final String disk(String name) {
        String path = folder.resolve(name).toString();
        resize(path, DISK_BYTES);
        devices.add(path);
        return path;
    }

    static void resize(String path, long bytes) {
        try (RandomAccessFile file = new RandomAccessFile(path, "rw")) {
            file.setLength(bytes);
        } catch (IOException cause) {
            throw new AssertionError(cause);
        }
    }

    static void write(String path, long at, byte[] bytes) {
        try (RandomAccessFile file = new RandomAccessFile(path, "rw")) {
            file.seek(at);
            file.write(bytes);
        } catch (IOException cause) {
            throw new AssertionError(cause);
        }
    }

    static byte[] read(String path, long at, int count) {
        byte[] bytes = new byte[count];
        try (RandomAccessFile file = new RandomAccessFile(path, "r")) {
            file.seek(at);
            file.readFully(bytes);
        } catch (IOException cause) {
            throw new AssertionError(cause);
        }
        return bytes;
    }

    /** Commands do not see it any more. */
    final void lose(String path) {
        devices.remove(path);
    }

    final void find(String path) {
        devices.add(path);
    }

    /** Without what tells it where disks are. */
    final int runBare(String... words) {
        out = new StringWriter();
        err = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return line.execute(words);
    }

    /** On all disks of the test. */
    final int run(String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        devices.forEach(device -> all.addAll(List.of("--device", device)));
        return runBare(all.toArray(String[]::new));
    }

    /** What it prints; it neither fails nor warns. */
    final String good(String... words) {
        assertThat(run(words)).as(err.toString()).isZero();
        assertThat(err.toString()).isEmpty();
        return out.toString();
    }

    /** What it prints; it warns with these words. */
    final String warns(String warning, String... words) {
        assertThat(run(words)).as(err.toString()).isZero();
        assertThat(err.toString()).startsWith("warning: ").contains(warning);
        return out.toString();
    }

    final void failsWith(int exitCode, String says, String... words) {
        assertThat(run(words)).as(out + "\n" + err).isEqualTo(exitCode);
        assertThat(err.toString()).contains(says).contains("  why: ").contains("  do: ");
    }

    /** Rows of a document that LVM2's tools print likewise. */
    @SuppressWarnings("unchecked") // a report is a list of objects of lists of objects of strings
    final List<Map<String, String>> rows(String kind, String... words) {
        String text = good(words);
        assertThat(text.strip().lines()).hasSize(1);
        var document =
                (Map<String, Object>) Jsonb.builder().build().type(Object.class).fromJson(text);
        var reports = (List<Map<String, Object>>) document.get("report");
        assertThat(reports).hasSize(1);
        return (List<Map<String, String>>) reports.getFirst().get(kind);
    }

    final String err() {
        return err.toString();
    }
}
