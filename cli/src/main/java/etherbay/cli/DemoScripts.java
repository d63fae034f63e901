// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

/**
 * What runs in the guest, for busybox's shell. Numbers go out as lines {@code NAME=NUMBER}. Times
 * come from {@code /proc/uptime}, which has hundredths of a second.
 */
final class DemoScripts {
    /** At boot: a shell for whoever connects to the first virtio console. */
    static final String SHELL = """
            (while :; do
                [ -c /dev/hvc0 ] && setsid sh -i </dev/hvc0 >/dev/hvc0 2>&1
                sleep 1
            done) &
            """;

    /** Waits until the driver calls disk %1$s up. */
    static final String DISCOVER = """
            disk='/sys/block/etherd!%1$s'
            echo > /dev/etherd/discover
            for i in $(seq 100); do
                [ "$(cat "$disk/state" 2>/dev/null)" = up ] && break
                usleep 100000
            done
            [ "$(cat "$disk/state")" = up ] || { dmesg | tail -5; exit 1; }
            echo size=$(cat "$disk/size")
            echo payload=$(cat "$disk/payload")
            """;

    static final String FORMAT = """
            for slot in 0 1; do
                mkfs.ext4 -q /dev/etherd/e0.$slot
                mkdir -p /mnt/$slot
                mount -t ext4 /dev/etherd/e0.$slot /mnt/$slot
            done
            """;

    /** Functions that the scripts below begin with. */
    private static final String FUNCTIONS = """
            now_ms() {
                local up rest
                read -r up rest < /proc/uptime
                echo "${up%.*}${up#*.}0"
            }
            # Sum of field $1 of both disks' block/stat: 3 is sectors read, 7 is sectors written.
            sectors() {
                cat '/sys/block/etherd!e0.0/stat' '/sys/block/etherd!e0.1/stat' |
                    awk "{ n += \\$$1 } END { print n }"
            }
            """;

    /** Other data on each disk, so that a mix-up of the two is seen. */
    static final String WRITE = FUNCTIONS + """
            for slot in 0 1; do
                mkdir -p /tmp/data/$slot
                for i in 1 2 3 4; do
                    dd if=/dev/urandom of=/tmp/data/$slot/file$i bs=64k count=64 2>/dev/null
                done
            done
            cd /tmp/data
            sha256sum */* > /tmp/sums
            before=$(sectors 7) start=$(now_ms)
            cp -r 0 1 /mnt/
            sync
            echo ms=$(($(now_ms) - start))
            echo sectors=$(($(sectors 7) - before))
            echo files=$(ls */* | wc -l)
            echo bytes=$(cat */* | wc -c)
            rm -r /tmp/data
            """;

    /** The sums are taken from the page cache that the timed reading has filled from the disks. */
    static final String READ = FUNCTIONS + """
            echo 3 > /proc/sys/vm/drop_caches
            cd /mnt
            before=$(sectors 3) start=$(now_ms)
            cat [01]/file* > /tmp/read
            echo ms=$(($(now_ms) - start))
            echo sectors=$(($(sectors 3) - before))
            echo bytes=$(cat /tmp/read | wc -c)
            rm /tmp/read
            sha256sum -c /tmp/sums
            """;

    /**
     * Installs {@code /tmp/writer SLOT}: 256 KiB records, one after the other, past the page cache
     * into one of {@link #RECORD_SLOTS} places of a file, round and round; the sum of each is kept
     * once it is acknowledged. {@code /tmp/status.SLOT} has: records, longest write in ms, errors.
     */
    static final String WRITER = "cat > /tmp/writer <<'END'\n" + FUNCTIONS + """
            slot=$1 records=0 longest=0 errors=0
            mkdir -p /tmp/sums.$slot
            while [ ! -e /tmp/stop ]; do
                at=$((records % 256))
                dd if=/dev/urandom of=/tmp/record.$slot bs=256k count=1 2>/dev/null
                sum=$(md5sum < /tmp/record.$slot)
                start=$(now_ms)
                dd if=/tmp/record.$slot of=/mnt/$slot/records bs=256k seek=$at count=1 \\
                    oflag=direct conv=notrunc 2>/tmp/error.$slot || errors=$((errors + 1))
                took=$(($(now_ms) - start))
                echo "$sum" > /tmp/sums.$slot/$at
                [ $took -gt $longest ] && longest=$took
                records=$((records + 1))
                echo "records=$records longest=$longest errors=$errors" | tr ' ' '\\n' \\
                    > /tmp/new.$slot
                mv /tmp/new.$slot /tmp/status.$slot
            done
            END
            """;

    static final int RECORD_BYTES = 256 << 10;

    static final int RECORD_SLOTS = 256;

    static final String START_WRITERS = """
            for slot in 0 1; do
                sh /tmp/writer $slot > /tmp/out.$slot 2>&1 &
            done
            """;

    /** How far writer %1$d is. */
    static final String STATUS = "cat /tmp/status.%1$d 2>/dev/null || true";

    /** Ends the writers; each finishes its record. */
    static final String STOP_WRITERS = """
            touch /tmp/stop
            for i in $(seq 600); do
                pgrep -f /tmp/writer > /dev/null || exit 0
                usleep 100000
            done
            echo 'a writer hangs'; exit 1
            """;

    /** Reads all from the disks again, and has the file systems checked. */
    static final String VERIFY = """
            sync
            umount /mnt/0 /mnt/1
            for slot in 0 1; do
                e2fsck -fn /dev/etherd/e0.$slot > /tmp/fsck.$slot 2>&1 ||
                    { echo "e2fsck of e0.$slot:"; cat /tmp/fsck.$slot; exit 1; }
            done
            echo 3 > /proc/sys/vm/drop_caches
            mount -t ext4 /dev/etherd/e0.0 /mnt/0
            mount -t ext4 /dev/etherd/e0.1 /mnt/1
            count=0
            for slot in 0 1; do
                for record in /tmp/sums.$slot/*; do
                    at=${record##*/}
                    found=$(dd if=/mnt/$slot/records bs=256k skip=$at count=1 2>/dev/null | md5sum)
                    [ "$found" = "$(cat $record)" ] ||
                        { echo "record $at of e0.$slot differs"; exit 1; }
                    count=$((count + 1))
                done
            done
            cd /mnt
            sha256sum -c /tmp/sums > /tmp/check 2>&1 || { cat /tmp/check; exit 1; }
            echo records=$count
            echo errors=$(dmesg | grep -cE 'I/O error|EXT4-fs error|JBD2: .*rror' || true)
            """;

    private DemoScripts() {}
}
