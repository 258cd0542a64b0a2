#!/usr/bin/env bash
# The page in headless Chromium on meetings that came in as text, with no model installed: first setup, every view and state in
# Korean without English sentences, the minutes as a document, tasks, trash, several at once, find and replace, narrow windows.
. "$(dirname "$0")/common.bash"
for p in chromium chromedriver; do
    command -v $p >/dev/null || die "$p is not installed (make deps-test)"
done
sox "$models/samples/two_cities.wav" -c 1 -r 16000 "$dir/talk.wav" trim 0 5
mkdir "$dir/models"
MOIM_MODELS="$dir/models" python3 tests/e2e/page.py "$moim" "$dir"
