// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static java.util.stream.Collectors.joining;

import etherbay.base.Epoch;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.mirror.Assembly.Absent;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a person reads when legs make no array, or make one with a doubt. */
final class AssemblyRefusals {
    private AssemblyRefusals() {}

    /** The name without the host that mdadm puts before it. */
    static String name(Superblock superblock) {
        String name = superblock.name();
        return EtherbayException.shown(name.substring(name.indexOf(':') + 1));
    }

    static EtherbayException noLegs() {
        return new EtherbayException(
                ErrorCode.USAGE,
                "No leg is named.",
                "A mirror is assembled from its legs.",
                "etherbay mirror assemble NAME LEG LEG");
    }

    static EtherbayException severalArrays(List<LegReading> legs) {
        String arrays = legs.stream()
                .collect(Collectors.groupingBy(
                        leg -> leg.superblock().arrayId() + " (" + name(leg.superblock()) + ")",
                        TreeMap::new,
                        Collectors.mapping(LegReading::name, joining(", "))))
                .entrySet()
                .stream()
                .map(array -> array.getValue() + " of " + array.getKey())
                .collect(joining("; "));
        return new EtherbayException(
                ErrorCode.INVALID,
                "The legs are of several arrays.",
                "They say: " + arrays + ".",
                "Name the legs of one array only.");
    }

