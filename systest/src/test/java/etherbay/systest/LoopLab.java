// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.base.Prng;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Loop devices over files of a test, and LVM2, which sees no other disk and keeps its backups in
 * the test's folder. It does without device-mapper: {@code activation = 0} is what {@code
 * --driverloaded n} says for one command.
 */
final class LoopLab implements AutoCloseable {
    /** What LVM2 says of having no device-mapper, and of what follows from that. */
    private static final List<String> ALLOWED = List.of(
            "WARNING: Activation disabled. No device-mapper interaction will be attempted.",
            "WARNING: Skipping zeroing and wipping, compiled without activation support.",
            "/dev/mapper/control: open failed: No such ",
            "Failure to communicate with kernel device-mapper driver.",
            "Check that device-mapper is available in the kernel.",
            "Incompatible libdevmapper ");

    private static final String NOT_ZEROED = "WARNING: Logical volume \\S+ not zeroed\\.";

    private final Path folder;
    private final List<Path> files = new ArrayList<>();
    private final List<String> devices = new ArrayList<>();

    /** So many disks, which hold zeroes. */
    LoopLab(Path folder, int diskCount, long bytes) throws IOException {
        this.folder = folder;
        for (int index = 0; index < diskCount; index++) {
            add(bytes);
        }
    }

    /** One more disk. */
    String add(long bytes) throws IOException {
        Path file = folder.resolve("disk" + files.size());
        resize(file, bytes);
        return add(file);
    }

    /** A disk that holds what the file holds. */
    String add(Path file) throws IOException {
        files.add(file);
        String device =
                Tool.check(List.of("losetup", "-f", "--show", file.toString())).strip();
        devices.add(device);
        configure();
        return device;
    }

    private static void resize(Path file, long bytes) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.setLength(bytes);
        }
    }

    private void configure() throws IOException {
        String mine = devices.stream()
                .map(device -> "\"a|^" + device + "$|\", ")
                .collect(Collectors.joining());
        Files.writeString(folder.resolve("lvm.conf"), """
                devices { filter = [ %s"r|.*|" ] }
                global { activation = 0 use_lvmpolld = 0 }
                """.formatted(mine));
    }

    String device(int index) {
        return devices.get(index);
    }

    List<String> devices() {
        return List.copyOf(devices);
    }

    List<Path> paths() {
        return devices.stream().map(Path::of).toList();
    }

    /** All that a disk holds. */
    byte[] bytes(int index) {
        return Tool.bytesOf(files.get(index));
    }

    void grow(int index, long bytes) throws IOException {
        resize(files.get(index), bytes);
        Tool.check(List.of("losetup", "-c", devices.get(index)));
    }

    /** A file of bytes that are nowhere the same, in megabytes. */
    static Path fill(Path file, int mebibytes, long seed) throws IOException {
        Prng prng = new Prng(seed);
        ByteBuffer piece = ByteBuffer.allocate(1 << 20);
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int count = 0; count < mebibytes; count++) {
                piece.clear();
                while (piece.hasRemaining()) {
                    piece.putLong(prng.nextLong());
                }
                out.write(piece.array());
            }
        }
        return file;
    }

    private List<String> environment() {
        return List.of("env", "LVM_SYSTEM_DIR=" + folder, "LVM_SUPPRESS_FD_WARNINGS=1");
    }

    /** Runs one command. @return its lines, but for those that it may say without a driver */
    List<String> lvm(String... words) {
        List<String> command = new ArrayList<>(environment());
        command.add(Tool.require("lvm", "lvm2").toString());
        command.addAll(List.of(words));
        return said(Tool.check(command));
    }

    /**
     * Runs commands in one process. Whether each succeeds is not told: what it prints is all there
     * is.
     */
    List<String> shell(List<String> commands) throws IOException {
        Path script = Files.write(folder.resolve("commands"), commands);
        List<String> command = new ArrayList<>(environment());
        command.addAll(List.of("sh", "-c", "exec lvm < '" + script + "'"));
        return said(Tool.check(command)).stream()
                .filter(line -> !line.equals("  Exiting."))
                .toList();
    }

    private static List<String> said(String text) {
        return text.lines()
                .filter(line -> ALLOWED.stream().noneMatch(line::contains)
                        && !line.strip().matches(NOT_ZEROED))
                .toList();
    }

    @Override
    public void close() {
        devices.forEach(device -> Tool.check(List.of("losetup", "-d", device)));
    }
}
