// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A boot sector of our own: prints a word to COM1, reads sector 1 by int 13h (function 42h, an
 * extended read) from the disk that it was booted from, and prints what is in it. Real mode, origin
 * 7C00h.
 */
final class BootSector {
    static final String RUNNING = "ETHERBAY-BOOT-SECTOR-RUNS";
    static final String FAILED = "ETHERBAY-BOOT-READ-FAILED";

    private static final int SECTOR_BYTES = 512;
    private static final int ORIGIN = 0x7c00;
    private static final int READ_TO = 0x7e00;
    private static final int FAIL_AT = 0x30;
    private static final int PRINT_AT = 0x40;
    private static final int PACKET_AT = 0x60;
    private static final int RUNNING_AT = 0x80;
    private static final int FAILED_AT = 0xc0;

    private final ByteBuffer code =
            ByteBuffer.allocate(2 * SECTOR_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private BootSector() {}

    /** Two sectors: the boot sector, and {@code word} as the text of sector 1. */
    static byte[] disk(String word) {
        BootSector sector = new BootSector();
        sector.start();
        sector.fail();
        sector.print();
        sector.data();
        sector.text(SECTOR_BYTES, word + "\r\n");
        return sector.code.array();
    }

    private void start() {
        bytes(0xfa, 0xfc, 0x31, 0xc0); //        cli; cld; xor ax,ax
        bytes(0x8e, 0xd8, 0x8e, 0xc0); //        mov ds,ax; mov es,ax
        bytes(0x8e, 0xd0, 0xbc, 0x00, 0x7c); //  mov ss,ax; mov sp,7C00h
        bytes(0xfb, 0x52); //                    sti; push dx       (dl: the boot disk)
        printAt(ORIGIN + RUNNING_AT);
        bytes(0x5a, 0xbe); //                    pop dx; mov si,packet
        code.putShort((short) (ORIGIN + PACKET_AT));
        bytes(0xb4, 0x42, 0xcd, 0x13); //        mov ah,42h; int 13h
        bytes(0x72, FAIL_AT - code.position() - 2); // jc fail
        printAt(READ_TO);
        bytes(0xf4, 0xeb, 0xfd); //              halt: hlt; jmp halt
    }

    private void fail() {
        code.position(FAIL_AT);
        printAt(ORIGIN + FAILED_AT);
        bytes(0xf4, 0xeb, 0xfd);
    }

    /** Prints the text at si, up to its zero, to COM1. */
    private void print() {
        code.position(PRINT_AT);
        bytes(0xac, 0x84, 0xc0, 0x74, 0x10); //  next: lodsb; test al,al; jz done
        bytes(0x50); //                          push ax
        bytes(0xba, 0xfd, 0x03, 0xec); //        wait: mov dx,3FDh; in al,dx   (line status)
        bytes(0xa8, 0x20, 0x74, 0xf8); //        test al,20h; jz wait
        bytes(0x58, 0xba, 0xf8, 0x03); //        pop ax; mov dx,3F8h
        bytes(0xee, 0xeb, 0xeb, 0xc3); //        out dx,al; jmp next; done: ret
    }

    private void data() {
        code.position(PACKET_AT);
        bytes(0x10, 0, 1, 0); // packet of 16 bytes, 1 sector
        code.putShort((short) READ_TO).putShort((short) 0).putLong(1); // to 0:7E00h, from lba 1
        text(RUNNING_AT, RUNNING + "\r\n");
        text(FAILED_AT, FAILED + "\r\n");
        code.position(SECTOR_BYTES - 2);
        bytes(0x55, 0xaa);
    }

    private void printAt(int address) {
        bytes(0xbe); // mov si,address
        code.putShort((short) address);
        bytes(0xe8); // call print
        code.putShort((short) (PRINT_AT - code.position() - 2));
    }

    private void text(int at, String text) {
        code.position(at);
        code.put(text.getBytes(StandardCharsets.US_ASCII)).put((byte) 0);
    }

    private void bytes(int... values) {
        for (int value : values) {
            code.put((byte) value);
        }
    }
}
