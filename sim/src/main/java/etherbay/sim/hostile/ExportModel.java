// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

import static etherbay.sim.hostile.Octets.u16;

import etherbay.base.MacAddress;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an export is after each frame: its sectors, its lists and its answers, by the protocol
 * pages. Frames take effect one after the other, in the order given. One thread.
 */
public final class ExportModel {
    final ExportFacts facts;
    final Marks marks;
    private final AtaModel ata;
    private final StateModel commands;

    final byte[] sectors;
    byte[] config = {};
    MacList masks = MacList.EMPTY;
    MacList reservations = MacList.EMPTY;
    long epoch;
    MacList owners = MacList.EMPTY;

    /** Tag and time of setting by source address. */
    Map<MacAddress, Floor> floors = new LinkedHashMap<>();

    boolean cacheOn;
    long incarnation;
    long changeCount;

    /** Requests of an address with tags before {@code tag} are dead. */
    record Floor(int tag, long setNs) {}

    ExportModel(ExportFacts facts, Marks marks) {
        this.facts = facts;
        this.marks = marks;
        sectors = new byte[facts.sectors() * Wire.SECTOR_BYTES];
        cacheOn = facts.writeCache();
        ata = new AtaModel(this);
        commands = new StateModel(this);
    }

    public ExportFacts facts() {
        return facts;
    }

    /** All bytes of the disk; not to be changed. */
    public byte[] sectors() {
        return sectors;
    }

    /** Bytes as characters of ISO 8859-1. */
    public String config() {
        return new String(config, StandardCharsets.ISO_8859_1);
    }

    public List<MacAddress> masks() {
        return masks.macs();
    }

    public List<MacAddress> reservations() {
        return reservations.macs();
    }

    public long epoch() {
        return epoch;
    }

    public List<MacAddress> owners() {
        return owners.macs();
    }

    /** Floor tags by source address. */
    public Map<MacAddress, Integer> floors() {
        Map<MacAddress, Integer> tags = new LinkedHashMap<>();
        floors.forEach((mac, floor) -> tags.put(mac, floor.tag()));
        return tags;
    }

    /** Whether writes are acknowledged before they are durable. */
    public boolean cacheOn() {
        return cacheOn;
    }

    public long incarnation() {
        return incarnation;
    }

    /** The export was opened with that incarnation: most of it is random, so it is to be told. */
    public void incarnation(long opened) {
        incarnation = opened;
    }

    /** What a READ names that is bound to the incarnation: etherbay-vendor.md, section 5. */
    public int mark() {
        int low = (int) (incarnation & Wire.MARK_MAX);
        return low == 0 ? Wire.MARK_MAX : low;
    }

    /** The mark of the incarnation that comes after this one. */
    public int nextMark() {
        return mark() % (Wire.MARK_MAX - 1) + 1;
    }

    /** What happened to the frames, of all exports together. */
    public Marks marks() {
        return marks;
    }

    /** Grows with each change of what the export remembers over restarts. */
    public long changeCount() {
        return changeCount;
    }

    /** The export stopped and was opened again with what it remembers. */
    public void restarted(long nowNs) {
        cacheOn = facts.writeCache();
        ata.forgetArrivals();
        floors.replaceAll((mac, floor) -> new Floor(floor.tag(), nowNs));
    }

    boolean isAddressed(int shelf, int slot) {
        return (shelf == facts.shelf() || shelf == Wire.EVERY_SHELF)
                && (slot == facts.slot() || slot == Wire.EVERY_SLOT);
    }

    /** Whether frames of {@code mac} are looked at. */
    public boolean answers(MacAddress mac) {
        return !mac.isGroup()
                && (facts.accept().isEmpty() || facts.accept().contains(mac))
                && (masks.isEmpty() || masks.contains(mac));
    }

    boolean reservedByOthers(MacAddress mac) {
        return !reservations.isEmpty() && !reservations.contains(mac);
    }

