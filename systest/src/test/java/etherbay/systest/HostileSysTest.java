// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.FenceHeader;
import etherbay.aoe.MaskHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.MacAddress;
import etherbay.linux.PacketPort;
import etherbay.sim.Seeds;
import etherbay.sim.hostile.ExportFacts;
import etherbay.sim.hostile.ExportModel;
import etherbay.sim.hostile.HostileFrames;
import etherbay.sim.hostile.Mark;
import etherbay.sim.hostile.PortFacts;
import etherbay.sim.hostile.TargetModel;
import etherbay.target.ExportState;
import etherbay.target.FileStateStore;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Up to a million hostile frames over a real cable to a real process: each answer is the model's,
 * and at the end so are the disk, the state file, and what is told over the wire.
 */
@ExtendWith(ReasonInTrace.class)
@Timeout(900)
class HostileSysTest {
    private static final int FRAME_COUNT = 1_000_000;
    private static final int FRAME_SHARE = 250_000;

    /** From the last ones on frames may use epochs up and shut everybody out. */
    private static final int LAST_WORDS_COUNT = 2000;

    /** What the compiler and the collector still need after the first fifth. */
    private static final long GROWTH_KIB_MAX = 32 << 10;

    private static final int DISK_SECTORS = 4096;
    private static final long FRAME_AGE_NS_MAX = 500_000_000;
    private static final int MTU = 1500;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    private final int frameCount =
            Share.of(FRAME_SHARE, FRAME_COUNT, "hostile frames", HostileSysTest.class);
    private Path folder;
    private Path image;

