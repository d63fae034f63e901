// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.base.Prng;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Our program on physical volumes that a test names, and the bytes of volumes over NBD. */
final class VolumeLab {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);

    private VolumeLab() {}

    /** A file full of what a reader can tell apart, but for the first MiB; by its seed. */
    static Path disk(Path made, int bytes, long seed) throws IOException {
        Prng prng = new Prng(seed);
        ByteBuffer piece = ByteBuffer.allocate(1 << 20);
        try (OutputStream out = Files.newOutputStream(made)) {
            out.write(piece.array());
            for (int at = piece.capacity(); at < bytes; at += piece.capacity()) {
                for (int word = 0; word < piece.capacity(); word += Long.BYTES) {
                    piece.putLong(word, prng.nextLong());
                }
                out.write(piece.array());
            }
        }
        return made;
    }

    static String launcher() {
        return AoeServer.Repository.root().resolve("etherbay").toString();
    }

    /** Runs a verb to its end with {@code --device} for each disk. @return what it printed */
    static String etherbay(List<String> words, List<Path> disks) {
        List<String> command = new ArrayList<>(List.of(launcher()));
        command.addAll(words);
        disks.forEach(disk -> command.addAll(List.of("--device", disk.toString())));
        return Tool.check(command);
    }

    /** The checksum of all that a volume holds, served by us and read by nbdcopy. */
    static String sha256(String volume, Path folder, List<Path> disks) {
        return sha256(
                volume,
                folder,
                String.join(",", disks.stream().map(Path::toString).toList()));
    }

    /**
     * The same.
     *
     * @param devices as {@code --device} takes them
     */
    static String sha256(String volume, Path folder, String devices) {
        Path nbdcopy = Tool.require("nbdcopy", "libnbd-bin");
        Path socket = folder.resolve("sum.sock");
        List<String> command = List.of(
                launcher(), "nbd", "serve", volume, "--nbd", "unix:" + socket, "--device", devices);
        try (Daemon served = Daemon.start(command)) {
            served.awaitLog("nbd serves", START_TIMEOUT);
            return sha256(nbdcopy, "nbd+unix:///?socket=" + socket, folder);
        }
    }

    /** Of a disk that is served already. */
    static String sha256(Path nbdcopy, String uri, Path folder) {
        Path copy = folder.resolve("sum.copy");
        Tool.check(List.of(nbdcopy.toString(), uri, copy.toString()));
        return sha256(Tool.bytesOf(copy));
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException cause) {
            throw new IllegalStateException(cause); // every JDK has SHA-256
        }
    }
}
