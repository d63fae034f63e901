// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

/**
 * What the guest runs, for busybox's shell and Debian's: records of 4 KiB, each with its number and
 * random bytes, written durably past all caches into a ring, one after the other. Each is read back
 * with the one before it, and compared, before it is called written.
 *
 * <p>On the console: {@code W NUMBER MD5 CLOCK_MS} for each record, {@code FAILED NUMBER ...} for
 * one that could not be written or read back; and when it starts {@code V NUMBER MD5} for each
 * record that it finds, then it goes on behind the last one.
 */
final class DemoWriter {
    static final int RECORD_BYTES = 4096;

    /** Of the ring; record N lies in slot N modulo this. */
    static final int SLOTS = 1024;

    /** Where the ring begins: behind all that a demo's guest has at the start of its disk. */
    static final long RING_AT_BYTES = 16L << 20;

    private static final String SCRIPT = """
            mkdir -p /run/writer/found
            cd /run/writer
            dd if=$ring of=all bs=1M skip=$((base / 256)) count=$((slots / 256)) iflag=direct \\
                2>error || echo "FAILED 0: $(cat error)"
            i=0
            while [ $i -lt $slots ] && dd bs=4096 count=1 of=found/$i 2>error <&3; do
                read -r word number <found/$i
                # Slot 0 is written last of a round.
                [ "$word" = record ] || [ $i = 0 ] || break
                i=$((i + 1))
            done 3<all
            n=0
            (cd found && md5sum *) >sums
            while read -r sum file; do
                read -r word number <"found/$file"
                [ "$word" = record ] || continue
                number=${number#"${number%%[!0]*}"}
                echo "V $number $sum"
                [ "$number" -gt $n ] && n=$number
            done <sums
            rm -r found all

            # Reads record $1 into the file $2.
            get() {
                dd if=$ring of="$2" bs=4096 count=1 skip=$((base + $1 % slots)) iflag=direct \\
                    2>error
            }
            before=$n
            get $n kept.$((n % 2)) || echo "FAILED $n: $(cat error)"
            while :; do
                n=$((n + 1)) new=kept.$((n % 2)) old=kept.$((before % 2))
                { printf 'record %08d\\n' $n
                    dd if=/dev/urandom bs=4080 count=1 2>/dev/null; } >$new
                if dd if=$new of=$ring bs=4096 count=1 seek=$((base + n % slots)) oflag=direct \\
                        conv=fsync,notrunc 2>error &&
                        get $n back && cmp $new back >error 2>&1 &&
                        get $before back && cmp $old back >error 2>&1; then
                    sum=$(md5sum <$new)
                    read -r up rest </proc/uptime
                    echo "W $n ${sum%% *} ${up%.*}${up#*.}0"
                else
                    echo "FAILED $n: $(cat error)"
                fi
                before=$n
            done
            """;

    private DemoWriter() {}

    /** The script; it runs for ever, and prints to its standard output. */
    static String script(String ring) {
        return "ring=%s base=%d slots=%d%n".formatted(ring, RING_AT_BYTES / RECORD_BYTES, SLOTS)
                + SCRIPT;
    }
}
