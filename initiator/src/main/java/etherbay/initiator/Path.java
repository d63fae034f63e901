// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.Payload;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * One way to a disk: a port of ours and an address of the target behind it. Knows how long answers
 * take, how many requests the way bears (additive increase, multiplicative decrease), and how much
 * data a frame carries on it. Carries data only while {@link Standing#UP}. Owned by one loop.
 */
final class Path {
    enum Standing {
        /** Found, or silent since: IDENTIFY must show first that it is this disk. */
        UNPROVEN,
        UP,
        /** Another disk answers there. */
        REFUSED
    }

    /** A path that is not heard of for so long, asked meanwhile, is to be proven again. */
    static final long SILENCE_NS = 20_000_000;

    /** Questions in vain after which a path counts as silent. */
    static final int SILENT_EXPIRY_COUNT = 3;

    private static final double WINDOW_FIRST = 16;

    /** A frame lost in an Ethernet is more often chance than congestion: an eighth, not half. */
    private static final double DECREASE = 7.0 / 8;

    private final EthernetPort port;
    private final MacAddress mac;
    private final SourceAddress source;
    private final RemoteDiskSettings settings;
    private final RttEstimator rtt = new RttEstimator();
    private final Ladder ladder = new Ladder();
    private Standing standing = Standing.UNPROVEN;
    private boolean silent = true;
    private int bufferCount = 2;
    private int advertisedSectors = Ladder.SECTORS_MIN;
    private double window = WINDOW_FIRST;
    private int inFlightCount;
    private long carriedCount;
    private long lostCount;
    private long heardNs = Long.MIN_VALUE;
    private long heardUpNs = Long.MIN_VALUE;
    private long answeredNs = Long.MIN_VALUE;
    private long usedNs = Long.MIN_VALUE;
    private long shrunkNs = Long.MIN_VALUE;
    private int expiryCount;

    Path(EthernetPort port, MacAddress mac, SourceAddress source, RemoteDiskSettings settings) {
        this.port = port;
        this.source = source;
        this.mac = mac;
        this.settings = settings;
    }

    EthernetPort port() {
        return port;
    }

    /** The target's address. */
    MacAddress mac() {
        return mac;
    }

    RttEstimator rtt() {
        return rtt;
    }

    Standing standing() {
        return standing;
    }

    void standing(Standing changed) {
        standing = changed;
        expiryCount = 0;
    }

    /**
     * It carries data from now on, and is given time to answer.
     *
     * @param heard whether it has answered just now
     */
    void up(long nowNs, boolean heard) {
        standing(Standing.UP);
        silent = false;
        heardNs = nowNs;
        heardUpNs = heard ? nowNs : heardUpNs;
    }

    /** It was asked in vain. */
    void silent() {
        silent = true;
    }

    /** How it stands, for a person: one that is asked after a rest is up unless it is silent. */
    String told() {
        if (standing == Standing.REFUSED) {
            return "refused";
        }
        return silent ? "silent" : "up";
    }

    /** Whether it was up once, and no other disk has been seen there since. */
    boolean wasUp() {
        return standing != Standing.REFUSED && heardUpNs != Long.MIN_VALUE;
    }

    boolean isUnproven() {
        return standing == Standing.UNPROVEN;
    }

    boolean isUp() {
        return standing == Standing.UP;
    }

    /** Takes what a config response says of the way. */
    void advertised(int buffers, int sectors) {
        bufferCount = Math.max(buffers, 1);
        advertisedSectors = sectors == 0 ? Ladder.SECTORS_MIN : sectors;
    }

    /** Sectors in one frame at most, by MTU, target and settings: the top of the ladder. */
    int sectorsTop() {
        int carried = Math.min(Payload.sectors(port.mtu()), advertisedSectors);
        return Math.max(1, Math.min(carried, settings.payloadSectorsMax()));
    }

    /** Sectors in one frame now. */
    int sectors() {
        return ladder.sectors(sectorsTop());
    }

    /** The next rung above; {@link #sectors} at the top. */
    int rungAbove() {
        return ladder.above(sectorsTop());
    }

    boolean isBelowTop() {
        return ladder.isBelow(sectorsTop());
    }

    /** A frame with that much data passed, there and back. */
    void passed(int sectors) {
        ladder.passed(sectors, sectorsTop());
    }

    /** The target refused a frame with that much data, and took a smaller one in its place. */
    void tooLarge(int sectors) {
        ladder.tooLarge(sectors);
    }

    /** Something arrived from there. */
    void heard(long nowNs) {
        heardNs = nowNs;
        heardUpNs = isUp() ? nowNs : heardUpNs;
        expiryCount = 0;
    }

    /** A transmission that went out then was answered. */
    void answered(long sentNs) {
        answeredNs = Math.max(answeredNs, sentNs);
    }

    long heardNs() {
        return heardNs;
    }

    /** When something last arrived while it carried data. */
    long heardUpNs() {
        return heardUpNs;
    }

    /** When data was last sent there. */
    long usedNs() {
        return usedNs;
    }

    void used(long nowNs) {
        usedNs = nowNs;
    }

    boolean hasRoom() {
        return inFlightCount < windowCount();
    }

    int windowCount() {
        return Math.max(1, Math.min((int) window, windowMax()));
    }

    private int windowMax() {
        return Math.min(bufferCount, settings.windowCountMax());
    }

    int inFlightCount() {
        return inFlightCount;
    }

    void entered() {
        inFlightCount++;
        carriedCount++;
    }

    /** Frames for data sent by it so far. */
    long carriedCount() {
        return carriedCount;
    }

    void left() {
        inFlightCount--;
    }

    /** What it carried last goes out again, by whichever path. */
    void unanswered() {
        lostCount++;
    }

    /** Frames for data that were not answered by it and went out again so far. */
    long lostCount() {
        return lostCount;
    }

    /** An answer came in time: a little more may be under way. */
    void grow() {
        if (window < windowMax()) {
            window += 1 / window;
        }
    }

    /**
     * A transmission was not answered in time.
     *
     * @param sectors of data that it, or its answer, carried
     * @param sentNs when it went out
     * @return whether the path went silent: it must be proven again before it carries data
     */
    boolean lost(int sectors, long sentNs, long nowNs) {
        expiryCount++;
        ladder.lost(sectors, sentNs, answeredNs);
        if (nowNs - shrunkNs > rtt.srttNs() || shrunkNs == Long.MIN_VALUE) {
            shrunkNs = nowNs;
            window = Math.max(2, window * DECREASE);
        }
        boolean silent = heardNs == Long.MIN_VALUE || nowNs - heardNs >= SILENCE_NS;
        return silent && expiryCount >= SILENT_EXPIRY_COUNT;
    }

    /**
     * Claims a frame to the target, its headers up to the command's argument filled in.
     *
     * @return null when the port has none now
     */
    @Nullable
    Frame claim(DiskAddress address, int command, int messageBytes) {
        Frame frame = port.claim(Ethernet.paddedBytes(messageBytes));
        if (frame != null) {
            fillHeader(frame, source.of(port), mac.bits(), address, command);
        }
        return frame;
    }

    /** Fills in what all requests begin with; the tag is 0, and so is all up to 60 bytes. */
    static void fillHeader(
            Frame frame, MacAddress source, long destination, DiskAddress address, int command) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        memory.asSlice(at, Math.min(frame.bytes(), Ethernet.FRAME_BYTES_MIN)).fill((byte) 0);
        Ethernet.dst(memory, at, destination);
        Ethernet.src(memory, at, source.bits());
        Ethernet.type(memory, at, Ethernet.TYPE_AOE);
        AoeHeader.versionFlags(memory, at, AoeHeader.VERSION, 0);
        AoeHeader.shelf(memory, at, address.shelf());
        AoeHeader.slot(memory, at, address.slot());
        AoeHeader.command(memory, at, command);
    }

    @Override
    public String toString() {
        return mac + " by " + port.name();
    }
}
