// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.sim.FuzzTarget;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * What mdadm 4.2 (Debian 12) and the md driver of Linux 6.1 wrote on disks of 64 MiB in a guest.
 *
 * <pre>
 *   mdadm --create /dev/md0 --run --metadata=1.2 --level=1 --raid-devices=2 --spare-devices=1
 *       --assume-clean --bitmap=internal --bitmap-chunk=4M --name=pair --homehost=box
 *       /dev/vda /dev/vdb /dev/vdc
 *   mdadm --stop /dev/md0
 * </pre>
 *
 * made {@code active.hex} of vda and {@code spare.hex} of vdc;
 *
 * <pre>
 *   mdadm --assemble /dev/md0 /dev/vda /dev/vdb
 *   mdadm /dev/md0 --fail /dev/vdb; sleep 0.5; mdadm /dev/md0 --remove /dev/vdb
 *   echo 4096 8 > /sys/block/md0/md/dev-vda/bad_blocks
 *   dd if=/dev/urandom of=/dev/md0 bs=64k count=1 conv=fsync
 *   dd if=/dev/urandom of=/dev/md0 bs=64k seek=600 count=1 conv=fsync
 *   mdadm --stop /dev/md0
 * </pre>
 *
 * made {@code degraded.hex} of vda;
 *
 * <pre>
 *   mdadm --assemble --run /dev/md0 /dev/vda
 *   echo 100 > /sys/block/md0/md/sync_speed_max; mdadm /dev/md0 --re-add /dev/vdb; sleep 1.5
 *   echo frozen > /sys/block/md0/md/sync_action; sleep 0.3
 * </pre>
 *
 * made {@code recovering.hex} of vdb; and {@code dirty.hex} is vdd, while this went on:
 *
 * <pre>
 *   mdadm --create /dev/md1 --run --metadata=1.2 --level=1 --raid-devices=2 --bitmap=none
 *       --name=plain --homehost=box /dev/vdd /dev/vde
 *   dd if=/dev/urandom of=/dev/md1 bs=64k count=1 conv=fsync
 * </pre>
 *
 * Each file is what {@code xxd -p -c32} printed of the sectors 8, 16 and 24. The rest of their
 * pages was zeroes, and of the bitmap and the log ones.
 */
final class GoldenTest {
    private static final List<FuzzTarget.Input> INPUTS =
            new FuzzTarget(LegFuzz.class, LegFuzz::fuzzerTestOneInput).inputs();
    private static final String ARRAY = "3b480903:cb7c975a:fa2516ef:5f52addd";
    private static final long SIZE_SECTORS = 129_024;

    private static byte[] bytes(String name) {
        return INPUTS.stream()
                .filter(input -> input.name().equals(name + ".hex"))
                .findFirst()
                .orElseThrow()
                .bytes();
    }

    private static Superblock superblock(String name) {
        return SuperblockFormat.decode(LegFuzz.superblock(bytes(name)), 0, name);
    }

    private static IntentHeader header(String name) {
        return IntentFormat.decode(LegFuzz.sector(bytes(name), 1), 0, name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"active", "spare", "degraded", "recovering", "dirty"})
    void whatIsReadIsWrittenAgainByteForByte(String name) {
        MemorySegment golden = LegFuzz.superblock(bytes(name));
        MemorySegment block = MemorySegment.ofArray(new byte[SuperblockFormat.BYTES]);
        block.fill((byte) 0x5a);
        SuperblockFormat.encode(superblock(name), block, 0);
        assertThat(block.toArray(Disk.U8)).isEqualTo(golden.toArray(Disk.U8));
        assertThat(SuperblockFormat.refusal(superblock(name))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"active", "spare", "degraded", "recovering"})
    void aBitmapsHeaderIsWrittenAgainByteForByte(String name) {
        MemorySegment block = MemorySegment.ofArray(new byte[IntentFormat.BYTES]);
        block.fill((byte) 0x5a);
        IntentFormat.encode(header(name), block, 0);
        byte[] golden =
                LegFuzz.sector(bytes(name), 1).asSlice(0, IntentFormat.BYTES).toArray(Disk.U8);
        assertThat(block.toArray(Disk.U8)).isEqualTo(golden);
    }

