// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A file system that a Linux guest keeps on a disk, with a writer that checks what it wrote: a
 * shell script in the guest, until {@link #stopAndVerify}.
 */
final class FileSystemLoad {
    /**
     * Writes one file after the other, each durable before its sum is noted, and now and then reads
     * one of the last past the page cache. Keeps the last 64.
     */
    private static final String WRITER = """
            cat > /tmp/writer <<'END'
            trap 'touch /tmp/ended' EXIT
            n=0
            fail() { echo "file $n: $1" > /tmp/failed; exit 1; }
            while [ ! -e /tmp/stop ]; do
                dd if=/dev/urandom of=/tmp/data bs=16k count=8 2>/dev/null
                dd if=/tmp/data of=/mnt/file$n bs=16k conv=fsync 2>/tmp/error || fail "written"
                sum=$(md5sum < /tmp/data)
                echo "file$n ${sum%% *}" >> /tmp/sums
                old=$((n - 64))
                [ $old -lt 0 ] || rm /mnt/file$old || fail "removed"
                if [ $((n % 8)) = 7 ]; then
                    echo 3 > /proc/sys/vm/drop_caches
                    found=$(md5sum < /mnt/file$((n - 4))) || fail "read"
                    grep -q "file$((n - 4)) ${found%% *}" /tmp/sums || fail "differs"
                fi
                n=$((n + 1))
                echo $n >/tmp/count.new; mv /tmp/count.new /tmp/count
                usleep 20000
            done
            END
            mkfs.ext4 -q /dev/etherd/@
            mount -t ext4 /dev/etherd/@ /mnt
            sh /tmp/writer > /tmp/out 2>&1 &
            """;

    private static final String VERIFY = """
            touch /tmp/stop
            while [ ! -e /tmp/ended ]; do usleep 100000; done
            [ ! -e /tmp/failed ] || { cat /tmp/failed /tmp/error; exit 1; }
            umount /mnt
            echo 3 > /proc/sys/vm/drop_caches
            mount -t ext4 /dev/etherd/@ /mnt
            tail -n 64 /tmp/sums | while read -r file sum; do
                found=$(md5sum < /mnt/$file)
                [ "${found%% *}" = "$sum" ] || { echo "$file differs"; exit 1; }
            done
            umount /mnt
            e2fsck -fn /dev/etherd/@
            """;

    private final LinuxClient linux;
    private final String name;

    private FileSystemLoad(LinuxClient linux, String name) {
        this.linux = linux;
        this.name = name;
    }

    /** Makes a file system on a disk {@code eX.Y} that the guest has discovered, and begins. */
    static FileSystemLoad start(LinuxClient linux, String name) {
        linux.sh(WRITER.replace("@", name));
        return new FileSystemLoad(linux, name);
    }

    /**
     * Ends the writer; an error of it, a file that differs and a file system that is not sound
     * fail. The kernel must not have complained about the disk.
     *
     * @return how many files were written
     */
    int stopAndVerify() {
        linux.sh(VERIFY.replace("@", name));
        assertThat(linux.sh("dmesg | grep -e 'EXT4-fs error' -e 'etherd/" + name
                        + "' -e 'I/O error.*etherd!" + name + "' || true"))
                .as("what the kernel says of " + name)
                .doesNotContain("error");
        assertThat(linux.attribute(name, "state")).isEqualTo("up");
        return Integer.parseInt(linux.sh("cat /tmp/count"));
    }
}
