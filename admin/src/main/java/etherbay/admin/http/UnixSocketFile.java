// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The file of a Unix socket: for the daemon's user and group. One that nobody listens on any more
 * is what a killed process left, and makes room; one that is something else never does.
 */
final class UnixSocketFile {
    /** unix(7): 108 bytes with the zero at the end. */
    private static final int PATH_BYTES_MAX = 107;

    private final Path path;

    UnixSocketFile(Path path) {
        this.path = path;
        if (path.toString().getBytes(StandardCharsets.UTF_8).length > PATH_BYTES_MAX) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "no socket can be called " + path,
                    "its path is longer than %d bytes, which Unix sockets allow"
                            .formatted(PATH_BYTES_MAX),
                    "use a shorter state folder");
        }
    }

    void makeRoom() {
        try {
            Path parent = path.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                return;
            }
            var attributes = Files.readAttributes(
                    path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!attributes.isOther()) {
                throw taken("it is no socket", "move it away");
            }
            if (isAnswered()) {
                throw taken("another process listens there", "stop it: ss -lxp");
            }
            Files.delete(path);
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "the socket %s cannot be made".formatted(path),
                    String.valueOf(failure.getMessage()),
                    "make its folder writable for the daemon's user");
        }
    }

    private EtherbayException taken(String why, String correction) {
        return new EtherbayException(
                ErrorCode.CONFLICT, "%s is taken".formatted(path), why, correction);
    }

    private boolean isAnswered() {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException nobody) {
            return false;
        }
    }

    /** Lets the group in; until now only the user was. */
    void open() {
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "the rights of %s cannot be set".formatted(path),
                    String.valueOf(failure.getMessage()),
                    "use a folder of a local file system");
        }
    }

    void remove() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException failure) {
            return; // the next start replaces it
        }
    }
}
