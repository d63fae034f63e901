// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One version of a group on its way to all of its metadata areas. Used once. */
final class GroupCommit {
    /** A metadata area that takes part: whose it is, and what was in force there before. */
    private record Member(PoolDisk disk, MetadataArea.Place former) {}

    private final Map<MetadataArea, Member> areas = new LinkedHashMap<>();
    private final Map<MetadataArea, MetadataArea.Place> staged = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private final String text;

    private GroupCommit(String text) {
        this.text = text;
    }

    static GroupCommit of(List<PoolDisk> members, String text) {
        GroupCommit commit = new GroupCommit(text);
        for (PoolDisk disk : members) {
            disk.areas().forEach(area -> commit.addIfUsable(area, disk));
        }
        if (commit.areas.isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "no disk of the group has a metadata area that can be written",
                    commit.notes.isEmpty() ? "none is there" : String.join("; ", commit.notes),
                    "name more of its disks with --device");
        }
        return commit;
    }

    private void addIfUsable(MetadataArea area, PoolDisk disk) {
        try {
            MetadataArea.Place former = area.place();
            if (!former.isIgnored()) {
                areas.put(area, new Member(disk, former));
            }
        } catch (EtherbayException damaged) {
            notes.add(damaged.getMessage() + ": " + damaged.why());
        }
    }

    List<String> run() {
        areas.forEach((area, member) -> area.refusal(text).ifPresent(why -> {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the metadata of the group has become too long for " + member.disk(),
                    why,
                    "have fewer volumes or segments in one group");
        }));
        try {
            areas.keySet().forEach(area -> staged.put(area, area.stage(text)));
        } catch (EtherbayException failed) {
            revert();
            throw failed;
        }
        commitAll();
        return notes;
    }

    private void commitAll() {
        int doneCount = 0;
        for (Map.Entry<MetadataArea, MetadataArea.Place> each : staged.entrySet()) {
            try {
                each.getKey().commit(each.getValue());
                doneCount++;
            } catch (EtherbayException failed) {
                notes.add(areas.get(each.getKey()).disk() + " keeps old metadata: "
                        + failed.getMessage() + ": " + failed.why());
            }
        }
        if (doneCount == 0) {
            revert();
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the change of the group could not be written",
                    String.join("; ", notes),
                    "see what is wrong with the disks: dmesg; then look what is in force:"
                            + " etherbay vg list");
        }
    }

    /** As well as it can be done: what was staged is not in force anyway. */
    private void revert() {
        for (MetadataArea area : staged.keySet()) {
            try {
                area.revert(areas.get(area).former());
            } catch (EtherbayException failed) {
                notes.add(failed.getMessage());
            }
        }
    }
}
