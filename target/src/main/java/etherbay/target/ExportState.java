// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.IdentifyData;
import etherbay.base.Epoch;
import etherbay.base.MacAddress;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What an export remembers over restarts: immutable, and durable before any answer that rests on
 * it.
 *
 * @param config the config string, one character per byte (ISO 8859-1), at most 1024
 * @param masks the mask list; empty lets everybody in; at most 255
 * @param reservations who may send ATA commands; empty for everybody; at most 255
 * @param epoch the term of ownership in force; {@link Epoch#NONE} before the first fence
 * @param owners who may change data in that term; at most 32; means everybody before the first
 *     fence and nobody when a fence named none
 * @param floors per source address the tag below which its requests are dead; at most 16
 * @param serial identity of this state and its backing: 20 random characters, never made from an
 *     address or a host name
 * @param backing identity of what the export serves, as the caller tells backings apart
 * @param incarnation changes when writes that were not flushed may have been lost
 * @param bootId which boot of the machine last served the export
 * @param cleanStop the last stop flushed everything and said so here
 * @param syncFailed a sync failed; only a hand may clear it
 */
public record ExportState(
        String config,
        List<MacAddress> masks,
        List<MacAddress> reservations,
        Epoch epoch,
        List<MacAddress> owners,
        List<Floor> floors,
        String serial,
        String backing,
        long incarnation,
        String bootId,
        boolean cleanStop,
        boolean syncFailed) {

    /** Requests of {@code mac} with tags below {@code tag} are dead. */
    public record Floor(MacAddress mac, int tag) {}

    /** No 0, O, 1 or I: people read serials to each other. */
    private static final String SERIAL_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    public ExportState {
        masks = List.copyOf(masks);
        reservations = List.copyOf(reservations);
        owners = List.copyOf(owners);
        floors = List.copyOf(floors);
    }

    /**
     * The state with which an export opens.
     *
     * <p>The incarnation stays while nothing that was written can have been lost: the machine did
     * not boot since (what was written is in the page cache or on the disk, however our process
     * ended), or the last stop flushed all. Else it is a new one, so that initiators learn that
     * writes which they had not flushed may be gone. Another backing is another disk: it gets a
     * serial and an incarnation of its own, and no failed sync. Ownership stays, because epochs
     * only grow; so do config string, masks and reservations, because they are the users' words
     * about the address.
     *
     * @param previous what was stored, if anything
     * @param bootId this boot of the machine
     * @param backing identity of what will be served
     * @param random the source of serials and incarnations
     */
    public static ExportState opened(
            Optional<ExportState> previous, String bootId, String backing, LongSupplier random) {
        if (previous.isEmpty()) {
            return fresh(bootId, backing, random);
        }
        ExportState before = previous.get();
        boolean sameBacking = before.backing.equals(backing);
        boolean nothingLost = sameBacking && (before.bootId.equals(bootId) || before.cleanStop);
        return new ExportState(
                before.config,
                before.masks,
                before.reservations,
                before.epoch,
                before.owners,
                before.floors,
                sameBacking ? before.serial : randomSerial(random),
                backing,
                nothingLost ? before.incarnation : after(before.incarnation, random),
                bootId,
                false,
                sameBacking && before.syncFailed);
    }

    private static ExportState fresh(String bootId, String backing, LongSupplier random) {
        return new ExportState(
                "",
                List.of(),
                List.of(),
                Epoch.NONE,
                List.of(),
                List.of(),
                randomSerial(random),
                backing,
                random.getAsLong(),
                bootId,
                false,
                false);
    }

    private static String randomSerial(LongSupplier random) {
        StringBuilder serial = new StringBuilder(Limits.SERIAL_CHARACTER_COUNT);
        while (serial.length() < Limits.SERIAL_CHARACTER_COUNT) {
            int index = (int) (random.getAsLong() >>> 32) & SERIAL_ALPHABET.length() - 1;
            serial.append(SERIAL_ALPHABET.charAt(index));
        }
        return serial.toString();
    }

    private static long after(long incarnation, LongSupplier random) {
        return IdentifyData.Vendor.incarnationAfter(incarnation, random.getAsLong());
    }

    /** The config string as it goes on the wire. */
    public byte[] configBytes() {
        return config.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Whether a fence restricts who may change data. */
    public boolean fenced() {
        return !epoch.equals(Epoch.NONE);
    }

    public ExportState withConfig(byte[] string) {
        return with(new String(string, StandardCharsets.ISO_8859_1), masks, reservations, floors);
    }

    public ExportState withMasks(List<MacAddress> macs) {
        return with(config, macs, reservations, floors);
    }

    public ExportState withReservations(List<MacAddress> macs) {
        return with(config, masks, macs, floors);
    }

    public ExportState withFloors(List<Floor> newFloors) {
        return with(config, masks, reservations, newFloors);
    }

    private ExportState with(
            String newConfig,
            List<MacAddress> newMasks,
            List<MacAddress> newReservations,
            List<Floor> newFloors) {
        return new ExportState(
                newConfig,
                newMasks,
                newReservations,
                epoch,
                owners,
                newFloors,
                serial,
                backing,
                incarnation,
                bootId,
                cleanStop,
                syncFailed);
    }

    /** A new term of ownership. Those who own nothing any more need no floor either. */
    public ExportState withOwners(Epoch newEpoch, List<MacAddress> newOwners) {
        List<Floor> kept = new ArrayList<>(floors);
        kept.removeIf(floor -> !newOwners.contains(floor.mac()));
        return new ExportState(
                config,
                masks,
                reservations,
                newEpoch,
                newOwners,
                kept,
                serial,
                backing,
                incarnation,
                bootId,
                cleanStop,
                syncFailed);
    }

    /**
     * A sync failed: remembered until {@link #cleared}, and told to initiators by a new
     * incarnation.
     */
    public ExportState withFailedSync(LongSupplier random) {
        return withSyncs(after(incarnation, random), false, true);
    }

    /** All is flushed, and nothing will be written any more. */
    public ExportState stoppedCleanly() {
        return withSyncs(incarnation, !syncFailed, syncFailed);
    }

    /**
     * A person looked at the disk after a failed sync and wants to use it. The failure is
     * forgotten, the new incarnation stays.
     */
    public ExportState withSyncTrusted() {
        return withSyncs(incarnation, cleanStop, false);
    }

    /**
     * Without config string, masks, reservations and failed sync. The epoch stays, because it only
     * grows, with its owners and floors.
     */
    public ExportState cleared() {
        return with("", List.of(), List.of(), floors).withSyncTrusted();
    }

    private ExportState withSyncs(long newIncarnation, boolean clean, boolean failed) {
        return new ExportState(
                config,
                masks,
                reservations,
                epoch,
                owners,
                floors,
                serial,
                backing,
                newIncarnation,
                bootId,
                clean,
                failed);
    }
}
