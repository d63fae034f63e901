#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# debian-image.sh HOSTNAME UUID IMAGE OFFSET_BYTES FILE_SYSTEM_SIZE: what DebianImage does as root, or
# by fakeroot, in its work folder: makes of ./root, or ./root.tar, a system that starts, and of that
# a file system in the image. ./key has a line for authorized_keys, ./hash one for shadow, or nothing.
set -eu
export PATH="$PATH:/usr/sbin:/sbin"
hostname=$1 uuid=$2 image=$3 offset=$4 size=$5

if [ ! -d root ]; then
    mkdir root
    tar -C root -xf root.tar
    rm root.tar
fi
cd root

echo "$hostname" >etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost ip6-localhost\n' "$hostname" >etc/hosts
echo "UUID=$uuid / ext4 errors=remount-ro 0 1" >etc/fstab
rm -f etc/machine-id
: >etc/machine-id

# Whatever cards there are, by DHCP.
cat >etc/systemd/network/80-dhcp.network <<'END'
[Match]
Type=ether
[Network]
DHCP=yes
END
wants=etc/systemd/system/multi-user.target.wants
mkdir -p "$wants"
ln -sf /lib/systemd/system/systemd-networkd.service "$wants/systemd-networkd.service"
# A kernel that has console=ttyS0 gets a login there by systemd-getty-generator.

if [ -s ../hash ]; then
    sed -i "s|^root:[^:]*:|root:$(cat ../hash):|" etc/shadow
fi
if [ -s ../key ]; then
    mkdir -p -m 700 root/.ssh
    cp ../key root/.ssh/authorized_keys
    chmod 600 root/.ssh/authorized_keys
fi

mkdir -p boot/grub
cat >boot/grub/grub.cfg <<END
# The links follow the kernel that was installed last. GRUB itself is in front of the partition.
set timeout=0
linux /vmlinuz root=UUID=$uuid ro console=tty0 console=ttyS0,115200
initrd /initrd.img
boot
END
cd ..

# GRUB 2.06 reads no file system with that feature.
mke2fs -q -t ext4 -F -U "$uuid" -L root -O '^metadata_csum_seed' \
    -E "offset=$offset" -d root "$image" "$size"
rm -rf root
