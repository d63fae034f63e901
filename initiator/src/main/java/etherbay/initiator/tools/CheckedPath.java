// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import java.util.List;
import java.util.Optional;

/**
 * A path that was measured.
 *
 * @param identity what the disk is on this path, when it says so
 */
public record CheckedPath(
        FoundPath found, Optional<IdentityBlock> identity, PathProbe.Result probe) {
    /** Measures all of them, one after the other. */
    public static List<CheckedPath> measure(List<FoundPath> paths) {
        return paths.stream().map(CheckedPath::measure).toList();
    }

    private static CheckedPath measure(FoundPath path) {
        Optional<IdentityBlock> identity = IdentityBlock.find(path);
        return new CheckedPath(path, identity, new PathProbe(path, sectors(identity)).run());
    }

    private static long sectors(Optional<IdentityBlock> identity) {
        return identity.map(block -> block.data().sectors()).orElse(0L);
    }

    /** Size of the disk in sectors; 0 when it is not known. */
    long sectors() {
        return sectors(identity);
    }

    /** Most data that one frame could carry to the target, by what both ends say. */
    int outSectorsExpected() {
        return Math.min(found.localSectors(), found.statedSectors());
    }

    int inSectorsExpected() {
        return new PathProbe(found, sectors()).inSectorsExpected();
    }
}
