#!/usr/bin/env bash
# Words that the user taught stand in live captions too.
. "$(dirname "$0")/common.bash"
export XDG_DATA_HOME=$dir
captions() { "$moim" record --from "$dir/talk.wav" --fast --json --no-process --quiet --lang en | grep '"final"'; }
sox -q "$models/samples/two_cities.wav" "$dir/talk.wav" trim 0 9
captions >"$dir/before"
grep -q 'age of wisdom' "$dir/before" || { echo "FAIL: $(cat "$dir/before")"; exit 1; }
"$moim" vocab add Wyzdom wisdom
captions >"$dir/after"
grep -q 'age of Wyzdom' "$dir/after" || { echo "FAIL: taught in vain: $(cat "$dir/after")"; exit 1; }
echo "vocabulary in captions: all well"
