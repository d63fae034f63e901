// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.FenceHeader;
import etherbay.aoe.FloorHeader;
import etherbay.aoe.MaskHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.Frame;
import etherbay.base.Loop;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * Takes the frames for one export: lets in who may, and hands each command to what answers it.
 * Owned by the export's loop.
 *
 * <p>A requester that the configuration or the mask list does not let in gets silence. To a
 * wild-card address only config requests are answered: an ATA command, an edit or a fence meant for
 * every disk on the segment is more likely a mistake than a wish.
 */
final class ExportFrames {
    private final Export export;
    private final Replies replies;
    private final ExportCounters counters;
    private final Loop loop;
    private final Gate gate;
    private final AtaRequests ata;
    private final StateChanges changes;
    private final ConfigAnswer configAnswer;
    private final FloorAges floorAges;
    private @Nullable FrameTrace trace;

    ExportFrames(Export export, Loop loop, Gate gate, AtaRequests ata, StateChanges changes) {
        this.export = export;
        this.loop = loop;
        this.gate = gate;
        this.ata = ata;
        this.changes = changes;
        replies = export.replies();
        counters = export.counters();
        configAnswer = export.configAnswer();
        floorAges = new FloorAges(changes.state(), loop);
    }

    /** Who is shown what arrives from now on; null for nobody. */
    void trace(@Nullable FrameTrace newTrace) {
        trace = newTrace;
    }

    /** A frame for this very address, at least an AoE header long and not a response. */
    void onFrame(Frame frame) {
        if (trace != null) {
            trace.received(frame);
        }
        long mac = Ethernet.src(frame.memory(), frame.at());
        int rights = export.access().rights(mac);
        if (!admits(frame, mac, rights)) {
            return;
        }
        if (AoeHeader.version(frame.memory(), frame.at()) != AoeHeader.VERSION) {
            refuse(frame, AoeHeader.ERROR_VERSION);
            return;
        }
        switch (AoeHeader.command(frame.memory(), frame.at())) {
            case AoeHeader.COMMAND_ATA -> ata.onFrame(frame, mac, rights);
            case AoeHeader.COMMAND_CONFIG -> onConfig(frame, rights, false);
            case AoeHeader.COMMAND_MASK,
                    AoeHeader.COMMAND_RESERVE,
                    AoeHeader.COMMAND_FENCE,
                    AoeHeader.COMMAND_FLOOR -> onStateCommand(frame, rights);
            default -> refuse(frame, AoeHeader.ERROR_COMMAND);
        }
    }

    /** A frame for a wild-card address that this export is among. */
    void onWildcard(Frame frame) {
        if (trace != null) {
            trace.received(frame);
        }
        MemorySegment memory = frame.memory();
        long at = frame.at();
        boolean config = AoeHeader.version(memory, at) == AoeHeader.VERSION
                && AoeHeader.command(memory, at) == AoeHeader.COMMAND_CONFIG;
        if (!config) {
            counters.droppedWildcard.increment();
            return;
        }
        long mac = Ethernet.src(memory, at);
        int rights = export.access().rights(mac);
        if (admits(frame, mac, rights)) {
            onConfig(frame, rights, true);
        }
    }

    private boolean admits(Frame frame, long mac, int rights) {
        if (export.isStopping()) {
            counters.droppedStopped.increment();
            return false;
        }
        if (loop.nowNs() - frame.receivedNs() > export.settings().frameAgeNsMax()) {
            counters.droppedAge.increment();
            return false;
        }
        if (rights == 0) {
            counters.droppedDenied.increment();
            return false;
        }
        if (!gate.answers(mac)) {
            counters.droppedMasked.increment();
            return false;
        }
        return true;
    }

    private void refuse(Frame frame, int errorCode) {
        counters.refused.increment();
        frame.retain();
        replies.begin(frame);
        replies.refuse(frame, errorCode);
        replies.send(frame, frame.bytes());
    }

    private void onConfig(Frame frame, int rights, boolean wildcard) {
        if (ConfigHeader.malformed(frame.memory(), frame.at(), frame.bytes())) {
            counters.droppedMalformed.increment();
            return;
        }
        int command = ConfigHeader.command(frame.memory(), frame.at());
        boolean sets = command == ConfigHeader.SET || command == ConfigHeader.FORCE;
        if ((rights & (sets ? Access.CONFIG : Access.DISCOVER)) == 0) {
            counters.droppedDenied.increment();
        } else if (command > ConfigHeader.FORCE) {
            refuseConfig(frame, wildcard);
        } else if (sets || configAnswer.matches(frame, command)) {
            answerConfig(frame, command, wildcard);
        }
    }

    /** What every disk of the segment would refuse is refused by none. */
    private void refuseConfig(Frame frame, boolean wildcard) {
        if (wildcard) {
            counters.droppedWildcard.increment();
        } else {
            refuse(frame, AoeHeader.ERROR_ARGUMENT);
        }
    }

    private void answerConfig(Frame request, int command, boolean wildcard) {
        Frame reply = wildcard ? copyOf(request) : request;
        if (reply == null) {
            counters.droppedNoFrame.increment();
            return;
        }
        if (!wildcard) {
            reply.retain();
        }
        if (command == ConfigHeader.SET || command == ConfigHeader.FORCE) {
            changes.submit(new ConfigRequest(reply, replies, configAnswer));
        } else {
            replies.begin(reply);
            replies.send(reply, configAnswer.write(reply, command));
        }
    }

    /** A frame of our own with the same request in it: other exports want to read that one, too. */
    private static @Nullable Frame copyOf(Frame request) {
        int bytes = Math.min(request.bytes(), ConfigHeader.END + ConfigHeader.STRING_BYTES_MAX);
        Frame copy = request.port().claim(bytes);
        if (copy != null) {
            MemorySegment.copy(request.memory(), request.at(), copy.memory(), copy.at(), bytes);
        }
        return copy;
    }

    private void onStateCommand(Frame frame, int rights) {
        if ((rights & Access.CONFIG) == 0) {
            counters.droppedDenied.increment();
            return;
        }
        MemorySegment memory = frame.memory();
        long at = frame.at();
        int command = AoeHeader.command(memory, at);
        boolean malformed = switch (command) {
            case AoeHeader.COMMAND_MASK -> MaskHeader.malformed(memory, at, frame.bytes());
            case AoeHeader.COMMAND_RESERVE -> ReserveHeader.malformed(memory, at, frame.bytes());
            case AoeHeader.COMMAND_FENCE -> FenceHeader.malformed(memory, at, frame.bytes());
            default -> FloorHeader.malformed(memory, at, frame.bytes());
        };
        if (malformed) {
            counters.droppedMalformed.increment();
            return;
        }
        frame.retain();
        changes.submit(
                switch (command) {
                    case AoeHeader.COMMAND_MASK -> new MaskRequest(frame, replies);
                    case AoeHeader.COMMAND_RESERVE -> new ReserveRequest(frame, replies);
                    case AoeHeader.COMMAND_FENCE -> new FenceRequest(frame, replies);
                    default -> new FloorRequest(frame, replies, floorAges);
                });
    }
}
