// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestDisks.Standing;
import etherbay.guest.keeper.GuestPeers.Offer;
import etherbay.guest.keeper.GuestPeers.Outcome;
import etherbay.guest.keeper.GuestPeers.Readiness;
import etherbay.guest.machine.GuestSpec;
import etherbay.guest.machine.Hypervisor.Condition;
import etherbay.guest.machine.Hypervisor.Sending;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

/**
 * The guests of a node: what a person has done to them, what other nodes ask, and what has to be
 * mended after a crash. A guest runs on at most one node always; on exactly one, if it is wanted,
 * when both nodes of a move live and answer each other.
 *
 * <p>Blocking control code, for any thread. What is done to one guest comes one at a time; who
 * comes beside it is refused with CONFLICT. Nothing is done for a guest that is not asked for but
 * by {@link #settle}, which is to be called again and again.
 */
public final class GuestKeeper {
    private final KeeperParts parts;
    private final ConcurrentSkipListMap<String, KeptGuest> guests = new ConcurrentSkipListMap<>();

    public GuestKeeper(KeeperParts parts) {
        this.parts = parts;
        parts.store()
                .load()
                .forEach(record -> guests.put(record.name(), new KeptGuest(parts, record)));
    }

    /** One guest, as this node knows it; its condition as it was seen last. */
    public record Seen(
            GuestRecord record, Condition condition, Optional<EtherbayException> trouble) {}

    /** All; waits for nothing. */
    public List<Seen> list() {
        return guests.values().stream().map(this::seen).toList();
    }

    private Seen seen(KeptGuest guest) {
        return new Seen(guest.record(), guest.seen(), guest.trouble());
    }

