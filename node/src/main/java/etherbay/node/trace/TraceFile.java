// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;

/**
 * Where a trace may be written: into a new or an empty file, or in place of an older trace, which
 * is set aside as {@code FILE.1}. Nothing else is overwritten, so that a slip of the keyboard costs
 * no disk image. A trace holds what was read and written, so only its owner may read it. Two
 * processes do not write one: the file is locked. Stateless.
 */
final class TraceFile {
    private TraceFile() {}

    /**
     * Opens an empty file at {@code path}.
     *
     * @throws EtherbayException NOT_FOUND without its folder, DENIED without the rights, CONFLICT
     *     where something else lies there or another process writes, else INVALID or ENVIRONMENT
     */
    static FileChannel open(Path path) {
        try {
            if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                return create(path);
            }
            if (!Files.isRegularFile(path)) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        "the trace file " + path + " is no file",
                        "it is a folder, a device, a pipe or a link to nothing,"
                                + " which cannot be set aside when it is full",
                        "name a file, and follow it with: tail -c +1 -f FILE | tshark -r -");
            }
            FileChannel found = lock(
                    path,
                    FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
            if (found.size() == 0) {
                return found;
            }
            found.close();
            setAside(path);
            return create(path);
        } catch (NoSuchFileException missing) {
            throw refused(ErrorCode.NOT_FOUND, path, missing, "make its folder: mkdir -p FOLDER");
        } catch (AccessDeniedException denied) {
            throw refused(
                    ErrorCode.DENIED, path, denied, "name a file that this user may write to");
        } catch (FileAlreadyExistsException other) {
            throw refused(
                    ErrorCode.CONFLICT, path, other, "name another file, or move that one away");
        } catch (IOException failure) {
            throw refused(
                    ErrorCode.ENVIRONMENT, path, failure, "look at its disk and folder: df FOLDER");
        }
    }

    private static EtherbayException refused(
            ErrorCode code, Path path, IOException why, String correction) {
        return new EtherbayException(
                code, "the trace file " + path + " cannot be opened", reason(why), correction);
    }

    private static String reason(IOException failure) {
        return switch (failure) {
            case NoSuchFileException missing -> "its folder does not exist";
            case AccessDeniedException denied -> "permission denied: " + denied.getFile();
            case FileAlreadyExistsException other
            when other.getReason() != null -> other.getFile() + " " + other.getReason();
            default -> String.valueOf(failure);
        };
    }

    /** A new file, ours alone. */
    static FileChannel create(Path path) throws IOException {
        return lock(
                path,
                FileChannel.open(
                        path,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------"))));
    }

    private static FileChannel lock(Path path, FileChannel channel) throws IOException {
        boolean locked = false;
        try {
            locked = channel.tryLock() != null;
        } catch (OverlappingFileLockException ours) {
            locked = false; // under another name, by this process
        } finally {
            if (!locked) {
                channel.close();
            }
        }
        if (!locked) {
            throw new FileAlreadyExistsException(
                    path.toString(), null, "is being written by another trace");
        }
        return channel;
    }

    /** A trace becomes {@code FILE.1}; an older one there is replaced, anything else is not. */
    static void setAside(Path path) throws IOException {
        Path older = path.resolveSibling(path.getFileName() + ".1");
        checkTrace(path);
        if (Files.exists(older, LinkOption.NOFOLLOW_LINKS)) {
            checkTrace(older);
        }
        Files.move(path, older, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void checkTrace(Path path) throws IOException {
        if (!Arrays.equals(beginning(path), PcapFormat.header())) {
            throw new FileAlreadyExistsException(
                    path.toString(), null, "exists and is no trace of ours");
        }
    }

    /** As many bytes as a header has, zeroes for what is not there. */
    private static byte[] beginning(Path path) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(PcapFormat.HEADER_BYTES);
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            try (FileChannel file = lock(
                    path,
                    FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE))) {
                file.read(bytes, 0);
            }
        }
        return bytes.array();
    }
}
