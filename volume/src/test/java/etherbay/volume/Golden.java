// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;

/**
 * What lvm2 2.03.16 (Debian 12) wrote on loop devices of 128 MiB, with a filter for these devices
 * alone and {@code udev_sync=0 udev_rules=0 monitoring=0} in lvm.conf.
 *
 * <pre>
 *   pvcreate --driverloaded n --norestorefile -u 0Golde-nPV0-0000-0000-0000-0000-000001 /dev/loop2
 *   pvcreate --driverloaded n --norestorefile -u 0Golde-nPV0-0000-0000-0000-0000-000002 /dev/loop3
 * </pre>
 *
 * made {@link #LABEL} and {@link #HEADER};
 *
 * <pre>
 *   vgcreate --driverloaded n golden /dev/loop2 /dev/loop3
 * </pre>
 *
 * made {@link #LABEL_USED}, {@link #HEADER_USED} and {@code group.txt};
 *
 * <pre>
 *   lvcreate --driverloaded n -an -Zn -Wn -n lin -L 20M golden
 *   lvcreate --driverloaded n -an -Zn -Wn -n str -i2 -I16k -L 16M --addtag fast golden
 *   lvextend --driverloaded n -l +3 golden/lin
 *   lvextend --driverloaded n -l +3 golden/lin /dev/loop3
 *   vgchange --driverloaded n --addtag veegee golden
 *   lvchange --driverloaded n --addtag t1 --addtag t2 golden/lin
 *   lvcreate --driverloaded n -an --type zero -n z -L 12M golden
 * </pre>
 *
 * made {@code volumes.txt}. Thin pools, RAID and snapshots it does not make without device-mapper:
 * their sections were written by hand, restored by {@code vgcfgrestore --force}, and {@code
 * vgchange --addtag hi} had lvm2 write all of it in its own words: {@code foreign.txt}.
 *
 * <pre>
 *   pvcreate --driverloaded n --norestorefile --dataalignment 4k --metadatasize 32k -u
 *       0Golde-nPV0-0000-0000-0000-0000-000003 /dev/loop4
 * </pre>
 *
 * and 128 changes later its first 36,864 bytes were {@code ring.gz}: the version in force goes over
 * the end of the ring.
 */
final class Golden {
    static final long DEVICE_BYTES = 128L << 20;

    static final byte[] LABEL = sector("""
            4c4142454c4f4e45 0100000000000000 53d52d0820000000 4c564d3220303031
            30476f6c64656e50 5630303030303030 3030303030303030 3030303030303031
            0000000800000000 0000100000000000 0000000000000000 0000000000000000
            0000000000000000 0010000000000000 00f00f0000000000 0000000000000000
            0000000000000000 0200000000000000
            """);

    static final byte[] HEADER = sector("""
            16d68edb204c564d 3220785b35412572 304e2a3e01000000 0010000000000000
            00f00f0000000000
            """);

    static final byte[] LABEL_USED = sector("""
            4c4142454c4f4e45 0100000000000000 bd20640920000000 4c564d3220303031
            30476f6c64656e50 5630303030303030 3030303030303030 3030303030303031
            0000000800000000 0000100000000000 0000000000000000 0000000000000000
            0000000000000000 0010000000000000 00f00f0000000000 0000000000000000
            0000000000000000 0200000001000000
            """);

    static final byte[] HEADER_USED = sector("""
            efd0689e204c564d 3220785b35412572 304e2a3e01000000 0010000000000000
            00f00f0000000000 0002000000000000 7f03000000000000 a4bd07e500000000
            """);

    /** {@code pvcreate --pvmetadatacopies 2}: the second area is at the end of the device. */
    static final byte[] LABEL_TWO_AREAS = sector("""
            4c4142454c4f4e45 0100000000000000 0286ed1620000000 4c564d3220303031
            6c61354c3052785a 496e4d7364335045 7058424870746848 31794576386d454e
            0000000800000000 0000100000000000 0000000000000000 0000000000000000
            0000000000000000 0010000000000000 00f00f0000000000 0000f00700000000
            0000100000000000 0000000000000000 0000000000000000 0200000000000000
            """);

    /** {@code pvcreate --bootloaderareasize 1M}. */
    static final byte[] LABEL_BOOT_AREA = sector("""
            4c4142454c4f4e45 0100000000000000 48e88df620000000 4c564d3220303031
            5035456d4c564534 5065325a554c7657 78664f5045524666 356a415538775647
            0000000800000000 0000200000000000 0000000000000000 0000000000000000
            0000000000000000 0010000000000000 00f00f0000000000 0000000000000000
            0000000000000000 0200000000000000 0000100000000000 0000100000000000
            """);

    private Golden() {}

    /** The rest of a sector is zero. */
    private static byte[] sector(String hex) {
        byte[] begin = HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
        return Arrays.copyOf(begin, PvLabel.SECTOR_BYTES);
    }

    /** The text of a version: {@code group}, {@code volumes}, {@code foreign}. */
    static String text(String name) {
        return new String(resource(name + ".txt"), StandardCharsets.ISO_8859_1);
    }

    /** The beginning of the disk whose ring goes round. */
    static byte[] ring() {
        try (InputStream in = new GZIPInputStream(open("ring.gz"))) {
            return in.readAllBytes();
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
    }

    private static byte[] resource(String name) {
        try (InputStream in = open(name)) {
            return in.readAllBytes();
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
    }

    private static InputStream open(String name) {
        InputStream found = Golden.class.getResourceAsStream("golden/" + name);
        if (found == null) {
            throw new IllegalStateException("no resource " + name);
        }
        return found;
    }

    /** The disks of the group {@code golden}, with a version of it in force. */
    static Pool pool(String name) {
        CrashMedium.Power power = new CrashMedium.Power(1);
        CrashMedium first = new CrashMedium(power, "/dev/loop2", DEVICE_BYTES);
        CrashMedium second = new CrashMedium(power, "/dev/loop3", DEVICE_BYTES);
        disk(first, '1', text(name));
        disk(second, '2', text(name));
        return Pool.open(java.util.List.of(first, second));
    }

    private static void disk(CrashMedium medium, char number, String text) {
        LvmId id = new LvmId("0GoldenPV00000000000000000000000".substring(0, 31) + number);
        PvLabel label = PvLabel.create(id, DEVICE_BYTES).used(true);
        label.write(medium);
        MetadataArea area = PoolDisk.of(medium, label).areas().getFirst();
        area.format();
        area.commit(area.stage(text));
    }
}
