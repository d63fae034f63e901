// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** Two disks; a volume of 64 sectors in stripes of 8, and behind it 16 sectors on the second. */
final class VolumeDeviceTest {
    private static final BlockCapabilities ALL =
            new BlockCapabilities(true, true, true, true, 512, 4096, false, false);
    private static final BlockCapabilities NO_FUA =
            new BlockCapabilities(true, false, true, true, 512, 4096, false, true);

    /** Keeps what it is asked until the test ends it. */
    private static final class AskedDisk implements BlockDevice {
        final List<Io> asked = new ArrayList<>();
        final BlockCapabilities capabilities;

        AskedDisk(BlockCapabilities capabilities) {
            this.capabilities = capabilities;
        }

        @Override
        public BlockCapabilities capabilities() {
            return capabilities;
        }

        @Override
        public long sectors() {
            return 10_000;
        }

        @Override
        public void listen(Listener listener) {}

        @Override
        public void submit(Io io) {
            asked.add(io);
        }

        @Override
        public void quiesce(Runnable finished) {
            finished.run();
        }

        @Override
        public void close() {}

        List<String> texts() {
            return asked.stream()
                    .map(io -> io.operation() + " " + io.lba() + "+" + io.sectors())
                    .toList();
        }

        void end(IoStatus status) {
            List<Io> ending = List.copyOf(asked);
            asked.clear();
            ending.forEach(io -> io.complete(status));
        }
    }

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment memory = arena.allocate(80 * 512, 512);
    private final AskedDisk one = new AskedDisk(ALL);
    private final AskedDisk two = new AskedDisk(ALL);
    private final List<IoStatus> ends = new ArrayList<>();

    @AfterEach
    void free() {
        arena.close();
    }

    private static ExtentMap map() {
        LvmId first = new LvmId("a".repeat(32));
        LvmId second = new LvmId("b".repeat(32));
        String text =
                """
                vg0 {
                id = "%s"
                seqno = 1
                status = ["RESIZEABLE"]
                extent_size = 16
                physical_volumes {
                pv0 {
                id = "%s"
                status = ["ALLOCATABLE"]
                pe_start = 100
                pe_count = 9
                }
                pv1 {
                id = "%s"
                status = ["ALLOCATABLE"]
                pe_start = 200
                pe_count = 9
                }
                }
                logical_volumes {
                data {
                id = "%s"
                status = ["READ", "WRITE", "VISIBLE"]
                segment_count = 2
                segment1 {
                start_extent = 0
                extent_count = 4
                type = "striped"
                stripe_count = 2
                stripe_size = 8
                stripes = ["pv0", 0, "pv1", 0]
                }
                segment2 {
                start_extent = 4
                extent_count = 1
                type = "striped"
                stripe_count = 1
                stripes = ["pv1", 5]
                }
                }
                }
                }
                """.formatted("c".repeat(32), first.letters(), second.letters(), "d".repeat(32));
        VolumeGroup group = VolumeGroup.parse(text, "test");
        PvLabel label = PvLabel.create(first, PvLabel.DEVICE_BYTES_MIN);
        PoolDisk there = new PoolDisk(CrashMedium.of(1 << 20), label, List.of());
        PoolGroup in = new PoolGroup(group, Map.of(first, there, second, there), "");
        return ExtentMap.of(in, group.need("data"));
    }

    private VolumeDevice device() {
        return new VolumeDevice(map(), List.of(one, two));
    }

    private Io ask(VolumeDevice device, IoOperation operation, long lba, int sectors) {
        Io io = new Io(2).prepare(operation, lba, sectors);
        if (operation == IoOperation.READ || operation == IoOperation.WRITE) {
            io.segment(memory, 0, sectors * 512);
        }
        io.then(done -> ends.add(done.status()));
        device.submit(io);
        return io;
    }

    @Test
    void whatLiesInOnePieceGoesThereAsItIs() {
        VolumeDevice device = device();
        assertThat(device.sectors()).isEqualTo(80);
        Io io = ask(device, IoOperation.READ, 17, 3);
        assertThat(one.texts()).containsExactly("READ 109+3");
        assertThat(one.asked.getFirst()).isSameAs(io);
        one.end(IoStatus.OK);
        assertThat(io.lba()).isEqualTo(17);
        ask(device, IoOperation.READ, 64, 16);
        assertThat(two.texts()).containsExactly("READ 280+16");
        two.end(IoStatus.FAILED);
        assertThat(ends).containsExactly(IoStatus.OK, IoStatus.FAILED);
    }

