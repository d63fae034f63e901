// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.Timers;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The ways to one disk: found by what targets say, proven by IDENTIFY, used in turn by the room
 * that they have. Owned by the disk's loop.
 */
final class Paths {
    /** Addresses of targets times interfaces; who says to be more is not believed. */
    static final int PATH_COUNT_MAX = 32;

    private static final long LADDER_PERIOD_NS = 10_000_000_000L;

    private static final class Way {
        final Path path;
        final PathProof proof;
        final LadderProbe probe;
        long turn;

        Way(Path path, PathProof proof, LadderProbe probe) {
            this.path = path;
            this.proof = proof;
            this.probe = probe;
        }
    }

    private final RemoteDisk disk;
    private final SourceAddress source;
    private final RemoteDiskSettings settings;
    private final TagTable tags;
    private final Loop loop;
    private final List<Way> ways = new ArrayList<>();
    private final Timers.Timer ladder;
    private long turn;

    Paths(
            RemoteDisk disk,
            SourceAddress source,
            RemoteDiskSettings settings,
            TagTable tags,
            Loop loop) {
        this.disk = disk;
        this.source = source;
        this.settings = settings;
        this.tags = tags;
        this.loop = loop;
        ladder = loop.timers().timer(this::climb);
    }

    /** The path by that port to that address; null when it is not known. */
    @Nullable
    Path find(EthernetPort port, long mac) {
        Way way = wayOf(port, mac);
        return way == null ? null : way.path;
    }

    private @Nullable Way wayOf(EthernetPort port, long mac) {
        for (Way way : ways) {
            if (way.path.port().equals(port) && way.path.mac().bits() == mac) {
                return way;
            }
        }
        return null;
    }

    /** Notes a new path and asks who is there; null when there are too many already. */
    @Nullable
    Path add(EthernetPort port, MacAddress mac) {
        if (ways.size() >= PATH_COUNT_MAX) {
            return null;
        }
        Path path = new Path(port, mac, source, settings);
        Way way = new Way(
                path,
                new PathProof(disk, path, tags, loop),
                new LadderProbe(disk, path, tags, loop));
        ways.add(way);
        way.proof.ask();
        return path;
    }

    private Way way(Path path) {
        Way way = wayOf(path.port(), path.mac().bits());
        if (way == null) {
            throw new IllegalStateException("a path is one of its disk's");
        }
        return way;
    }

    PathProof proof(Path path) {
        return way(path).proof;
    }

    /** The one with the most room for a frame with data; of equals the one used longest ago. */
    @Nullable
    Path withRoom() {
        Way best = null;
        for (Way way : ways) {
            if (way.path.isUp() && way.path.hasRoom() && (best == null || isBetter(way, best))) {
                best = way;
            }
        }
        return best == null ? null : best.path;
    }

    private static boolean isBetter(Way one, Way other) {
        // Compared without division: in flight by window.
        long oneLoad = (long) one.path.inFlightCount() * other.path.windowCount();
        long otherLoad = (long) other.path.inFlightCount() * one.path.windowCount();
        return oneLoad != otherLoad ? oneLoad < otherLoad : one.turn < other.turn;
    }

    /** It carries a frame now: others are next. */
    void used(Path path) {
        way(path).turn = ++turn;
        path.used(loop.nowNs());
    }

    /** One that is up, room or not; null when none is. */
    @Nullable
    Path any() {
        for (Way way : ways) {
            if (way.path.isUp()) {
                return way.path;
            }
        }
        return null;
    }

    /** One on which another disk answers; null when there is none. */
    @Nullable
    Path refused() {
        for (Way way : ways) {
            if (way.path.standing() == Path.Standing.REFUSED) {
                return way.path;
            }
        }
        return null;
    }

    /** Nothing goes by it before it has shown again who is there. */
    void prove(Path path) {
        path.standing(Path.Standing.UNPROVEN);
        proof(path).ask();
    }

    void proveAll() {
        for (Way way : ways) {
            if (way.path.isUp()) {
                prove(way.path);
            }
        }
    }

    /** The same, also those that were not up: they are asked from another address now. */
    void proveAnew() {
        for (Way way : ways) {
            if (way.path.standing() != Path.Standing.REFUSED) {
                prove(way.path);
            }
        }
    }

    /** It has shown another disk: asked again now and then, whether that is still so. */
    void proveLater(Path path) {
        proof(path).askLater();
    }

    /** A frame came on a path that is not up: the moment to ask. */
    void heardUnproven(Path path) {
        if (path.standing() == Path.Standing.UNPROVEN) {
            proof(path).askSoon();
        }
    }

    /** The link of a port went down or came up. */
    void linkChanged(EthernetPort port) {
        for (Way way : ways) {
            if (!way.path.port().equals(port)) {
                continue;
            }
            if (!port.linkUp()) {
                disk.suspect(way.path);
            } else if (!way.path.isUp()) {
                way.proof.askSoon();
            }
        }
    }

    /** When the disk was last heard of on a path that carried its data then. */
    long lastHeardNs() {
        long lastNs = Long.MIN_VALUE;
        for (Way way : ways) {
            lastNs = Math.max(lastNs, way.path.heardUpNs());
        }
        return lastNs;
    }

    boolean anyHeard() {
        return !ways.isEmpty();
    }

    boolean anyUp() {
        return any() != null;
    }

    /** A frame with less data than MTU and target allow was settled on: tried again later. */
    void climbLater() {
        if (!ladder.isSet()) {
            ladder.at(loop.nowNs() + LADDER_PERIOD_NS);
        }
    }

    private void climb() {
        if (probeLadders()) {
            climbLater();
        }
    }

    /** Asks on paths whose frames carry less than they might. @return whether there are such */
    private boolean probeLadders() {
        boolean below = false;
        for (Way way : ways) {
            if (way.path.isUp() && way.path.isBelowTop()) {
                way.probe.ask();
                below = true;
            }
        }
        return below;
    }

    /** Those of them that are up. */
    List<Path> up() {
        return ways.stream().map(way -> way.path).filter(Path::isUp).toList();
    }

    List<Path> all() {
        return ways.stream().map(way -> way.path).toList();
    }

    String describe() {
        return ways.stream().map(way -> way.path.toString()).collect(Collectors.joining(", "));
    }

    List<DiskStatus.PathStatus> status() {
        return ways.stream()
                .map(way -> new DiskStatus.PathStatus(
                        way.path.port().name(),
                        way.path.mac(),
                        way.path.told(),
                        way.path.sectors(),
                        way.path.windowCount(),
                        way.path.rtt().srttNs(),
                        way.path.carriedCount(),
                        way.path.lostCount()))
                .toList();
    }

    void close() {
        ladder.cancel();
        for (Way way : ways) {
            way.proof.stop();
            way.probe.stop();
        }
    }
}
