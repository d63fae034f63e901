// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.mirror.LegReader;
import etherbay.mirror.Part;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** Looks for the legs of a mirror of which only the name is known. Control code, used once. */
final class LegSearch {
    private static final long DISCOVER_NS = 500_000_000;

    private final MirrorLegs legs;
    private final AttachedMirror.Options options;
    private final Clock clock;

    private LegSearch(MirrorLegs legs, AttachedMirror.Options options, Clock clock) {
        this.legs = legs;
        this.options = options;
        this.clock = clock;
    }

    /** Those disks on the segments that hold the array of that name. */
    static List<Part> find(MirrorLegs legs, AttachedMirror.Options options, Clock clock) {
        return new LegSearch(legs, options, clock).find();
    }

    private List<Part> find() {
        Map<UUID, List<Part>> byArray = new LinkedHashMap<>();
        List<String> seen = new ArrayList<>();
        long deadlineNs = clock.nanoTime() + options.waitNs();
        do {
            for (Part part : legs.discover(DISCOVER_NS)) {
                LegReader.Found found = legs.read(part).found();
                String name = found == null ? "" : found.reading().superblock().name();
                if (found != null && AttachedMirror.isNamed(name, options.name())) {
                    byArray.computeIfAbsent(
                                    found.reading().superblock().arrayId(), id -> new ArrayList<>())
                            .add(part);
                } else {
                    seen.add(part.name() + (name.isEmpty() ? "" : " (" + name + ")"));
                    legs.leave(part.name());
                }
            }
        } while (!isComplete(byArray) && clock.nanoTime() < deadlineNs);
        if (byArray.isEmpty() && !legs.taken().isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "no mirror " + options.name() + " is found",
                    "other processes of this machine use " + String.join(", ", legs.taken())
                            + ", and no other disk that answers is a leg of it",
                    "see which mirrors are held here: etherbay mirror list; `etherbay mirror stop "
                            + options.name() + "` ends one");
        }
        if (byArray.isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "no mirror " + options.name() + " is found",
                    seen.isEmpty()
                            ? "no AoE disk answers on " + String.join(", ", options.interfaces())
                            : "these disks answer, and none is a leg of it: "
                                    + String.join(", ", seen),
                    "name its interfaces with --if, or its legs: etherbay mirror assemble "
                            + options.name() + " e0.0 e0.1");
        }
        if (byArray.size() > 1) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "there are " + byArray.size() + " mirrors of the name " + options.name(),
                    String.join(
                            "; ",
                            byArray.values().stream()
                                    .map(parts -> String.join(
                                            " and ",
                                            parts.stream().map(Part::name).toList()))
                                    .toList()),
                    "name the legs of the one that is meant");
        }
        return byArray.values().iterator().next();
    }

    private boolean isComplete(Map<UUID, List<Part>> byArray) {
        return byArray.values().stream()
                .anyMatch(parts -> parts.stream()
                        .map(part -> legs.read(part).found())
                        .flatMap(Stream::ofNullable)
                        .anyMatch(found -> parts.size()
                                >= found.reading().superblock().roles().stream()
                                        .filter(role -> role
                                                < found.reading().superblock().legCount())
                                        .count()));
    }
}
