// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * A client's port whose requests and replies somebody alters on their way, so that the target
 * behind it seems to be another one.
 */
final class TamperedPort extends PortDecorator {
    /** Who alters them; each method may edit the frame in place. */
    interface Tamper {
        /**
         * A request on its way.
         *
         * @return how often the target gets it
         */
        default int request(MemorySegment original, Frame frame) {
            return 1;
        }

        /**
         * A reply on its way.
         *
         * @param request what was asked under its tag, before anybody altered it
         * @return how often the client gets it
         */
        default int reply(MemorySegment request, Frame frame) {
            return 1;
        }

        /** All that was asked at once is on its way; what was held back may follow. */
        default void flush(EthernetPort port) {}
    }

    private final Tamper tamper;
    private final Map<Integer, MemorySegment> asked = new HashMap<>();

    TamperedPort(EthernetPort port, Tamper tamper) {
        super(port);
        this.tamper = tamper;
    }

    @Override
    public void commit(Frame frame) {
        MemorySegment original = copy(frame);
        if (AoeHeader.lengthOk(frame.bytes())) {
            asked.put(AoeHeader.tag(original, 0), original);
        }
        int times = tamper.request(original, frame);
        if (times == 0) {
            frame.release();
        } else {
            below().commit(frame);
        }
    }

    /** Sends a frame that was dropped before, after all. */
    static void send(EthernetPort port, MemorySegment message) {
        Frame frame = port.claim((int) message.byteSize());
        if (frame != null) {
            MemorySegment.copy(message, 0, frame.memory(), frame.at(), message.byteSize());
            port.commit(frame);
        }
    }

    static MemorySegment copy(Frame frame) {
        MemorySegment copy = MemorySegment.ofArray(new byte[frame.bytes()]);
        MemorySegment.copy(frame.memory(), frame.at(), copy, 0, frame.bytes());
        return copy;
    }

    @Override
    public void onFrames(FrameHandler handler) {
        below().onFrames(frame -> {
            MemorySegment memory = frame.memory();
            long at = frame.at();
            boolean aoe = !AoeHeader.malformed(memory, at, frame.bytes())
                    && !Ethernet.isGroup(Ethernet.src(memory, at));
            MemorySegment request = aoe ? asked.get(AoeHeader.tag(memory, at)) : null;
            int times = request == null ? 1 : tamper.reply(request, frame);
            for (int i = 0; i < times; i++) {
                handler.onFrame(frame);
            }
        });
    }

    @Override
    public void flush(long nowNs) {
        tamper.flush(below());
        super.flush(nowNs);
    }
}
