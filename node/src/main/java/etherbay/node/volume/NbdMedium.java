// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.node.BackingName;
import etherbay.node.LocalDisk;
import etherbay.volume.Medium;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The disk of an NBD server as control code reads and writes it, with a loop of its own. */
final class NbdMedium implements Medium {
    private static final int SECTOR_BYTES = BlockDevice.SECTOR_BYTES;
    private static final int PIECE_BYTES = 128 * 1024;

    /** A server that is silent for longer is taken for one that is gone. */
    private static final long PATIENCE_S = 30;

    private final LocalDisk disk;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment piece = arena.allocate(PIECE_BYTES, SECTOR_BYTES);
    private final Io io = new Io(1);

    private NbdMedium(LocalDisk disk) {
        this.disk = disk;
        disk.start();
    }

    static NbdMedium open(BackingName name, boolean writable) {
        LocalDisk.Options options =
                new LocalDisk.Options(!writable, Optional.empty(), VolumePlaces.ofTheSystem());
        return new NbdMedium(LocalDisk.open("volume", name, options, new Counters()));
    }

    @Override
    public String name() {
        return disk.toString();
    }

    @Override
    public long bytes() {
        return disk.device().sectors() * SECTOR_BYTES;
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
        if (disk.device().capabilities().flush()) {
            run(IoOperation.FLUSH, 0, 0);
        }
    }

    private void run(IoOperation operation, long lba, long sectors) {
        CompletableFuture<IoStatus> ended = new CompletableFuture<>();
        Runnable submit = () -> {
            io.prepare(operation, lba, sectors);
            if (sectors > 0) {
                io.segment(piece, 0, (int) (sectors * SECTOR_BYTES));
            }
            io.then(done -> ended.complete(done.status()));
            disk.device().submit(io);
        };
        if (!disk.loop().mailbox().offer(submit)) {
            throw failed("its loop takes nothing");
        }
        try {
            IoStatus status = ended.get(PATIENCE_S, TimeUnit.SECONDS);
            if (!status.isOk()) {
                throw failed(operation + " of sector " + lba + " ended with " + status);
            }
        } catch (ExecutionException | TimeoutException silent) {
            throw failed("it did not answer within " + PATIENCE_S + " s");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw failed("the wait for it was ended");
        }
    }

    private EtherbayException failed(String why) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                name() + " cannot be used",
                why,
                "see that the server runs and serves this disk");
    }

    @Override
    public void close() {
        try {
            disk.stop(() -> {});
            disk.close();
            arena.close();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}
