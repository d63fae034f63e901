// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.image;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;

/**
 * The disk that gets the content, there already, as qemu-img writes to it.
 *
 * @param name a path, or an NBD URI
 * @param bytes of the disk
 */
public record ImageDestination(String name, long bytes) {
    /** A disk that is served over NBD at a Unix socket, writable. */
    public static ImageDestination nbd(Path socket, long bytes) {
        try {
            String path = socket.toAbsolutePath().toString();
            return new ImageDestination(
                    new URI("nbd+unix", "", "/", "socket=" + path, null).toASCIIString(), bytes);
        } catch (URISyntaxException failure) {
            throw new IllegalArgumentException(failure); // all parts are quoted by it
        }
    }

    /** A file or block device of that size. */
    public static ImageDestination file(Path file, long bytes) {
        return new ImageDestination(file.toAbsolutePath().toString(), bytes);
    }
}
