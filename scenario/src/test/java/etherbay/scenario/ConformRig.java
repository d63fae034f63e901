// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.base.Segment;
import etherbay.initiator.AoeClient;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.conform.Report;
import etherbay.initiator.conform.Suite;
import etherbay.sim.IdleClock;
import etherbay.target.Export;
import etherbay.target.ExportRecords;
import etherbay.target.ExportSettings;
import etherbay.target.ExportState;
import etherbay.target.Target;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The conformance suite against our target on one segment and one loop, in time that passes when
 * nothing is left to do: silence costs nothing. A mutant may stand between the two.
 */
final class ConformRig implements AutoCloseable {
    static final DiskAddress DISK = new DiskAddress(1, 0);
    static final MacAddress CLIENT = new MacAddress(0x0200_0000_0a01L);
    static final MacAddress TARGET = new MacAddress(0x0200_0000_0b01L);
    static final long SECTORS = 4096;
    private static final int MTU = 9000;
    private static final String CONFIG = "host:node9";

    /** A hundred runs would fill the log. */
    private static final Logger TARGET_LOG = Logger.getLogger("etherbay.target");

    static {
        TARGET_LOG.setLevel(Level.OFF);
    }

    /** What stands between, and how the target is set up; nothing by default. */
    record Setup(
            UnaryOperator<ExportSettings> settings,
            UnaryOperator<BlockDevice> disk,
            UnaryOperator<EthernetPort> wire,
            long sectors,
            int mtu,
            boolean write,
            boolean force) {
        static final Setup PLAIN = new Setup(
                UnaryOperator.identity(),
                UnaryOperator.identity(),
                UnaryOperator.identity(),
                SECTORS,
                MTU,
                true,
                true);

        Setup withSettings(UnaryOperator<ExportSettings> change) {
            return new Setup(change, disk, wire, sectors, mtu, write, force);
        }

        Setup withDisk(UnaryOperator<BlockDevice> disguise) {
            return new Setup(settings, disguise, wire, sectors, mtu, write, force);
        }

        Setup withWire(UnaryOperator<EthernetPort> disguise) {
            return new Setup(settings, disk, disguise, sectors, mtu, write, force);
        }

        Setup withSectors(long count) {
            return new Setup(settings, disk, wire, count, mtu, write, force);
        }

        Setup withMtu(int bytes) {
            return new Setup(settings, disk, wire, sectors, bytes, write, force);
        }

        Setup withOptions(boolean writes, boolean forced) {
            return new Setup(settings, disk, wire, sectors, mtu, writes, forced);
        }
    }

    private final IdleClock clock = new IdleClock();
    private final Loop loop = new Loop("conform", clock, clock, 0);
    private final Counters counters = new Counters();
    private final Setup setup;
    private final AoeClient client;
    private final EthernetPort asked;
    private final EthernetPort served;
    final MemoryDisk disk;
    final Export export;
    final List<String> said = new ArrayList<>();
    boolean stopped;

    ConformRig(Setup setup) {
        this.setup = setup;
        Segment segment = new Segment(clock, setup.mtu(), counters);
        served = segment.port("target", TARGET, () -> {});
        asked = setup.wire().apply(segment.port("client", CLIENT, () -> {}));
        disk = new MemoryDisk(setup.sectors(), 11);
        ExportState state = ExportState.opened(
                        Optional.empty(), "boot", "backing", new Prng(5)::nextLong)
                .withConfig(CONFIG.getBytes(StandardCharsets.US_ASCII));
        export = new Export(
                loop,
                counters,
                setup.settings().apply(ExportSettings.of(DISK.shelf(), DISK.slot())),
                setup.disk().apply(disk),
                new ExportRecords(
                        state, (_, done) -> done.saved(true), null, new Prng(7)::nextLong));
        Target target = new Target(loop, counters);
        target.attach(served);
        target.add(export, List.of(served));
        loop.add(served);
        loop.add(disk);
        loop.add(asked);
        client = new AoeClient(loop, asked, AoeClient.Patience.DEFAULT, 1);
    }

    /** Who asks, for tests that ask something else. */
    AoeClient client() {
        return client;
    }

    Report run() {
        return Suite.run(
                client,
                DISK,
                new Suite.Options(
                        setup.write(),
                        setup.write(),
                        setup.force(),
                        3,
                        () -> stopped,
                        said::add,
                        _ -> {}));
    }

    @Override
    public void close() {
        asked.close();
        served.close();
    }
}
