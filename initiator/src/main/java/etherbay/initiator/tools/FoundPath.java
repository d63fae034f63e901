// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Payload;
import etherbay.base.MacAddress;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Reply;
import etherbay.initiator.Station;

import java.util.Comparator;

/**
 * One way to a disk: an interface of this machine, and an Ethernet address that answers there for
 * the disk, with what it said of itself. AoEr11 section 3.2. Immutable.
 *
 * @param reply to a config query; has a config argument and a config string
 */
public record FoundPath(LocalPort port, Reply reply) {
    /** Sectors that the Linux driver, and so we, assume where a target states none or 0. */
    private static final int SECTORS_UNSTATED = 2;

    static final Comparator<FoundPath> BY_DISK = Comparator.comparingInt(
                    (FoundPath path) -> path.disk().shelf())
            .thenComparingInt(path -> path.disk().slot())
            .thenComparing(FoundPath::mac);

    public DiskAddress disk() {
        return reply.disk();
    }

    /** Who answers there. */
    public MacAddress mac() {
        return reply.from();
    }

    public Station station() {
        return new Station(mac(), disk());
    }

    public ConfigHeader.Fields config() {
        return reply.config().orElseThrow();
    }

    /** The config string; a copy. */
    public byte[] configString() {
        return reply.configString().orElseThrow();
    }

    /** Sectors that a frame carries at the MTU of our interface. */
    public int localSectors() {
        return Payload.sectors(port.client().mtu());
    }

    /** Most sectors per request that the target states. */
    public int statedSectors() {
        int stated = config().sectorsMax();
        return stated == 0 ? SECTORS_UNSTATED : stated;
    }

    /** Sectors that the Linux driver puts into a frame on this path: aoecmd_cfg_rsp. */
    public int payloadSectors() {
        int both = Math.min(localSectors(), config().sectorsMax());
        return both == 0 ? SECTORS_UNSTATED : both;
    }

    public int payloadBytes() {
        return payloadSectors() * AtaHeader.SECTOR_BYTES;
    }

    /** For a sentence: {@code e1.0 at 02:00:00:00:00:01 on eth0}. */
    public String where() {
        return disk() + " at " + mac() + " on " + port.name();
    }
}