    static EtherbayException copies(List<LegReading> legs) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                names(legs) + " say that they are the same leg.",
                "One disk is named twice, or one is a copy of the other: %s."
                        .formatted(holdings(legs)),
                "Name one of them; of a copy, the one that the array was used with last.");
    }

    static EtherbayException owned(
            Superblock superblock, List<LegReading> legs, ClaimRecord claim, long nowMs) {
        return new OwnedException(
                "%s is owned by %s.".formatted(name(superblock), owner(claim)),
                "That node holds epoch %s since %s (%d s), and has not let go."
                        .formatted(
                                claim.epoch(),
                                time(claim.sinceMs()),
                                Math.max(0, nowMs - claim.sinceMs()) / 1000),
                "etherbay mirror stop %s there; or, when that node is gone: %s --take-over"
                        .formatted(name(superblock), assemble(legs)));
    }

    static EtherbayException hadSince(Superblock superblock, ClaimRecord claim, Epoch since) {
        return new OwnedException(
                "%s is not taken.".formatted(name(superblock)),
                "%s has had it since, in epoch %s; what is known here ends with epoch %s."
                        .formatted(owner(claim), claim.epoch(), since),
                "See what that node has done with it: etherbay guest list, asked there.");
    }

    static String takenOver(ClaimRecord claim) {
        return ("Taken over from %s (epoch %s): what it writes from now on is refused and its guest"
                        + " stops. Nothing that it has flushed is lost, provided that the fence of"
                        + " every leg in sync is taken.")
                .formatted(owner(claim), claim.epoch());
    }

    static String ownerWrites(ClaimRecord claim) {
        return "%s owns it (epoch %s) and may write meanwhile: what is read may be of two times."
                .formatted(owner(claim), claim.epoch());
    }

    static EtherbayException nothingWhole(List<LegReading> legs) {
        boolean filling = legs.stream().anyMatch(leg -> View.of(leg).isMember());
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                names(legs) + (legs.size() == 1 ? " is" : " are") + " no whole copy.",
                (filling ? "It was being filled: " : "A spare holds nothing of the array: ")
                        + holdings(legs)
                        + ".",
                "Bring a leg that was in sync, and name it too. Force does not help: what is not"
                        + " there cannot be read.");
    }

    static EtherbayException split(List<LegReading> side, List<LegReading> others) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                "%s is split: %s and %s went on without each other."
                        .formatted(
                                name(others.getFirst().superblock()), names(side), names(others)),
                ("Each side calls the other faulty, and may hold what the other lacks: on one"
                                + " side %s; on the other %s.")
                        .formatted(holdings(side), holdings(others)),
                ("Look at each with --read-only, and choose one: %s --force, or %s --force. The"
                                + " other side's legs are then overwritten by etherbay mirror add"
                                + " %s LEG.")
                        .formatted(
                                assemble(side),
                                assemble(others),
                                name(others.getFirst().superblock())));
    }

    static EtherbayException small(List<LegReading> legs, long sizeSectors, long roomSectors) {
        return new EtherbayException(
                ErrorCode.INVALID,
                names(legs) + " is too small for the array.",
                "The array has %d sectors, the leg has room for %d behind its metadata."
                        .formatted(sizeSectors, roomSectors),
                "Leave it out, or name the device that it was; a leg that was made smaller has lost"
                        + " its end.");
    }

    static EtherbayException absent(
            LegReading freshest, List<LegReading> legs, List<Absent> missing) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "%s lacks %s."
                        .formatted(
                                name(freshest.superblock()),
                                missing.stream()
                                        .map(AssemblyRefusals::absent)
                                        .collect(joining(", "))),
                "It belonged to the array at %s, as %s says, and may have gone on alone. Here:"
                                .formatted(updated(freshest.superblock()), freshest.name())
                        + " " + holdings(legs) + ".",
                "Bring it back, and name it too; or %s --force: what was written since %s is lost"
                                .formatted(assemble(legs), updated(freshest.superblock()))
                        + " if the missing one went on alone.");
    }

    static EtherbayException knowMore(LegReading freshest, List<LegReading> others) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "%s has gone on without %s."
                        .formatted(name(freshest.superblock()), freshest.name()),
                "%s is the only kind of leg here that is whole, but others know a later state: %s."
                        .formatted(freshest.name(), holdings(others)),
                "Bring the leg that they were filled from; or %s --force: what was written since %s"
                                .formatted(
                                        assemble(List.of(freshest)), updated(freshest.superblock()))
                        + " is lost.");
    }

    static String leftBehind(Superblock freshest, List<Absent> missing) {
        String who = missing.isEmpty()
                ? "A leg that went on alone"
                : missing.stream().map(AssemblyRefusals::absent).collect(joining(", "));
        return "%s is left behind: what it alone was given since %s is not here."
                .formatted(who, updated(freshest));
    }

    static String fullResync(Superblock superblock) {
        boolean without = superblock.bitmapOffset() == 0;
        return "It was not stopped clean and %s: all of it is compared again. %s"
                .formatted(
                        without ? "has no bitmap" : "its bitmap is out of date",
                        without
                                ? "With a bitmap only what was being written would be: etherbay"
                                        + " mirror grow " + name(superblock) + " --bitmap"
                                : "");
    }

    static String oneHost(String host, List<String> names) {
        return "%s stand on one host, %s: when it fails, all of them fail."
                .formatted(String.join(" and ", names), host);
    }

    private static String absent(Absent absent) {
        return "device %s (slot %d)"
                .formatted(absent.deviceNumber().map(String::valueOf).orElse("?"), absent.slot());
    }

    private static String holdings(List<LegReading> legs) {
        return legs.stream().map(AssemblyRefusals::holding).collect(joining(", "));
    }

    /** What a leg holds and since when. */
    private static String holding(LegReading leg) {
        Superblock superblock = leg.superblock();
        View view = View.of(leg);
        String what = view.isWhole()
                ? "whole"
                : view.isMember()
                        ? "filled up to sector "
                                + Long.toUnsignedString(superblock.recoveryOffset())
                        : "spare";
        String owner = leg.claim().map(claim -> ", owner " + owner(claim)).orElse("");
        return "%s (device %d, %s, state of %s, %s events%s)"
                .formatted(
                        leg.name(),
                        superblock.deviceNumber(),
                        what,
                        updated(superblock),
                        Long.toUnsignedString(superblock.events()),
                        owner);
    }

    private static String owner(ClaimRecord claim) {
        return EtherbayException.shown(claim.ownerName()) + " (" + claim.owner() + ")";
    }

    private static String names(List<LegReading> legs) {
        return legs.stream().map(LegReading::name).collect(joining(" and "));
    }

    private static String assemble(List<LegReading> legs) {
        return "etherbay mirror assemble %s %s"
                .formatted(
                        name(legs.getFirst().superblock()),
                        legs.stream().map(LegReading::name).collect(joining(" ")));
    }

    private static String updated(Superblock superblock) {
        return time(superblock.updatedUs() / 1000);
    }

    private static String time(long ms) {
        return Instant.ofEpochMilli(ms).truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
