// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.DurableFile;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The files of tasks: {@code tasks/t17.json} each, written whole. One that cannot be read is moved
 * to {@code t17.json.damaged}, so that it holds up nothing and a person can look at it.
 */
final class TaskStore {
    private final Path folder;

    TaskStore(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /** All tasks, oldest first. */
    List<TaskEntry> read() throws IOException {
        List<TaskEntry> entries = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "t*.json")) {
            for (Path file : files) {
                TaskEntry entry = read(file);
                if (entry == null) {
                    Files.move(
                            file,
                            file.resolveSibling(file.getFileName() + ".damaged"),
                            StandardCopyOption.REPLACE_EXISTING); // of the same number, long ago
                } else {
                    entries.add(entry);
                }
            }
        }
        entries.sort(Comparator.comparingLong(entry -> entry.number));
        return entries;
    }

    private static @Nullable TaskEntry read(Path file) throws IOException {
        try {
            TaskEntry entry = TaskEntry.read(Files.readString(file));
            boolean named = entry != null
                    && (entry.id() + ".json").equals(String.valueOf(file.getFileName()));
            return named ? entry : null;
        } catch (EtherbayException | UncheckedIOException | CharacterCodingException damaged) {
            return null;
        }
    }

    void write(TaskEntry entry) throws IOException {
        DurableFile.writePrivate(file(entry), entry.text().getBytes(StandardCharsets.UTF_8));
    }

    /** Deletes a task's file; what cannot be deleted is read, and forgotten, at the next start. */
    boolean delete(TaskEntry entry) {
        return file(entry).toFile().delete();
    }

    private Path file(TaskEntry entry) {
        return folder.resolve(entry.id() + ".json");
    }
}
