// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.Payload;
import etherbay.base.Clock;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.Loop;
import etherbay.base.Prng;
import etherbay.base.Timers;

import org.HdrHistogram.Histogram;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * An AoE initiator that only makes load: keeps a window of requests in flight, sends again under a
 * new tag what is not answered in time, and measures from the first transmission to the answer, so
 * that a lost frame counts with all the time it cost. Allocation-free while it runs. Lives on the
 * loop of its port; one {@link Workload} at a time.
 */
final class LoadGenerator implements FrameHandler {
    /** How often it looks for late answers, and for the end. */
    static final long TICK_NS = 5_000_000;

    /** Between two questions for the target; short, as the start of a target is timed with them. */
    static final long DISCOVER_INTERVAL_NS = 5_000_000;

    static final long DISCOVER_LIMIT_NS = 15_000_000_000L;

    /** Well above any honest answer of a disk, so that load is not doubled when it is slow. */
    static final long RETRANSMIT_NS = 200_000_000;

    /** How long the last answers are awaited when a run ends. */
    static final long DRAIN_LIMIT_NS = 2_000_000_000L;

    private static final int SLOT_BITS = 10;
    private static final int SEQUENCE_MASK = (1 << (31 - SLOT_BITS)) - 1;
    private static final long LATENCY_NS_MAX = 60_000_000_000L;

    // IDENTIFY DEVICE words 100-103, sectors addressable with 48 bits; ACS-2 7.16.
    private static final int IDENTIFY_SECTORS_AT = 200;
    private static final ValueLayout.OfLong IDENTIFY_LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private enum Phase {
        IDLE,
        DISCOVER,
        IDENTIFY,
        RUN,
        DRAIN
    }

    private final Clock clock;
    private final EthernetPort port;
    private final Timers.Timer timer;
    private final Histogram latencyNs = new Histogram(LATENCY_NS_MAX, 3);
    private final int[] tags = new int[Workload.WINDOW_MAX];
    private final boolean[] busy = new boolean[Workload.WINDOW_MAX];
    private final long[] lbas = new long[Workload.WINDOW_MAX];
    private final long[] firstSentNs = new long[Workload.WINDOW_MAX];
    private final long[] lastSentNs = new long[Workload.WINDOW_MAX];

    private Phase phase = Phase.IDLE;
    private Workload workload =
            Workload.random(new Address(0, 0), false, 1, 1, 1); // replaced by start
    private Consumer<LoadResult> done = result -> {};
    private Prng prng = new Prng(0);
    private int sequence;
    private long targetMac;
    private int bufferCount;
    private long chunkCount;
    private long nextChunk;
    private long issuedCount;
    private int inFlightCount;
    private long phaseNs;
    private long runNs;
    private long answeredCount;
    private long retransmitCount;
    private long errorCount;
    private long mismatchCount;

    /** Takes the frames of {@code port}, which {@code loop} turns. */
    LoadGenerator(Loop loop, EthernetPort port) {
        this.port = port;
        clock = loop.clock();
        timer = loop.timers().timer(this::tick);
        port.onFrames(this);
    }

    /** Begins a run; on the loop's thread, and not before the last one is done. */
    void start(Workload work, Consumer<LoadResult> whenDone) {
        workload = work;
        done = whenDone;
        prng = new Prng(work.seed());
        latencyNs.reset();
        Arrays.fill(busy, false);
        nextChunk = 0;
        issuedCount = 0;
        inFlightCount = 0;
        answeredCount = 0;
        retransmitCount = 0;
        errorCount = 0;
        mismatchCount = 0;
        enter(Phase.DISCOVER);
        askConfig();
        timer.at(clock.nanoTime() + DISCOVER_INTERVAL_NS);
    }

    private void enter(Phase next) {
        phase = next;
        phaseNs = clock.nanoTime();
    }

    private void tick() {
        long nowNs = clock.nanoTime();
        switch (phase) {
            case IDLE -> {
                return;
            }
            case DISCOVER, IDENTIFY -> {
                if (nowNs - phaseNs > DISCOVER_LIMIT_NS) {
                    finish(LoadResult.failed("no answer from " + workload.target()));
                    return;
                }
                ask();
            }
            case RUN -> {
                if (workload.durationNs() > 0 && nowNs - phaseNs >= workload.durationNs()) {
                    endRun(nowNs);
                } else {
                    keepWindow(nowNs);
                }
            }
            case DRAIN -> {
                if (inFlightCount == 0 || nowNs - phaseNs > DRAIN_LIMIT_NS) {
                    finish(result());
                    return;
                }
            }
        }
        timer.at(nowNs + (phase == Phase.DISCOVER ? DISCOVER_INTERVAL_NS : TICK_NS));
    }

