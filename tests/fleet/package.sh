#!/usr/bin/env bash
# The package moim-fleet: what is in it, what it needs, and that its units are well written.
set -euo pipefail
cd "$(dirname "$0")/../.."
die() { echo "FAIL: $*" >&2; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
firmware/packaging/fleet/build.sh "${MOIM_FLEET:-build/moim-fleet}" 0.1.0 "$dir" >/dev/null
deb=$(echo "$dir"/*.deb)
dpkg-deb -x "$deb" "$dir/root"
depends=$(dpkg-deb -f "$deb" Depends)
for d in libpq5 libcurl4 libsodium23 libsqlite3-0 moim; do [[ ", $depends," == *", $d"[\ ,]* ]] || die "does not depend on $d: $depends"; done
[[ $depends != *portaudio* ]] || die "depends on what only the recorder needs: $depends"
"$dir/root/usr/bin/moim-fleet" push --help | grep -q '^usage: moim-fleet push' || die "does not run"
for c in $("$dir/root/usr/bin/moim-fleet" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do grep -q "moim-fleet $c\|\`$c" docs/fleet.md || die "docs/fleet.md lacks $c"; zgrep -q "fB$c\\\\\|^\.B $c\$" "$dir/root/usr/share/man/man1/moim-fleet.1.gz" || die "the manual page lacks $c"; done
[ -x "$dir/root/usr/share/moim-fleet/process" ] || die "the workers' command is not there"
# Off unless it is configured: no unit is enabled, none runs without settings.
[ -z "$(find "$dir/root" -path '*.wants*')" ] && [ ! -e "$dir/root/etc/moim-fleet.conf" ] || die "on without being asked"
for u in "$dir"/root/lib/systemd/system/*.service; do grep -q '^ConditionPathExists=/etc/moim-fleet.conf' "$u" || die "$u runs without settings"; done
# Every setting that the example names is one.
sed 's/^#\([a-z0-9_]* =\)/\1/' "$dir/root/usr/share/doc/moim-fleet/examples/moim-fleet.conf" | sed 's|^database.*|database = host=/nowhere dbname=x|; s|^token_file.*||' >"$dir/conf"
! "$dir/root/usr/bin/moim-fleet" search x --config "$dir/conf" 2>"$dir/err" && grep -q PostgreSQL "$dir/err" || die "the example: $(cat "$dir/err")"
echo 'nonsense = 1' >>"$dir/conf"
! "$dir/root/usr/bin/moim-fleet" search x --config "$dir/conf" 2>"$dir/err" && grep -q "unknown setting 'nonsense'" "$dir/err" || die "a wrong setting: $(cat "$dir/err")"
if command -v systemd-analyze >/dev/null; then
    systemd-analyze verify --man=no "$dir"/root/lib/systemd/system/*.timer 2>"$dir/err" || grep -v 'not executable\|No such file' "$dir/err" | { ! grep -q . || die "units: $(cat "$dir/err")"; }
fi
echo "package of the fleet: all well"
