// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import static etherbay.initiator.conform.Rule.should;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.FenceHeader;
import etherbay.aoe.FloorHeader;
import etherbay.aoe.IdentifyData;
import etherbay.base.MacAddress;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Fence and floor, where IDENTIFY DEVICE claims them: {@code docs/protocols/etherbay-vendor.md}. No
 * epoch is ever raised: that cannot be taken back.
 */
final class VendorRules {
    private static final String FENCE = "etherbay-vendor.md 1";
    private static final String FLOOR = "etherbay-vendor.md 2";
    private static final int UNKNOWN_SUBCOMMAND = 9;

    /** More than one run sends from the second address, so that no later one meets the floor. */
    private static final int FLOOR_STEP = 1 << 16;

    private VendorRules() {}

    static List<Rule> rules() {
        return List.of(
                should(
                        "fence.read",
                        "the fence in force can be read and is that of IDENTIFY DEVICE",
                        FENCE,
                        VendorRules::read),
                should(
                        "fence.unknown",
                        "an unknown subcommand is answered with fence error 2",
                        FENCE,
                        VendorRules::unknown),
                should(
                                "fence.lower",
                                "a set to epoch 0 is refused, and the state in force is told",
                                FENCE,
                                VendorRules::notHigher)
                        .changingState(),
                should(
                        "floor.tag",
                        "a floor without bit 31 is refused with error 2",
                        FLOOR,
                        VendorRules::floorWithoutBit),
                should(
                                "floor",
                                "a write with a tag below the floor of its sender is not executed",
                                FLOOR,
                                VendorRules::floor)
                        .changingData());
    }

    private static Request fence(int command, long epoch, List<MacAddress> macs) {
        return frames ->
                frames.fence(FenceHeader.Fields.of(command, FenceHeader.ERROR_NONE, epoch, macs));
    }

    private static void requireFence(Trial trial) {
        trial.require(
                trial.subject().answersVendor(AoeHeader.COMMAND_FENCE), "the target claims none");
    }

    private static FenceHeader.Fields fields(Trial trial, Reply reply) {
        trial.expectTaken(reply);
        trial.expectThat(!FenceHeader.malformed(reply.frame(), 0, reply.bytes()), "a fence", reply);
        return FenceHeader.Fields.read(reply.frame(), 0);
    }

    private static FenceHeader.Fields inForce(Trial trial) {
        FenceHeader.Fields got = fields(trial, trial.ask(fence(FenceHeader.READ, 0, List.of())));
        trial.expect("fence error", FenceHeader.ERROR_NONE, got.error());
        return got;
    }

    private static void read(Trial trial) {
        requireFence(trial);
        long claimed = IdentifyData.read(IdentifyRules.block(trial), 0)
                .vendor()
                .map(IdentifyData.Vendor::epoch)
                .orElse(-1L);
        trial.expect("epoch", claimed, inForce(trial).epoch());
    }

    private static void unknown(Trial trial) {
        requireFence(trial);
        FenceHeader.Fields got = fields(trial, trial.ask(fence(UNKNOWN_SUBCOMMAND, 0, List.of())));
        trial.expect("fence error", FenceHeader.ERROR_ARGUMENT, got.error());
    }

    /** To epoch 0, which is no fence: the one that a faulty target may take by mistake. */
    private static void notHigher(Trial trial) {
        requireFence(trial);
        FenceHeader.Fields before = inForce(trial);
        FenceHeader.Fields got = fields(trial, trial.ask(fence(FenceHeader.SET, 0, List.of())));
        trial.expect("fence error", FenceHeader.ERROR_EPOCH, got.error());
        trial.expect("epoch told", before.epoch(), got.epoch());
        trial.expect("owners told", before.macs(), got.macs());
        trial.expect("owners", before.macs(), inForce(trial).macs());
    }

    private static void requireFloor(Trial trial) {
        trial.require(
                trial.subject().answersVendor(AoeHeader.COMMAND_FLOOR), "the target claims none");
    }

    private static void floorWithoutBit(Trial trial) {
        requireFloor(trial);
        Reply reply = trial.ask(frames -> frames.floor(new FloorHeader.Fields(0, 1)));
        trial.expectRefusal(AoeHeader.ERROR_ARGUMENT, reply);
    }

    /** From the second address, whose floors harm nobody. */
    private static void floor(Trial trial) {
        requireFloor(trial);
        long lba = trial.area();
        byte[] before = trial.pattern(1);
        trial.write(lba, before);
        int present = setFloor(trial, AoeHeader.TAG_USER_SPACE);
        int floor = AoeHeader.TAG_USER_SPACE | present + FLOOR_STEP;
        trial.expect("floor in force", floor, setFloor(trial, floor));
        byte[] data = trial.pattern(1);
        Request write = frames -> frames.write(lba, data);
        trial.expectSilence(tagged(trial, write, AoeHeader.TAG_USER_SPACE | floor - 1));
        trial.expectSame("the sector", before, trial.read(lba, 1));
        List<Reply> above = tagged(trial, write, floor);
        trial.expectThat(!above.isEmpty(), "a write at the floor is answered", "silence");
        trial.expectSame("the sector", data, trial.read(lba, 1));
    }

    private static int setFloor(Trial trial, int tag) {
        Reply reply = trial.askAs(
                trial.subject().stranger(), frames -> frames.floor(new FloorHeader.Fields(0, tag)));
        trial.expectTaken(reply);
        trial.expectThat(!FloorHeader.malformed(reply.frame(), 0, reply.bytes()), "a floor", reply);
        FloorHeader.Fields got = FloorHeader.Fields.read(reply.frame(), 0);
        trial.require(got.error() != FloorHeader.ERROR_TABLE_FULL, "the table of floors is full");
        trial.expect("floor error", FloorHeader.ERROR_NONE, got.error());
        return got.floorTag();
    }

    private static List<Reply> tagged(Trial trial, Request request, int tag) {
        return trial.probe(trial.subject().stranger(), trial.subject().station(), frames -> {
            MemorySegment frame = request.frame(frames);
            AoeHeader.tag(frame, 0, tag);
            return frame;
        });
    }
}
