// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.FloorHeader;
import etherbay.aoe.IdentifyData;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Mistakes that somebody could make in an initiator, made by its port: what it sends or hears is
 * what a wrong one would send, or take it for.
 */
final class InitiatorBugs {
    private static final int TAG_GROUP = 7;

    private InitiatorBugs() {}

    /** Eight transmissions share a tag; an answer is taken for one to the latest of them. */
    static final class ReusedTags extends PortDecorator {
        private final Map<Integer, Integer> latest = new HashMap<>();

        ReusedTags(EthernetPort port) {
            super(port);
        }

        @Override
        public void commit(Frame frame) {
            int tag = AoeHeader.tag(frame.memory(), frame.at());
            latest.put(tag | TAG_GROUP, tag);
            AoeHeader.tag(frame.memory(), frame.at(), tag | TAG_GROUP);
            below().commit(frame);
        }

        @Override
        public void onFrames(FrameHandler handler) {
            below().onFrames(frame -> {
                MemorySegment memory = frame.memory();
                long at = frame.at();
                Integer tag = AoeHeader.malformed(memory, at, frame.bytes())
                        ? null
                        : latest.get(AoeHeader.tag(memory, at));
                if (tag != null) {
                    AoeHeader.tag(memory, at, tag);
                }
                handler.onFrame(frame);
            });
        }
    }

    /** The floor that the target keeps stays where it was first; the answer says otherwise. */
    static EthernetPort floorThatStaysBehind(EthernetPort port) {
        return new TamperedPort(port, new TamperedPort.Tamper() {
            private int first;

            @Override
            public int request(MemorySegment original, Frame frame) {
                if (AoeHeader.command(original, 0) == AoeHeader.COMMAND_FLOOR) {
                    first = first == 0 ? FloorHeader.floorTag(original, 0) : first;
                    FloorHeader.floorTag(frame.memory(), frame.at(), first);
                }
                return 1;
            }

            @Override
            public int reply(MemorySegment request, Frame frame) {
                if (AoeHeader.command(request, 0) == AoeHeader.COMMAND_FLOOR) {
                    int asked = FloorHeader.floorTag(request, 0);
                    FloorHeader.floorTag(frame.memory(), frame.at(), asked);
                }
                return 1;
            }
        });
    }

    /** The incarnation seems never to change. */
    static EthernetPort incarnationNotLookedAt(EthernetPort port) {
        return identifyingAs(
                port,
                data -> with(
                        data,
                        data.serial(),
                        data.vendor()
                                .map(vendor -> new IdentifyData.Vendor(
                                        vendor.fence(), vendor.floor(), 1, vendor.epoch()))));
    }

    /** All disks seem to have one serial. */
    static EthernetPort serialNotLookedAt(EthernetPort port) {
        return identifyingAs(port, data -> with(data, "ANY", data.vendor()));
    }

    private static IdentifyData with(
            IdentifyData data, String serial, Optional<IdentifyData.Vendor> vendor) {
        return new IdentifyData(
                serial,
                data.firmware(),
                data.model(),
                data.sectors(),
                data.physicalBlockExponent(),
                data.capabilities(),
                vendor);
    }

    private static EthernetPort identifyingAs(
            EthernetPort port, UnaryOperator<IdentifyData> disguise) {
        return new TamperedPort(port, new TamperedPort.Tamper() {
            @Override
            public int reply(MemorySegment request, Frame frame) {
                boolean identify = AoeHeader.command(request, 0) == AoeHeader.COMMAND_ATA
                        && AtaHeader.command(request, 0) == AtaCommand.IDENTIFY_DEVICE
                        && AtaHeader.carriesData(frame.bytes(), 1);
                if (identify) {
                    long blockAt = frame.at() + AtaHeader.END;
                    disguise.apply(IdentifyData.read(frame.memory(), blockAt))
                            .write(frame.memory(), blockAt);
                }
                return 1;
            }
        });
    }
}
