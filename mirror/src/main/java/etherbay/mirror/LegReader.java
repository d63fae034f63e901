// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.BlockDevice;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Reads what stands on one leg, step by step: superblock, bitmap, our record. On the loop of the
 * leg; used once.
 */
public final class LegReader {
    /** Largest bitmap that is read at a time; md's are smaller. */
    private static final int PIECE_BYTES = 256 * 1024;

    /**
     * What was found.
     *
     * @param bits those of the bitmap that are set
     * @param badBlocks ranges that the leg cannot read, by its own log
     */
    public record Found(
            Part part,
            LegReading reading,
            int superblockSum,
            long claimSector,
            BitSet bits,
            List<BadBlocks.Range> badBlocks) {
        /**
         * The same leg with a place for the bitmap that the array has: one that was added while the
         * leg was away, or before its superblock could say so. It stays as it is where that place
         * is not free.
         *
         * @param offset from the superblock; 0 for no bitmap
         */
        Found withBitmap(int offset, IntentHeader header) {
            Superblock own = reading.superblock();
            if (offset == 0
                    || own.bitmapOffset() != 0
                    || !LegLayout.hasRoom(own, offset, IntentFormat.sectors(header))) {
                return this;
            }
            Superblock placed = Superblocks.withBitmapOffset(own, offset);
            return new Found(
                    part,
                    new LegReading(
                            reading.name(),
                            reading.sectors(),
                            placed,
                            reading.intent(),
                            reading.claim(),
                            reading.host()),
                    superblockSum,
                    LegLayout.claimSector(placed, Optional.of(header)).orElse(-1),
                    bits,
                    badBlocks);
        }
    }

    /** Either of both. */
    public record Outcome(
            Part part,
            @Nullable Found found,
            IoStatus status,
            @Nullable EtherbayException why) {}

    private final Part part;
    private final Consumer<Outcome> told;
    private final MemorySegment memory = Arena.ofAuto().allocate(PIECE_BYTES, Leg.BLOCK_BYTES);
    private final Io io = new Io(1);
    private final BitSet bits = new BitSet();
    private @Nullable Superblock superblock;
    private int sum;
    private boolean ended;
    private boolean looked;
    private @Nullable IntentHeader header;
    private List<BadBlocks.Range> badBlocks = List.of();

    private LegReader(Part part, Consumer<Outcome> told) {
        this.part = part;
        this.told = told;
    }

    /**
     * Reads one leg.
     *
     * @param told what stands there, or how the read ended, or why it is no leg that we can serve
     */
    public static void read(Part part, Consumer<Outcome> told) {
        LegReader reader = new LegReader(part, told);
        if (part.device().sectors() < SuperblockFormat.SECTOR + SuperblockFormat.SECTORS) {
            reader.end(null, IoStatus.RANGE, null);
        } else {
            reader.fetch(SuperblockFormat.SECTOR, Leg.BLOCK_SECTORS, reader::superblockRead);
        }
    }

    private void fetch(long sector, long sectors, Runnable then) {
        io.prepare(IoOperation.READ, sector, sectors)
                .segment(memory, 0, (int) (sectors * BlockDevice.SECTOR_BYTES))
                .then(done -> {
                    if (done.status().isOk()) {
                        step(then);
                    } else if (done.status() == IoStatus.FENCED && !looked) {
                        // Reserved, perhaps by an earlier term of ours.
                        looked = true;
                        part.gate().look(answer -> fetch(sector, sectors, then));
                    } else {
                        end(null, done.status(), null);
                    }
                });
        part.device().submit(io);
    }

    private void step(Runnable then) {
        try {
            then.run();
        } catch (EtherbayException unusable) {
            if (ended) {
                throw unusable; // whoever was told has thrown it
            }
            end(null, IoStatus.OK, unusable);
        }
    }

    private void end(@Nullable Found found, IoStatus status, @Nullable EtherbayException why) {
        ended = true;
        told.accept(new Outcome(part, found, status, why));
    }

    private void superblockRead() {
        if (!SuperblockFormat.isThere(memory, 0)) {
            end(null, IoStatus.OK, null);
            return;
        }
        Superblock found = SuperblockFormat.decode(memory, 0, part.name());
        refuse(SuperblockFormat.refusal(found));
        superblock = found;
        sum = SuperblockFormat.sum(memory, 0);
        if (found.badBlocksSectors() > 0
                && (found.featureMap() & SuperblockFormat.BAD_BLOCKS) != 0) {
            fetch(
                    found.superOffset() + found.badBlocksOffset(),
                    found.badBlocksSectors(),
                    this::badBlocksRead);
        } else {
            bitmap(found);
        }
    }

