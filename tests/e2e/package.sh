#!/usr/bin/env bash
# The Debian package: the same twice, installs, upgrades with its data, removes cleanly. Installs on this machine, so: root, and no moim there yet.
set -euo pipefail
cd "$(dirname "$0")/../.."
die() { echo "FAIL: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "not root"; exit 77; }
exec 9>/tmp/moim-package-test.lock
flock 9 # one at a time: there is one /var/lib/dpkg
! dpkg-query -W moim >/dev/null 2>&1 || { echo "moim is installed here"; exit 77; }
dir=$(mktemp -d)
trap 'dpkg --purge moim >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
moim=${MOIM:-build/moim}
firmware/packaging/debian/build.sh "$moim" 0.1.0 "$dir/a" >/dev/null
firmware/packaging/debian/build.sh "$moim" 0.1.0 "$dir/b" >/dev/null
cmp "$dir"/a/*.deb "$dir"/b/*.deb || die "two builds differ"
firmware/packaging/debian/build.sh "$moim" 0.0.9 "$dir/old" >/dev/null

# Whatever the program links has its licence named.
for l in $(dpkg-deb -f "$dir"/a/*.deb Depends | tr ',|' '\n\n' | sed -n 's/^ *\(lib[^ ]*\).*/\1/p'); do
    case $l in libc6 | libgcc-s1 | libstdc++6) continue ;; esac
    grep -qF "${l%%[0-9]*}" firmware/packaging/debian/copyright || die "the copyright file does not name $l"
done

as_moim() { setpriv --reuid=moim --regid=moim --init-groups env -i PATH=/usr/bin:/bin XDG_DATA_HOME=/var/lib XDG_CACHE_HOME=/var/cache "$@"; }
dpkg -i "$dir"/old/*.deb >"$dir/log" 2>&1 || die "install: $(cat "$dir/log")"
[ "$(stat -c '%U %a' /var/lib/moim)" = 'moim 700' ] || die "/var/lib/moim: $(stat -c '%U %a' /var/lib/moim)"
chmod 755 "$dir"
printf '김부장: 예산은 금요일까지 정합니다.\n' >"$dir/talk.txt"
as_moim moim import --no-minutes "$dir/talk.txt" >/dev/null || die "the installed program does not import"
echo MOIM_HARDWARE=/etc/moim.conf >/etc/default/moim
dpkg -i --force-confold "$dir"/a/*.deb >"$dir/log" 2>&1 || die "upgrade: $(cat "$dir/log")"
[ "$(dpkg-query -W -f '${Version}' moim)" = 0.1.0 ] || die "not upgraded"
as_moim moim search 예산 | grep >/dev/null 예산 || die "the meeting did not survive the upgrade"
grep -q /etc/moim.conf /etc/default/moim || die "the upgrade took the user's configuration away"
# Pairing, as a user of the box does it: on the recorder's own store, whose files stay the recorder's.
moim-box pair --quiet | grep -qE '^[2-9A-Z]{4}-[2-9A-Z]{4}$' || die "moim-box pair shows no code"
[ "$(stat -c '%U %a' /var/lib/moim/pairing.code)" = 'moim 600' ] || die "the code is not the recorder's: $(stat -c '%U %a' /var/lib/moim/pairing.code)"
moim-box list | grep >/dev/null talk || die "moim-box does not see the recorder's store"
(export HOME=$dir; unset XDG_DATA_HOME; ! moim pair >"$dir/log" 2>&1) || die "a code was made that no recorder takes"
grep -q 'sudo moim-box pair' "$dir/log" || die "not told how to pair: $(cat "$dir/log")"
moim pair --reset --quiet --db /var/lib/moim/moim.db >/dev/null || die "root cannot reset the pairing"
[ "$(stat -c '%U %a' /var/lib/moim/pairing.token)" = 'moim 600' ] || die "root's token is not the recorder's: $(stat -c '%U %a' /var/lib/moim/pairing.token)"
for f in moim.service moim.socket moim-fetch.service; do [ -e /lib/systemd/system/$f ] || die "$f is missing"; done
if command -v systemd-analyze >/dev/null; then
    systemd-analyze verify /lib/systemd/system/moim.service /lib/systemd/system/moim-fetch.service >"$dir/log" 2>&1 || true
    ! grep -E '^(/lib/systemd/system/)?moim.*(Unknown|Invalid|not executable|Failed to parse)' "$dir/log" || die "units: $(cat "$dir/log")"
fi
dpkg --remove moim >/dev/null 2>&1 || die "remove"
[ -e /var/lib/moim/moim.db ] || die "removing the package took the meetings"
dpkg --purge moim >/dev/null 2>&1 || die "purge"
[ ! -e /var/lib/moim ] && [ ! -e /etc/default/moim ] && ! getent passwd moim >/dev/null || die "purge left something"
[ -z "$(find /usr/bin /usr/sbin /usr/share /lib/systemd /lib/udev -name '*moim*' 2>/dev/null)" ] || die "files were left: $(find /usr /lib/systemd /lib/udev -name '*moim*')"
echo "package: all well"
