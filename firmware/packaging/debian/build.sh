#!/usr/bin/env bash
# A Debian package that is the same, bit for bit, wherever the same commit is built with the same compiler.
#   build.sh MOIM-BINARY VERSION OUTDIR [ARCH]
set -euo pipefail
cd "$(dirname "$0")/../../.."
moim=$1 version=$2 out=$3 arch=${4:-$(dpkg --print-architecture)}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} LC_ALL=C
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
umask 022
root=$d/root
make -s -o "$moim" install RUN="${RUN:-}" PREFIX=/usr DESTDIR="$root" BUILD="$(dirname "$moim")" >/dev/null
strip=strip
[ "$arch" = "$(dpkg --print-architecture)" ] || strip=aarch64-linux-gnu-strip
$strip --strip-unneeded "$root/usr/bin/moim"
gzip -9n "$root/usr/share/man/man1/moim.1"
install -Dm644 -t "$root/lib/systemd/system" firmware/packaging/systemd/moim.socket firmware/packaging/systemd/moim.service firmware/packaging/systemd/moim-fetch.service
install -Dm644 firmware/packaging/debian/70-moim.rules "$root/lib/udev/rules.d/70-moim.rules"
install -Dm755 firmware/packaging/debian/moim-box "$root/usr/sbin/moim-box"
install -Dm644 firmware/packaging/debian/default "$root/etc/default/moim"
install -Dm644 firmware/packaging/debian/hardware.conf "$root/usr/share/doc/moim/examples/hardware.conf"
printf 'moim (%s) unstable; urgency=medium\n\n  * Built from commit %s.\n\n -- moim <moim@localhost>  %s\n' "$version" \
    "$(git rev-parse --short HEAD)" "$(date -uRd @"$SOURCE_DATE_EPOCH")" | gzip -9n >"$root/usr/share/doc/moim/changelog.gz"
install -m 644 firmware/packaging/debian/copyright "$root/usr/share/doc/moim/copyright"

# What it links to, by Debian's own tool.
mkdir -p "$d/debian"
printf 'Source: moim\nPackage: moim\nArchitecture: any\n' >"$d/debian/control"
depends=$(cd "$d" && dpkg-shlibdeps -O --ignore-missing-info ${4:+-l/usr/lib/aarch64-linux-gnu} -e root/usr/bin/moim 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { echo "build.sh: dpkg-shlibdeps found no libraries" >&2; exit 1; }
# Loaded at run time, so that dpkg-shlibdeps does not see them.
for l in libavformat libavcodec libavutil; do depends="$depends, $l$(pkg-config --modversion $l | cut -d. -f1)"; done
mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<C
Package: moim
Version: $version
Architecture: $arch
Maintainer: moim <moim@localhost>
Installed-Size: $(du -sk --apparent-size "$root/usr" "$root/lib" "$root/etc" | awk '{s += $1} END {print s}')
Depends: $depends, adduser, util-linux
Recommends: python3-pip, unzip, curl, libpangocairo-1.0-0, libpoppler-glib8, fonts-nanum, chromium | firefox-esr
Section: sound
Priority: optional
Description: meeting recorder that listens, writes and never phones home
 Records meetings, shows live captions, and writes a transcript with speakers
 and minutes into a local store to search, correct and export. Korean and
 English; everything is computed on the device.
C
echo /etc/default/moim >"$root/DEBIAN/conffiles"
install -m755 -t "$root/DEBIAN" firmware/packaging/debian/postinst firmware/packaging/debian/prerm firmware/packaging/debian/postrm
(cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\n' | sort | xargs md5sum >DEBIAN/md5sums)
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -print0 | xargs -0r touch -hd "@$SOURCE_DATE_EPOCH"
mkdir -p "$out"
dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$root" "$out/moim_${version}_$arch.deb"
