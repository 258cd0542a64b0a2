#!/usr/bin/env bash
# `make demo`: a real recording becomes a transcript, minutes and a searchable store. Running it again changes nothing.
set -euo pipefail
moim=$1
data=${XDG_DATA_HOME:-$HOME/.local/share}/moim
models=${MOIM_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/moim/models}
db=$data/demo.db
sample=$models/samples/two_cities.wav

# One import only: the meeting's title is its file's name, and the store is asked before anything is done.
id=$("$moim" list --db "$db" --json 2>/dev/null | sed -n 's/^[[:space:]]*"id":[[:space:]]*\([0-9]*\).*/\1/p' | head -n 1)
if [ -z "$id" ]; then
    echo "== moim import $(basename "$sample")"
    id=$("$moim" import --db "$db" --lang en "$sample")
fi
echo "== moim show $id"
"$moim" show --db "$db" "$id"
echo
echo "== moim minutes $id"
"$moim" minutes --db "$db" "$id"
echo
echo "== moim search wisdom"
"$moim" search --db "$db" wisdom
echo
echo "The store is $db. Try: $moim export --db $db $id --format html --output demo.html"
