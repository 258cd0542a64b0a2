#!/usr/bin/env bash
# The page in headless Chromium against the daemon: record from a simulated microphone, captions, minutes, playing at a
# word, correcting and undoing, a lost connection, speakers, export, search, delete; weight, names, contrast, tab order.
. "$(dirname "$0")/common.bash"
for p in chromium chromedriver; do
    command -v $p >/dev/null || { echo "FAIL: $p is not installed (make deps-test)"; exit 1; }
done
# No language model: the page is tried here, not what models write.
mkdir "$dir/models"
for f in "$models"/*; do
    case $(basename "$f") in qwen* | gemma*) ;; *) ln -s "$f" "$dir/models/" ;; esac
done
sox "$models/samples/two_cities.wav" -c 1 -r 16000 "$dir/talk.wav" trim 0 12.9
MOIM_MODELS="$dir/models" python3 tests/e2e/browser.py "$moim" "$dir"
