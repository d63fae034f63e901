// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.FenceHeader;
import etherbay.base.Epoch;
import etherbay.base.Frame;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Asks a target of ours for its fence, or to set it ({@code docs/protocols/etherbay-vendor.md}
 * section 1). An answer that carries the epoch and the owners asked for is a success, whatever
 * error it has: the first answer was lost then. Owned by the disk's loop.
 */
final class FenceRequest extends OwnershipQuestion {
    private final FenceHeader.Fields request;
    private final Set<MacAddress> wanted;

    private FenceRequest(
            RemoteDisk disk,
            FenceHeader.Fields request,
            long patienceNs,
            Consumer<Ownership.Answer> told) {
        super(disk, AoeHeader.COMMAND_FENCE, patienceNs, told);
        this.request = request;
        wanted = new HashSet<>(request.macs());
    }

    static FenceRequest read(RemoteDisk disk, long patienceNs, Consumer<Ownership.Answer> told) {
        return new FenceRequest(
                disk, FenceHeader.Fields.of(FenceHeader.READ, 0, 0, List.of()), patienceNs, told);
    }

    static FenceRequest set(
            RemoteDisk disk,
            Epoch epoch,
            List<MacAddress> owners,
            long patienceNs,
            Consumer<Ownership.Answer> told) {
        return new FenceRequest(
                disk,
                FenceHeader.Fields.of(FenceHeader.SET, 0, epoch.value(), owners),
                patienceNs,
                told);
    }

    @Override
    int messageBytes() {
        return FenceHeader.frameBytes(request.macCount());
    }

    @Override
    void fill(MemorySegment memory, long at) {
        request.write(memory, at);
    }

    @Override
    Ownership.@Nullable Answer judge(Frame frame, Path path) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        boolean sound = !AoeHeader.error(memory, at)
                && !FenceHeader.malformed(memory, at, frame.bytes())
                && FenceHeader.macCount(memory, at) <= FenceHeader.MAC_COUNT_MAX
                && FenceHeader.command(memory, at) == request.command()
                && FenceHeader.error(memory, at) != FenceHeader.ERROR_NOT_STORED;
        if (!sound) {
            return null; // not now, or damaged: asked again
        }
        FenceHeader.Fields said = FenceHeader.Fields.read(memory, at);
        Epoch inForce = new Epoch(said.epoch());
        boolean ours = request.command() == FenceHeader.READ
                ? inForce.equals(Epoch.NONE) || said.macs().contains(from(path))
                : inForce.value() == request.epoch() && wanted.equals(Set.copyOf(said.macs()));
        if (!ours
                && request.command() == FenceHeader.SET
                && !inForce.equals(new Epoch(request.epoch()))
                && !inForce.isAfter(new Epoch(request.epoch()))) {
            return null; // it names no reason not to: asked again
        }
        return new Ownership.Answer(
                ours ? Ownership.Outcome.OURS : Ownership.Outcome.OTHERS, inForce, said.macs());
    }
}