    @Test
    void aLegSaysWhatMdadmSaidOfIt() {
        Superblock leg = superblock("active");
        assertThat(SuperblockFormat.text(leg.arrayId())).isEqualTo(ARRAY);
        assertThat(leg.name()).isEqualTo("box:pair");
        assertThat(leg.level()).isEqualTo(1);
        assertThat(leg.sizeSectors()).isEqualTo(SIZE_SECTORS);
        assertThat(leg.legCount()).isEqualTo(2);
        assertThat(leg.bitmapOffset()).isEqualTo(8);
        assertThat(leg.dataOffset()).isEqualTo(2048);
        assertThat(leg.dataSectors()).isEqualTo(SIZE_SECTORS);
        assertThat(leg.badBlocksSectors()).isEqualTo(8);
        assertThat(leg.badBlocksOffset()).isEqualTo(16);
        assertThat(leg.isClean()).isTrue();
        assertThat(leg.role()).isZero();
        assertThat(leg.roles()).hasSize(128).startsWith(0, 1, Superblock.SPARE);
        assertThat(header("active"))
                .isEqualTo(
                        new IntentHeader(leg.arrayId(), 4, 0, 0, SIZE_SECTORS, 0, 4 << 20, 5, 0));
        assertThat(LegLayout.claimSector(leg, Optional.of(header("active")))).hasValue(2040);
    }

    @Test
    void aSpareHasNoSlot() {
        assertThat(superblock("spare").deviceNumber()).isEqualTo(2);
        assertThat(superblock("spare").role()).isEqualTo(Superblock.SPARE);
    }

    /** Whoever was taken out is not called faulty: nobody has its slot. */
    @Test
    void theSlotOfALegThatWasTakenOutIsEmpty() {
        Superblock leg = superblock("degraded");
        assertThat(leg.roles()).startsWith(0, Superblock.SPARE).doesNotContain(1);
        assertThat(leg.events()).isEqualTo(5);
        assertThat(header("degraded").events()).isEqualTo(5);
        assertThat(header("degraded").eventsCleared()).isZero();
    }

    @Test
    void theChunksWrittenAreMarked() {
        MemorySegment bitmap = LegFuzz.sector(bytes("degraded"), 1);
        long bitCount = IntentFormat.bitCount(SIZE_SECTORS, 4 << 20);
        assertThat(LongStream.range(0, bitCount)
                        .filter(chunk -> IntentFormat.isSet(bitmap, 0, chunk)))
                .containsExactly(0L, 600L * 64 / 4096);
        // mdadm fills the rest with ones: what is behind the last chunk is not to be read.
        assertThat(IntentFormat.isSet(bitmap, 0, bitCount)).isTrue();
    }

    @Test
    void aBadBlockIsCountedFromTheStartOfTheLeg() {
        Superblock leg = superblock("degraded");
        assertThat(leg.featureMap() & SuperblockFormat.BAD_BLOCKS).isNotZero();
        MemorySegment log = LegFuzz.sector(bytes("degraded"), 2);
        assertThat(BadBlocks.decode(log, 0, 1, leg.badBlocksShift(), "leg"))
                .containsExactly(new BadBlocks.Range(4096, 8));
    }

    /** It has its slot already: only its own superblock says that it is not whole. */
    @Test
    void aLegThatIsFilledSaysHowFar() {
        Superblock leg = superblock("recovering");
        assertThat(leg.recoveryOffset()).isEqualTo(4104);
        assertThat(leg.featureMap() & SuperblockFormat.RECOVERY_BITMAP).isNotZero();
        assertThat(leg.role()).isEqualTo(1);
        assertThat(leg.isClean()).isTrue();
    }

    @Test
    void anArrayWithoutABitmapThatIsWrittenToIsDirty() {
        Superblock leg = superblock("dirty");
        assertThat(leg.isClean()).isFalse();
        assertThat(leg.resyncOffset()).isZero();
        assertThat(leg.bitmapOffset()).isZero();
        assertThat(LegLayout.claimSector(leg, Optional.empty())).hasValue(2040);
    }
}
