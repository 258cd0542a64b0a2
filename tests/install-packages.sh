#!/usr/bin/env bash
# Installs the Debian packages of the named sections of packages.txt that are not there yet.
set -euo pipefail
cd "$(dirname "$0")/.."
missing=()
for section in "$@"; do
    for p in $(awk -v s="$section" '$1 == s {print $2}' packages.txt); do
        dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
    done
done
[ ${#missing[@]} -gt 0 ] || exit 0
echo "installing: ${missing[*]}" >&2
sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo)
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
