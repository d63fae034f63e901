// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.FloorHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.Payload;
import etherbay.aoe.TrimRange;
import etherbay.base.Frame;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Quiescence;

import java.lang.foreign.MemorySegment;

/**
 * AoE command 0: judges each ATA request, takes it to the disk and answers it, in the order in
 * which they were admitted where they overlap. Owned by the export's loop; allocates nothing per
 * request.
 *
 * <p>The frame that brings a request is kept and becomes its answer: a read is filled in behind the
 * registers, or the disk lends what it has at hand, and a write goes to the disk from there. Judged
 * in this order: floors, rights, reservation and fence, what the command asks, room, order of
 * arrival. What is dropped in silence is repeated by its sender; what is answered with an ATA error
 * is not.
 */
final class AtaRequests {
    /** No generation. */
    private static final long NOTHING = -1;

    private final Export export;
    private final Replies replies;
    private final ExportCounters counters;
    private final WriteCache device;
    private final Gate gate;
    private final RequestQueue queue;
    private ArrivalOrder arrivalOrder = new ArrivalOrder();
    private final Quiescence changesInFlight = new Quiescence();
    private final IoReport report;
    private final Repeats repeats = new Repeats();
    private final Trims trims;
    private final Io.Completion completion = this::completed;
    private boolean starting;

    AtaRequests(Export export, WriteCache device, Gate gate, IoReport report) {
        this.export = export;
        this.device = device;
        this.gate = gate;
        this.report = report;
        replies = export.replies();
        counters = export.counters();
        queue = new RequestQueue(export.settings().queueLength());
        trims = new Trims(device, report, this::finish);
    }

    /**
     * Runs {@code finished} when all that changes data and was admitted so far has been answered.
     */
    void whenChangesDone(Runnable finished) {
        changesInFlight.whenQuiet(finished);
    }

    /** Requests at the disk or waiting for it. */
    int inFlightCount() {
        return queue.activeCount() + queue.waitingCount();
    }

    /**
     * Takes the place of another that has ended: what arrived before something that the other
     * admitted is late here, too, and its counts go on.
     */
    void succeed(AtaRequests former) {
        arrivalOrder = former.arrivalOrder;
        report.succeed(former.report);
    }

