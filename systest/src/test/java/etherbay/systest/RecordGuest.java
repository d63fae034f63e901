// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.guest.DebianKernel;
import etherbay.guest.GuestCache;
import etherbay.guest.Initramfs;

import java.nio.file.Path;
import java.util.List;

/**
 * The system of a guest that writes numbered records to {@code /dev/vda}, durably and past all
 * caches; reads each back, with the one before, and compares sums; and says {@code W 7 of the
 * writer} on its console, or {@code FAILED 7} and why. The second line of a record is another one
 * after each start of the guest.
 */
record RecordGuest(Path kernel, Path initramfs) {
    static final int RECORD_BYTES = 4096;
    static final int MEMORY_MIB = 192;
    static final String APPEND = "console=ttyS0 panic=-1 quiet no_timer_check tsc=reliable"
            + " random.trust_cpu=on net.ifnames=0";

    private static final String WRITER = """
            (n=0
            life=$(cat /proc/sys/kernel/random/boot_id)
            before=
            sum() { dd if=/dev/vda bs=4096 count=1 skip=$(($1 %% 4096)) iflag=direct 2>/dev/null |
                md5sum; }
            while :; do
                n=$((n + 1))
                printf 'record %%d\n%%s\n%%4080s' $n $life '' | head -c 4096 >/tmp/record
                now=$(md5sum </tmp/record)
                if dd if=/tmp/record of=/dev/vda bs=4096 count=1 seek=$((n %% 4096)) \\
                        iflag=fullblock oflag=direct conv=fsync,notrunc 2>/tmp/error &&
                        [ "$(sum $n)" = "$now" ] &&
                        { [ $n = 1 ] || [ "$(sum $((n - 1)))" = "$before" ]; }; then
                    echo "W $n of the writer"
                else
                    echo "FAILED $n: $(cat /tmp/error)"
                fi
                before=$now
            done >/dev/console 2>&1) &
            """.formatted();

    static RecordGuest obtain() {
        Path cache = GuestCache.folder();
        DebianKernel kernel = DebianKernel.obtain(cache, List.of("virtio_blk"));
        Path initramfs = Initramfs.with(kernel)
                .modules("virtio_pci", "virtio_blk")
                .setup(WRITER)
                .build(cache);
        return new RecordGuest(kernel.image(), initramfs);
    }
}
