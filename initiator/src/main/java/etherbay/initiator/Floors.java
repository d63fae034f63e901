// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.initiator.FloorRequest.Way;

import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a target of ours promised about our old transmissions. A floor counts for one source
 * address, which is one of our ports; so a round asks by each port that carried data lately, and
 * when all are answered everything sent before the round is dead. For a port that has lost its way
 * to the target another one asks, under its address: a way that was cut is no reason to wait until
 * its frames have died of age. Owned by the disk's loop.
 */
final class Floors implements FloorRequest.Listener {
    /** When no floor was set, how long only time says what is dead. */
    private static final long RETRY_NS = 200_000_000;

    private final RemoteDisk disk;
    private final SourceAddress source;
    private final WriteGuard guard;
    private final TagTable tags;
    private final Loop loop;
    private final Map<Way, FloorRequest> requests = new LinkedHashMap<>();
    private final Map<EthernetPort, Way> round = new LinkedHashMap<>();

    /** Paths that IDENTIFY has proven and that wait for a floor; no others come up by one. */
    private final Set<Path> proving = new HashSet<>();

    private boolean inUse;

    /** The target has floors, whether or not it could store the last one. */
    private boolean known;

    /** None was set the last time; asked again after a while, see {@link #raise}. */
    private boolean unset;

    private long unsetNs;

    /**
     * From then on all that was sent above a floor that was led round, or from another address, is
     * dead of age.
     */
    private long trustedFromNs = Long.MIN_VALUE;

    private long roundBelow;

    Floors(RemoteDisk disk, SourceAddress source, WriteGuard guard, TagTable tags, Loop loop) {
        this.disk = disk;
        this.source = source;
        this.guard = guard;
        this.tags = tags;
        this.loop = loop;
    }

    /**
     * Whether the target has ever answered a question for a floor: then a write is certain only
     * below one, or of age while none can be stored. A target that never did is believed like those
     * of others.
     */
    boolean known() {
        return known;
    }

    /** A path to a target that knows floors is proven; it is up when a floor is set by it. */
    void found(Path path) {
        proving.add(path);
        request(own(path)).ask();
    }

    /** Whether an answer is awaited by that path. */
    boolean isAsking(Path path) {
        return request(own(path)).isOpen();
    }

    private static Way own(Path path) {
        return new Way(path, path.port());
    }

    private FloorRequest request(Way asked) {
        return requests.computeIfAbsent(
                asked, way -> new FloorRequest(disk.address(), way, source, tags, loop, this));
    }

    /**
     * Begins a round unless one is under way, for the ports that carried data lately.
     *
     * @return whether an answer will come that moves the guard; otherwise only time does
     */
    boolean raise() {
        boolean tryAgain = unset && loop.nowNs() - unsetNs >= RETRY_NS;
        if (!inUse && !tryAgain) {
            return false;
        }
        if (!round.isEmpty()) {
            return inUse;
        }
        Set<EthernetPort> used = new LinkedHashSet<>();
        for (Path path : disk.paths().all()) {
            if (path.usedNs() != Long.MIN_VALUE
                    && loop.nowNs() - path.usedNs() < guard.frameLifeNs()) {
                used.add(path.port());
            }
        }
        raise(used);
        return inUse && !round.isEmpty();
    }

    /** Begins a round for those ports; nothing when the target is not known to keep floors. */
    void raise(Collection<EthernetPort> ports) {
        Path any = disk.paths().any();
        if (loop.nowNs() < trustedFromNs) {
            return;
        }
        if (any == null || (!inUse && !unset) || !round.isEmpty()) {
            return; // what they sent last dies of age
        }
        for (EthernetPort port : ports) {
            Path own = upOn(port);
            round.put(port, new Way(own == null ? any : own, port));
        }
        if (round.isEmpty()) {
            return;
        }
        unset = false;
        roundBelow = tags.next();
        for (Way way : List.copyOf(round.values())) {
            request(way).ask();
        }
    }

    /** Raises the floor of each way that carries data: see {@link FloorRequest#RENEW_COUNT}. */
    void renew() {
        if (inUse) {
            disk.paths().up().stream()
                    .filter(path -> !isAsking(path))
                    .forEach(path -> request(own(path)).ask());
        }
    }

    private @Nullable Path upOn(EthernetPort port) {
        for (Path path : disk.paths().up()) {
            if (path.port().equals(port)) {
                return path;
            }
        }
        return null;
    }

    @Override
    public void floorSet(FloorRequest request, long below) {
        inUse = true;
        known = true;
        ended(request.way(), below, true);
    }

    @Override
    public void floorNotSet(FloorRequest request, boolean knowsFloors) {
        unset();
        known = knowsFloors;
        ended(request.way(), 0, true);
    }

    @Override
    public void floorLedRound() {
        trustedFromNs = loop.nowNs() + guard.frameLifeNs();
        round.clear(); // only time says now what is dead
    }

    @Override
    public void floorSilent(FloorRequest request) {
        // A disk that stands still, whose writes a floor waits for; or no right to set one,
        // perhaps.
        unset();
        ended(request.way(), 0, false);
    }

    private void unset() {
        inUse = false;
        unset = true;
        unsetNs = loop.nowNs();
    }

    private void ended(Way way, long below, boolean heard) {
        if (way.isOwn() && proving.remove(way.path()) && way.path().isUnproven()) {
            disk.pathUp(way.path(), heard);
        }
        if (!round.remove(way.meant(), way)) {
            return;
        }
        if (below < roundBelow) {
            round.clear(); // only time says now what is dead
        } else if (round.isEmpty()) {
            guard.floor(roundBelow);
        }
        if (round.isEmpty()) {
            disk.guardMoved();
        }
    }

    /**
     * What was asked for another source address means nothing any more; before that changes. Each
     * path is found again, with a floor of the new address, before it is up. But no floor of that
     * one says anything of what was sent from those before.
     *
     * @param othersRefused whether the target itself sees to that
     */
    void forget(boolean othersRefused) {
        if (!othersRefused) {
            trustedFromNs = loop.nowNs() + guard.frameLifeNs();
        }
        close();
        requests.clear(); // of the new address nothing is known, as of a former process's
        proving.clear();
        round.clear();
    }

    void close() {
        requests.values().forEach(FloorRequest::stop);
    }
}
