// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.IoStatus;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.sim.FaultAtlas;
import etherbay.sim.SectorHistory;
import etherbay.sim.SectorPattern;
import etherbay.sim.SimNetwork;
import etherbay.sim.Simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Target and initiator with everything that can go wrong, for at least a thousand requests.
 *
 * <p>Safety, in rounds: requests all the while, faults among them ({@link Storm}). No read may be
 * wrong by any legal order of the writes; what a FLUSH or FUA promised is there for ever; every
 * request ends exactly once; an error has a fault that excuses it; nobody answers what was not
 * asked. Then, healed, liveness: the disk is open and everything asked of it succeeds, within
 * stated times; all that is held is given back; and after one more power cut the medium has what it
 * must.
 *
 * <p>The first sectors are given up, see {@link FaultAtlas}: AoE has no checksum, and there is no
 * other copy.
 */
final class WholeStack {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long MS_NS = 1_000_000L;
    private static final MacAddress[] OURS = {
        new MacAddress(0x02eb_0000_0001L), new MacAddress(0x02eb_0000_0002L)
    };
    private static final MacAddress[] THEIRS = {
        new MacAddress(0x02eb_0000_0101L), new MacAddress(0x02eb_0000_0102L)
    };

    /** Beyond what frames are held back by, delays and a stalled ring included. */
    private static final long FRAME_LIFE_NS = SECOND_NS;

    /** Long enough for what is done seldom: frames made larger again, floors, idle looks. */
    private static final long PAUSE_NS = 45 * SECOND_NS;

    static final int REQUEST_COUNT_MIN = 1000;
    private static final int GIVEN_UP_SECTORS = 16;

    /** After it has healed everything works within that time: fail-after, and looking again. */
    private static final long CONVERGED_NS = 15 * SECOND_NS;

    /** With faults about every request ends within that time. */
    private static final long ENDED_NS = 40 * SECOND_NS;

    static {
        DiskUser.quiet();
    }

    private final Simulation simulation;
    private final Prng prng;
    private final TargetBox target;
    private final InitiatorBox initiator;
    private final SectorHistory history = new SectorHistory(false);
    private final ReplyWatch replies = new ReplyWatch();
    private final FaultAtlas atlas = new FaultAtlas(1, GIVEN_UP_SECTORS);
    private final Storm storm;
    private long requestCount;

    private WholeStack(Simulation simulation, Consumer<TargetBox> plant) {
        this.simulation = simulation;
        prng = simulation.prng().fork();
        target = new TargetBox(simulation, GIVEN_UP_SECTORS + 8L * prng.between(1, 16));
        target.settings(settings -> settings.withWriteCache(prng.chance(0.8)));
        target.medium()
                .capabilities(new BlockCapabilities(
                        true, prng.chance(0.7), true, true, 512, 4096, false, false));
        target.tap(replies::atTarget);
        plant.accept(target);
        initiator = new InitiatorBox(
                simulation,
                RemoteDiskSettings.DEFAULT.withFrameLifeNs(FRAME_LIFE_NS),
                history,
                GIVEN_UP_SECTORS,
                replies::atInitiator);
        int mtu = prng.chance(0.5) ? 9000 : 1500;
        target.mtu(mtu);
        initiator.mtu(mtu);
        List<SimNetwork> networks = new ArrayList<>();
        int networkCount = prng.chance(0.5) ? 2 : 1;
        for (int index = 0; index < networkCount; index++) {
            SimNetwork network = new SimNetwork(simulation, "lan" + index);
            networks.add(network);
            target.on(network, THEIRS[index]);
            initiator.on(network, OURS[index]);
        }
        storm = new Storm(simulation, networks, target, initiator, history, atlas);
    }

    static void run(Simulation simulation) {
        new WholeStack(simulation, target -> {}).run();
    }

    static void planted(Simulation simulation, Consumer<TargetBox> plant) {
        new WholeStack(simulation, plant).run();
    }

    /** What must have occurred in a run of some dozen seeds: each fault, each change of state. */
    static String[] marks() {
        Stream<String> faults = Storm.NAMES.stream().map(name -> Storm.MARK + name);
        Stream<String> states = Stream.of(
                "state: disk OFFLINE",
                "state: disk ONLINE",
                "state: disk attached anew after a loss",
                "state: disk grew",
                "state: failed sync cleared by hand",
                "state: frames smaller",
                "state: frames large again",
                "counted: initiator.paths.lost",
                "counted: initiator.gave-up",
                "counted: initiator.reported",
                "round without excuse for a failing disk",
                "round without excuse for silence",
                "power cut, volatile",
                "write in flight at a crash");
        return Stream.concat(faults, states).toArray(String[]::new);
    }

