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
 * What is remembered of a device over restarts of its process: {@code device-NAME}, two lines in
 * the state folder, and {@code device-NAME.lock}, held while a process looks after it. The
 * identifier is what the kernel knows the device by, so a device that another process made is never
 * taken for it; the index is where it was last. A device ends with its kernel, so nothing is
 * synced.
 */
final class DeviceRecord implements AutoCloseable {
    private static final Pattern TEXT =
            Pattern.compile("identifier (etherbay [\\x21-\\x7e]{1,128})\nindex (\\d{1,6}|none)\n");

    private final Path file;
    private final FileLock lock;
    private final String identifier;

    private DeviceRecord(Path file, FileLock lock, String identifier) {
        this.file = file;
        this.lock = lock;
        this.identifier = identifier;
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
                Optional<String> known = identifier(folder, name);
                String identifier =
                        known.orElseGet(() -> "etherbay " + name + "/" + UUID.randomUUID());
                DeviceRecord opened = new DeviceRecord(file, lock, identifier);
                if (known.isEmpty()) {
                    opened.write("none");
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
        Path file = fileOf(folder, name);
        try {
            Matcher text = TEXT.matcher(Files.readString(file));
            if (!text.matches()) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        "the file " + file + " cannot be used",
                        "it is not as it was written",
                        "remove it; a device that still waits must then be ended by"
                                + " nbd-client -d");
            }
            return Optional.of(text.group(1));
        } catch (NoSuchFileException never) {
            return Optional.empty();
        } catch (IOException failure) {
            throw unusable(file, failure);
        }
    }

    String identifier() {
        return identifier;
    }

    /** Remembers where the device is, for who reads the file; it is found by its identifier. */
    void moved(int index) {
        try {
            write(Integer.toString(index));
        } catch (IOException failure) {
            throw unusable(file, failure);
        }
    }

    private void write(String index) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(fresh, "identifier %s%nindex %s%n".formatted(identifier, index));
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
