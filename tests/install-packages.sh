#!/usr/bin/env bash
# Installs the Debian packages of the named sections of packages.txt that are not there yet.
#   install-packages.sh [--arch ARCH] SECTION...     with --arch: the libraries (*-dev) among them, for another architecture
set -euo pipefail
cd "$(dirname "$0")/.."
missing=()
suffix=
if [ "$1" = --arch ]; then
    suffix=:$2
    shift 2
fi
for section in "$@"; do
    for p in $(awk -v s="$section" -v a="$suffix" '$1 == s && (a == "" || $2 ~ /-dev$/) {print $2 a}' packages.txt); do
        dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
    done
done
[ ${#missing[@]} -gt 0 ] || exit 0
echo "installing: ${missing[*]}" >&2
sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo)
export DEBIAN_FRONTEND=noninteractive
[ -z "$suffix" ] || "${sudo[@]}" dpkg --add-architecture "${suffix#:}"
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
