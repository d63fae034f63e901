// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.DurableFile;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Mailbox;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * The state of one export in a folder: {@code e1.0.state}, and {@code e1.0.lock} that is held while
 * the export is served. A save writes a new file beside the old one, syncs it, renames it over the
 * old one and syncs the folder, so that at any moment one of the two is there whole.
 *
 * <p>{@link #open}, {@link #load}, {@link #write} and {@link #close} block and belong to control
 * threads; {@link #save} belongs to the export's loop, and the work is done by a {@link
 * StateWriter}.
 */
public final class FileStateStore implements StateStore, AutoCloseable {
    private static final Logger LOG = System.getLogger(FileStateStore.class.getName());
    private static final int FILE_BYTES_MAX = 1 << 20;
    private static final long MAILBOX_RETRY_NS = 1_000_000L;

    private final Path folder;
    private final String name;
    private final Path file;
    private final StateWriter writer;
    private final Mailbox mailbox;
    private final FileChannel lockChannel;
    private final FileLock lock;

    private FileStateStore(
            Path folder, String name, StateWriter writer, Mailbox mailbox, FileLock lock) {
        this.folder = folder;
        this.name = name;
        this.writer = writer;
        this.mailbox = mailbox;
        this.lock = lock;
        lockChannel = lock.channel();
        file = fileOf(folder, name);
    }

    /**
     * Makes the folder where it is missing, and takes the lock of that export.
     *
     * @param name of the export, {@code e1.0}
     * @param mailbox of its loop, where the ends of saves are told
     * @throws EtherbayException CONFLICT when another process or export holds it, DENIED or
     *     ENVIRONMENT when the folder cannot be used
     */
    public static FileStateStore open(
            Path folder, String name, StateWriter writer, Mailbox mailbox) {
        Path lockFile = folder.resolve(name + ".lock");
        try {
            Files.createDirectories(folder);
            FileChannel channel =
                    FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        name + " is served already with the state in " + folder,
                        "another process or export holds " + lockFile,
                        "stop that one, or name another folder with --state");
            }
            return new FileStateStore(folder, name, writer, mailbox, lock);
        } catch (IOException failure) {
            throw unusable(lockFile, failure);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    /** The file with the state of the export called {@code name}. */
    public static Path fileOf(Path folder, String name) {
        return folder.resolve(name + ".state");
    }

    /** What is stored; empty when nothing ever was. */
    public Optional<ExportState> load() {
        return load(file);
    }

    /**
     * Reads a state file, also one that an export holds.
     *
     * @return empty when there is none
     * @throws EtherbayException INVALID when it is damaged or of another version: it is never taken
     *     for a fresh one, because fences and reservations would be forgotten
     */
    public static Optional<ExportState> load(Path file) {
        try {
            long bytes = Files.size(file);
            if (bytes > FILE_BYTES_MAX) {
                throw damaged(file, "it has " + bytes + " bytes");
            }
            return Optional.of(StateText.decode(Files.readAllBytes(file)));
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        } catch (StateText.DamagedException damage) {
            throw damaged(file, damage.getMessage());
        } catch (IOException failure) {
            throw unusable(file, failure);
        }
    }

    /** Makes {@code state} durable before it returns; for the start, and for work by hand. */
    public void write(ExportState state) {
        try {
            replace(state);
        } catch (IOException failure) {
            throw unusable(file, failure);
        }
    }

    /** Forgets what is stored; for the state of an export that was not served after all. */
    public void delete() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            throw unusable(file, failure);
        }
    }

    @Override
    public void save(ExportState state, SaveDone done) {
        writer.submit(() -> {
            boolean stored = tryReplace(state);
            Runnable message = () -> done.saved(stored);
            // The loop empties its mailbox every turn; a loop that died takes its writer along.
            while (!mailbox.offer(message) && !writer.isClosed()) {
                LockSupport.parkNanos(MAILBOX_RETRY_NS);
            }
        });
    }

    private boolean tryReplace(ExportState state) {
        try {
            replace(state);
            return true;
        } catch (IOException failure) {
            LOG.log(Level.ERROR, name + ": its state could not be written to " + file, failure);
            return false;
        }
    }

    private void replace(ExportState state) throws IOException {
        DurableFile.write(file, StateText.encode(state));
    }

    /** Lets another process serve this export. */
    @Override
    public void close() {
        try {
            lock.release();
            lockChannel.close();
        } catch (IOException failure) {
            throw unusable(folder.resolve(name + ".lock"), failure);
        }
    }

    private static EtherbayException damaged(Path file, String what) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "the state file " + file + " cannot be used",
                what,
                "restore it from a copy; or remove it if no other node may own this disk: fence,"
                        + " reservations, masks and config string are then forgotten");
    }

    private static EtherbayException unusable(Path file, IOException failure) {
        boolean denied = failure instanceof AccessDeniedException;
        return new EtherbayException(
                denied ? ErrorCode.DENIED : ErrorCode.ENVIRONMENT,
                "the state of the export cannot be kept in " + file,
                denied ? "this user may not write there" : String.valueOf(failure.getMessage()),
                "name a folder that this user may write to with --state");
    }
}
