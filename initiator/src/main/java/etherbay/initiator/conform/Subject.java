// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.Payload;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;
import etherbay.initiator.AoeClient;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Reply;
import etherbay.initiator.Station;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The target under test, as it said of itself before the first rule.
 *
 * @param station where it answers
 * @param stranger a second source address of ours, to be somebody else with
 * @param mtu of our port
 * @param config what it answered to the first query
 * @param identity its IDENTIFY DEVICE block, when it gave one
 */
public record Subject(
        Station station,
        MacAddress stranger,
        int mtu,
        ConfigHeader.Fields config,
        Optional<MemorySegment> identity) {

    /** Sectors that the Linux driver and we assume of a target that states 0. */
    private static final int SECTORS_UNSTATED = 2;

    /** Sectors that rules may change, at least; and room on both sides of the largest request. */
    private static final int AREA_SECTORS_MIN = 64;

    private static final int GUARD_SECTORS = 8;

    /** A bit of the address that makes it a locally administered one, and no group's. */
    private static final long LOCAL_BIT = 0x0200_0000_0000L;

    /** Far from addresses that somebody counts up. */
    private static final long STRANGER_BITS = 0x0000_5aae_c000L;

    /**
     * Finds the disk and asks what it is.
     *
     * @throws EtherbayException UNAVAILABLE when nobody answers for that address
     */
    static Subject find(AoeClient client, DiskAddress disk) {
        Reply reply = client.ask(Station.anywhere(disk), frames -> frames.configQuery())
                .filter(found -> found.config().isPresent())
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        disk + " does not answer",
                        "nobody on this segment answered a config query for it in time",
                        "see that it is served and that its mask list lets " + client.mac()
                                + " in; name its interface with --if"));
        Station station = new Station(reply.from(), disk);
        Optional<MemorySegment> identity = client.ask(station, frames -> frames.identify())
                .filter(answer -> answer.refusal().isEmpty()
                        && answer.ata().isPresent()
                        && answer.data().length >= IdentifyData.BYTES)
                .map(answer -> answer.frame().asSlice(AtaHeader.END, IdentifyData.BYTES));
        return new Subject(
                station,
                strangerOf(client.mac()),
                client.mtu(),
                reply.config().orElseThrow(),
                identity);
    }

    private static MacAddress strangerOf(MacAddress own) {
        return new MacAddress((own.bits() ^ STRANGER_BITS) | LOCAL_BIT);
    }

    /** Most sectors of one request: what it states, or what our MTU carries. */
    int sectorsMax() {
        int stated = config.sectorsMax() == 0 ? SECTORS_UNSTATED : config.sectorsMax();
        return Math.max(1, Math.min(stated, Payload.sectors(mtu)));
    }

    /** Size in sectors by IDENTIFY DEVICE; 0 without one. */
    long sectors() {
        return identity.map(block -> IdentifyData.read(block, 0).sectors()).orElse(0L);
    }

    /** Sectors from {@link #areaLba} on that rules may change; 0 on a disk that is too small. */
    int areaSectors() {
        int wanted = Math.max(AREA_SECTORS_MIN, 2 * (sectorsMax() + GUARD_SECTORS));
        return sectors() >= wanted + 2L * GUARD_SECTORS ? wanted : 0;
    }

    /** In the middle: away from partition tables, superblocks and metadata at either end. */
    long areaLba() {
        return (sectors() - areaSectors()) / 2 & -GUARD_SECTORS;
    }

    boolean claims(IdentifyData.Capability capability) {
        return identity.map(block -> IdentifyData.read(block, 0).has(capability))
                .orElse(false);
    }

    /** Whether it is one of ours that answers the vendor command. */
    boolean answersVendor(int command) {
        return identity.flatMap(block -> IdentifyData.read(block, 0).vendor())
                .map(vendor -> command == AoeHeader.COMMAND_FENCE ? vendor.fence() : vendor.floor())
                .orElse(false);
    }
}
