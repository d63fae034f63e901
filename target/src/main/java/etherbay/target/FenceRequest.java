// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.FenceHeader;
import etherbay.base.Epoch;
import etherbay.base.Frame;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * Vendor command F0h: who may change data, and since which epoch. A set is refused unless its epoch
 * is higher than the one in force; of two takers of one epoch the first wins. The answer carries
 * what is in force.
 *
 * <p>A fence that names no owner shuts everybody out until the next one. More than 32 owners, or a
 * group address among them, is a bad argument.
 */
final class FenceRequest extends WireRequest {
    private final FenceHeader.Fields request;
    private int error = FenceHeader.ERROR_NONE;

    FenceRequest(Frame frame, Replies replies) {
        super(frame, replies);
        request = FenceHeader.Fields.read(frame.memory(), frame.at());
    }

    @Override
    public @Nullable ExportState wanted(ExportState inForce) {
        if (request.command() == FenceHeader.READ) {
            return null;
        }
        List<MacAddress> owners = request.macs().stream().distinct().toList();
        boolean sound = request.command() == FenceHeader.SET
                && owners.size() <= FenceHeader.MAC_COUNT_MAX
                && owners.stream().noneMatch(MacAddress::isGroup);
        if (!sound) {
            error = FenceHeader.ERROR_ARGUMENT;
            return null;
        }
        Epoch epoch = new Epoch(request.epoch());
        if (!epoch.isAfter(inForce.epoch())) {
            error = FenceHeader.ERROR_EPOCH;
            return null;
        }
        return inForce.withOwners(epoch, owners);
    }

    @Override
    public boolean drains() {
        return true;
    }

    @Override
    int write(Frame reply, ExportState inForce, boolean stored) {
        List<MacAddress> owners = inForce.owners();
        int outcome = stored ? error : FenceHeader.ERROR_NOT_STORED;
        FenceHeader.Fields.of(request.command(), outcome, inForce.epoch().value(), owners)
                .write(reply.memory(), reply.at());
        return FenceHeader.frameBytes(owners.size());
    }
}
