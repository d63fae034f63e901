// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import etherbay.base.BlockDevice;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Loop;
import etherbay.node.LoopAccess;
import etherbay.volume.Medium;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;

/**
 * A device of a loop as control code reads and writes it. Blocks until the loop has done it,
 * whether a thread turns that or the caller does.
 */
public final class DeviceMedium implements Medium {
    private static final int SECTOR_BYTES = BlockDevice.SECTOR_BYTES;
    private static final int PIECE_BYTES = 128 * 1024;

    /** A disk that is silent for longer is taken for one that is gone. */
    private static final long PATIENCE_NS = 30_000_000_000L;

    /**
     * What is read and written.
     *
     * @param name as a person calls it
     * @param loop owns the device
     * @param access to that loop
     */
    public record Source(String name, Loop loop, LoopAccess access, BlockDevice device) {}

    private final Source source;
    private final Runnable closing;

    /** Left to the collector: a request that did not end in time may use it still. */
    private MemorySegment piece = piece();

    private Io io = new Io(1);

    /**
     * @param closing lets go of the device; run once
     */
    public DeviceMedium(Source source, Runnable closing) {
        this.source = source;
        this.closing = closing;
    }

    private static MemorySegment piece() {
        return Arena.ofAuto().allocate(PIECE_BYTES, SECTOR_BYTES);
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public long bytes() {
        return source.device().sectors() * SECTOR_BYTES;
    }

    @Override
    public void read(long atByte, byte[] into) {
        for (int done = 0; done < into.length; ) {
            long lba = (atByte + done) / SECTOR_BYTES;
            int skip = (int) ((atByte + done) % SECTOR_BYTES);
            int count = Math.min(into.length - done, PIECE_BYTES - skip);
            run(IoOperation.READ, lba, sectors(skip + count));
            MemorySegment.copy(piece, ValueLayout.JAVA_BYTE, skip, into, done, count);
            done += count;
        }
    }

    /** Sectors that are written in part are read first. */
    @Override
    public void write(long atByte, byte[] bytes) {
        for (int done = 0; done < bytes.length; ) {
            long lba = (atByte + done) / SECTOR_BYTES;
            int skip = (int) ((atByte + done) % SECTOR_BYTES);
            int count = Math.min(bytes.length - done, PIECE_BYTES - skip);
            if (skip != 0 || count % SECTOR_BYTES != 0) {
                run(IoOperation.READ, lba, sectors(skip + count));
            }
            MemorySegment.copy(bytes, done, piece, ValueLayout.JAVA_BYTE, skip, count);
            run(IoOperation.WRITE, lba, sectors(skip + count));
            done += count;
        }
    }

    private static long sectors(long bytes) {
        return (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES;
    }

    @Override
    public void sync() {
        if (source.device().capabilities().flush()) {
            run(IoOperation.FLUSH, 0, 0);
        }
    }

    private void run(IoOperation operation, long lba, long sectors) {
        Io asked = io;
        MemorySegment data = piece;
        CompletableFuture<IoStatus> ended = new CompletableFuture<>();
        Runnable submit = () -> {
            asked.prepare(operation, lba, sectors);
            if (sectors > 0) {
                asked.segment(data, 0, (int) (sectors * SECTOR_BYTES));
            }
            asked.then(done -> ended.complete(done.status()));
            source.device().submit(asked);
        };
        if (!source.loop().mailbox().offer(submit)) {
            throw failed("its loop takes nothing");
        }
        if (!source.access().within(PATIENCE_NS, ended)) {
            io = new Io(1);
            piece = piece();
            throw failed(
                    Thread.currentThread().isInterrupted()
                            ? "the wait for it was ended"
                            : "it did not answer within " + PATIENCE_NS / 1_000_000_000 + " s");
        }
        IoStatus status = ended.getNow(IoStatus.UNKNOWN);
        if (!status.isOk()) {
            throw failed(operation + " of sector " + lba + " ended with " + status);
        }
    }

    private EtherbayException failed(String why) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                name() + " cannot be used",
                why,
                "see that its server or target runs and serves this disk");
    }

    @Override
    public void close() {
        closing.run();
    }
}
