#!/usr/bin/env bash
# The Debian package moim-fleet, beside moim's own. The same commit gives the same package, bit for bit.
#   build.sh MOIM-FLEET-BINARY VERSION OUTDIR
set -euo pipefail
cd "$(dirname "$0")/../../.."
binary=$1 version=$2 out=$3 arch=$(dpkg --print-architecture)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} LC_ALL=C
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
umask 022
root=$d/root
install -Dm755 "$binary" "$root/usr/bin/moim-fleet"
strip --strip-unneeded "$root/usr/bin/moim-fleet"
install -Dm755 firmware/packaging/fleet/process "$root/usr/share/moim-fleet/process"
install -Dm644 -t "$root/lib/systemd/system" firmware/packaging/fleet/*.service firmware/packaging/fleet/*.timer
install -Dm644 -t "$root/usr/share/doc/moim-fleet" docs/fleet.md firmware/packaging/debian/copyright
install -Dm644 docs/moim-fleet.1 "$root/usr/share/man/man1/moim-fleet.1"
gzip -9n "$root/usr/share/man/man1/moim-fleet.1"
install -Dm644 firmware/packaging/fleet/moim-fleet.conf "$root/usr/share/doc/moim-fleet/examples/moim-fleet.conf"
mkdir -p "$d/debian" "$root/DEBIAN"
printf 'Source: moim-fleet\nPackage: moim-fleet\nArchitecture: any\n' >"$d/debian/control"
depends=$(cd "$d" && dpkg-shlibdeps -O --ignore-missing-info -e root/usr/bin/moim-fleet 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[[ $depends == *libpq* && $depends == *libcurl* ]] || { echo "build.sh: dpkg-shlibdeps found: $depends" >&2; exit 1; }
cat >"$root/DEBIAN/control" <<C
Package: moim-fleet
Version: $version
Architecture: $arch
Maintainer: moim <moim@localhost>
Installed-Size: $(du -sk --apparent-size "$root/usr" "$root/lib" | awk '{s += $1} END {print s}')
Depends: $depends, moim
Suggests: postgresql
Section: sound
Priority: optional
Description: many moim recorders on PostgreSQL
 Archives the meetings of many recorders in PostgreSQL and their sound, sealed,
 in a bucket or a directory, gives recordings to strong machines for a better
 pass, and searches and answers over all that a reader may see, also by a page
 (moim-fleet serve). Does nothing until
 /etc/moim-fleet.conf is there and its units are enabled.
C
(cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\n' | sort | xargs md5sum >DEBIAN/md5sums)
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -print0 | xargs -0r touch -hd "@$SOURCE_DATE_EPOCH"
mkdir -p "$out"
dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$root" "$out/moim-fleet_${version}_$arch.deb"
