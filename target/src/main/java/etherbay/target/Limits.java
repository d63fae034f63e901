// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.FenceHeader;
import etherbay.base.Check;

/** Every bound of this module, with its unit and its reason. */
public final class Limits {
    /** After this the exports of a changed port are announced once more. */
    public static final long ANNOUNCE_AGAIN_NS = 1_000_000_000L;

    /** Highest shelf: 65535 is the wild-card. */
    public static final int SHELF_MAX = AoeHeader.SHELF_BROADCAST - 1;

    /** The Linux driver takes 0xfff for a mis-set dip switch and ignores the target. */
    public static final int SHELF_FORBIDDEN = 4095;

    /** Highest slot: 255 is the wild-card. */
    public static final int SLOT_MAX = AoeHeader.SLOT_BROADCAST - 1;

    /** The Linux driver halves the buffer count of a new target: 1 would leave it a window of 0. */
    public static final int QUEUE_LENGTH_MIN = 2;

    public static final int QUEUE_LENGTH_DEFAULT = 64;

    /** Slots and retained frames of one export stay within a few MiB of a port's pool. */
    public static final int QUEUE_LENGTH_MAX = 1024;

    /** How long a frame may have waited below us; the sender has long sent it again. */
    public static final long FRAME_AGE_NS_DEFAULT = 500_000_000L;

    public static final int CONFIG_BYTES_MAX = ConfigHeader.STRING_BYTES_MAX;

    /** Masks and reservations: their count is one octet on the wire. */
    public static final int MAC_COUNT_MAX = 255;

    /**
     * Addresses of one list of {@link AccessRules}: a school's machines. Each may get a beacon of
     * its own.
     */
    public static final int ACL_MAC_COUNT_MAX = 1024;

    public static final int OWNER_COUNT_MAX = FenceHeader.MAC_COUNT_MAX;

    /** Floors kept per export: one for each initiator that is unsure about a write. */
    public static final int FLOOR_COUNT_MAX = 16;

    /**
     * A floor this old guards against nothing that a network still carries: its place may be
     * reused.
     */
    public static final long FLOOR_AGE_NS_MIN = 60_000_000_000L;

    /** Told apart by each export in what it counts; more than share a disk with any sense. */
    public static final int INITIATOR_COUNT_MAX = 64;

    /** Latency histograms of a loop, 4.5 KiB each: reads and writes of a thousand at work. */
    public static final int LATENCY_COUNT_MAX = 2048;

    /** State changes waiting for the one being stored: initiators repeat what is dropped beyond. */
    public static final int STATE_REQUEST_COUNT_MAX = 32;

    /** Ranges of one sector of DATA SET MANAGEMENT data, all in flight together. */
    public static final int TRIM_RANGE_COUNT_MAX = 64;

    /**
     * A sync must <i>start</i> within 1 s of the oldest unsynced write; this leaves room for a
     * turn.
     */
    public static final long SYNC_AFTER_NS = 900_000_000L;

    /** While a sync runs longer than this, new writes wait for its end. */
    public static final long SYNC_PATIENCE_NS = 1_000_000_000L;

    public static final int SERIAL_CHARACTER_COUNT = 20;

    /** Of IDENTIFY DEVICE, ACS-2 7.18: words 27-46. */
    public static final int MODEL_CHARACTER_COUNT_MAX = 40;

    /** Of IDENTIFY DEVICE, ACS-2 7.18: words 23-26. */
    public static final int FIRMWARE_CHARACTER_COUNT_MAX = 8;

    static {
        Check.that(SYNC_AFTER_NS < 1_000_000_000L, "a sync starts within a second");
        Check.that(OWNER_COUNT_MAX <= MAC_COUNT_MAX, "owners fit their octet");
    }

    private Limits() {}
}
