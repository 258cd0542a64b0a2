#!/usr/bin/env bash
# An SD card image for Raspberry Pi 4 and 5: Debian 12 for arm64 with the moim package and nothing else that listens.
#   build.sh MOIM_ARM64.deb IMAGE [--models]     root; needs the packages of section image in packages.txt
# --models copies the models of this machine's cache into the image (2.2 GB); without it: systemctl start moim-fetch.
# A Pi 5 needs a newer kernel than Debian 12's: set SUITE=trixie (not tried here).
set -euo pipefail
here=$(dirname "$(realpath "$0")")
deb=$(realpath "$1") image=$(realpath -m "$2") models=${3:-}
suite=${SUITE:-bookworm} mirror=${MIRROR:-http://deb.debian.org/debian}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] || { # the emulator for the packages' own scripts
    [ -e /proc/sys/fs/binfmt_misc/register ] || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
    cat /usr/lib/binfmt.d/qemu-aarch64.conf >/proc/sys/fs/binfmt_misc/register
}

# raspi-firmware copies kernel and start files to /boot/firmware whenever a kernel is installed.
mmdebstrap --quiet --mode=root --architectures=arm64 --variant=minbase --components=main,non-free-firmware \
    --include=systemd-sysv,udev,dbus,libpam-systemd,systemd-timesyncd,systemd-resolved,ifupdown,isc-dhcp-client,iproute2,wpasupplicant,kmod \
    --include=linux-image-arm64,raspi-firmware,firmware-brcm80211,zstd,alsa-utils,python3-pip,unzip,sudo,login,passwd \
    --essential-hook='mkdir -p "$1/boot/firmware"' \
    --customize-hook="upload '$deb' /moim.deb" \
    --customize-hook='chroot "$1" apt-get install -y --no-install-recommends /moim.deb && rm "$1/moim.deb"' \
    --customize-hook="upload '$here/fstab' /etc/fstab" \
    --customize-hook="upload '$here/interfaces' /etc/network/interfaces" \
    --customize-hook='echo moim >"$1/etc/hostname"; printf "127.0.0.1 localhost\n127.0.1.1 moim\n" >"$1/etc/hosts"' \
    --customize-hook='chroot "$1" passwd -d -e root >/dev/null' \
    --customize-hook='chroot "$1" systemctl enable moim.socket moim.service systemd-timesyncd systemd-resolved' \
    --customize-hook='printf "snd_bcm2835\ni2c-dev\n" >"$1/etc/modules-load.d/moim.conf"; rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' \
    "$suite" "$work/root" "$mirror"

if [ "$models" = --models ]; then
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/moim/models
    mkdir -p "$work/root/var/cache/moim/models"
    cp -a "$cache/." "$work/root/var/cache/moim/models/"
    chroot "$work/root" chown -R moim:moim /var/cache/moim
fi
printf 'console=tty0 console=serial0,115200 root=LABEL=MOIMROOT rw fsck.repair=yes rootwait quiet\n' >"$work/root/boot/firmware/cmdline.txt"
grep -q '^dtparam=i2c_arm=on' "$work/root/boot/firmware/config.txt" 2>/dev/null || printf '\ndtparam=i2c_arm=on\n' >>"$work/root/boot/firmware/config.txt"

# Two partitions, made as files: nothing is mounted.
boot=$((512 * 1024 * 1024))
size=$(du -sB1 --exclude=boot/firmware "$work/root" | cut -f1)
root=$(((size * 13 / 10 + 512 * 1024 * 1024) / 1048576 * 1048576))
truncate -s $boot "$work/boot.fat"
mkfs.vfat -F 32 -n RASPIFIRM "$work/boot.fat" >/dev/null
mcopy -i "$work/boot.fat" -s "$work"/root/boot/firmware/* ::
rm -rf "$work"/root/boot/firmware/*
truncate -s $root "$work/root.ext4"
mke2fs -q -t ext4 -L MOIMROOT -d "$work/root" "$work/root.ext4"
truncate -s $((1048576 + boot + root)) "$image.part"
printf 'label: dos\nstart=2048, size=%d, type=c, bootable\nstart=%d, type=83\n' $((boot / 512)) $((2048 + boot / 512)) | sfdisk -q "$image.part"
dd if="$work/boot.fat" of="$image.part" bs=1M seek=1 conv=notrunc,sparse status=none
dd if="$work/root.ext4" of="$image.part" bs=1M seek=$((1 + boot / 1048576)) conv=notrunc,sparse status=none
cp "$work"/root/boot/vmlinuz-* "$image.vmlinuz"
cp "$work"/root/boot/initrd.img-* "$image.initrd"
mv "$image.part" "$image"
echo "$image: $(($(stat -c %s "$image") / 1000000)) MB; write it with: dd if=$image of=/dev/sdX bs=4M conv=fsync"
