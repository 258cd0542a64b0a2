#!/usr/bin/env bash
# The page in headless Chromium against the daemon: record from a simulated microphone, captions, minutes, playing at a
# word, correcting and undoing, a lost connection, speakers, export, search, delete; weight, names, contrast, tab order.
set -euo pipefail
cd "$(dirname "$0")/../.."
moim=$(realpath "${MOIM:-build/moim}")
models=${MOIM_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/moim/models}
for p in chromium chromedriver; do
    command -v $p >/dev/null || { echo "FAIL: $p is not installed (make deps-test)"; exit 1; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
sox "$models/samples/two_cities.wav" -c 1 -r 16000 "$dir/talk.wav" trim 0 12.9
python3 tests/e2e/browser.py "$moim" "$dir"