    private Superblock superblock() {
        Superblock found = superblock;
        if (found == null) {
            throw new IllegalStateException("the superblock is read first");
        }
        return found;
    }

    private void refuse(Optional<String> why) {
        why.ifPresent(reason -> {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    part.name() + " holds an array that is not served here",
                    reason,
                    "assemble it with mdadm");
        });
    }

    private void badBlocksRead() {
        Superblock found = superblock();
        badBlocks =
                BadBlocks.decode(
                                memory,
                                0,
                                found.badBlocksSectors(),
                                found.badBlocksShift(),
                                part.name())
                        .stream()
                        .flatMap(range -> ofArray(range, found).stream())
                        .toList();
        bitmap(found);
    }

    /** The log counts from the start of the leg. */
    private static Optional<BadBlocks.Range> ofArray(BadBlocks.Range range, Superblock found) {
        long first = Math.max(0, range.sector() - found.dataOffset());
        long end = Math.min(
                found.sizeSectors(), range.sector() + range.sectorCount() - found.dataOffset());
        return first < end
                ? Optional.of(new BadBlocks.Range(first, end - first))
                : Optional.empty();
    }

    private void bitmap(Superblock found) {
        boolean has = (found.featureMap() & SuperblockFormat.BITMAP_OFFSET_BIT) != 0
                && found.bitmapOffset() != 0;
        if (has) {
            fetch(bitmapSector(found), Leg.BLOCK_SECTORS, () -> headerRead(found));
        } else {
            claim(found);
        }
    }

    private static long bitmapSector(Superblock found) {
        return found.superOffset() + found.bitmapOffset();
    }

    private void headerRead(Superblock found) {
        IntentHeader read;
        try {
            read = IntentFormat.decode(memory, 0, part.name());
        } catch (EtherbayException damaged) {
            claim(found); // it says nothing: everything counts as marked
            return;
        }
        refuse(IntentFormat.refusal(read));
        header = read;
        piece(found, read, 0);
    }

    private void piece(Superblock found, IntentHeader read, long fromSector) {
        long all = IntentFormat.sectorsFor(
                IntentFormat.bitCount(read.syncSectors(), read.chunkBytes()));
        long count = Math.min(all - fromSector, PIECE_BYTES / 512);
        if (count <= 0) {
            claim(found);
            return;
        }
        fetch(bitmapSector(found) + fromSector, count, () -> {
            collect(read, fromSector * 512, count * 512);
            piece(found, read, fromSector + count);
        });
    }

    private void collect(IntentHeader read, long fromByte, long byteCount) {
        long bitCount = IntentFormat.bitCount(read.syncSectors(), read.chunkBytes());
        for (long at = Math.max(0, IntentFormat.BYTES - fromByte); at < byteCount; at++) {
            int value = memory.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
            long firstBit = (fromByte + at - IntentFormat.BYTES) * 8;
            for (int bit = 0; value != 0 && bit < 8; bit++) {
                if ((value >> bit & 1) != 0 && firstBit + bit < bitCount) {
                    bits.set((int) (firstBit + bit));
                }
            }
        }
    }

    private void claim(Superblock found) {
        OptionalLong sector = LegLayout.claimSector(found, Optional.ofNullable(header));
        if (sector.isEmpty()) {
            found(found, -1, Optional.empty());
        } else {
            fetch(sector.getAsLong(), Leg.BLOCK_SECTORS, () -> {
                Optional<ClaimRecord> claim = ClaimFormat.decode(memory, 0, found.arrayId())
                        .filter(record -> ClaimFormat.holds(record, sum));
                found(found, sector.getAsLong(), claim);
            });
        }
    }

    private void found(Superblock found, long claimSector, Optional<ClaimRecord> claim) {
        LegReading reading = new LegReading(
                part.name(),
                part.device().sectors(),
                found,
                Optional.ofNullable(header),
                claim,
                part.host().isEmpty() ? Optional.empty() : Optional.of(part.host()));
        end(new Found(part, reading, sum, claimSector, bits, badBlocks), IoStatus.OK, null);
    }
}