    private void ask() {
        if (phase == Phase.DISCOVER) {
            askConfig();
        } else {
            askIdentify();
        }
    }

    private void keepWindow(long nowNs) {
        for (int slot = 0; slot < workload.window(); slot++) {
            if (!busy[slot]) {
                issue(slot);
            } else if (nowNs - lastSentNs[slot] >= RETRANSMIT_NS && send(slot)) {
                retransmitCount++;
            }
        }
    }

    private void endRun(long nowNs) {
        runNs = nowNs - phaseNs;
        enter(Phase.DRAIN);
    }

    private LoadResult result() {
        return new LoadResult(
                "",
                answeredCount,
                runNs,
                retransmitCount,
                errorCount,
                mismatchCount,
                bufferCount,
                new LoadResult.Latency(
                        latencyNs.getValueAtPercentile(50),
                        latencyNs.getValueAtPercentile(99),
                        latencyNs.getValueAtPercentile(99.9),
                        latencyNs.getMaxValue()));
    }

    private void finish(LoadResult result) {
        phase = Phase.IDLE;
        timer.cancel();
        done.accept(result);
    }

    // Requests.

    private int newTag(int slot) {
        sequence = (sequence + 1) & SEQUENCE_MASK;
        return AoeHeader.TAG_USER_SPACE | sequence << SLOT_BITS | slot;
    }

