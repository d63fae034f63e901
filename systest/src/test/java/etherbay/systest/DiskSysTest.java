// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.BlockDevice;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.linux.Disk;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** Disks that are full, that fail, that have large sectors: real ones of the kernel. */
@ExtendWith(ReasonInTrace.class)
@Timeout(120)
final class DiskSysTest {
    private static final int MIB = 1 << 20;
    private static final int KIB_64 = 64 * 1024;

    private static Disk.Options with(Disk.Engine engine) {
        return Disk.Options.DEFAULT.withEngine(engine);
    }

    @ParameterizedTest
    @EnumSource(
            value = Disk.Engine.class,
            names = {"URING", "THREADS"})
    void aFullFileSystemIsNoSpaceAndHealsWhenThereIsRoom(Disk.Engine engine) {
        try (DiskLab lab = new DiskLab(MIB)) {
            Path path = lab.sparse(8L * MIB);
            try (Disk disk = lab.open(path, with(engine))) {
                MemorySegment data = lab.memory(KIB_64, 0x5a);
                assertThat(lab.write(disk, 0, data)).isEqualTo(IoStatus.OK);
                IoStatus status = IoStatus.OK;
                for (int chunk = 1; chunk < 128 && status == IoStatus.OK; chunk++) {
                    status = lab.write(disk, chunk * 128L, data);
                }
                assertThat(status).isEqualTo(IoStatus.NO_SPACE);
                assertThat(lab.writeFua(disk, 8192, data)).isEqualTo(IoStatus.NO_SPACE);
                assertThat(disk.syncFailed()).isFalse();
                assertThat(lab.range(disk, IoOperation.FLUSH, 0, 0)).isEqualTo(IoStatus.OK);
                assertThat(lab.range(disk, IoOperation.TRIM, 0, 512)).isEqualTo(IoStatus.OK);
                assertThat(lab.writeFua(disk, 8192, data)).isEqualTo(IoStatus.OK);
                assertThat(lab.counters.snapshot().get("disk." + path + ".failed"))
                        .isGreaterThanOrEqualTo(2);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "tmpfs, true, URING",
        "tmpfs, true, THREADS",
        "ramfs, false, URING",
        "ramfs, false, THREADS"
    })
    void zeroesAreWrittenWhateverTheFileSystemCanDo(
            String fileSystem, boolean holes, Disk.Engine engine) {
        try (DiskLab lab = new DiskLab(fileSystem, "mode=700")) {
            try (Disk disk = lab.open(lab.sparse(MIB), with(engine))) {
                assertThat(disk.capabilities().trim()).isEqualTo(holes);
                MemorySegment data = lab.memory(MIB, 0x33);
                assertThat(lab.write(disk, 0, data)).isEqualTo(IoStatus.OK);
                for (int again = 0; again < 2; again++) {
                    assertThat(lab.range(disk, IoOperation.WRITE_ZEROES, 1, 1000))
                            .isEqualTo(IoStatus.OK);
                }
                MemorySegment back = lab.memory(MIB, 1);
                assertThat(lab.read(disk, 0, back)).isEqualTo(IoStatus.OK);
                data.asSlice(512, 1000 * 512).fill((byte) 0);
                assertThat(back.mismatch(data)).isEqualTo(-1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Disk.Engine.class,
            names = {"URING", "THREADS"})
    void afterOneFailedSyncNothingIsTrustedUntilItIsOpenedAgain(Disk.Engine engine) {
        // A disk that takes everything into its cache and cannot keep half of it.
        try (DiskLab lab = new DiskLab(MIB)) {
            Path device = lab.loopDevice(lab.sparse(8L * MIB), 512);
            MemorySegment data = lab.memory(KIB_64, 0x5a);
            try (Disk disk = lab.open(device, with(engine))) {
                for (int chunk = 0; chunk < 64; chunk++) {
                    assertThat(lab.write(disk, chunk * 128L, data)).isEqualTo(IoStatus.OK);
                }
                assertThat(lab.range(disk, IoOperation.FLUSH, 0, 0)).isEqualTo(IoStatus.FAILED);
                assertThat(disk.syncFailed()).isTrue();
                for (int again = 0; again < 3; again++) {
                    assertThat(lab.range(disk, IoOperation.FLUSH, 0, 0)).isEqualTo(IoStatus.FAILED);
                    assertThat(lab.write(disk, 0, data)).isEqualTo(IoStatus.FAILED);
                    assertThat(lab.writeFua(disk, 0, data)).isEqualTo(IoStatus.FAILED);
                    assertThat(lab.range(disk, IoOperation.WRITE_ZEROES, 0, 8))
                            .isEqualTo(IoStatus.FAILED);
                }
                assertThat(lab.read(disk, 0, lab.memory(KIB_64, 0))).isEqualTo(IoStatus.OK);
            }
            try (Disk disk = lab.open(device, with(engine))) {
                assertThat(disk.syncFailed()).isFalse();
                assertThat(lab.write(disk, 0, data)).isEqualTo(IoStatus.OK);
                assertThat(lab.range(disk, IoOperation.FLUSH, 0, 0)).isEqualTo(IoStatus.OK);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Disk.Engine.class,
            names = {"URING", "THREADS"})
    void aDiskWithLargeSectorsIsUsedInLargeSectors(Disk.Engine engine) {
        try (DiskLab lab = new DiskLab(16L * MIB)) {
            Path device = lab.loopDevice(lab.sparse(8L * MIB), 4096);
            assertThat(Disk.isBlockDevice(device)).isTrue();
            try (Disk disk = lab.open(device, with(engine).withDirect(true))) {
                assertThat(disk.capabilities().logicalBlockBytes()).isEqualTo(4096);
                assertThat(disk.sectors()).isEqualTo(8L * MIB / 512);
                MemorySegment data = lab.memory(KIB_64, 0x77);
                assertThat(lab.write(disk, 8, data)).isEqualTo(IoStatus.OK);
                assertThat(lab.writeFua(disk, 8, data)).isEqualTo(IoStatus.OK);
                assertThat(lab.range(disk, IoOperation.FLUSH, 0, 0)).isEqualTo(IoStatus.OK);
                MemorySegment back = lab.memory(KIB_64 + 1, 0).asSlice(1);
                assertThat(lab.read(disk, 8, back)).isEqualTo(IoStatus.OK);
                assertThat(back.mismatch(data)).isEqualTo(-1);
                assertThat(lab.write(disk, 1, lab.memory(512, 1))).isEqualTo(IoStatus.RANGE);
                assertThat(lab.write(disk, 8, lab.memory(512, 1))).isEqualTo(IoStatus.RANGE);
                assertThat(disk.capabilities().zeroesAfterTrim()).isTrue();
                for (IoOperation operation :
                        new IoOperation[] {IoOperation.TRIM, IoOperation.WRITE_ZEROES}) {
                    assertThat(lab.write(disk, 8, data)).isEqualTo(IoStatus.OK);
                    assertThat(lab.range(disk, operation, 16, 8)).isEqualTo(IoStatus.OK);
                    assertThat(lab.read(disk, 8, back)).isEqualTo(IoStatus.OK);
                    assertThat(back.asSlice(0, 4096).mismatch(lab.memory(4096, 0x77)))
                            .isEqualTo(-1);
                    assertThat(back.asSlice(4096, 4096).mismatch(lab.memory(4096, 0)))
                            .isEqualTo(-1);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Disk.Engine.class,
            names = {"URING", "THREADS"})
    void aBlockDeviceHasOneWriterAndItsGrowthIsNoticed(Disk.Engine engine) {
        try (DiskLab lab = new DiskLab(16L * MIB)) {
            Path device = lab.loopDevice(lab.sparse(4L * MIB), 512);
            try (Disk disk = lab.open(device, with(engine))) {
                assertThatThrownBy(() -> lab.open(device, with(engine)))
                        .isInstanceOfSatisfying(
                                EtherbayException.class,
                                refused ->
                                        assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT));
                lab.open(device, with(engine).withReadOnly(true)).close();
                long[] before = {-1};
                disk.listen(new BlockDevice.Listener() {
                    @Override
                    public void resized(BlockDevice resized, long sectorsBefore) {
                        before[0] = sectorsBefore;
                    }
                });
                lab.sparse(6L * MIB);
                lab.refreshLoopDevice();
                lab.turnUntil(() -> before[0] >= 0);
                assertThat(before[0]).isEqualTo(4L * MIB / 512);
                assertThat(disk.sectors()).isEqualTo(6L * MIB / 512);
            }
        }
    }
}
