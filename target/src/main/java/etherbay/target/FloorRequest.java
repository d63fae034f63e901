// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.FloorHeader;
import etherbay.base.Frame;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * Vendor command F1h: requests of the sender with tags below this one are dead. From now on they
 * are dropped where they would change data; the answer goes out when none that was admitted before
 * is in flight any more and the floor is durable. It waits for those of other senders too, which
 * takes no longer than the disk does.
 *
 * <p>A floor below the one in force is true already and changes nothing; the answer carries the one
 * in force. A tag without bit 31 takes no part in floors: AoE error 2.
 */
final class FloorRequest extends WireRequest {
    private final FloorAges ages;
    private final MacAddress sender;
    private final int floorTag;
    private boolean badArgument;
    private boolean tableFull;
    private boolean changed;

    FloorRequest(Frame frame, Replies replies, FloorAges ages) {
        super(frame, replies);
        this.ages = ages;
        sender = new MacAddress(Ethernet.src(frame.memory(), frame.at()));
        floorTag = FloorHeader.floorTag(frame.memory(), frame.at());
    }

    @Override
    public @Nullable ExportState wanted(ExportState inForce) {
        badArgument = !FloorHeader.counts(floorTag);
        int present = floorOf(inForce);
        if (badArgument || (present != 0 && !FloorHeader.below(present, floorTag))) {
            return null;
        }
        List<ExportState.Floor> floors = new ArrayList<>(inForce.floors());
        floors.removeIf(floor -> floor.mac().equals(sender));
        if (floors.size() >= Limits.FLOOR_COUNT_MAX) {
            MacAddress evictable = ages.evictable(inForce);
            tableFull = evictable == null;
            floors.removeIf(floor -> floor.mac().equals(evictable));
        }
        if (tableFull) {
            return null;
        }
        floors.add(new ExportState.Floor(sender, floorTag));
        changed = true;
        return inForce.withFloors(floors);
    }

    /** The floor of the sender; 0, which {@link FloorHeader#counts counts} nothing, for none. */
    private int floorOf(ExportState state) {
        for (ExportState.Floor floor : state.floors()) {
            if (floor.mac().equals(sender)) {
                return floor.tag();
            }
        }
        return 0;
    }

    @Override
    public boolean drains() {
        return true;
    }

    @Override
    int write(Frame reply, ExportState inForce, boolean stored) {
        if (changed && stored) {
            ages.stored(inForce, sender);
        }
        int error = tableFull ? FloorHeader.ERROR_TABLE_FULL : FloorHeader.ERROR_NONE;
        FloorHeader.clearReserved(reply.memory(), reply.at());
        FloorHeader.error(
                reply.memory(), reply.at(), stored ? error : FloorHeader.ERROR_NOT_STORED);
        FloorHeader.floorTag(reply.memory(), reply.at(), floorOf(inForce));
        if (badArgument) {
            refuse(AoeHeader.ERROR_ARGUMENT);
        }
        return FloorHeader.END;
    }
}
