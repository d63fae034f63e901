// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.base.Epoch;
import etherbay.mirror.ClaimFormat;
import etherbay.mirror.ClaimRecord;
import etherbay.mirror.IntentFormat;
import etherbay.mirror.IntentHeader;
import etherbay.mirror.LegLayout;
import etherbay.mirror.Superblock;
import etherbay.mirror.SuperblockFormat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Files that are the legs of a mirror, written and read by our formats alone. */
final class MirrorLegs {
    static final UUID ARRAY_ID = SuperblockFormat.parse("0a1b2c3d:4e5f6071:8293a4b5:c6d7e8f9");
    static final String NAME = "box:ours";
    static final long EVENTS = 41;

    /** With a rest of a second, which md never writes. */
    static final long UPDATED_US = 1_700_000_000_000_001L;

    private static final int SECTOR_BYTES = 512;
    private static final long CREATED_US = 1_700_000_000_000_000L;
    private static final int DAEMON_SLEEP_S = 5;

    private MirrorLegs() {}

    /** Of an array of two, clean. */
    static Superblock superblock(
            LegLayout layout, long sizeSectors, int number, List<Integer> roles) {
        return new Superblock(
                layout.bitmapOffset() == 0 ? 0 : SuperblockFormat.BITMAP_OFFSET_BIT,
                ARRAY_ID,
                NAME,
                CREATED_US,
                1,
                sizeSectors,
                2,
                layout.bitmapOffset(),
                layout.dataOffset(),
                layout.dataSectors(),
                SuperblockFormat.SECTOR,
                Superblock.END,
                number,
                new UUID(0x1111_2222_3333_4444L, number),
                0,
                0,
                0,
                0,
                UPDATED_US,
                EVENTS,
                Superblock.END,
                roles);
    }

    /** Makes a leg of a file: superblock, an empty bitmap, and our record. */
    static void write(Path file, LegLayout layout, Superblock superblock) throws IOException {
        MemorySegment block = page();
        SuperblockFormat.encode(superblock, block, 0);
        put(file, SuperblockFormat.SECTOR, block);
        int sum = SuperblockFormat.sum(block, 0);
        if (layout.bitmapOffset() != 0) {
            IntentHeader header = new IntentHeader(
                    ARRAY_ID,
                    IntentFormat.VERSION_SERVED,
                    EVENTS,
                    EVENTS,
                    superblock.sizeSectors(),
                    0,
                    layout.chunkBytes(),
                    DAEMON_SLEEP_S,
                    layout.bitmapSectors());
            MemorySegment bitmap = page();
            IntentFormat.encode(header, bitmap, 0);
            put(file, SuperblockFormat.SECTOR + layout.bitmapOffset(), bitmap);
        }
        MemorySegment claim = page();
        ClaimFormat.encode(
                new ClaimRecord(
                        ARRAY_ID,
                        new Epoch(3),
                        1,
                        new UUID(5, 6),
                        "box",
                        1,
                        true,
                        0,
                        sum,
                        0,
                        Optional.empty()),
                claim,
                0);
        put(file, layout.claimSector(), claim);
    }

    private static MemorySegment page() {
        return MemorySegment.ofArray(new byte[SuperblockFormat.BYTES]);
    }

    private static void put(Path file, long sector, MemorySegment page) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.seek(sector * SECTOR_BYTES);
            opened.write(page.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    static MemorySegment page(Path file, long sector) throws IOException {
        byte[] bytes = new byte[SuperblockFormat.BYTES];
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "r")) {
            opened.seek(sector * SECTOR_BYTES);
            opened.readFully(bytes);
        }
        return MemorySegment.ofArray(bytes);
    }

    static Superblock superblock(Path file) throws IOException {
        return SuperblockFormat.decode(page(file, SuperblockFormat.SECTOR), 0, file.toString());
    }

    static IntentHeader header(Path file) throws IOException {
        int sector = SuperblockFormat.SECTOR + superblock(file).bitmapOffset();
        return IntentFormat.decode(page(file, sector), 0, file.toString());
    }

    /** Our record, whether or not it still holds. */
    static Optional<ClaimRecord> claim(Path file) throws IOException {
        Superblock superblock = superblock(file);
        Optional<IntentHeader> header =
                superblock.bitmapOffset() == 0 ? Optional.empty() : Optional.of(header(file));
        long sector = LegLayout.claimSector(superblock, header).orElseThrow();
        return ClaimFormat.decode(page(file, sector), 0, superblock.arrayId());
    }

    /** Whether it says anything of the superblock that is there now. */
    static boolean claimHolds(Path file) throws IOException {
        int sum = SuperblockFormat.sum(page(file, SuperblockFormat.SECTOR), 0);
        return claim(file).filter(claim -> ClaimFormat.holds(claim, sum)).isPresent();
    }

    /** A file of zeroes. */
    static Path empty(Path file, long bytes) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.setLength(bytes);
        }
        return file;
    }

    /** Some bytes of the data, from its start. */
    static byte[] data(Path file, int bytes) throws IOException {
        MemorySegment first = page(file, superblock(file).dataOffset());
        return Arrays.copyOf(first.toArray(ValueLayout.JAVA_BYTE), bytes);
    }

    /** The first byte of the data in which two legs differ; negative when they are the same. */
    static long firstDifference(Path one, Path two) throws IOException {
        try (Arena arena = Arena.ofConfined();
                FileChannel first = FileChannel.open(one);
                FileChannel second = FileChannel.open(two)) {
            return mapData(one, first, arena).mismatch(mapData(two, second, arena));
        }
    }

    private static MemorySegment mapData(Path file, FileChannel channel, Arena arena)
            throws IOException {
        Superblock superblock = superblock(file);
        return channel.map(
                MapMode.READ_ONLY,
                superblock.dataOffset() * SECTOR_BYTES,
                superblock.sizeSectors() * SECTOR_BYTES,
                arena);
    }

    /** Turns all bits of a byte of the data. */
    static void flip(Path file, long dataSector) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.seek((superblock(file).dataOffset() + dataSector) * SECTOR_BYTES);
            int before = opened.read();
            opened.seek(opened.getFilePointer() - 1);
            opened.write(~before);
        }
    }

    /** All of the data. */
    static byte[] allData(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file)) {
            return mapData(file, channel, arena).toArray(ValueLayout.JAVA_BYTE);
        }
    }
}
