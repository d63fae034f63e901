// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Loop;
import etherbay.linux.Disk;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A small file system, loop devices on files, and disks on them turned by hand. */
final class DiskLab implements AutoCloseable {
    private static final long PATIENCE_NS = 20_000_000_000L;

    final Counters counters = new Counters();
    private final LinuxIdler idler = new LinuxIdler();
    private final Loop loop = new Loop("disks", Linux.clock(), idler, 0);
    private final Arena arena = Arena.ofShared();
    private final Path folder;
    private Path loopDevice = Path.of("/nowhere");

    /**
     * @param tmpfsBytes size of the file system that holds the files
     */
    DiskLab(long tmpfsBytes) {
        this("tmpfs", "size=" + tmpfsBytes);
    }

    /** With a file system of the memory of another kind. */
    DiskLab(String fileSystem, String mountOptions) {
        Tool.requireRoot();
        Tool.require("losetup", "mount");
        try {
            folder = Files.createTempDirectory("etherbay-disk-lab-");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        Tool.check(List.of(
                "mount",
                "-t",
                fileSystem,
                "-o",
                mountOptions,
                "etherbay-disk-lab",
                folder.toString()));
    }

    /** A file without contents, which may be larger than the file system. */
    Path sparse(long bytes) {
        Path path = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(bytes);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return path;
    }

    /** A loop device on {@code file}. */
    Path loopDevice(Path file, int sectorBytes) {
        loopDevice = Path.of(Tool.check(
                        List.of("losetup", "-f", "--show", "-b", "" + sectorBytes, file.toString()))
                .strip());
        return loopDevice;
    }

    /** Tells the loop device that its file has grown. */
    void refreshLoopDevice() {
        Tool.check(List.of("losetup", "-c", loopDevice.toString()));
    }

    Disk open(Path path, Disk.Options options) {
        return Disk.open(path, options, loop, idler, counters);
    }

    MemorySegment memory(int bytes, int fill) {
        MemorySegment memory = arena.allocate(bytes, 4096);
        memory.fill((byte) fill);
        return memory;
    }

    IoStatus write(Disk disk, long lba, MemorySegment memory) {
        return run(disk, io(IoOperation.WRITE, lba, memory));
    }

    IoStatus writeFua(Disk disk, long lba, MemorySegment memory) {
        return run(disk, io(IoOperation.WRITE, lba, memory).fua(true));
    }

    IoStatus read(Disk disk, long lba, MemorySegment memory) {
        return run(disk, io(IoOperation.READ, lba, memory));
    }

    IoStatus range(Disk disk, IoOperation operation, long lba, long sectors) {
        return run(disk, new Io(1).prepare(operation, lba, sectors));
    }

    private static Io io(IoOperation operation, long lba, MemorySegment memory) {
        int bytes = (int) memory.byteSize();
        return new Io(1)
                .prepare(operation, lba, bytes / BlockDevice.SECTOR_BYTES)
                .segment(memory, 0, bytes);
    }

    private IoStatus run(Disk disk, Io io) {
        disk.submit(io.then(done -> {}));
        turnUntil(() -> !io.inFlight());
        return io.status();
    }

    void turnUntil(BooleanSupplier reached) {
        long startNs = Linux.clock().nanoTime();
        while (!reached.getAsBoolean()) {
            long nowNs = Linux.clock().nanoTime();
            if (nowNs - startNs > PATIENCE_NS) {
                throw new AssertionError("not reached in 20 s");
            }
            if (loop.turn(nowNs) == 0) {
                idler.idle(1_000_000);
            }
        }
    }

    @Override
    public void close() {
        if (Files.exists(loopDevice)) {
            Tool.check(List.of("losetup", "-d", loopDevice.toString()));
        }
        Tool.check(List.of("umount", "-l", folder.toString()));
        Tool.check(List.of("rmdir", folder.toString()));
        idler.close();
        arena.close();
    }
}
