// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a volume is among the others of its group, as {@code lvs} tells it: the letters of lv_attr,
 * and the volumes that it is tied to. Read from the metadata alone, so also for types that we leave
 * to LVM2; what only the kernel knows, as whether it is active, is {@code -}.
 *
 * @param attributes ten letters: lvs(8), "lv_attr"
 * @param visible whether {@code lvs} shows it without {@code -a}
 * @param snapshot whether it keeps what its origin held before
 * @param ties names of the volumes that it is built on, by what they are to it
 * @param legCount copies that a mirror keeps; 0 for what is none
 * @param chunkSectors what a snapshot keeps at a time; 0 for what is none
 */
public record VolumeTraits(
        String attributes,
        boolean visible,
        boolean snapshot,
        Map<Tie, String> ties,
        long legCount,
        long chunkSectors) {
    /** What another volume is to one; each is a column of {@code lvs}, or a line of lvdisplay. */
    public enum Tie {
        POOL,
        ORIGIN,
        LOG,
        CONVERT,
        DATA,
        METADATA,
        MERGE
    }

    /** Of a volume that is not there. */
    public static final VolumeTraits NONE =
            new VolumeTraits("-".repeat(10), false, false, Map.of(), 0, 0);

    public VolumeTraits {
        ties = Map.copyOf(ties);
    }

    /** The name of that volume; empty where there is none. */
    public String tied(Tie tie) {
        return ties.getOrDefault(tie, "");
    }

    /** The letter of an allocation policy: {@code c} for contiguous, {@code n} for normal. */
    public static char letterOf(String policy) {
        return TraitLetters.letterOf(policy);
    }

    /** Of every volume of a group, by its name. */
    public static Map<String, VolumeTraits> of(PoolGroup group) {
        TieReader reader = TieReader.read(group);
        Map<String, VolumeTraits> traits = new HashMap<>();
        for (LogicalVolume lv : group.group().logicalVolumes()) {
            traits.put(lv.name(), new TraitLetters(reader, lv).traits());
        }
        return traits;
    }

    /** Snapshots of a volume. */
    public static List<String> snapshotsOf(String origin, Map<String, VolumeTraits> all) {
        return all.entrySet().stream()
                .filter(each -> each.getValue().snapshot
                        && each.getValue().tied(Tie.ORIGIN).equals(origin))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }
}
