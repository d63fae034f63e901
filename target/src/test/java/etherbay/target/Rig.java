// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.base.Clock;
import etherbay.base.Counters;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.ParkIdler;
import etherbay.base.Prng;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One export e1.0 of a {@link FakeDisk} on two {@link FakePort}s, turned by hand. */
final class Rig {
    static final MacAddress ALICE = mac("02:00:00:00:00:0a");
    static final MacAddress BOB = mac("02:00:00:00:00:0b");
    static final long MS = 1_000_000L;
    static final int TAG = 0x0123_4567;

    /** A reply whose registers a test reads. */
    record Answer(MemorySegment frame) {
        int status() {
            return AtaHeader.status(frame, 0);
        }

        int ataError() {
            return AtaHeader.error(frame, 0);
        }

        int aoeError() {
            return AoeHeader.error(frame, 0) ? AoeHeader.errorCode(frame, 0) : 0;
        }

        byte[] data(int sectorCount) {
            return frame.asSlice(AtaHeader.END, sectorCount * 512L)
                    .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        }
    }

    private final class TestClock implements Clock {
        @Override
        public long nanoTime() {
            return nowNs;
        }

        @Override
        public long wallMillis() {
            return 0;
        }
    }

    long nowNs = 1_000_000 * MS;
    final Counters counters = new Counters();
    final Loop loop = new Loop("test", new TestClock(), new ParkIdler(), 0);
    final FakePort port;
    final FakePort otherPort;
    final FakeDisk disk;
    final FakeStore store;
    private final List<FakeDisk> otherDisks = new ArrayList<>();
    final Target target = new Target(loop, counters);
    final Export export;

    Rig() {
        this(settings(), new FakeDisk(FakeDisk.FULL, 4096), null);
    }

    Rig(ExportSettings settings) {
        this(settings, new FakeDisk(FakeDisk.FULL, 4096), null);
    }

    Rig(ExportSettings settings, FakeDisk disk, @Nullable WriteLog writeLog) {
        this(settings, disk, writeLog, freshState());
    }

    /** On ports that outlive it. */
    Rig(ExportSettings settings, FakeDisk disk, FakePort port, FakePort otherPort) {
        this(settings, disk, null, freshState(), List.of(port, otherPort));
    }

    Rig(ExportSettings settings, FakeDisk disk, @Nullable WriteLog writeLog, ExportState state) {
        this(
                settings,
                disk,
                writeLog,
                state,
                List.of(
                        new FakePort("02:00:00:00:00:01", 64),
                        new FakePort("02:00:00:00:00:02", 64)));
    }

    private Rig(
            ExportSettings settings,
            FakeDisk disk,
            @Nullable WriteLog writeLog,
            ExportState state,
            List<FakePort> ports) {
        this.disk = disk;
        port = ports.getFirst();
        otherPort = ports.getLast();
        store = new FakeStore(state);
        ExportRecords records = new ExportRecords(state, store, writeLog, new Prng(7)::nextLong);
        export = new Export(loop, counters, settings, disk, records);
        target.attach(port);
        target.attach(otherPort);
        target.add(export, List.of(port, otherPort));
        port.takeSent();
        otherPort.takeSent();
    }

    /** A further export of a disk of its own, on no port yet. */
    Export another(int shelf, int slot) {
        ExportState state = freshState();
        FakeDisk itsDisk = new FakeDisk(FakeDisk.FULL, 64);
        itsDisk.keepsDone = false;
        otherDisks.add(itsDisk);
        return new Export(
                loop,
                counters,
                ExportSettings.of(shelf, slot),
                itsDisk,
                new ExportRecords(state, new FakeStore(state), null, () -> 1));
    }

    static ExportSettings settings() {
        return ExportSettings.of(1, 0).withWriteCache(false);
    }

    static ExportState freshState() {
        return ExportState.opened(Optional.empty(), "boot-1", "backing-1", new Prng(5)::nextLong);
    }

    static MacAddress mac(String text) {
        return MacAddress.parse(text).orElseThrow();
    }

    /** Requests of {@code sender} to the export. */
    AoeFrames from(MacAddress sender) {
        return from(sender, TAG);
    }

    AoeFrames from(MacAddress sender, int tag) {
        return AoeFrames.request(port.mac(), sender, 1, 0, tag);
    }

    /** A frame arrives now on the first port. */
    void send(MemorySegment frame) {
        port.receive(frame, nowNs);
    }

    /** Turns the loop and completes what is at the disk until nothing moves any more. */
    void settle() {
        int work;
        do {
            work = disk.completeAll() + loop.turn(nowNs);
            for (int i = 0; i < otherDisks.size(); i++) {
                work += otherDisks.get(i).completeAll();
            }
        } while (work > 0);
    }

    /** Sends, settles, and returns the one answer. */
    Answer ask(MemorySegment frame) {
        send(frame);
        settle();
        return answer();
    }

    /** Sends, settles, and forgets the answers. */
    void settleAfter(MemorySegment frame) {
        send(frame);
        settle();
        port.takeSent();
    }

    /** The one frame sent on the first port since the last look. */
    Answer answer() {
        List<MemorySegment> sent = port.takeSent();
        assertThat(sent).hasSize(1);
        return new Answer(sent.getFirst());
    }

    boolean isSilent() {
        return port.takeSent().isEmpty();
    }

    long count(String name) {
        return counters.counter("export.e1.0." + name).value();
    }

    static byte[] pattern(int sectorCount, int seed) {
        byte[] bytes = new byte[sectorCount * 512];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31 + seed);
        }
        return bytes;
    }
}
