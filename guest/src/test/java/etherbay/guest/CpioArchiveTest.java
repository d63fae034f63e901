// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

class CpioArchiveTest {
    // mkdir d; printf 'hey\n' > d/f; chmod 755 d; chmod 640 d/f; touch -d @0 d d/f
    // printf 'd\nd/f\n' | cpio -o -H newc --reproducible -R 0:0   (cpio 2.13; its inode numbers
    // start at 0 and ours at 1, its last block is filled up to 512 bytes)
    private static final String GOLDEN = "070701" + "00000001" + "000041ed" + zeros(2) + "00000002"
            + zeros(1) + "00000000" + zeros(4) + "00000002" + zeros(1) + "d\0" + "070701"
            + "00000002" + "000081a0" + zeros(2) + "00000001" + zeros(1) + "00000004" + zeros(4)
            + "00000004" + zeros(1) + "d/f\0" + "\0\0" + "hey\n" + "070701" + zeros(4) + "00000001"
            + zeros(1) + "00000000" + zeros(4) + "0000000b" + zeros(1) + "TRAILER!!!\0" + "\0\0\0";

    private static String zeros(int fields) {
        return "00000000".repeat(fields);
    }

    @Test
    void aFolderAndAFileAreTheBytesThatCpioWrites() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        CpioArchive archive = new CpioArchive(out);
        archive.file("/d/f", 0640, "hey\n".getBytes(StandardCharsets.UTF_8));
        archive.finish();
        assertThat(out.toString(StandardCharsets.ISO_8859_1)).isEqualTo(GOLDEN);
    }

    @Test
    void anEntryStartsAtAMultipleOfFourBytes() throws IOException {
        for (int nameLength = 1; nameLength <= 5; nameLength++) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            CpioArchive archive = new CpioArchive(out);
            archive.link("/" + "n".repeat(nameLength), "busybox");
            archive.finish();
            int at = out.toString(StandardCharsets.ISO_8859_1).lastIndexOf("070701");
            assertThat(at % 4).as("name of %d bytes", nameLength).isZero();
        }
    }

    @Test
    void onePathTwiceIsRefused() throws IOException {
        CpioArchive archive = new CpioArchive(new ByteArrayOutputStream());
        archive.link("/bin/sh", "busybox");
        assertThatThrownBy(() -> archive.link("bin/sh", "dash"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("bin/sh");
    }
}
