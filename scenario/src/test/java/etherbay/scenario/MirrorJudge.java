// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.Epoch;
import etherbay.mirror.Superblock;
import etherbay.mirror.SuperblockFormat;
import etherbay.sim.SectorHistory;
import etherbay.sim.SectorPattern;
import etherbay.sim.SimMedium;
import etherbay.sim.Simulation;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/** What stands on the legs of a mirror that was stopped clean, read by nobody's code but this. */
final class MirrorJudge {
    /** One that a leg has executed, in which term of ownership. */
    record Write(long atNs, Epoch epoch) {}

    private static final int BLOCK_SECTORS = 8;
    private final Simulation simulation;
    private final List<SimMedium> media;
    private long eventsMax = 1;

    MirrorJudge(Simulation simulation, List<SimMedium> media) {
        this.simulation = simulation;
        this.media = media;
    }

    Superblock superblock(int leg) {
        byte[] block = new byte[BLOCK_SECTORS * 512];
        for (int sector = 0; sector < BLOCK_SECTORS; sector++) {
            byte[] bytes = medium(leg).peek(SuperblockFormat.SECTOR + sector);
            System.arraycopy(bytes, 0, block, sector * 512, 512);
        }
        return SuperblockFormat.decode(MemorySegment.ofArray(block), 0, "s" + leg);
    }

    private SimMedium medium(int leg) {
        return media.get(leg);
    }

    /** All legs are in sync by their own word, clean, and agree on the number of events. */
    void checkSuperblocks() {
        long events = superblock(0).events();
        for (int leg = 0; leg < media.size(); leg++) {
            Superblock said = superblock(leg);
            boolean whole = said.isClean()
                    && said.role() < media.size()
                    && said.recoveryOffset() == Superblock.END;
            if (!whole || said.events() != events) {
                throw new AssertionError("leg " + leg + " was not left clean: " + said
                        + ", and leg 0 has " + events + " events");
            }
        }
    }

    /**
     * Each assembly writes a version that has more events than those before. Of one that has been
     * taken over meanwhile that is not asked: on the legs stands what the newer one wrote.
     *
     * @param events of the version that the newest assembly has written
     */
    void checkEventsRaised(long events) {
        if (events <= eventsMax) {
            throw new AssertionError("an assembly left the events at " + events);
        }
        eventsMax = events;
    }

    void checkSame(long sectors) {
        for (int leg = 1; leg < media.size(); leg++) {
            for (long lba = 0; lba < sectors; lba++) {
                if (!Arrays.equals(data(0, lba), data(leg, lba))) {
                    throw new AssertionError("legs 0 and " + leg + " differ in sector " + lba
                            + ": writes " + SectorPattern.writeOf(data(0, lba), lba) + " and "
                            + SectorPattern.writeOf(data(leg, lba), lba));
                }
            }
        }
        simulation.mark("sectors compared", sectors);
    }

    private byte[] data(int leg, long lba) {
        return medium(leg).peek(MirrorLife.DATA_OFFSET + lba);
    }

    void checkHistory(SectorHistory history, long sectors) {
        long begunAt = history.readBegins();
        for (long lba = 0; lba < sectors; lba++) {
            history.checkRead(begunAt, lba, SectorPattern.writeOf(data(0, lba), lba));
        }
    }

    /** Once a term has written anywhere, no earlier one writes to any leg that it uses. */
    void checkOneWriter(
            Epoch next, long openedAtNs, List<Integer> legs, IntFunction<Stream<Write>> log) {
        for (int leg : legs) {
            log.apply(leg)
                    .filter(write -> write.atNs() > openedAtNs && next.isAfter(write.epoch()))
                    .findFirst()
                    .ifPresent(write -> {
                        throw new AssertionError("two writers: leg " + leg
                                + " was written by epoch " + write + " after epoch " + next
                                + " had begun at " + openedAtNs + " with legs " + legs);
                    });
        }
    }
}
