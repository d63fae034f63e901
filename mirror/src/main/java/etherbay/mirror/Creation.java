// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.BlockDevice;
import etherbay.base.Check;
import etherbay.base.Epoch;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Loop;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Makes a new array: writes to each leg an empty record, the bitmap, and last the superblock. On
 * the loop of the legs; used once. What stood on the legs is gone for the array, though its data is
 * not touched: the first leg's is copied to the others when the array is used, unless it is said
 * that they are the same.
 */
public final class Creation {
    /**
     * What is wanted.
     *
     * @param name up to 32 bytes, {@code NAME} or {@code HOST:NAME}
     * @param arrayId of the array
     * @param deviceIds as many as there are legs
     * @param assumeClean the legs are the same already, or their content does not matter
     * @param bitmap whether it gets one
     * @param chunkBytes that a bit of it covers, a power of two; 0 for what fits the size
     * @param nowMs wall clock
     */
    public record Request(
            String name,
            UUID arrayId,
            List<UUID> deviceIds,
            boolean assumeClean,
            boolean bitmap,
            int chunkBytes,
            long nowMs) {
        public Request {
            Check.that(
                    chunkBytes == 0 || Integer.bitCount(chunkBytes) == 1,
                    "a chunk is a power of two");
        }

        /** With chunks that fit the size. */
        public Request(
                String name,
                UUID arrayId,
                List<UUID> deviceIds,
                boolean assumeClean,
                boolean bitmap,
                long nowMs) {
            this(name, arrayId, deviceIds, assumeClean, bitmap, 0, nowMs);
        }
    }

    private final List<Part> parts;
    private final Request request;
    private final Consumer<Optional<EtherbayException>> told;
    private final Arena arena = Arena.ofAuto();
    private final List<LegLayout> layouts = new ArrayList<>();
    private long sizeSectors = Long.MAX_VALUE;
    private int pendingCount;
    private IoStatus worst = IoStatus.OK;
    private String worstLeg = "";

    private Creation(
            List<Part> parts, Request request, Consumer<Optional<EtherbayException>> told) {
        this.parts = parts;
        this.request = request;
        this.told = told;
    }

    /**
     * Writes what makes these parts an array.
     *
     * @param parts two or more, claimed here with an epoch above all that they know
     * @param told nothing when it stands on all of them, or why not
     */
    public static void create(
            Loop loop,
            List<Part> parts,
            Request request,
            Consumer<Optional<EtherbayException>> told) {
        loop.checkOwner();
        new Creation(parts, request, told).begin();
    }

    private void begin() {
        try {
            for (Part part : parts) {
                LegLayout layout = LegLayout.of(part.device().sectors(), request.bitmap());
                layouts.add(layout);
                sizeSectors = Math.min(sizeSectors, layout.dataSectors());
            }
            requireRoomForBits();
        } catch (EtherbayException tooSmall) {
            end(Optional.of(tooSmall));
            return;
        }
        claim();
    }

