#!/usr/bin/env bash
# `make demo-web`: the page on sample data. Real recordings and two scripted meetings go into a store of their own, once;
# a file that begins again at its end stands in for the microphone. Ctrl-C ends it.
set -euo pipefail
moim=$1
cd "$(dirname "$0")/../.."
data=${XDG_DATA_HOME:-$HOME/.local/share}/moim-demo
models=${MOIM_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/moim/models}
export XDG_DATA_HOME=$data
if [ ! -e "$data/whole" ]; then
    echo "Taking sample meetings in; their transcripts and minutes take a few minutes, once." >&2
    rm -rf "$data"
    mkdir -p "$data"
    "$moim" import --lang en --title "A Tale of Two Cities" "$models/samples/two_cities.wav" >&2
    "$moim" import --lang en --title "Nagg and Nell" "$models/samples/endgame_nagg_nell.wav" >&2
    "$moim" import --lang ko tests/minutes/ko/16.json tests/minutes/ko/19.json >&2
    touch "$data/whole"
fi
echo "The page is at the address below; recording there takes a file for the microphone. Ctrl-C ends it." >&2
exec "$moim" serve --port "${PORT:-6646}" --from "$models/samples/two_cities.wav" --loop
