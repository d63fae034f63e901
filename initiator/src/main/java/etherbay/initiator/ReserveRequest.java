// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.Epoch;
import etherbay.base.Frame;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Takes the reservation of a target without fences for one term (AoEr11 section 3.4): reads the
 * list, sets it when nobody else is on it, and reads it back. A set is taken from an empty list or
 * from an address on it, so it comes from the address that holds it now. Owned by the disk's loop.
 */
final class ReserveRequest extends OwnershipQuestion {
    private enum Step {
        LOOK,
        TAKE,
        CONFIRM
    }

    private final RemoteDisk disk;
    private final List<MacAddress> wanted;
    private final Predicate<MacAddress> isOurs;
    private final boolean onlyLooks;
    private Step step = Step.LOOK;

    /** Whom the set comes from; null for the source that the disk is used from. */
    private @Nullable MacAddress holder;

    /**
     * @param wanted the address that is to hold it; none to let it go
     * @param isOurs whether an address is that of a term of this node
     * @param onlyLooks whether it ends with what the list says
     */
    ReserveRequest(
            RemoteDisk disk,
            List<MacAddress> wanted,
            Predicate<MacAddress> isOurs,
            boolean onlyLooks,
            long patienceNs,
            Consumer<Ownership.Answer> told) {
        super(disk, AoeHeader.COMMAND_RESERVE, patienceNs, told);
        this.disk = disk;
        this.wanted = wanted;
        this.isOurs = isOurs;
        this.onlyLooks = onlyLooks;
    }

    @Override
    int messageBytes() {
        return ReserveHeader.frameBytes(step == Step.TAKE ? wanted.size() : 0);
    }

    @Override
    void fill(MemorySegment memory, long at) {
        boolean takes = step == Step.TAKE;
        ReserveHeader.Fields.of(
                        takes ? ReserveHeader.SET : ReserveHeader.READ, takes ? wanted : List.of())
                .write(memory, at);
    }

    @Override
    MacAddress from(Path path) {
        MacAddress present = holder;
        return step == Step.TAKE && present != null ? present : super.from(path);
    }

    @Override
    Ownership.@Nullable Answer judge(Frame frame, Path path) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        boolean refused = AoeHeader.error(memory, at);
        if (step == Step.TAKE) {
            boolean heard = !refused || AoeHeader.errorCode(memory, at) == AoeHeader.ERROR_RESERVED;
            if (heard) {
                step = Step.CONFIRM;
                askNext();
            }
            return null;
        }
        if (refused || ReserveHeader.malformed(memory, at, frame.bytes())) {
            return null;
        }
        List<MacAddress> listed = ReserveHeader.Fields.read(memory, at).macs();
        if (listed.equals(wanted)) {
            return new Ownership.Answer(Ownership.Outcome.OURS, Epoch.NONE, listed);
        }
        MacAddress present = super.from(path);
        boolean free = listed.stream().allMatch(mac -> mac.equals(present) || isOurs.test(mac));
        if (step == Step.CONFIRM || !free || onlyLooks) {
            return new Ownership.Answer(Ownership.Outcome.OTHERS, Epoch.NONE, listed);
        }
        if (!listed.contains(present)) {
            hold(listed.isEmpty() ? wanted.getFirst() : listed.getFirst());
        }
        step = Step.TAKE;
        askNext();
        return null;
    }

    private void hold(MacAddress mac) {
        disk.initiator().enter(mac);
        holder = mac;
    }

    @Override
    void ended() {
        MacAddress held = holder;
        if (held != null) {
            disk.initiator().leave(held);
            holder = null;
        }
    }
}
