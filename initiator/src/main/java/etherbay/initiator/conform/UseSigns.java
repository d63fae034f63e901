// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import etherbay.base.Prng;
import etherbay.initiator.AoeClient;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Signs on a disk that it holds something: what blkid(8) would look for first, where it looks. */
final class UseSigns {
    /** Bytes in hex: a record holds no arrays. */
    private record Sign(String what, int offsetBytes, String hex) {
        boolean standsIn(byte[] start) {
            byte[] bytes = HexFormat.of().parseHex(hex);
            int end = offsetBytes + bytes.length;
            return end <= start.length
                    && Arrays.equals(start, offsetBytes, end, bytes, 0, bytes.length);
        }
    }

    private static final int READ_SECTORS = 9;

    private static final List<Sign> SIGNS = List.of(
            new Sign("a boot sector or partition table", 510, "55aa"),
            new Sign("a GUID partition table", 512, ascii("EFI PART")),
            new Sign("an LVM physical volume", 512, ascii("LABELONE")),
            new Sign("an md superblock", 0, "fc4e2ba9"),
            new Sign("an md superblock", 4096, "fc4e2ba9"),
            new Sign("an ext file system", 1080, "53ef"),
            new Sign("an XFS file system", 0, ascii("XFSB")),
            new Sign("an encrypted volume (LUKS)", 0, ascii("LUKS")),
            new Sign("swap space", 4086, ascii("SWAPSPACE2")));

    private UseSigns() {}

    /** What the beginning of the disk shows; nothing when it cannot be read. */
    static List<String> of(AoeClient client, Subject subject) {
        if (subject.sectors() < READ_SECTORS) {
            return List.of();
        }
        List<String> seen = new ArrayList<>();
        try {
            byte[] start = new Trial(client, subject, new Prng(0)).read(0, READ_SECTORS);
            for (Sign sign : SIGNS) {
                if (sign.standsIn(start)) {
                    seen.add("it holds " + sign.what());
                }
            }
        } catch (Verdict unreadable) {
            return List.of("its first sectors cannot be read: " + unreadable.got());
        }
        return seen.stream().distinct().toList();
    }

    private static String ascii(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
    }
}
