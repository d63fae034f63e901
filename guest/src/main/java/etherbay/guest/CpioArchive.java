// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;

/**
 * Writes a cpio archive in "newc" form, which Linux unpacks as its initial file system.
 *
 * <p>Same entries, same bytes: inode numbers count up, owner is root, times are zero. One thread.
 *
 * <pre>
 *   "070701" + 13 numbers of 8 hex digits: ino mode uid gid nlink mtime filesize
 *                                          devmajor devminor rdevmajor rdevminor namesize check
 *   name NUL, padded to 4; data, padded to 4; the last entry is named TRAILER!!!
 * </pre>
 *
 * <p>Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst.
 */
final class CpioArchive {
    private static final int HEADER_BYTES = 110;
    private static final int ALIGN_BYTES = 4;
    private static final int S_IFDIR = 0040000;
    private static final int S_IFREG = 0100000;
    private static final int S_IFLNK = 0120000;
    private static final int S_IFCHR = 0020000;
    private static final byte[] NOTHING = {};
    private static final HexFormat HEX = HexFormat.of();

    private final OutputStream out;
    private final Set<String> written = new HashSet<>();
    private int inode = 1;

    CpioArchive(OutputStream out) {
        this.out = out;
    }

    void directory(String path) throws IOException {
        String name = relative(path);
        if (name.isEmpty() || written.contains(name)) {
            return;
        }
        parents(name);
        entry(name, S_IFDIR | 0755, 0, NOTHING);
    }

    void file(String path, int permissions, byte[] data) throws IOException {
        String name = relative(path);
        parents(name);
        entry(name, S_IFREG | permissions, 0, data);
    }

    void link(String path, String destination) throws IOException {
        String name = relative(path);
        parents(name);
        entry(name, S_IFLNK | 0777, 0, destination.getBytes(StandardCharsets.UTF_8));
    }

    /** A character device; the kernel opens {@code /dev/console} before any init can make it. */
    void characterDevice(String path, int major, int minor) throws IOException {
        String name = relative(path);
        parents(name);
        entry(name, S_IFCHR | 0600, (long) major << 32 | minor, NOTHING);
    }

    void finish() throws IOException {
        inode = 0;
        entry("TRAILER!!!", 0, 0, NOTHING);
        out.flush();
    }

    private void parents(String name) throws IOException {
        int slash = name.lastIndexOf('/');
        if (slash > 0) {
            directory(name.substring(0, slash));
        }
    }

    private void entry(String name, int mode, long device, byte[] data) throws IOException {
        if (!written.add(name)) {
            throw new IllegalStateException("two entries named " + name);
        }
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        int nlink = (mode & S_IFDIR) != 0 && (mode & S_IFREG) != S_IFREG ? 2 : 1;
        long[] fields = {
            inode++,
            mode,
            0,
            0,
            nlink,
            0,
            data.length,
            0,
            0,
            device >>> 32,
            (int) device,
            nameBytes.length + 1,
            0
        };
        StringBuilder header = new StringBuilder("070701");
        for (long field : fields) {
            header.append(HEX.toHexDigits((int) field));
        }
        out.write(header.toString().getBytes(StandardCharsets.US_ASCII));
        out.write(nameBytes);
        out.write(0);
        pad(HEADER_BYTES + nameBytes.length + 1);
        out.write(data);
        pad(data.length);
    }

    private void pad(int bytes) throws IOException {
        for (int i = bytes; i % ALIGN_BYTES != 0; i++) {
            out.write(0);
        }
    }

    private static String relative(String path) {
        String name = path;
        while (name.startsWith("/")) {
            name = name.substring(1);
        }
        return name;
    }
}
