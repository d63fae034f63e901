// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.util.List;

/**
 * An AoE target in a process of its own: started anew for each turn, warmed up for each kind of
 * request, then loaded by the generator.
 */
final class AoeContender implements Contender {
    private static final int WARM_UP_WINDOW = 64;

    /** With half the file cached: of all blocks so many are asked for before, and measured. */
    private static final int WARM_UP_MISS_DIVISOR = 64;

    private static final int MEASURED_DIVISOR = 8;

    /** Read and compared in the first round: who sends other data is not measured. */
    private static final long VERIFIED_REQUESTS = 8192;

    /** The end of a point that is measured by its requests. */
    private static final double COUNTED_SECONDS_MAX = 60;

    private final Place place;
    private final String name;
    private final Address address;
    private final List<String> command;

    /** Where all of them are started and loaded. */
    record Place(Cleanup cleanup, Lab lab, LoadProcess load) {}

    AoeContender(Place place, String name, Address address, List<String> command) {
        this.place = place;
        this.name = name;
        this.address = address;
        this.command = List.copyOf(command);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void measure(Turn turn, Comparison comparison) throws IOException {
        turn.setting().cached().prepare(turn.file());
        List<String> inLab = place.lab().atTarget(command);
        try (Child server = Child.startQuietly(place.cleanup(), name, inLab).discardOutput()) {
            Point warm = new Point(false, 0, 0);
            for (Point point : turn.setting().points()) {
                if (!point.window(0).equals(warm)) {
                    verify(point.window(WARM_UP_WINDOW), turn);
                    warmUp(point, turn, warm.sectors() == 0);
                    warm = point.window(0);
                }
                turn.setting().cached().verify(turn.file());
                Sample sample = measure(server, measured(point, turn));
                comparison.add(turn.setting().label(point), name, sample);
            }
        }
    }

    /** Only where no fio has written yet, and not whoever has no data. */
    private void verify(Point point, Turn turn) {
        boolean intact = turn.round() == 1 && turn.setting().beside().contains(Contenders.CEILING);
        if (!intact || point.write() || name.equals(Contenders.CEILING)) {
            return;
        }
        Workload reads = counted(work(point, turn, turn.file().sectors()), VERIFIED_REQUESTS);
        LoadResult result = place.load().run(reads.verified());
        if (result.mismatches() > 0 || result.errors() > 0) {
            throw new EtherbayException(
                    ErrorCode.DEVIATES,
                    "%s sent %d wrong sectors and %d errors"
                            .formatted(name, result.mismatches(), result.errors()),
                    "of %d requests each sector was compared with what the file holds"
                            .formatted(result.requestCount()),
                    "measure without it, and report what it did");
        }
    }

    private void warmUp(Point point, Turn turn, boolean first) {
        double seconds = first ? turn.warmUpSeconds() : turn.warmUpSeconds() / 2;
        long sectors = turn.file().sectors();
        Point wide = point.window(WARM_UP_WINDOW);
        if (turn.setting().cached() == Cached.HALF) {
            place.load().run(work(wide, turn, sectors / 2).lasting(seconds));
            long misses = sectors / point.sectors() / WARM_UP_MISS_DIVISOR;
            place.load().run(counted(work(wide, turn, sectors), misses));
        } else {
            place.load().run(work(wide, turn, sectors).lasting(seconds));
        }
    }

    /** Each miss caches a block: only after as many requests the servers are at the same place. */
    private Workload measured(Point point, Turn turn) {
        long sectors = turn.file().sectors();
        Workload work = work(point, turn, sectors).seed(turn.round());
        return turn.setting().cached() == Cached.HALF
                ? counted(work, sectors / point.sectors() / MEASURED_DIVISOR)
                : work.lasting(turn.seconds());
    }

    private static Workload counted(Workload work, long requests) {
        return work.lasting(COUNTED_SECONDS_MAX).requests(Math.max(1, requests));
    }

    /** Other addresses than those that are measured. */
    private Workload work(Point point, Turn turn, long spanSectors) {
        return Workload.random(address, point.write(), point.window(), point.sectors(), spanSectors)
                .seed(-turn.round());
    }

    private Sample measure(Child server, Workload work) {
        long serverNs = server.cpuNs();
        long loadNs = place.load().cpuNs();
        LoadResult result = place.load().run(work);
        if (result.errors() > 0) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    result.errors() + " requests to " + work.target() + " were refused",
                    "a server that answers with errors is not measured",
                    "see what it said above");
        }
        return new Sample(result, server.cpuNs() - serverNs, place.load().cpuNs() - loadNs);
    }
}
