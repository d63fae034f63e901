// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestDisks;
import etherbay.guest.machine.GuestDisk;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The disk of the one guest of {@link MoveWorld} as a box's daemon has it: the rules of a mirror's
 * ownership in a few lines, each claim and each record a step at which anything may happen.
 */
final class MoveDisks implements GuestDisks {
    private final MoveWorld world;
    private final MoveBox box;
    private Standing standing = Standing.CLOSED;
    private long epoch;

    /** Numbers of the legs that were in sync when we took it. */
    private Set<Integer> inSync = Set.of();

    MoveDisks(MoveWorld world, MoveBox box) {
        this.world = world;
        this.box = box;
    }

    @Override
    public Standing standing(GuestDisk disk) {
        return standing;
    }

    @Override
    public List<Leg> legs(GuestDisk disk) {
        world.step(box, "look at legs");
        return world.legs.stream()
                .map(leg -> new Leg(
                        "e" + leg.number + ".0",
                        leg.reachable ? "answers" : "silent",
                        leg.reachable))
                .toList();
    }

    @Override
    public List<String> foundBy(GuestDisk disk) {
        return disk.legs();
    }

    @Override
    public Path socket(GuestDisk disk) {
        return Path.of("/disk");
    }

    @Override
    public void standBy(GuestDisk disk) {
        world.step(box, "stand by");
        requireSome();
        standing = Standing.STANDBY;
    }

    private List<MoveLeg> reachable() {
        return world.legs.stream().filter(leg -> leg.reachable).toList();
    }

    private List<MoveLeg> requireSome() {
        List<MoveLeg> legs = reachable();
        if (legs.isEmpty()) {
            throw unavailable("no leg answers");
        }
        return legs;
    }

    private static EtherbayException unavailable(String why) {
        return new EtherbayException(ErrorCode.UNAVAILABLE, "not taken", why, "bring it back");
    }

    private static EtherbayException conflict(String why) {
        return new EtherbayException(ErrorCode.CONFLICT, "not taken", why, "see who has it");
    }

    private static MoveLeg freshest(List<MoveLeg> legs) {
        return legs.stream()
                .max(Comparator.comparingLong((MoveLeg leg) -> leg.events)
                        .thenComparingLong(leg -> leg.ownerEpoch))
                .orElseThrow();
    }

    @Override
    public long take(GuestDisk disk, Take how) {
        if (standing == Standing.OWNED) {
            return epoch;
        }
        world.step(box, "take");
        if (standing != Standing.RELEASED && standing != Standing.FENCED) {
            standing = Standing.WAITING;
        }
        decide(how);
        List<MoveLeg> wanted = requireSome();
        long next = 1
                + wanted.stream()
                        .mapToLong(leg -> Math.max(leg.fence, leg.ownerEpoch))
                        .max()
                        .orElseThrow();
        if (!how.over() && next - 1 > how.epoch()) {
            throw conflict("somebody has begun to take it");
        }
        world.step(box, "looked");
        for (MoveLeg leg : wanted) {
            if (!leg.reachable) {
                throw unavailable("a leg is silent");
            }
            if (leg.fence >= next) {
                throw conflict("another one was faster");
            }
            leg.fence = next;
            world.step(box, "claimed");
        }
        MoveLeg best = decide(how); // a former owner may have written until then
        Set<Integer> members = new TreeSet<>();
        for (MoveLeg leg : reachable()) {
            members.add(leg.number);
        }
        long events = best.events + 1;
        long content = best.content;
        for (MoveLeg leg : world.legs) {
            if (members.contains(leg.number)) {
                record(leg, next, events, members, content);
                world.step(box, "recorded");
            }
        }
        standing = Standing.OWNED;
        epoch = next;
        inSync = members;
        world.step(box, "taken");
        return epoch;
    }

    private void record(MoveLeg leg, long next, long events, Set<Integer> members, long content) {
        if (!leg.reachable) {
            throw unavailable("a leg went silent");
        }
        if (leg.fence != next) {
            throw conflict("fenced meanwhile");
        }
        leg.owner = box.name;
        leg.ownerEpoch = next;
        leg.released = false;
        leg.events = events;
        leg.inSync = members;
        leg.content = content;
    }

    /** What may be taken, by the records that can be read. @return the leg that counts */
    private MoveLeg decide(Take how) {
        List<MoveLeg> legs = requireSome();
        MoveLeg best = freshest(legs);
        for (MoveLeg leg : legs) {
            boolean foreign = !leg.owner.isEmpty() && !leg.owner.equals(box.name);
            if (foreign && leg.ownerEpoch > how.epoch()) {
                throw conflict("another node has had it since, epoch " + leg.ownerEpoch);
            }
        }
        MoveLeg last = legs.stream()
                .max(Comparator.comparingLong(leg -> leg.ownerEpoch))
                .orElseThrow();
        if (!how.over() && !last.released && !last.owner.equals(box.name)) {
            throw conflict("it is owned by " + last.owner);
        }
        boolean lacks = best.inSync.stream().anyMatch(number -> !world.legs.get(number).reachable);
        if (lacks && !how.force()) {
            throw unavailable("a leg that may know more is silent");
        }
        return best;
    }

    /**
     * The guest writes, or waits.
     *
     * @return whether it was acknowledged
     */
    boolean write(long before, long value) {
        if (standing != Standing.OWNED) {
            return false;
        }
        List<MoveLeg> members = members();
        if (members.stream().anyMatch(leg -> leg.fence != epoch)) {
            standing = Standing.FENCED;
            world.mark("owner fenced");
            return false;
        }
        if (members.stream().anyMatch(leg -> !leg.reachable)) {
            return false;
        }
        for (MoveLeg leg : members) {
            world.require(
                    leg.content == before,
                    "the guest finds " + leg.content + " where it wrote " + before);
            leg.content = value;
        }
        world.mark("guest writes");
        return true;
    }

    long read() {
        return members().getFirst().content;
    }

    private List<MoveLeg> members() {
        return world.legs.stream().filter(leg -> inSync.contains(leg.number)).toList();
    }

    @Override
    public boolean release(GuestDisk disk) {
        world.step(box, "release");
        if (standing != Standing.OWNED) {
            throw conflict("it is not ours");
        }
        boolean whole = isWhole(disk);
        standing = Standing.WAITING;
        letGo();
        standing = Standing.RELEASED;
        world.step(box, "released");
        return whole;
    }

    @Override
    public boolean isWhole(GuestDisk disk) {
        return members().size() == world.legs.size();
    }

    /** On all legs or none: how a mirror gets over less is its own affair, and simulated there. */
    private void letGo() {
        List<MoveLeg> members = members();
        if (members.stream().anyMatch(leg -> !leg.reachable)) {
            throw unavailable("a leg is silent");
        }
        if (members.stream().anyMatch(leg -> leg.fence != epoch)) {
            standing = Standing.FENCED;
            throw conflict("fenced");
        }
        members.forEach(leg -> {
            leg.released = true;
            leg.events++;
        });
        world.step(box, "let go");
    }

    @Override
    public boolean isOursEverywhere(GuestDisk disk) {
        world.step(box, "confirm");
        return standing == Standing.OWNED
                && members().stream().allMatch(leg -> leg.reachable && leg.fence == epoch);
    }

    @Override
    public void close(GuestDisk disk) {
        world.step(box, "close disk");
        try {
            if (standing == Standing.OWNED) {
                letGo();
            }
        } catch (EtherbayException asACrash) {
            world.mark("closed without a word");
        }
        standing = Standing.CLOSED;
    }
}