    /** A frame with AoE command 0, of a requester that may see this export. */
    void onFrame(Frame frame, long mac, int rights) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        if (AtaHeader.malformed(memory, at, frame.bytes())) {
            counters.droppedMalformed.increment();
            return;
        }
        AtaCommand command = AtaCommand.of(AtaHeader.command(memory, at));
        boolean changes = changes(command);
        if (changes && gate.belowFloor(mac, AoeHeader.tag(memory, at))) {
            counters.droppedFloor.increment();
            return;
        }
        int needed = changes ? Access.READ | Access.WRITE : Access.READ;
        if ((rights & needed) != needed) {
            counters.refusedDenied.increment();
            refuse(frame, AtaHeader.ERROR_ABRT);
        } else if (isShutOut(command, mac)) {
            counters.fencedOut.increment();
            refuseByAoe(frame, AoeHeader.ERROR_RESERVED);
        } else {
            judge(frame, command, mac);
        }
    }

    private boolean isShutOut(AtaCommand command, long mac) {
        boolean reserved = command != AtaCommand.IDENTIFY && !gate.servesAta(mac);
        boolean fenced = changes(command) && !gate.mayWrite(mac);
        return reserved || fenced;
    }

    private static boolean changes(AtaCommand command) {
        return command.writes() || command == AtaCommand.SET_FEATURES;
    }

    private void judge(Frame frame, AtaCommand command, long mac) {
        switch (command) {
            case READ -> read(frame, command, mac);
            case WRITE, WRITE_FUA -> write(frame, command, mac);
            case TRIM -> trim(frame, command, mac);
            case FLUSH -> admit(frame, command, mac);
            case SET_FEATURES -> setFeatures(frame, command, mac);
            case IDENTIFY -> {
                frame.retain();
                export.identity().copyTo(frame.memory(), frame.at() + AtaHeader.END);
                AtaAnswer.sendData(frame, replies, IdentifyData.BYTES / AtaHeader.SECTOR_BYTES);
            }
            case CHECK_POWER_MODE -> {
                frame.retain();
                AtaAnswer.send(frame, replies, AtaAnswer.NO_ERROR, AtaCommand.POWER_MODE_ACTIVE);
            }
            case UNSUPPORTED -> refuse(frame, AtaHeader.ERROR_ABRT);
        }
    }

    private void read(Frame frame, AtaCommand command, long mac) {
        if (isBoundToAnother(frame)) {
            counters.refusedIncarnation.increment();
            refuseByAoe(frame, AoeHeader.ERROR_UNAVAILABLE);
        } else if (!fitsFrame(frame)) {
            refuse(frame, AtaHeader.ERROR_ABRT);
        } else if (!withinDevice(frame)) {
            refuse(frame, AtaHeader.ERROR_IDNF);
        } else if (!answeredAtOnce(frame, mac)) {
            admit(frame, command, mac);
        }
    }

    /** What the disk has at hand goes out from where it lies, and needs no slot. */
    private boolean answeredAtOnce(Frame frame, long mac) {
        // What waits for a place at the disk may be about to change it, and came first.
        if (queue.waitingCount() > 0 || replies.isTraced() || !frame.port().sendsTails()) {
            return false;
        }
        int sectorCount = AtaHeader.sectorCount(frame.memory(), frame.at());
        long lba = AtaHeader.lba(frame.memory(), frame.at());
        long address = device.lend(lba, sectorCount);
        if (address == 0) {
            return false;
        }
        boolean repeated = repeats.note(frame, AtaCommand.READ, mac, lba, sectorCount);
        report.lent(frame, mac, sectorCount, repeated);
        frame.retain();
        AtaAnswer.sendLent(frame, replies, address, sectorCount);
        return true;
    }

    /**
     * Whether whoever reads knows another incarnation than this, so that what is here may lack what
     * was acknowledged to him.
     */
    private boolean isBoundToAnother(Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        int mark = AtaHeader.mark(memory, at);
        return mark != 0
                && FloorHeader.counts(AoeHeader.tag(memory, at))
                && mark != IdentifyData.Vendor.mark(export.state().incarnation());
    }

    private void write(Frame frame, AtaCommand command, long mac) {
        int sectorCount = AtaHeader.sectorCount(frame.memory(), frame.at());
        boolean sound = fitsFrame(frame)
                && AtaHeader.carriesData(frame.bytes(), sectorCount)
                && !device.capabilities().readOnly();
        if (!sound) {
            refuse(frame, AtaHeader.ERROR_ABRT);
            return;
        }
        if (!withinDevice(frame)) {
            refuse(frame, AtaHeader.ERROR_IDNF);
            return;
        }
        long lba = AtaHeader.lba(frame.memory(), frame.at());
        if (!queue.hasRoomFor(mac)) {
            counters.droppedFull.increment();
        } else if (arrivalOrder.isLate(lba, sectorCount, frame.receivedNs())) {
            counters.droppedLate.increment();
        } else {
            arrivalOrder.admitted(lba, sectorCount, frame.receivedNs());
            admit(frame, command, mac);
        }
    }

    /** A count of 0 stands for 256 or 65536 sectors (ACS-2 7.1.5), which no frame carries. */
    private boolean fitsFrame(Frame frame) {
        int sectorCount = AtaHeader.sectorCount(frame.memory(), frame.at());
        return sectorCount > 0 && sectorCount <= export.sectorsMax(frame.port());
    }

    private boolean withinDevice(Frame frame) {
        long lba = AtaHeader.lba(frame.memory(), frame.at());
        return lba <= device.sectors() - AtaHeader.sectorCount(frame.memory(), frame.at());
    }

    private void trim(Frame frame, AtaCommand command, long mac) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        boolean sound = trims.offered()
                && AtaHeader.feature(memory, at) == AtaCommand.DSM_TRIM
                && AtaHeader.sectorCount(memory, at) == 1
                && export.sectorsMax(frame.port()) >= 1
                && AtaHeader.carriesData(frame.bytes(), 1);
        if (!sound) {
            refuse(frame, AtaHeader.ERROR_ABRT);
        } else if (!Trims.within(frame, device.sectors())) {
            refuse(frame, AtaHeader.ERROR_IDNF);
        } else if (!queue.hasRoomFor(mac)) {
            counters.droppedFull.increment();
        } else if (trimIsLate(frame)) {
            counters.droppedLate.increment();
        } else {
            for (int i = 0; i < TrimRange.PER_SECTOR; i++) {
                long lba = TrimRange.lba(memory, at, i);
                arrivalOrder.admitted(lba, TrimRange.sectors(memory, at, i), frame.receivedNs());
            }
            admit(frame, command, mac);
        }
    }

    private boolean trimIsLate(Frame frame) {
        for (int i = 0; i < TrimRange.PER_SECTOR; i++) {
            long lba = TrimRange.lba(frame.memory(), frame.at(), i);
            int sectors = TrimRange.sectors(frame.memory(), frame.at(), i);
            if (arrivalOrder.isLate(lba, sectors, frame.receivedNs())) {
                return true;
            }
        }
        return false;
    }

    /** The wire may turn the write cache off; on only where the settings say on. */
    private void setFeatures(Frame frame, AtaCommand command, long mac) {
        int feature = AtaHeader.feature(frame.memory(), frame.at());
        if (feature == AtaCommand.FEATURE_WRITE_CACHE_ON && export.settings().writeCache()) {
            export.switchCache(true);
            frame.retain();
            AtaAnswer.send(frame, replies, AtaAnswer.NO_ERROR, 0);
        } else if (feature != AtaCommand.FEATURE_WRITE_CACHE_OFF) {
            refuse(frame, AtaHeader.ERROR_ABRT);
        } else if (!queue.hasRoomFor(mac)) {
            counters.droppedFull.increment();
        } else {
            export.switchCache(false);
            admit(frame, command, mac); // answered when all that it had acknowledged is durable
        }
    }

    private void refuse(Frame frame, int error) {
        counters.refused.increment();
        frame.retain();
        AtaAnswer.send(frame, replies, error, AtaHeader.sectorCount(frame.memory(), frame.at()));
    }

    private void refuseByAoe(Frame frame, int errorCode) {
        frame.retain();
        replies.begin(frame);
        replies.refuse(frame, errorCode);
        AtaHeader.clearReserved(frame.memory(), frame.at());
        replies.send(frame, AtaHeader.END);
    }

    private void admit(Frame frame, AtaCommand command, long mac) {
        if (!queue.hasRoomFor(mac)) {
            counters.droppedFull.increment();
            return;
        }
        long evicted = evictFor(mac);
        RequestSlot slot = queue.take(mac);
        frame.retain();
        slot.frame = frame;
        slot.command = command;
        slot.lba = AtaHeader.lba(frame.memory(), frame.at());
        slot.sectorCount = AtaHeader.sectorCount(frame.memory(), frame.at());
        slot.repeated = repeats.note(frame, command, mac, slot.lba, slot.sectorCount);
        slot.epoch = export.state().epoch().value();
        slot.changes = changes(command);
        if (slot.changes) {
            slot.generation = changesInFlight.entered();
        }
        repeats.entered(slot);
        queue.enqueue(slot);
        startWaiting();
        if (evicted != NOTHING) {
            changesInFlight.left(evicted);
        }
    }

    /**
     * Where the queue is full, one that waits makes room: in silence, so it comes again.
     *
     * @return its generation if it would have changed something, else {@link #NOTHING}
     */
    private long evictFor(long mac) {
        RequestSlot slot = queue.evict(mac);
        if (slot == null) {
            return NOTHING;
        }
        counters.droppedFull.increment();
        repeats.left(slot);
        slot.heldFrame().release();
        slot.frame = null;
        queue.giveBack(slot);
        return slot.changes ? slot.generation : NOTHING;
    }

    /** A loop, not a recursion, when the disk refuses one after the other. */
    private void startWaiting() {
        if (starting) {
            return;
        }
        starting = true;
        RequestSlot slot = queue.startable();
        while (slot != null && (slot.command != AtaCommand.TRIM || trims.ready())) {
            queue.started();
            start(slot);
            slot = queue.startable();
        }
        starting = false;
    }

    private void start(RequestSlot slot) {
        switch (slot.command) {
            case READ -> submitData(slot, IoOperation.READ);
            case WRITE, WRITE_FUA -> submitData(slot, IoOperation.WRITE);
            case TRIM -> trims.start(slot);
            case FLUSH, SET_FEATURES -> submit(slot, slot.io.prepare(IoOperation.FLUSH, 0, 0));
            case IDENTIFY, CHECK_POWER_MODE, UNSUPPORTED ->
                throw new AssertionError("only requests for the disk wait for it");
        }
    }

    private void submitData(RequestSlot slot, IoOperation operation) {
        Frame frame = slot.heldFrame();
        int bytes = slot.sectorCount * AtaHeader.SECTOR_BYTES;
        slot.io
                .prepare(operation, slot.lba, slot.sectorCount)
                .segment(frame.memory(), frame.at() + AtaHeader.END, bytes)
                .fua(slot.command == AtaCommand.WRITE_FUA);
        submit(slot, slot.io);
    }

    private void submit(RequestSlot slot, Io io) {
        device.submit(io.context(slot).then(completion));
    }

    private void completed(Io io) {
        if (io.context() instanceof RequestSlot slot) {
            finish(slot, io.status());
        }
    }

    /** Answers, frees the slot, tells who waits for changes to end, and starts what waited. */
    private void finish(RequestSlot slot, IoStatus status) {
        report.finished(slot, status);
        repeats.left(slot);
        answer(slot, slot.heldFrame(), status);
        boolean changes = slot.changes;
        long generation = slot.generation;
        slot.frame = null;
        queue.finished(slot);
        if (changes) {
            changesInFlight.left(generation);
        }
        startWaiting();
    }

    private void answer(RequestSlot slot, Frame frame, IoStatus status) {
        boolean read = slot.command == AtaCommand.READ;
        if (read && status.isOk()) {
            AtaAnswer.sendData(frame, replies, slot.sectorCount);
        } else {
            int remaining = status.isOk() ? 0 : slot.sectorCount;
            AtaAnswer.send(frame, replies, AtaAnswer.errorOf(status, read), remaining);
        }
    }

    /** Most sectors of one request over a port of that MTU. */
    static int sectorsMax(ExportSettings settings, int mtu) {
        int carried = Payload.sectors(mtu);
        return settings.sectorsMax() == 0 ? carried : Math.min(settings.sectorsMax(), carried);
    }
}
