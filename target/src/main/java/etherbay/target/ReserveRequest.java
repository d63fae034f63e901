// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.ReserveHeader;
import etherbay.base.Frame;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * AoE command 3: who may send ATA commands. AoEr11 section 3.4. The answer carries the list in
 * force, as much of it as the MTU allows.
 *
 * <p>A set succeeds when the list is empty or holds the sender; else it is refused with error 6.
 * Not stored: error 3. An unknown subcommand: error 2.
 */
final class ReserveRequest extends WireRequest {
    private final int command;
    private final MacAddress sender;
    private final List<MacAddress> macs;
    private int error;

    ReserveRequest(Frame frame, Replies replies) {
        super(frame, replies);
        ReserveHeader.Fields request = ReserveHeader.Fields.read(frame.memory(), frame.at());
        command = request.command();
        sender = new MacAddress(Ethernet.src(frame.memory(), frame.at()));
        macs = request.macs().stream().distinct().toList();
    }

    @Override
    public @Nullable ExportState wanted(ExportState inForce) {
        boolean mine =
                inForce.reservations().isEmpty() || inForce.reservations().contains(sender);
        boolean sets = command == ReserveHeader.FORCE || (command == ReserveHeader.SET && mine);
        if (command == ReserveHeader.SET && !mine) {
            error = AoeHeader.ERROR_RESERVED;
        } else if (command > ReserveHeader.FORCE) {
            error = AoeHeader.ERROR_ARGUMENT;
        }
        return sets ? inForce.withReservations(macs) : null;
    }

    @Override
    public boolean drains() {
        return true;
    }

    @Override
    int write(Frame reply, ExportState inForce, boolean stored) {
        List<MacAddress> listed = inForce.reservations();
        int carried = carried(reply, ReserveHeader.END, MacAddress.BYTES);
        int macCount = Math.min(listed.size(), carried);
        ReserveHeader.command(reply.memory(), reply.at(), command);
        ReserveHeader.macCount(reply.memory(), reply.at(), macCount);
        for (int i = 0; i < macCount; i++) {
            ReserveHeader.mac(reply.memory(), reply.at(), i, listed.get(i).bits());
        }
        if (!stored) {
            refuseNotStored();
        } else if (error != 0) {
            refuse(error);
        }
        return ReserveHeader.frameBytes(macCount);
    }
}
