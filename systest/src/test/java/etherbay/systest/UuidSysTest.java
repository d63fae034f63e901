// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Impairment;
import etherbay.base.PortAddress;
import etherbay.base.SegmentSwitch;
import etherbay.linux.Linux;
import etherbay.node.BackingName;
import etherbay.node.ExportSpec;
import etherbay.node.Node;
import etherbay.node.NodeOptions;
import etherbay.node.NodeSettings;
import etherbay.target.ExportSettings;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Disks by what the real programs wrote on them: a node serves the device that has the UUID. */
@ExtendWith(ReasonInTrace.class)
@Timeout(120)
final class UuidSysTest {
    private static final String UUID = "2f1c9b1e-6f0a-4c59-9a4e-0d5d3f7c8b21";
    private static final long DISK_BYTES = 8 << 20;

    @TempDir
    private Path folder;

    private final List<String> loopDevices = new ArrayList<>();
    private final List<String> said = new ArrayList<>();
    private SegmentSwitch segment;

    @BeforeEach
    void startSegment() {
        Tool.requireRoot();
        Tool.require("losetup", "mount");
        segment = new SegmentSwitch(
                new SegmentSwitch.Settings(
                        PortAddress.parseUnix("unix:" + folder.resolve("segment")),
                        9000,
                        Impairment.Settings.NONE,
                        1),
                Linux.clock(),
                new Counters());
        segment.start();
    }

    @AfterEach
    void cleanUp() {
        if (segment != null) {
            segment.close();
        }
        loopDevices.forEach(device -> Tool.check(List.of("losetup", "-d", device)));
    }

    private Path file(String name) throws IOException {
        Path path = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        return path;
    }

    private String loopDevice(Path file) {
        String device =
                Tool.check(List.of("losetup", "-f", "--show", file.toString())).strip();
        loopDevices.add(device);
        return device;
    }

    /** What the node says of the export of that UUID. */
    private String serve(String uuid) {
        ExportSpec spec = new ExportSpec(
                ExportSettings.of(1, 0).withReadOnly(true),
                List.of("unix:" + folder.resolve("segment")),
                BackingName.ofUuid(uuid),
                Optional.empty(),
                Optional.empty(),
                0,
                0);
        NodeSettings settings = new NodeSettings(folder.resolve("state"), List.of(), List.of(spec));
        NodeOptions options = new NodeOptions("test", false, Optional.empty());
        Node.start(settings, options, said::add).close();
        return said.getLast();
    }

    private void assertRefused(String uuid, ErrorCode code, String... words) {
        assertThatThrownBy(() -> serve(uuid))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(code);
                    assertThat(refused.toText()).contains(words);
                });
    }

    @Test
    void aFileSystemAndSwapAreServedByTheirUuid() throws IOException {
        String mkfs = Tool.require("mkfs.ext4", "e2fsprogs").toString();
        String mkswap = Tool.require("mkswap", "util-linux").toString();
        String ext4 = loopDevice(file("ext4"));
        String swap = loopDevice(file("swap"));
        String swapUuid = UUID.replace('2', '3');
        Tool.check(List.of(mkfs, "-q", "-U", UUID, ext4));
        Tool.check(List.of(mkswap, "-U", swapUuid, swap));
        assertThat(serve(UUID)).contains(": serving " + ext4 + " (");
        assertThat(serve(swapUuid)).contains(": serving " + swap + " (");
        assertRefused(
                UUID.replace("8b21", "8b12"),
                ErrorCode.NOT_FOUND,
                "did you mean " + UUID + " of " + ext4 + " (ext4)?");
    }

    @Test
    void twoCopiesOfAFileSystemAreRefused() throws IOException {
        String mkfs = Tool.require("mkfs.ext4", "e2fsprogs").toString();
        String first = loopDevice(file("a"));
        String second = loopDevice(file("b"));
        Tool.check(List.of(mkfs, "-q", "-U", UUID, first));
        Tool.check(List.of(mkfs, "-q", "-U", UUID, second));
        assertRefused(UUID, ErrorCode.CONFLICT, first + " (ext4)", second + " (ext4)");
        assertThat(said).isEmpty();
    }

    @Test
    void aPhysicalVolumeIsServedByItsUuid() throws IOException {
        String pvcreate = Tool.require("pvcreate", "lvm2").toString();
        String device = loopDevice(file("pv"));
        String config = "devices { filter=[\"a|^" + device
                + "$|\",\"r|.*|\"] use_devicesfile=0 scan=[\"/dev\"] }";
        Tool.check(List.of(pvcreate, "-qq", "--config", config, device));
        String uuid = Tool.check(List.of("blkid", "-p", "-o", "value", "-s", "UUID", device))
                .strip();
        assertThat(uuid).matches("\\w{6}(-\\w{4}){5}-\\w{6}");
        assertThat(serve(uuid)).contains(": serving " + device + " (");
        assertThat(serve(uuid.replace("-", ""))).contains(": serving " + device + " (");
    }

    @Test
    void aLegIsServedByItsOwnUuidAndNotByThatOfItsArray() throws IOException {
        Path image = file("leg");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.seek(4096);
            file.write(superblock());
        }
        String device = loopDevice(image);
        assertThat(serve("60616263-6465-6667-6869-6a6b6c6d6e6f"))
                .contains(": serving " + device + " (");
        assertRefused(
                "10111213:14151617:18191a1b:1c1d1e1f",
                ErrorCode.NOT_FOUND,
                "not assembled",
                device + " (linux_raid_member)");
    }

    /**
     * The first leg of a RAID1 of two: a superblock of md's format 1.2, as `mdadm --create` writes
     * it 4 KiB into the device. The kernel of the tests' machine has no md; `blkid` refuses a wrong
     * checksum.
     */
    private static byte[] superblock() {
        ByteBuffer block = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
        block.putInt(0, 0xa92b4efc).putInt(4, 1); // magic, major version
        for (int index = 0; index < 16; index++) {
            block.put(16 + index, (byte) (0x10 + index)); // UUID of the array
            block.put(168 + index, (byte) (0x60 + index)); // UUID of the device
        }
        block.putInt(72, 1).putLong(80, 8192).putInt(92, 2); // level, size, legs
        block.putLong(128, 2048).putLong(136, 8192).putLong(144, 8); // data, its size, superblock
        block.putInt(220, 2).putShort(256, (short) 0).putShort(258, (short) 1); // roles
        long sum = 0;
        for (int at = 0; at < 256 + 2 * Short.BYTES; at += Integer.BYTES) {
            sum += Integer.toUnsignedLong(block.getInt(at));
        }
        return block.putInt(216, (int) (sum + (sum >>> 32))).array();
    }
}
