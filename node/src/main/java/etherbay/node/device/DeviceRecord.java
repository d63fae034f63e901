// SPDX-License-Identifier: Apache-2.0
package etherbay.node.device;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is remembered of a device over restarts of its process: {@code device-NAME}, a few lines in
 * the state folder, and {@code device-NAME.lock}, held while a process looks after it. The
 * identifier is what the kernel knows the device by, so a device that another process made is never
 * taken for it; the index is where it was last. The terms are those of its server when it was made;
 * the data is what it was known by when last seen whole, see {@link DeviceData}. A device ends with
 * its kernel, so nothing is synced. Owned by one thread at a time.
 */
final class DeviceRecord implements AutoCloseable {
    private static final String NO_INDEX = "none";
    private static final Pattern TEXT =
            Pattern.compile("identifier (etherbay [\\x21-\\x7e]{1,128})\nindex (\\d{1,6}|none)\n"
                    + "(?:flags (\\d{1,5}) block (\\d{3,5})\n)?"
                    + "(?:data ([\\x20-\\x7e]{1,128})\n)?");

    private final Path file;
    private final FileLock lock;
    private final String identifier;
    private String index;
    private Optional<DeviceTerms> terms;
    private Optional<String> data;

    private DeviceRecord(Path file, FileLock lock, Content known) {
        this.file = file;
        this.lock = lock;
        identifier = known.identifier;
        index = known.index;
        terms = known.terms;
        data = known.data;
    }

    /** The lines of the file; those of a device that an older version made end with the index. */
    private record Content(
            String identifier, String index, Optional<DeviceTerms> terms, Optional<String> data) {
        static Content ofNew(String name) {
            return new Content(
                    "etherbay " + name + "/" + UUID.randomUUID(),
                    NO_INDEX,
                    Optional.empty(),
                    Optional.empty());
        }

        static Optional<Content> read(String text) {
            Matcher lines = TEXT.matcher(text);
            if (!lines.matches()) {
                return Optional.empty();
            }
            Optional<DeviceTerms> terms = Optional.ofNullable(lines.group(3))
                    .map(flags -> new DeviceTerms(
                            Integer.parseInt(flags), Integer.parseInt(lines.group(4))));
            return Optional.of(new Content(
                    lines.group(1), lines.group(2), terms, Optional.ofNullable(lines.group(5))));
        }

        @Override
        public String toString() {
            return "identifier " + identifier + "\nindex " + index + "\n"
                    + terms.map(each ->
                                    "flags " + each.flags() + " block " + each.blockBytes() + "\n")
                            .orElse("")
                    + data.map(each -> "data " + each + "\n").orElse("");
        }
    }

    /**
     * Takes the lock, and remembers a new identifier when there was none.
     *
     * @throws EtherbayException CONFLICT when another process looks after the device, DENIED or
     *     ENVIRONMENT when the folder cannot be used
     */
    static DeviceRecord open(Path folder, String name) {
        Path file = fileOf(folder, name);
        try {
            Files.createDirectories(folder);
            FileLock lock = lock(name, folder.resolve(file.getFileName() + ".lock"));
            try {
                Optional<Content> known = read(file);
                DeviceRecord opened =
                        new DeviceRecord(file, lock, known.orElseGet(() -> Content.ofNew(name)));
                if (known.isEmpty()) {
                    opened.write();
                }
                return opened;
            } catch (IOException | EtherbayException failure) {
                lock.channel().close();
                throw failure;
            }
        } catch (IOException failure) {
            throw unusable(file, failure);
        }
    }

    private static FileLock lock(String name, Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = tryLock(channel);
        if (lock == null) {
            channel.close();
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the device " + name + " is looked after already",
                    "another process holds " + file,
                    "stop that one, or give the device another name");
        }
        return lock;
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    private static Path fileOf(Path folder, String name) {
        return folder.resolve("device-" + name);
    }

    /** What the kernel knows the device by; empty when none of that name was ever made there. */
    static Optional<String> identifier(Path folder, String name) {
        return read(fileOf(folder, name)).map(Content::identifier);
    }

    private static Optional<Content> read(Path file) {
        try {
            Optional<Content> content = Content.read(Files.readString(file));
            if (content.isEmpty()) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        "the file " + file + " cannot be used",
                        "it is not as it was written",
                        "remove it; a device that still waits must then be ended by"
                                + " nbd-client -d");
            }
            return content;
        } catch (NoSuchFileException never) {
            return Optional.empty();
        } catch (IOException failure) {
            throw unusable(file, failure);
        }
    }

    String identifier() {
        return identifier;
    }

    /** What the server had offered when the device was made; empty when it is not known. */
    Optional<DeviceTerms> terms() {
        return terms;
    }

    /** What the data was known by when it was last seen whole; empty when it is not known. */
    Optional<String> data() {
        return data;
    }

    /** A device is about to be made of that; before it is, so that none is without. */
    void making(DeviceTerms offered, Optional<String> of) {
        index = NO_INDEX;
        terms = Optional.of(offered);
        data = of;
        save();
    }

    /** Remembers where the device is, for who reads the file; it is found by its identifier. */
    void moved(int now) {
        index = Integer.toString(now);
        save();
    }

    /** Remembers that the data is known by that now, with nothing lost. */
    void seen(String now) {
        if (!data.equals(Optional.of(now))) {
            data = Optional.of(now);
            save();
        }
    }

    private void save() {
        try {
            write();
        } catch (IOException failure) {
            throw unusable(file, failure);
        }
    }

    private void write() throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(fresh, new Content(identifier, index, terms, data).toString());
        Files.move(
                fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Lets another process look after the device. */
    @Override
    public void close() {
        try {
            lock.channel().close();
        } catch (IOException failure) {
            throw unusable(file, failure);
        }
    }

    private static EtherbayException unusable(Path file, IOException failure) {
        boolean denied = failure instanceof AccessDeniedException;
        return new EtherbayException(
                denied ? ErrorCode.DENIED : ErrorCode.ENVIRONMENT,
                "the device cannot be remembered in " + file,
                denied ? "this user may not write there" : String.valueOf(failure.getMessage()),
                "name a folder that this user may write to with --state");
    }
}
