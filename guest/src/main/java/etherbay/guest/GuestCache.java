// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * The folder in which unpacked kernels, initial file systems and probe results are kept.
 *
 * <p>Any number of processes share it: an entry is made under a temporary name and then renamed
 * into place, so that it is either absent or complete. All of it can be deleted at any time.
 */
public final class GuestCache {
    private GuestCache() {}

    /**
     * {@code $ETHERBAY_CACHE}, else {@code /var/cache/etherbay} for root, else {@code
     * $XDG_CACHE_HOME/etherbay} or {@code ~/.cache/etherbay}; made if absent.
     */
    public static Path folder() {
        Path folder = Path.of(chosen()).toAbsolutePath();
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw new EtherbayException(
                    ErrorCode.DENIED,
                    "cannot use the cache folder " + folder,
                    e.toString(),
                    "set ETHERBAY_CACHE to a folder that you may write");
        }
    }

    private static String chosen() {
        String own = System.getenv("ETHERBAY_CACHE");
        if (own != null && !own.isBlank()) {
            return own;
        }
        if (System.getProperty("user.name").equals("root")) {
            return "/var/cache/etherbay";
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        return (xdg != null && !xdg.isBlank() ? xdg : home() + "/.cache") + "/etherbay";
    }

    /** As a shell sees it; Java's own property ignores the environment. */
    private static String home() {
        String home = System.getenv("HOME");
        return home != null && !home.isBlank() ? home : System.getProperty("user.home");
    }

    /** Renames a finished entry into place; when another process was first, its entry stays. */
    public static Path publish(Path finished, Path place) throws IOException {
        try {
            Files.move(finished, place, StandardCopyOption.ATOMIC_MOVE);
        } catch (DirectoryNotEmptyException | FileAlreadyExistsException e) {
            deleteTree(finished);
        } catch (AtomicMoveNotSupportedException e) {
            throw new UncheckedIOException("two file systems inside " + place.getParent(), e);
        }
        return place;
    }

    /** Deletes {@code folder} and all below it; absent is fine. */
    public static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                    throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