    /** In memory: a state file is synced with every change, and this is no test of a disk. */
    @BeforeEach
    void makeDisk() throws IOException {
        folder = Files.createTempDirectory(Path.of("/dev/shm"), "etherbay-hostile-");
        image = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(DISK_SECTORS * 512L);
        }
    }

    @AfterEach
    void removeDisk() throws IOException {
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.sorted((one, other) -> other.compareTo(one)).toList()) {
                Files.delete(path);
            }
        }
    }

    @Test
    void hostileFramesLeaveTheExportAsTheModelSays() {
        String chosen = System.getProperty("etherbay.seed", "");
        long seed = chosen.isEmpty() ? Seeds.fresh() : Seeds.parse(chosen);
        System.out.printf("hostile wire: seed 0x%016x (./dev systest runs a fresh one)%n", seed);
        PortLab.with(lab -> {
            try (Daemon daemon = export(lab)) {
                run(lab, daemon, seed);
            }
        });
    }

    private Daemon export(PortLab lab) {
        Daemon daemon = Daemon.start(lab.command(
                AoeServer.Repository.root().resolve("etherbay").toString(),
                "export",
                "--state",
                folder.resolve("state").toString(),
                "1",
                "0",
                "b",
                image.toString()));
        return daemon.awaitLog("e1.0: serving", START_TIMEOUT);
    }

    private void run(PortLab lab, Daemon daemon, long seed) {
        MacAddress target = MacAddress.parse(
                        lab.run("cat /sys/class/net/b/address").strip())
                .orElseThrow();
        TargetModel model = new TargetModel(List.of(new PortFacts(target, MTU)), List.of(facts()));
        model.exports().getFirst().incarnation(stored().incarnation());
        PacketPort port = lab.open("a");
        HostileWire wire = new HostileWire(lab, port, model, seed);
        long startNs = System.nanoTime();
        flood(wire, daemon, frameCount / 5);
        long warmKib = residentKib(daemon);
        flood(wire, daemon, frameCount - LAST_WORDS_COUNT);
        askForAll(wire, model.exports().getFirst(), target);
        wire.lastWords();
        flood(wire, daemon, frameCount);
        double seconds = (System.nanoTime() - startNs) / 1e9;
        if (wire.isHeard()) { // the last words may have shut everybody out
            askForAll(wire, model.exports().getFirst(), target);
        }
        long endKib = residentKib(daemon);
        assertNothingWasLost(lab, wire);
        System.out.printf(
                "hostile wire: %,d hostile frames and %,d others, %,d answers,"
                        + " %,d changes of state in %.0f s; VmRSS %.1f MiB after a fifth,"
                        + " %.1f MiB at the end%n  %s%n",
                wire.hostileCount(),
                wire.sentCount() - wire.hostileCount(),
                wire.replyCount(),
                model.changeCount(),
                seconds,
                warmKib / 1024.0,
                endKib / 1024.0,
                model.marks());
        assertThat(endKib - warmKib).as("growth in KiB").isLessThan(GROWTH_KIB_MAX);
        assertThat(daemon.terminate()).as("by SIGTERM").isEqualTo(128 + 15);
        compareFiles(model.exports().getFirst());
    }

    private static ExportFacts facts() {
        return new ExportFacts(
                1, 0, DISK_SECTORS, 64, 0, List.of(), true, false, true, FRAME_AGE_NS_MAX);
    }

    /** Goes on until that many hostile frames were sent. */
    private static void flood(HostileWire wire, Daemon daemon, long untilCount) {
        while (wire.hostileCount() < untilCount) {
            wire.burst(untilCount - wire.hostileCount());
            if (!daemon.isAlive()) {
                throw new AssertionError("the export ended:\n" + daemon.log());
            }
        }
    }

    /** All state and all sectors over the wire; every answer is compared with the model's. */
    private static void askForAll(HostileWire wire, ExportModel export, MacAddress target) {
        MacAddress heard = HostileFrames.senders().stream()
                .filter(export::answers)
                .findFirst()
                .orElseThrow(() -> new AssertionError("nobody was to be shut out so far"));
        AoeFrames requests = AoeFrames.request(target, heard, 1, 0, 0x7000_0001);
        wire.ask(requests.configQuery());
        wire.ask(requests.mask(MaskHeader.Fields.of(MaskHeader.READ, List.of())));
        wire.ask(requests.reserve(ReserveHeader.Fields.of(ReserveHeader.READ, List.of())));
        wire.ask(requests.fence(FenceHeader.Fields.of(FenceHeader.READ, 0, 0, List.of())));
        wire.ask(requests.identify());
        if (!export.reservations().isEmpty()) {
            wire.ask(requests.reserve(ReserveHeader.Fields.of(ReserveHeader.FORCE, List.of())));
        }
        for (int lba = 0; lba < DISK_SECTORS; lba += 2) {
            wire.ask(requests.read(lba, 2));
        }
    }

    private static void assertNothingWasLost(PortLab lab, HostileWire wire) {
        assertThat(lab.count("port.a.frames.sent")).isEqualTo(wire.sentCount());
        Map<String, Long> drops = lab.counters.snapshot().entrySet().stream()
                .filter(each -> each.getKey().contains(".dropped.") && each.getValue() > 0)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        assertThat(drops).isEmpty();
        // The kernel counts what no socket takes among what it lost.
        assertThat(Long.parseLong(
                        lab.run("cat /sys/class/net/b/statistics/rx_dropped").strip()))
                .isLessThanOrEqualTo(wire.foreignCount());
    }

    private ExportState stored() {
        return FileStateStore.load(FileStateStore.fileOf(folder.resolve("state"), "e1.0"))
                .orElseThrow();
    }

    private void compareFiles(ExportModel model) {
        ExportState state = stored();
        assertThat(state.incarnation()).isEqualTo(model.incarnation());
        assertThat(state.config()).isEqualTo(model.config());
        assertThat(state.masks()).isEqualTo(model.masks());
        assertThat(state.reservations()).isEqualTo(model.reservations());
        assertThat(state.epoch().value()).isEqualTo(model.epoch());
        assertThat(state.owners()).isEqualTo(model.owners());
        assertThat(state.floors().stream()
                        .collect(Collectors.toMap(ExportState.Floor::mac, ExportState.Floor::tag)))
                .isEqualTo(model.floors());
        assertThat(state.cleanStop()).isTrue();
        assertThat(state.syncFailed()).isFalse();
        assertThat(model.marks().count(Mark.WRITE)).isPositive();
        assertThat(model.marks().count(Mark.READ_BOUND)).isPositive();
        assertThat(model.marks().count(Mark.READ_OTHER_INCARNATION)).isPositive();
        try {
            assertThat(Files.readAllBytes(image)).isEqualTo(model.sectors());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static long residentKib(Daemon daemon) {
        return Tool.textOf(Path.of("/proc/" + daemon.pid() + "/status"))
                .lines()
                .filter(line -> line.startsWith("VmRSS:"))
                .map(line -> line.replaceAll("\\D+", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow(() -> new AssertionError("the export ended:\n" + daemon.log()));
    }
}
