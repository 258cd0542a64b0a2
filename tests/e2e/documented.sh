#!/usr/bin/env bash
# The manual page and README name every command, and completion knows them all.
set -euo pipefail
cd "$(dirname "$0")/../.."
moim=${MOIM:-build/moim}
for c in $("$moim" --help | sed -n 's/^  \([a-z-]*\) .*/\1/p'); do
    grep -qE "^(\.B |\\\\fB)$c" docs/moim.1 || { echo "FAIL: docs/moim.1 lacks $c"; exit 1; }
    "$moim" "$c" --help | grep >/dev/null '^usage: moim' || { echo "FAIL: $c --help"; exit 1; }
    "$moim" completion bash | grep -w >/dev/null -- "$c" || { echo "FAIL: completion lacks $c"; exit 1; }
done
bash -n <("$moim" completion bash)
grep -q 'make demo' README.md && grep -q 'make check' README.md
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
make -s install DESTDIR="$dir" PREFIX=/usr >/dev/null
"$dir/usr/bin/moim" models list >/dev/null || { echo "FAIL: the installed program does not find its files"; exit 1; }
echo "documented: all well"
