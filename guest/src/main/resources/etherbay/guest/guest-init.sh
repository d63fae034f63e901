#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# First process of an Etherbay guest. /bin holds busybox's applets, /usr/bin programs of the host.
export PATH=/usr/bin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
ln -sf /proc/mounts /etc/mtab
ln -sf /proc/self/fd /dev/fd

while read -r module; do
    insmod "$module" || echo "etherbay-guest: cannot load $module"
done < /etc/modules.load
for interface in /sys/class/net/*; do
    ip link set "${interface##*/}" up
done
. /etc/setup

# One command at a time on each virtio-serial port. A request is a line "ID COMMAND_BYTES
# INPUT_BYTES" and that many bytes; an answer is a line "ID EXIT_CODE OUTPUT_BYTES" and that many.
serve() {
    exec 3<>"$1" || return
    work=/run/${1##*/}
    echo "etherbay-guest-ready" >&3
    while read -r id command_bytes input_bytes <&3; do
        dd bs="$command_bytes" count=1 iflag=fullblock of="$work.sh" <&3 2>/dev/null
        : >"$work.in"
        if [ "$input_bytes" -gt 0 ]; then
            dd bs="$input_bytes" count=1 iflag=fullblock of="$work.in" <&3 2>/dev/null
        fi
        sh "$work.sh" <"$work.in" >"$work.out" 2>&1 3>&-
        code=$?
        bytes=$(stat -c %s "$work.out")
        echo "$id $code $bytes" >&3
        # What a background job adds from now on is not part of the answer.
        head -c "$bytes" "$work.out" >&3
        rm -f "$work.out"
    done
}
for port in /sys/class/virtio-ports/*; do
    serve "/dev/${port##*/}" &
done
echo "etherbay-guest-ready"
while :; do
    wait
    sleep 3600
done