    boolean fencedOut(MacAddress mac) {
        return epoch != 0 && !owners.contains(mac);
    }

    /** Whether nothing keeps {@code mac} from writing, but the disk. */
    boolean mayWrite(MacAddress mac) {
        return answers(mac) && !reservedByOthers(mac) && !fencedOut(mac);
    }

    /** A frame for this export alone, long enough for a header, no response. */
    void take(HostileFrame frame, long nowNs, PortFacts port, Replies replies) {
        MacAddress mac = new MacAddress(frame.src());
        if (!admits(frame, mac)) {
            return;
        }
        if (frame.u8(Wire.VERSION_FLAGS) >> 4 != 1) {
            marks.add(Mark.BAD_VERSION);
            replies.add(frame, port, facts).refuse(Wire.BAD_VERSION);
            return;
        }
        switch (frame.command()) {
            case Wire.ATA -> ata.take(frame, nowNs, mac, port, replies);
            case Wire.CONFIG -> commands.config(frame, port, replies, false);
            case Wire.MASK -> commands.mask(frame, port, replies);
            case Wire.RESERVE -> commands.reserve(frame, mac, port, replies);
            case Wire.FENCE -> commands.fence(frame, port, replies);
            case Wire.FLOOR -> commands.floor(frame, nowNs, mac, port, replies);
            default -> {
                marks.add(Mark.BAD_COMMAND);
                replies.add(frame, port, facts).refuse(Wire.BAD_COMMAND);
            }
        }
    }

    /** A frame for a wild card: of these only config requests are answered. */
    void takeWild(HostileFrame frame, PortFacts port, Replies replies) {
        boolean isConfig = frame.u8(Wire.VERSION_FLAGS) >> 4 == 1 && frame.command() == Wire.CONFIG;
        if (!isConfig) {
            marks.add(Mark.WILD_CARD_SILENT);
        } else if (admits(frame, new MacAddress(frame.src()))) {
            marks.add(Mark.WILD_CARD);
            commands.config(frame, port, replies, true);
        }
    }

    private boolean admits(HostileFrame frame, MacAddress mac) {
        if (frame.agoNs > facts.frameAgeNsMax()) {
            marks.add(Mark.TOO_OLD);
            return false;
        }
        if (!facts.accept().isEmpty() && !facts.accept().contains(mac)) {
            marks.add(Mark.NOT_ACCEPTED);
            return false;
        }
        if (!masks.isEmpty() && !masks.contains(mac)) {
            marks.add(Mark.MASKED);
            return false;
        }
        return true;
    }

    /**
     * Whether nobody of {@code known} could be heard any more, or hardly any epoch were left, if
     * this frame took effect: after that there would be little to see.
     */
    boolean endsPlay(HostileFrame frame, List<MacAddress> known) {
        boolean mine = frame.length >= Wire.ARGUMENT + 4
                && u16(frame.bytes, Wire.SHELF) == facts.shelf()
                && frame.u8(Wire.SLOT) == facts.slot();
        if (!mine) {
            return false;
        }
        if (frame.command() == Wire.FENCE) {
            return Octets.u64(frame.bytes, Wire.FENCE_EPOCH) >>> 62 != 0;
        }
        if (frame.command() != Wire.MASK || !commands.editsMasks(frame)) {
            return false;
        }
        List<MacAddress> after = new ArrayList<>(masks.macs());
        commands.edit(frame, after);
        return !after.isEmpty() && known.stream().noneMatch(after::contains);
    }

    /** Whether the answer rests on the age of a floor, which only a simulated clock tells. */
    boolean needsTheClock(HostileFrame frame) {
        return frame.length >= Wire.FLOOR_END
                && frame.command() == Wire.FLOOR
                && floors.size() >= Wire.FLOOR_COUNT_MAX
                && !floors.containsKey(new MacAddress(frame.src()));
    }
}