    private KeptGuest find(String name) {
        KeptGuest guest = guests.get(name);
        if (guest == null) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "there is no guest " + EtherbayException.shown(name),
                    parts.node() + " knows none of that name",
                    "see which there are: etherbay guest list");
        }
        return guest;
    }

    // What a person does.

    /**
     * Takes a new guest in, not started; its disk is there.
     *
     * @param fill puts on the disk what it is to begin with, while the guest can do nothing; what
     *     it throws ends the creation, and the guest is forgotten
     * @throws EtherbayException CONFLICT when one of that name is known, here or on another node
     */
    public void create(GuestSpec spec, Consumer<GuestRecord> fill) {
        requireNew(spec.name());
        GuestRecord record = new GuestRecord(spec, 0, Phase.HERE, Wanted.STOPPED, "", "");
        KeptGuest guest = new KeptGuest(parts, record);
        guest.alone(() -> {
            if (guests.putIfAbsent(spec.name(), guest) != null) {
                throw taken(spec.name(), parts.node());
            }
            boolean created = false;
            try {
                guest.save(record);
                guest.take(new GuestDisks.Take(Long.MAX_VALUE, false, false));
                fill.accept(guest.record());
                parts.disks().close(guest.disk());
                created = true;
            } finally {
                if (!created) {
                    forget(guest);
                }
            }
            return true;
        });
        tell(guest.record());
    }

    /** @throws EtherbayException CONFLICT when one of that name is known, here or elsewhere */
    public void requireNew(String name) {
        if (guests.containsKey(name)) {
            throw taken(name, parts.node());
        }
        for (String node : parts.peers().names()) {
            if (asked(node, name).isPresent()) {
                throw taken(name, node);
            }
        }
    }

    private static EtherbayException taken(String name, String node) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                "there is a guest " + name,
                node + " knows one of that name",
                "give the new one another name; etherbay guest delete " + name + " removes the old"
                        + " one, on each node");
    }

    private void forget(KeptGuest guest) {
        guest.clear();
        parts.store().delete(guest.name());
        guests.remove(guest.name());
    }

    /** Has it run, or run on. @throws EtherbayException why it does not; it is then tried again */
    public void start(String name) {
        want(name, Wanted.RUNNING);
    }

    /** Has its processors stand still. */
    public void pause(String name) {
        want(name, Wanted.PAUSED);
    }

    private void want(String name, Wanted wanted) {
        KeptGuest guest = find(name);
        guest.alone(() -> {
            requireHere(guest);
            Wanted before = guest.record().wanted();
            if (wanted == Wanted.PAUSED && before == Wanted.STOPPED) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        "guest " + name + " is not paused",
                        "it does not run",
                        "start it: etherbay guest start " + name);
            }
            guest.save(guest.record().wanting(wanted));
            boolean started = false;
            try {
                beHere(guest, true);
                started = true;
            } finally {
                if (!started && before == Wanted.STOPPED) {
                    guest.save(guest.record().wanting(before)); // nothing half done
                    guest.clear();
                }
            }
            return true;
        });
    }

    private void requireHere(KeptGuest guest) {
        GuestRecord record = guest.record();
        if (record.phase() != Phase.HERE) {
            boolean elsewhere = record.phase().isElsewhere();
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "guest " + record.name() + " is not on " + parts.node(),
                    elsewhere ? "it is on " + record.place() : "it moves, and is " + record.phase(),
                    elsewhere
                            ? "ask there; if that node is gone: etherbay guest recover "
                                    + record.name()
                            : "wait until it has ended: etherbay task list");
        }
    }

    /** Asks the system inside to switch itself off; it is stopped when it has. */
    public void powerOff(String name) {
        KeptGuest guest = find(name);
        guest.alone(() -> {
            requireHere(guest);
            parts.hypervisor().powerOff(name);
            return true;
        });
    }

    public void reset(String name) {
        KeptGuest guest = find(name);
        guest.alone(() -> {
            requireHere(guest);
            parts.hypervisor().reset(name);
            return true;
        });
    }

    /** Stops it as a pulled plug would. */
    public void stop(String name) {
        KeptGuest guest = find(name);
        guest.alone(() -> {
            requireHere(guest);
            guest.save(guest.record().wanting(Wanted.STOPPED));
            guest.clear();
            guest.well();
            return true;
        });
    }

    /**
     * Forgets it, here and on the nodes that answer and know it to be here; its disk stays as it
     * is.
     *
     * @throws EtherbayException CONFLICT when it runs here, or is to
     */
    public void delete(String name) {
        KeptGuest guest = find(name);
        guest.alone(() -> {
            if (!guest.record().phase().isElsewhere()) {
                requireHere(guest);
                requireStopped(guest, "deleted");
            }
            forget(guest);
            return true;
        });
        each(node -> parts.peers().forget(node, name, guest.record().epoch(), parts.node()));
    }

    /** Asks all others; who does not answer is told nothing. */
    private void each(Consumer<String> request) {
        for (String node : parts.peers().names()) {
            try {
                request.accept(node);
            } catch (EtherbayException later) {
                // What matters is told again, see tellAll.
            }
        }
    }

    private static void requireStopped(KeptGuest guest, String what) {
        if (guest.record().wanted() != Wanted.STOPPED) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "guest " + guest.name() + " is not " + what,
                    "it runs, or is to run",
                    "stop it first: etherbay guest stop " + guest.name());
        }
    }

    /**
     * What {@link #migrate} looks at before, on both nodes.
     *
     * @throws EtherbayException NOT_FOUND; CONFLICT for a guest that is not here; as the other
     *     node's answer does
     */
    public List<MoveCheck> checkMove(String name, String node) {
        KeptGuest guest = find(name);
        return guest.alone(() -> {
            requireHere(guest);
            requireOther(node);
            return Preflight.of(guest, node);
        });
    }

    /**
     * Moves a guest while it runs; returns when it runs there.
     *
     * @throws EtherbayException when it does not: it goes on here, or (as the cause says) is tried
     *     on
     */
    public void migrate(String name, String node, Sending how, MoveWatch watch) {
        KeptGuest guest = find(name);
        guest.alone(() -> {
            requireHere(guest);
            requireOther(node);
            if (guest.condition() != Condition.RUNNING) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        "guest " + name + " is not moved",
                        "it does not run: it is " + guest.condition(),
                        "start it first: etherbay guest start " + name);
            }
            List<MoveCheck> checks = Preflight.of(guest, node);
            watch.checked(checks);
            MoveCheck.requireAll(name, node, checks);
            if (!parts.disks().isWhole(guest.disk())) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        "guest " + name + " is not moved",
                        "not all legs of its mirror are in sync: a fault during the move might find"
                                + " no good copy in reach",
                        "wait until they are: etherbay mirror detail "
                                + guest.disk().mirror());
            }
            new Departure(guest).move(node, how, watch);
            return true;
        });
    }

    private void requireOther(String node) {
        if (!parts.peers().names().contains(node)) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "there is no other node " + EtherbayException.shown(node),
                    "known are: " + String.join(", ", parts.peers().names()),
                    "name one of these; others are told of in [nodes] of the settings");
        }
    }

    /**
     * Starts a guest here whose node is gone, anew: its memory is lost. Every leg is fenced first,
     * so that what comes back cannot write.
     *
     * @param force also when a leg that may know more is out of reach
     * @throws EtherbayException CONFLICT when the node that has it answers and says so; UNAVAILABLE
     *     for such a leg
     */
    public void recover(String name, boolean force) {
        KeptGuest guest = find(name);
        guest.alone(() -> {
            GuestRecord record = guest.record();
            if (record.phase() == Phase.HERE
                    && parts.disks().standing(guest.disk()) == Standing.OWNED) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        "guest " + name + " is on " + parts.node() + " already",
                        "its disk is that node's",
                        "start it: etherbay guest start " + name);
            }
            holder(name).ifPresent(node -> {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        "guest " + name + " is on " + node,
                        "that node answers",
                        "move it: etherbay guest migrate " + name + " NODE, asked of " + node);
            });
            new Recovery(guest).recover(force);
            return true;
        });
        tell(guest.record());
    }

    private Optional<String> holder(String name) {
        return parts.peers().names().stream()
                .filter(node -> asked(node, name)
                        .filter(there -> there.phase() == Phase.HERE)
                        .isPresent())
                .findFirst();
    }

    private Optional<GuestRecord> asked(String node, String name) {
        try {
            return parts.peers().ask(node, name);
        } catch (EtherbayException unanswered) {
            return Optional.empty();
        }
    }

    private void tell(GuestRecord record) {
        each(node -> parts.peers().tell(node, record, parts.node()));
    }

    /** Tells all nodes which guests are here; now and then. */
    public void tellAll() {
        guests.values().stream()
                .map(KeptGuest::record)
                .filter(record -> record.phase() == Phase.HERE)
                .forEach(this::tell);
    }

    // What other nodes ask.

    /** Whether a guest may come, with what it needs; nothing is changed. */
    public Readiness check(GuestSpec spec) {
        KeptGuest known = guests.get(spec.name());
        return known == null
                ? Preflight.readiness(parts, spec)
                : known.aloneSoon(() -> Preflight.readiness(parts, spec));
    }

    /** See {@link Arrival}. */
    public String prepare(Offer offer) {
        KeptGuest fresh = new KeptGuest(
                parts,
                new GuestRecord(
                        offer.spec(), 0, Phase.ELSEWHERE, offer.wanted(), offer.source(), ""));
        KeptGuest known = guests.putIfAbsent(offer.spec().name(), fresh);
        KeptGuest guest = known != null ? known : fresh;
        return guest.aloneSoon(() -> new Arrival(guest).prepare(offer));
    }

    public void own(String name, String move) {
        KeptGuest guest = find(name);
        guest.aloneSoon(() -> {
            new Arrival(guest).own(move);
            return true;
        });
    }

    public boolean finish(String name, String move) {
        KeptGuest guest = find(name);
        return guest.aloneSoon(() -> new Arrival(guest).finish(move));
    }

    public long abandon(String name, String move) {
        KeptGuest guest = find(name);
        return guest.aloneSoon(() -> new Arrival(guest).abandon(move));
    }

    /** Of a move that began here; waits for nothing. */
    public Outcome outcome(String name, String move) {
        KeptGuest guest = guests.get(name);
        if (guest == null || !guest.record().move().equals(move)) {
            return Outcome.ABORTED;
        }
        return switch (guest.record().phase()) {
            case LEAVING -> Outcome.UNDECIDED;
            case HANDED, ELSEWHERE -> Outcome.HANDED;
            case HERE, ARRIVING, OWNING, RECOVERING, GIVEN_UP -> Outcome.ABORTED;
        };
    }

    public Optional<GuestRecord> ask(String name) {
        return Optional.ofNullable(guests.get(name)).map(KeptGuest::record);
    }

    /** Another node says what it knows: whoever has the later epoch of the disk is right. */
    public void tell(GuestRecord theirs, String from) {
        if (theirs.phase() != Phase.HERE) {
            return;
        }
        GuestRecord elsewhere = new GuestRecord(
                theirs.spec(), theirs.epoch(), Phase.ELSEWHERE, theirs.wanted(), from, "");
        KeptGuest fresh = new KeptGuest(parts, elsewhere);
        KeptGuest known = guests.putIfAbsent(theirs.name(), fresh);
        if (known == null) {
            fresh.aloneIfFree(() -> fresh.save(elsewhere));
        } else {
            known.aloneIfFree(() -> learn(known, theirs, from));
        }
    }

    /** Another node has forgotten a guest that it had, under this epoch last. */
    public void forget(String name, long epoch, String from) {
        KeptGuest guest = guests.get(name);
        if (guest != null) {
            guest.aloneIfFree(() -> {
                GuestRecord ours = guest.record();
                boolean theirs = ours.phase().isElsewhere() && ours.place().equals(from);
                if (theirs && ours.epoch() <= epoch) {
                    forget(guest);
                }
            });
        }
    }

    private void learn(KeptGuest guest, GuestRecord theirs, String from) {
        GuestRecord ours = guest.record();
        if (ours.epoch() > theirs.epoch()) {
            return;
        }
        if (ours.phase().isElsewhere()) {
            boolean newer = ours.epoch() < theirs.epoch();
            GuestRecord next = ours.being(theirs.spec())
                    .at(theirs.epoch())
                    .in(newer ? Phase.ELSEWHERE : ours.phase())
                    .moving(from, newer ? "" : ours.move());
            if (!next.equals(ours)) {
                guest.save(next);
            }
        } else if (ours.epoch() < theirs.epoch()) {
            guest.yieldTo(from, theirs.epoch(), "", "it has been recovered there");
        }
    }

    // What has to be mended.

    /** Makes of every guest what it is to be, as far as that is possible now. */
    public void settle() {
        List.copyOf(guests.values()).forEach(guest -> guest.aloneIfFree(() -> settle(guest)));
    }

    private void settle(KeptGuest guest) {
        try {
            switch (guest.record().phase()) {
                case HERE -> beHere(guest, false);
                case LEAVING -> new Departure(guest).comeBack();
                case HANDED -> new Departure(guest).handOver();
                case ARRIVING, OWNING -> new Arrival(guest).settle();
                case RECOVERING -> new Recovery(guest).goOn(holder(guest.name()));
                case ELSEWHERE, GIVEN_UP -> guest.clearIfThere();
            }
            if (guest.record().phase() != Phase.HERE) {
                guest.well();
            }
        } catch (EtherbayException failure) {
            guest.troubled(failure);
        }
    }

    /**
     * Its disk is ours, and it is as a person wants it. Of a guest whose disk is not ours nothing
     * is asked before it is: its hypervisor may be waiting for that disk, and answer nobody.
     *
     * @param anew whether one that is broken tries again what its disk refused
     */
    private void beHere(KeptGuest guest, boolean anew) {
        boolean isOurs = parts.disks().standing(guest.disk()) == Standing.OWNED;
        if (guest.record().wanted() != Wanted.STOPPED && !isOurs) {
            regain(guest);
            if (guest.record().phase() != Phase.HERE) {
                return;
            }
        }
        if (guest.record().wanted() != Wanted.STOPPED && guest.hasSwitchedOff()) {
            guest.say("it has switched itself off");
            guest.save(guest.record().wanting(Wanted.STOPPED));
        }
        if (guest.record().wanted() == Wanted.STOPPED) {
            guest.clearIfThere();
            guest.well();
            return;
        }
        guest.followLegs();
        guest.run();
        if (guest.seen() == Condition.BROKEN && anew) {
            parts.hypervisor().resume(guest.name());
            guest.condition();
        }
        if (guest.seen() == Condition.BROKEN) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "guest " + guest.name() + " cannot go on",
                    "its disk refused a request, or it crashed in itself",
                    "look at its console and its mirror; then etherbay guest start "
                            + guest.name()
                            + " tries the disk again, and guest reset starts it anew");
        }
        guest.well();
    }

    /**
     * After a restart of this process or node; or the disk was taken from us: by a move that was
     * given up, which has run nothing, or because a person thought us dead.
     */
    private void regain(KeptGuest guest) {
        if (parts.disks().standing(guest.disk()) == Standing.FENCED) {
            guest.say("another node has taken its disk: it stands still");
            guest.standStill();
        }
        if (isElsewhere(guest)) {
            return;
        }
        long epoch = guest.haveGivenUp();
        try {
            guest.take(new GuestDisks.Take(epoch, true, false));
        } catch (EtherbayException refused) {
            if (refused.code() == ErrorCode.CONFLICT) {
                guest.standStill();
            }
            throw refused;
        }
    }

    /** Asks all others whether they have it by a later epoch, and lets it go then. */
    private boolean isElsewhere(KeptGuest guest) {
        for (String node : parts.peers().names()) {
            Optional<GuestRecord> theirs = asked(node, guest.name())
                    .filter(there -> there.phase() == Phase.HERE
                            && there.epoch() > guest.record().epoch());
            if (theirs.isPresent()) {
                guest.yieldTo(node, theirs.get().epoch(), "", "it has been recovered there");
                return true;
            }
        }
        return false;
    }
}
