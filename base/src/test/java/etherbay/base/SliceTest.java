// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

class SliceTest {
    private final TestDisk disk = new TestDisk(100, 512);
    private final List<String> heard = new ArrayList<>();

    private final class Ear implements BlockDevice.Listener {
        @Override
        public void resized(BlockDevice device, long sectorsBefore) {
            heard.add(sectorsBefore + " to " + device.sectors());
        }

        @Override
        public void stateChanged(BlockDevice device, BlockDevice.State state) {
            heard.add(device.getClass().getSimpleName() + " " + state);
        }
    }

    @Test
    void sectorsAreMovedOnTheWayDownAndBackOnTheWayUp() {
        Slice outer = new Slice(new Slice(disk, 10, 50), 5, 0);
        assertThat(outer.sectors()).isEqualTo(45);
        Io io = new Io(1)
                .prepare(IoOperation.READ, 3, 2)
                .segment(Arena.ofAuto().allocate(1024), 0, 1024)
                .then(done -> heard.add("lba " + done.lba() + " " + done.status()));
        outer.submit(io);
        assertThat(disk.seen).containsExactly("READ 18+2");
        disk.finish(IoStatus.OK);
        assertThat(heard).containsExactly("lba 3 OK");
    }

    @Test
    void aSliceLendsWhatLiesWithinIt() {
        Slice outer = new Slice(new Slice(disk, 10, 50), 5, 0);
        assertThat(outer.lend(3, 2)).isEqualTo(4096 + 18 * 512);
        assertThat(outer.lend(43, 2)).isNotZero();
        assertThat(outer.lend(44, 2)).isZero();
        assertThat(outer.lend(-1, 2)).isZero();
        assertThat(new ReadOnlyDevice(outer).lend(3, 2)).isEqualTo(4096 + 18 * 512);
    }

    @Test
    void whatCrossesTheEndOfTheSliceIsRefused() {
        Slice slice = new Slice(disk, 10, 5);
        slice.submit(new Io(1)
                .prepare(IoOperation.WRITE_ZEROES, 4, 2)
                .then(done -> heard.add(done.status().toString())));
        assertThat(heard).containsExactly("RANGE");
        assertThat(disk.seen).isEmpty();
    }

    @Test
    void anOpenEndedSliceGrowsAndOneOfGivenLengthDoesNot() {
        Slice open = new Slice(disk, 10, 0);
        Slice closed = new Slice(disk, 10, 20);
        open.listen(new Ear());
        closed.listen(new Ear());
        disk.resize(200);
        assertThat(heard).containsExactly("90 to 190");
        assertThat(closed.sectors()).isEqualTo(20);
        disk.state(BlockDevice.State.FENCED);
        assertThat(heard).hasSize(3).endsWith("Slice FENCED");
    }

    @Test
    void aSliceThatDoesNotLieWithinTheDiskIsAnErrorThatSaysHowLargeItIs() {
        assertThatThrownBy(() -> new Slice(disk, 100, 0))
                .isInstanceOf(EtherbayException.class)
                .extracting(error -> ((EtherbayException) error).why())
                .isEqualTo("the disk has 100 sectors of 512 bytes");
        assertThatThrownBy(() -> new Slice(disk, -1, 0)).isInstanceOf(EtherbayException.class);
        assertThatThrownBy(() -> new Slice(disk, 50, 51)).isInstanceOf(EtherbayException.class);
        assertThatThrownBy(() -> new Slice(disk, 1, Long.MAX_VALUE))
                .isInstanceOf(EtherbayException.class);
        assertThatThrownBy(() -> new Slice(new TestDisk(64, 4096), 4, 0))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("cut a block");
    }

    @Test
    void aReadOnlyDeviceRefusesWhatChangesDataAndPassesTheRest() {
        ReadOnlyDevice device = new ReadOnlyDevice(disk);
        for (IoOperation operation : IoOperation.values()) {
            Io io = new Io(1).prepare(operation, 0, operation == IoOperation.FLUSH ? 0 : 1);
            io.segment(Arena.ofAuto().allocate(512), 0, 512);
            device.submit(io.then(done -> heard.add(done.operation() + " " + done.status())));
        }
        disk.finishAll();
        assertThat(heard)
                .containsExactly(
                        "WRITE READ_ONLY",
                        "TRIM READ_ONLY",
                        "WRITE_ZEROES READ_ONLY",
                        "READ OK",
                        "FLUSH OK");
        assertThat(device.capabilities().readOnly()).isTrue();
    }
}