    private void requireRoomForBits() {
        if (!request.bitmap()) {
            return;
        }
        long needed = IntentFormat.sectorsFor(IntentFormat.bitCount(sizeSectors, chunkBytes()));
        if (needed > bitmapSectors()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "no mirror is made",
                    "chunks of " + request.chunkBytes() + " bytes are so many that their bits take "
                            + needed + " sectors, and there are " + bitmapSectors(),
                    "take larger chunks");
        }
    }

    private int chunkBytes() {
        return request.chunkBytes() > 0
                ? request.chunkBytes()
                : layouts.stream().mapToInt(LegLayout::chunkBytes).max().orElseThrow();
    }

    private int bitmapSectors() {
        return layouts.stream().mapToInt(LegLayout::bitmapSectors).min().orElseThrow();
    }

    private void end(Optional<EtherbayException> failure) {
        LegGate.releaseAll(parts.stream().map(Part::gate).toList(), () -> told.accept(failure));
    }

    private void claim() {
        Epoch[] highest = {Epoch.NONE};
        pendingCount = parts.size();
        for (Part part : parts) {
            part.gate().look(answer -> {
                if (answer.epoch().isAfter(highest[0])) {
                    highest[0] = answer.epoch();
                }
                if (--pendingCount == 0) {
                    claim(new Epoch(highest[0].value() + 1));
                }
            });
        }
    }

    private void claim(Epoch epoch) {
        pendingCount = parts.size();
        List<String> refused = new ArrayList<>();
        for (Part part : parts) {
            part.gate().claim(epoch, answer -> {
                if (answer.outcome() == LegGate.Outcome.SILENT
                        || answer.outcome() == LegGate.Outcome.OTHERS) {
                    refused.add(part.name());
                }
                if (--pendingCount > 0) {
                    return;
                }
                if (refused.isEmpty()) {
                    write();
                } else {
                    end(Optional.of(new EtherbayException(
                            ErrorCode.CONFLICT,
                            "no mirror is made",
                            String.join(", ", refused)
                                    + " could not be claimed: another owner has it, or it does not"
                                    + " answer",
                            "see who uses it: etherbay stat; nothing was written")));
                }
            });
        }
    }

    private void write() {
        pendingCount = parts.size();
        for (int index = 0; index < parts.size(); index++) {
            writeLeg(parts.get(index), layouts.get(index), index);
        }
    }

    /**
     * From sector 0, so that nobody finds an older kind of disk there, to where the data begins.
     */
    private void writeLeg(Part part, LegLayout layout, int index) {
        int bytes = Math.toIntExact(layout.dataOffset() * BlockDevice.SECTOR_BYTES);
        MemorySegment head = arena.allocate(bytes, Leg.BLOCK_BYTES);
        if (request.bitmap()) {
            bitmap(head, layout);
        }
        MemorySegment block = arena.allocate(Leg.BLOCK_BYTES, Leg.BLOCK_BYTES);
        SuperblockFormat.encode(superblock(layout, index), block, 0);
        Io io = new Io(1);
        write(
                part,
                io,
                head,
                0,
                layout.dataOffset(),
                () -> write(
                        part,
                        io,
                        block,
                        SuperblockFormat.SECTOR,
                        SuperblockFormat.SECTORS,
                        () -> written(part, IoStatus.OK)));
    }

    private void write(
            Part part, Io io, MemorySegment from, long sector, long sectors, Runnable then) {
        io.prepare(IoOperation.WRITE, sector, sectors)
                .segment(from, 0, (int) (sectors * BlockDevice.SECTOR_BYTES))
                .then(done -> {
                    if (!done.status().isOk()) {
                        written(part, done.status());
                    } else if (part.device().capabilities().flush()) {
                        flush(part, io, then);
                    } else {
                        then.run();
                    }
                });
        part.device().submit(io);
    }

    private void flush(Part part, Io io, Runnable then) {
        io.prepare(IoOperation.FLUSH, 0, 0).then(done -> {
            if (done.status().isOk()) {
                then.run();
            } else {
                written(part, done.status());
            }
        });
        part.device().submit(io);
    }

    private void bitmap(MemorySegment head, LegLayout layout) {
        long at =
                ((long) SuperblockFormat.SECTOR + layout.bitmapOffset()) * BlockDevice.SECTOR_BYTES;
        int chunkBytes = chunkBytes();
        IntentHeader header = new IntentHeader(
                request.arrayId(),
                IntentFormat.VERSION_SERVED,
                1,
                1,
                sizeSectors,
                0,
                chunkBytes,
                5,
                bitmapSectors());
        IntentFormat.encode(header, head, at);
        if (!request.assumeClean()) {
            long bits = IntentFormat.bitCount(sizeSectors, chunkBytes);
            for (long bit = 0; bit < bits; bit++) {
                IntentFormat.set(head, at, bit, true);
            }
        }
    }

    private Superblock superblock(LegLayout layout, int index) {
        List<Integer> roles = new ArrayList<>();
        for (int slot = 0; slot < parts.size(); slot++) {
            roles.add(slot);
        }
        long nowUs = request.nowMs() * 1000;
        return new Superblock(
                request.bitmap() ? SuperblockFormat.BITMAP_OFFSET_BIT : 0,
                request.arrayId(),
                request.name(),
                nowUs,
                1,
                sizeSectors,
                parts.size(),
                layout.bitmapOffset(),
                layout.dataOffset(),
                layout.dataSectors(),
                SuperblockFormat.SECTOR,
                Superblock.END,
                index,
                request.deviceIds().get(index),
                0,
                0,
                0,
                0,
                nowUs,
                1,
                request.assumeClean() ? Superblock.END : 0,
                roles);
    }

    private void written(Part part, IoStatus status) {
        if (!status.isOk()) {
            worst = status;
            worstLeg = part.name();
        }
        if (--pendingCount > 0) {
            return;
        }
        end(
                worst.isOk()
                        ? Optional.empty()
                        : Optional.of(new EtherbayException(
                                ErrorCode.UNAVAILABLE,
                                "the mirror was not made whole",
                                "writing to " + worstLeg + " ended " + worst,
                                "see that disk, and create it again; the legs that were written"
                                        + " hold a superblock now")));
    }
}
