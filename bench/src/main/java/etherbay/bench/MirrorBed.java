// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Three of our targets, each with a disk and a veth pair of its own: two for the legs of a mirror,
 * one for the single disk beside it. All disks are decorated alike. The files are sparse; gone with
 * the cleanup.
 */
final class MirrorBed implements Cleanup.Owned {
    static final String MIRROR = "mirror";
    static final String SINGLE = "single";

    private static final int DISK_COUNT = 3;
    private static final int LEG_COUNT = 2;
    private static final Pattern WHOLE = Pattern.compile("\"good_copies\"\\s*:\\s*" + LEG_COUNT);

    private final Lab lab;
    private final Path folder;
    private final long sizeBytes;
    private final List<Path> files = new ArrayList<>();
    private final List<Child> targets = new ArrayList<>();

    private MirrorBed(Lab lab, Path folder, long sizeBytes) {
        this.lab = lab;
        this.folder = folder;
        this.sizeBytes = sizeBytes;
    }

    /**
     * Starts the targets; they serve when this returns.
     *
     * @param parent a folder that is there, for the files
     * @param decoration before the name of each file, as {@code export} reads it; empty for none
     */
    static MirrorBed open(Cleanup cleanup, Path parent, long sizeBytes, String decoration)
            throws IOException {
        Lab lab = Lab.open(cleanup, DISK_COUNT);
        MirrorBed bed = cleanup.add(
                new MirrorBed(lab, Files.createTempDirectory(parent, "bench-"), sizeBytes));
        for (int disk = 0; disk < DISK_COUNT; disk++) {
            bed.start(cleanup, disk, decoration);
        }
        for (int disk = 0; disk < DISK_COUNT; disk++) {
            NbdServers.await(bed.targets.get(disk), address(disk) + ": serving");
        }
        return bed;
    }

    private void start(Cleanup cleanup, int disk, String decoration) throws IOException {
        Path file = folder.resolve("disk" + disk + ".img");
        BackingFile.makeSparse(file, sizeBytes);
        files.add(file);
        Path state = folder.resolve("state" + disk);
        List<String> export =
                Launcher.export(address(disk), interfaceOf(disk), decoration + file, state);
        targets.add(Child.startQuietly(cleanup, "target " + disk, lab.atTarget(export)));
    }

    private static Address address(int disk) {
        return new Address(disk + 1, 0);
    }

    private static String interfaceOf(int disk) {
        return Lab.interfaces(DISK_COUNT).get(disk);
    }

    private static List<String> interfacesOfLegs() {
        return Lab.interfaces(LEG_COUNT);
    }

    Lab lab() {
        return lab;
    }

    /** Of what both can hold: a mirror keeps some of its legs for itself. */
    long usedBytes() {
        return sizeBytes / 2;
    }

    /** Makes a mirror of the two legs; what they held is lost. */
    void create(String... options) {
        List<String> command = Launcher.etherbay("mirror", "create", MIRROR);
        IntStream.range(0, LEG_COUNT)
                .mapToObj(leg -> address(leg).toString())
                .forEach(command::add);
        command.addAll(List.of("--if", String.join(",", interfacesOfLegs()), "--yes"));
        command.addAll(List.of("--state", stateOfMirror()));
        command.addAll(List.of(options));
        Program.run(lab.atInitiator(command));
    }

    /** What {@code attach} of the mirror is told. */
    private List<String> attachMirror() {
        List<String> command = Launcher.etherbay("attach", MIRROR);
        command.addAll(List.of("--if", String.join(",", interfacesOfLegs())));
        command.addAll(List.of("--nbd", "unix:" + socket(MIRROR), "--state", stateOfMirror()));
        return command;
    }

    /** Attaches the mirror; it serves when this returns. */
    NbdServers.Server mirror(Cleanup cleanup) {
        return attached(cleanup, MIRROR, attachMirror(), 0, LEG_COUNT);
    }

    /** Ends the run when the mirror does not have all its legs: it would measure another thing. */
    void requireWhole() {
        List<String> command = Launcher.etherbay("mirror", "detail", MIRROR, "--json");
        command.addAll(List.of("--state", stateOfMirror()));
        String detail = Program.run(lab.atInitiator(command));
        if (!WHOLE.matcher(detail).find()) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the mirror lost a leg while it was measured",
                    "see what it said above; on a machine that is too busy a target may be silent"
                            + " for longer than a leg may",
                    "run it on a machine that does nothing else");
        }
    }

    /** Attaches the third disk alone; it serves when this returns. */
    NbdServers.Server single(Cleanup cleanup) {
        List<String> command = Launcher.etherbay(
                "attach",
                address(LEG_COUNT).toString(),
                "--if",
                interfaceOf(LEG_COUNT),
                "--nbd",
                "unix:" + socket(SINGLE));
        return attached(cleanup, SINGLE, command, LEG_COUNT, DISK_COUNT);
    }

    private NbdServers.Server attached(
            Cleanup cleanup, String name, List<String> command, int from, int to) {
        Child attach = Child.startQuietly(cleanup, name, lab.atInitiator(command));
        NbdServers.await(attach, "nbd serves");
        return new NbdServers.Server(
                name,
                NbdServers.uri(socket(name)),
                List.copyOf(targets.subList(from, to)),
                Optional.of(attach),
                Lab.interfaces(DISK_COUNT).subList(from, to));
    }

    /**
     * Attaches the mirror, waits until one leg was copied to the other, and lets it go.
     *
     * @return MiB a second, from when it began to copy until it called the legs the same
     */
    double copy() {
        // What becomes of a mirror it says as an error; both are one here.
        List<String> command = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" 2>&1", "attach"));
        command.addAll(attachMirror());
        try (Cleanup own = new Cleanup()) {
            Child attach = Child.start(own, MIRROR, lab.atInitiator(command));
            CopyWatch watch = new CopyWatch();
            while (!watch.isOver()) {
                watch.heard(attach.hear(), System.nanoTime());
            }
            attach.discardOutput();
            return watch.mibPerSecond();
        }
    }

    private String stateOfMirror() {
        return folder.resolve("mirror").toString();
    }

    private Path socket(String name) {
        return folder.resolve(name + ".sock");
    }

    /** Writes what is dirty of all files, so that nobody pays for what another wrote. */
    void settle() {
        List<String> command = new ArrayList<>(List.of("sync", "-d"));
        files.forEach(file -> command.add(file.toString()));
        Program.run(command);
    }

    @Override
    public void close() {
        Program.tryRun("rm", "-rf", "--", folder.toString());
    }
}
