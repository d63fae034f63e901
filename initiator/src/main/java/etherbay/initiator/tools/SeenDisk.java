// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.base.Check;
import etherbay.initiator.DiskAddress;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A disk with all its paths, put together as the Linux driver does (aoecmd_cfg_rsp, aoeblk.c):
 * whatever answers for the same address is the same disk, and its slowest path decides the payload.
 *
 * @param paths at least one
 * @param identity by the first path that told it; empty for a disk that answers discovery only,
 *     which the driver does not show at all
 */
public record SeenDisk(DiskAddress disk, List<FoundPath> paths, Optional<IdentityBlock> identity) {
    /** Interfaces that the driver keeps of one disk: NAOEIFS of aoe.h. */
    private static final int INTERFACE_COUNT_MAX = 8;

    public SeenDisk {
        Check.that(!paths.isEmpty(), "a disk was seen on a path");
        paths = List.copyOf(paths);
    }

    /** All disks that answer on these ports, by shelf and slot. */
    public static List<SeenDisk> find(List<LocalPort> ports, long waitNs) {
        Map<DiskAddress, List<FoundPath>> byDisk = new TreeMap<>(DiskAddress.BY_NUMBER);
        for (LocalPort port : ports) {
            port.find(DiskAddress.ALL, waitNs)
                    .forEach(path -> byDisk.computeIfAbsent(path.disk(), _ -> new ArrayList<>())
                            .add(path));
        }
        List<SeenDisk> disks = new ArrayList<>();
        byDisk.forEach((disk, paths) -> disks.add(new SeenDisk(disk, paths, identityOf(paths))));
        return disks;
    }

    private static Optional<IdentityBlock> identityOf(List<FoundPath> paths) {
        return paths.stream().map(IdentityBlock::find).flatMap(Optional::stream).findFirst();
    }

    /** Size in sectors of 512 bytes; 0 without an identity. */
    public long sectors() {
        return identity.map(block -> block.data().sectors()).orElse(0L);
    }

    /** Data bytes of a frame to or from it. */
    public int payloadBytes() {
        return paths.stream().mapToInt(FoundPath::payloadBytes).min().orElseThrow();
    }

    /** Interfaces with commas between, as the driver's {@code netif} has them. */
    public String interfaces() {
        return paths.stream()
                .map(path -> path.port().name())
                .distinct()
                .limit(INTERFACE_COUNT_MAX)
                .collect(Collectors.joining(","));
    }
}
