// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.node.BackingName.AtAoe;
import etherbay.node.volume.VolumePlaces;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The AoE disks that have to answer before an export can be opened: the one that it lies on, or all
 * that may hold its volume. Stateless.
 */
final class DisksNeeded {
    private DisksNeeded() {}

    /**
     * @param places where volumes are looked for
     * @return empty for one that waits for nobody
     */
    static Set<AtAoe> of(ExportSpec spec, VolumePlaces places) {
        return switch (spec.backing().bare()) {
            case AtAoe at -> Set.of(at);
            case BackingName.AtNbd _ -> Set.of();
            case BackingName.AtPath at ->
                BackingPlace.find(at).isPresent() ? Set.of() : among(places);
            case BackingName.WithUuid _ -> among(places);
            case BackingName.Decorated _ ->
                throw new AssertionError("what is bare has no decorations");
        };
    }

    static Set<AtAoe> of(List<ExportSpec> specs, VolumePlaces places) {
        Set<AtAoe> all = new HashSet<>();
        specs.forEach(spec -> all.addAll(of(spec, places)));
        return all;
    }

    private static Set<AtAoe> among(VolumePlaces places) {
        return places.named().stream()
                .filter(AtAoe.class::isInstance)
                .map(AtAoe.class::cast)
                .collect(Collectors.toSet());
    }
}