    private void run() {
        target.start();
        initiator.start();
        simulation.runUntil("the disk is open", 2 * SECOND_NS, initiator::isReady);
        while (requestCount < REQUEST_COUNT_MIN) {
            round();
        }
        heal();
        target.powerCut();
        history.crashed();
        judgeMedium();
        simulation.mark("requests", requestCount);
        simulation.mark("answers", replies.answerCount());
    }

    private void round() {
        storm.newRound();
        if (initiator.isReady()) {
            initiator.user().forgetEnds();
        }
        int strikes = prng.between(1, 3);
        int bursts = prng.between(6, 10);
        for (int burst = 0; burst < bursts; burst++) {
            if (initiator.isReady()) {
                int count = prng.between(10, 25);
                initiator.user().issue(count);
                requestCount += count;
            }
            simulation.runFor(prng.below((int) (prng.chance(0.3) ? SECOND_NS : 20 * MS_NS)));
            if (burst < strikes) {
                storm.strike();
            }
            simulation.runFor(prng.below(20 * (int) MS_NS));
            initiator.look();
        }
        simulation.runUntil("all requests of the round ended", ENDED_NS, this::ended);
        initiator.look();
        judgeErrors();
        if (prng.chance(0.5)) {
            storm.mend();
        }
        simulation.runFor(prng.below(PAUSE_NS));
        simulation.runUntil("the disk is open again", ENDED_NS, this::ended);
        initiator.look();
        history.settle();
    }

    private boolean ended() {
        return initiator.isReady() && initiator.user().finished();
    }

    private void judgeErrors() {
        DiskUser user = initiator.user();
        // A failing disk makes UNKNOWN too: of a write that was sent twice and refused.
        int silent = user.endedWith(IoStatus.OFFLINE)
                + (storm.excusesFailure() ? 0 : user.endedWith(IoStatus.UNKNOWN));
        if (!storm.excusesSilence()) {
            simulation.mark("round without excuse for silence");
            if (silent > 0) {
                throw new AssertionError(silent + " requests failed in short outages");
            }
        }
        // So does silence make FAILED: of a write of which a part was done.
        if (!storm.excusesFailure() && !storm.excusesSilence()) {
            simulation.mark("round without excuse for a failing disk");
            if (user.endedWith(IoStatus.FAILED) > 0) {
                throw new AssertionError(
                        user.endedWith(IoStatus.FAILED) + " requests failed on a good disk");
            }
        }
        if (user.endedWith(IoStatus.FENCED) > 0) {
            throw new AssertionError("fenced, and there is one owner");
        }
    }

    /** Nothing goes wrong any more: soon everything works. */
    private void heal() {
        storm.mend();
        simulation.runUntil("the disk is open after healing", CONVERGED_NS, this::online);
        // What was lost shows at the next FLUSH; then a person attaches it anew.
        ask(50);
        storm.mend();
        simulation.runUntil("the disk is open after the last loss", CONVERGED_NS, this::online);
        int failedBefore = initiator.user().failedCount();
        ask(50);
        if (initiator.user().failedCount() != failedBefore) {
            throw new AssertionError("requests fail though all has healed");
        }
        initiator.user().readAll();
        simulation.runUntil("all sectors read", CONVERGED_NS, initiator.user()::finished);
        simulation.runFor(2 * SECOND_NS);
        initiator.checkIdle();
        target.checkIdle();
        initiator.noteCounters();
        target.noteCounters();
    }

    private boolean online() {
        return initiator.isReady() && initiator.disk().status().state() == BlockDevice.State.ONLINE;
    }

    private void ask(int count) {
        initiator.user().issue(count);
        requestCount += count;
        simulation.runUntil("all requests ended", CONVERGED_NS, initiator.user()::finished);
    }

    private void judgeMedium() {
        long begunAt = history.readBegins();
        for (long lba = GIVEN_UP_SECTORS; lba < target.medium().sectors(); lba++) {
            history.checkRead(
                    begunAt, lba, SectorPattern.writeOf(target.medium().peek(lba), lba));
        }
    }
}