    @Test
    void whatCrossesDisksEndsWhenAllPartsHave() {
        ask(device(), IoOperation.WRITE, 5, 14);
        assertThat(one.texts()).containsExactly("WRITE 105+3", "WRITE 108+3");
        assertThat(two.texts()).containsExactly("WRITE 200+8");
        assertThat(two.asked.getFirst().segmentAt(0)).isEqualTo(3 * 512);
        one.end(IoStatus.OK);
        assertThat(ends).isEmpty();
        two.end(IoStatus.OK);
        assertThat(ends).containsExactly(IoStatus.OK);
    }

    @Test
    void theWorstOfThePartsIsTheEnd() {
        VolumeDevice device = device();
        ask(device, IoOperation.WRITE, 5, 6);
        one.end(IoStatus.UNKNOWN);
        two.end(IoStatus.FAILED);
        ask(device, IoOperation.WRITE, 5, 6);
        one.end(IoStatus.OK);
        two.end(IoStatus.OFFLINE); // says that nothing was done, and half of it was
        ask(device, IoOperation.READ, 5, 6);
        one.end(IoStatus.OK);
        two.end(IoStatus.OFFLINE);
        ask(device, IoOperation.WRITE, 5, 6);
        one.end(IoStatus.FENCED);
        two.end(IoStatus.FAILED);
        assertThat(ends)
                .containsExactly(
                        IoStatus.UNKNOWN, IoStatus.FAILED, IoStatus.OFFLINE, IoStatus.FENCED);
    }

    @Test
    void aFlushReachesEveryDiskAndOneThatFailsFailsIt() {
        VolumeDevice device = device();
        ask(device, IoOperation.FLUSH, 0, 0);
        assertThat(one.texts()).containsExactly("FLUSH 0+0");
        one.end(IoStatus.OK);
        assertThat(ends).isEmpty();
        two.end(IoStatus.FAILED);
        assertThat(ends).containsExactly(IoStatus.FAILED);
    }

    @Test
    void wholeRoundsWithoutDataAreOnePartOnEachDisk() {
        ask(device(), IoOperation.TRIM, 4, 76);
        assertThat(one.texts()).containsExactly("TRIM 104+4", "TRIM 108+24");
        assertThat(two.texts()).containsExactly("TRIM 200+8", "TRIM 208+24", "TRIM 280+16");
        one.end(IoStatus.OK);
        two.end(IoStatus.OK);
        assertThat(ends).containsExactly(IoStatus.OK);
    }

    @Test
    void itIsQuietWhenItsPartsHaveEnded() {
        VolumeDevice device = device();
        ask(device, IoOperation.WRITE, 5, 14);
        AtomicBoolean quiet = new AtomicBoolean();
        device.quiesce(() -> quiet.set(true));
        one.end(IoStatus.OK);
        assertThat(quiet).isFalse();
        two.end(IoStatus.OK);
        assertThat(quiet).isTrue();
    }

    @Test
    void whatIsLostTakesNothingAnyMore() {
        VolumeDevice device = device();
        List<String> heard = new ArrayList<>();
        device.listen(new BlockDevice.Listener() {
            @Override
            public void stateChanged(BlockDevice changed, BlockDevice.State state) {
                heard.add(state.name());
            }
        });
        device.lose();
        device.lose();
        ask(device, IoOperation.READ, 0, 1);
        assertThat(ends).containsExactly(IoStatus.FENCED);
        assertThat(heard).containsExactly("FENCED");
        assertThat(one.asked).isEmpty();
    }

    @Test
    void itCanWhatAllOfItsDisksCanAndGrowsOntoNoneThatCanLess() {
        AskedDisk weak = new AskedDisk(NO_FUA);
        VolumeDevice both = new VolumeDevice(map(), List.of(one, weak));
        assertThat(both.capabilities().fua()).isFalse();
        assertThat(both.capabilities().rotational()).isTrue();
        assertThat(device().canGrowOnto(List.of(one, two, weak))).isFalse();
        assertThat(both.canGrowOnto(List.of(one, two, weak))).isTrue();
        ask(both, IoOperation.READ, 80, 1);
        assertThat(ends).containsExactly(IoStatus.RANGE);
    }
}
