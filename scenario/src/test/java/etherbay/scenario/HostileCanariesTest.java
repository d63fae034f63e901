// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.aoe.AtaCommand;
import etherbay.base.BlockDevice;
import etherbay.base.DeviceDecorator;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.MacAddress;
import etherbay.scenario.HostileRun.HostileFailure;
import etherbay.target.ExportState;
import etherbay.target.StateStore;

import org.junit.jupiter.api.Test;

import java.util.Arrays;

/**
 * Mistakes planted around the target, each in a rare case only: the hostile run must find them, and
 * its replay line must find them again.
 */
final class HostileCanariesTest {
    private static final long FRAME_COUNT = 100_000;
    private static final long SEED = 7;

    private static void assertFound(HostilePlant plant, String... words) {
        HostileRun run = new HostileRun(plant);
        assertThatThrownBy(() -> run.run(SEED, FRAME_COUNT, done -> {}))
                .isInstanceOf(HostileFailure.class)
                .hasMessageContaining("replay: ./dev hostile --seed 0x0000000000000007 --frames ")
                .hasMessageContainingAll(words);
    }

    @Test
    void nothingPlantedNothingFound() {
        HostileRun run = new HostileRun(HostilePlant.NONE);
        run.run(SEED, FRAME_COUNT, done -> {});
        assertThat(run.frameCount()).isEqualTo(FRAME_COUNT);
    }

    @Test
    void anIgnoredVersionIsFound() {
        assertFound(
                new HostilePlant() {
                    @Override
                    public void port(HostilePort port, HostileBox box) {
                        port.tamper((bytes, length) -> {
                            if (length > 14 && (bytes[14] & 0xf0) == 0x20) {
                                bytes[14] = (byte) ((bytes[14] & 0x0f) | 0x10);
                            }
                            return true;
                        });
                    }
                },
                "version 2");
    }

    /** In the name of one who is let in, and without an answer: only the disk can tell. */
    @Test
    void oneMaskedWriteThatIsLetThroughIsFound() {
        assertFound(
                new HostilePlant() {
                    @Override
                    public void port(HostilePort port, HostileBox box) {
                        MaskedWrites masked = new MaskedWrites(box);
                        port.tamper(masked::letThrough);
                    }
                },
                "e1.0 sector",
                " write ");
    }

    /** Changes the sender of masked writes to e1.0, and swallows their answers. */
    private static final class MaskedWrites {
        private final HostileBox box;

        MaskedWrites(HostileBox box) {
            this.box = box;
        }

        boolean letThrough(byte[] bytes, int length) {
            boolean write = length >= 36 + 512
                    && bytes[14] == 0x10
                    && number(bytes, 16, 4) == 0x0001_0000
                    && AtaCommand.of(bytes[27]) == AtaCommand.WRITE;
            ExportState state = box.export(0).state();
            MacAddress sender = new MacAddress(number(bytes, 6, 6));
            if (!write || state.masks().isEmpty() || state.masks().contains(sender)) {
                return true;
            }
            long known = writer(state).bits();
            for (int i = 0; i < 6; i++) {
                bytes[6 + i] = (byte) (known >>> (40 - 8 * i));
            }
            return false;
        }

        private static MacAddress writer(ExportState state) {
            return state.masks().stream()
                    .filter(mac -> state.reservations().isEmpty()
                            || state.reservations().contains(mac))
                    .filter(mac -> !state.fenced() || state.owners().contains(mac))
                    .findFirst()
                    .orElse(state.masks().getFirst());
        }

        private static long number(byte[] bytes, int at, int count) {
            long value = 0;
            for (int i = 0; i < count; i++) {
                value = (value << 8) | (bytes[at + i] & 0xff);
            }
            return value;
        }
    }

    @Test
    void oneForgottenWriteIsFound() {
        assertFound(
                new HostilePlant() {
                    @Override
                    public BlockDevice disk(BlockDevice disk) {
                        return new ForgottenWrite(disk);
                    }
                },
                "");
    }

    /** One write of a hundred is answered and not done. */
    private static final class ForgottenWrite extends DeviceDecorator {
        private int writeCount;

        ForgottenWrite(BlockDevice below) {
            super(below);
        }

        @Override
        public void submit(Io io) {
            if (io.operation() == IoOperation.WRITE && ++writeCount % 100 == 0) {
                Io other = new Io(1).prepare(IoOperation.FLUSH, 0, 0);
                below().submit(other.then(flushed -> io.complete(IoStatus.OK)));
            } else {
                below().submit(io);
            }
        }
    }

    @Test
    void aConfigStringThatIsStoredCutShortIsFound() {
        assertFound(
                new HostilePlant() {
                    @Override
                    public StateStore store(StateStore store) {
                        return (state, done) -> store.save(cut(state), done);
                    }
                },
                "in store config string");
    }

    private static ExportState cut(ExportState state) {
        byte[] config = state.configBytes();
        return config.length < 1000
                ? state
                : state.withConfig(Arrays.copyOf(config, config.length - 1));
    }
}