    private void header(Frame frame, long dstMac, int command, int tag) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        Ethernet.dst(memory, at, dstMac);
        Ethernet.src(memory, at, port.mac().bits());
        Ethernet.type(memory, at, Ethernet.TYPE_AOE);
        AoeHeader.versionFlags(memory, at, AoeHeader.VERSION, 0);
        AoeHeader.errorCode(memory, at, 0);
        AoeHeader.shelf(memory, at, workload.target().shelf());
        AoeHeader.slot(memory, at, workload.target().slot());
        AoeHeader.command(memory, at, command);
        AoeHeader.tag(memory, at, tag);
    }

    private void ataHeader(Frame frame, int aflags, int opcode, int sectors, long lba) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        AtaHeader.aflags(memory, at, aflags);
        AtaHeader.feature(memory, at, 0);
        AtaHeader.sectorCount(memory, at, sectors);
        AtaHeader.command(memory, at, opcode);
        AtaHeader.lba(memory, at, lba);
        AtaHeader.clearReserved(memory, at);
    }

    private static void blank(Frame frame) {
        frame.memory().asSlice(frame.at(), frame.bytes()).fill((byte) 0);
    }

    private void askConfig() {
        Frame frame = port.claim(Ethernet.FRAME_BYTES_MIN);
        if (frame != null) {
            blank(frame);
            tags[0] = newTag(0);
            header(frame, Ethernet.BROADCAST, AoeHeader.COMMAND_CONFIG, tags[0]);
            ConfigHeader.Fields.request(ConfigHeader.READ, 0).write(frame.memory(), frame.at());
            port.commit(frame);
        }
    }

    private void askIdentify() {
        Frame frame = port.claim(Ethernet.FRAME_BYTES_MIN);
        if (frame != null) {
            blank(frame);
            tags[0] = newTag(0);
            header(frame, targetMac, AoeHeader.COMMAND_ATA, tags[0]);
            ataHeader(frame, 0, AtaCommand.IDENTIFY_DEVICE, 1, 0);
            port.commit(frame);
        }
    }

    /** Starts the next request of a free slot, if there is one left and a frame for it. */
    private void issue(int slot) {
        if (workload.requestCount() > 0 && issuedCount == workload.requestCount()) {
            return;
        }
        long chunk = workload.sequential() ? nextChunk : prng.below(chunkCount);
        lbas[slot] = chunk * workload.sectors();
        if (send(slot)) {
            firstSentNs[slot] = lastSentNs[slot];
            busy[slot] = true;
            inFlightCount++;
            issuedCount++;
            nextChunk = nextChunk + 1 == chunkCount ? 0 : nextChunk + 1;
        }
    }

    private boolean send(int slot) {
        int sectors = workload.sectors();
        boolean write = workload.write();
        Frame frame = port.claim(write ? Payload.frameBytes(sectors) : Ethernet.FRAME_BYTES_MIN);
        if (frame == null) {
            return false; // the next tick tries again
        }
        tags[slot] = newTag(slot);
        header(frame, targetMac, AoeHeader.COMMAND_ATA, tags[slot]);
        int aflags = AtaHeader.AFLAG_EXTENDED | (write ? AtaHeader.AFLAG_WRITE : 0);
        int opcode = write ? AtaCommand.WRITE_SECTORS_EXT : AtaCommand.READ_SECTORS_EXT;
        ataHeader(frame, aflags, opcode, sectors, lbas[slot]);
        if (write) {
            Pattern.fill(frame.memory(), frame.at() + AtaHeader.END, lbas[slot], sectors);
        }
        port.commit(frame);
        lastSentNs[slot] = clock.nanoTime();
        return true;
    }

    // Answers.

    @Override
    public void onFrame(Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        if (phase == Phase.IDLE
                || AoeHeader.malformedMessage(memory, at, frame.bytes())
                || !AoeHeader.response(memory, at)
                || AoeHeader.shelf(memory, at) != workload.target().shelf()
                || AoeHeader.slot(memory, at) != workload.target().slot()) {
            return;
        }
        int tag = AoeHeader.tag(memory, at);
        int slot = tag & (Workload.WINDOW_MAX - 1);
        if (tags[slot] != tag) {
            return; // an answer to an earlier transmission
        }
        switch (phase) {
            case IDLE -> {}
            case DISCOVER -> discovered(memory, at);
            case IDENTIFY -> identified(frame);
            case RUN, DRAIN -> answered(frame, slot);
        }
    }

    private void discovered(MemorySegment memory, long at) {
        targetMac = Ethernet.src(memory, at);
        bufferCount = ConfigHeader.bufferCount(memory, at);
        int sectorsMax = ConfigHeader.sectorsMax(memory, at);
        int portSectorsMax = Payload.sectors(port.mtu());
        if (workload.sectors() > Math.min(sectorsMax, portSectorsMax)) {
            finish(LoadResult.failed("%d sectors do not fit: target %d, MTU %d"
                    .formatted(workload.sectors(), sectorsMax, portSectorsMax)));
        } else if (workload.spanSectors() > 0) {
            run(workload.spanSectors());
        } else {
            enter(Phase.IDENTIFY);
            askIdentify();
        }
    }

    private void identified(Frame frame) {
        long dataAt = frame.at() + AtaHeader.END;
        if (frame.bytes() < AtaHeader.END + AtaHeader.SECTOR_BYTES) {
            return;
        }
        run(frame.memory().get(IDENTIFY_LONG, dataAt + IDENTIFY_SECTORS_AT));
    }

    private void run(long spanSectors) {
        chunkCount = spanSectors / workload.sectors();
        if (chunkCount < 1) {
            finish(LoadResult.failed("the disk has only " + spanSectors + " sectors"));
            return;
        }
        enter(Phase.RUN);
        keepWindow(phaseNs);
        timer.at(phaseNs + TICK_NS);
    }

    private void answered(Frame frame, int slot) {
        if (!busy[slot]) {
            return;
        }
        busy[slot] = false;
        inFlightCount--;
        if (phase == Phase.RUN) {
            measure(frame, slot);
            if (answeredCount == workload.requestCount()) {
                endRun(clock.nanoTime());
            } else {
                issue(slot);
            }
        }
        if (phase == Phase.DRAIN && inFlightCount == 0) {
            finish(result());
        }
    }

    private void measure(Frame frame, int slot) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        long tookNs = clock.nanoTime() - firstSentNs[slot];
        latencyNs.recordValue(Math.clamp(tookNs, 0, LATENCY_NS_MAX));
        answeredCount++;
        boolean refused = AoeHeader.error(memory, at)
                || (AtaHeader.status(memory, at) & AtaHeader.STATUS_FAILED_MASK) != 0;
        boolean wanting =
                !workload.write() && frame.bytes() < Payload.frameBytes(workload.sectors());
        if (refused || wanting) {
            errorCount++;
        } else if (workload.verify() && !workload.write()) {
            mismatchCount +=
                    Pattern.mismatches(memory, at + AtaHeader.END, lbas[slot], workload.sectors());
        }
    }
}
