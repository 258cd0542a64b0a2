#!/usr/bin/env bash
# `make demo`: a spoken English meeting of two people and the transcript of a Korean one become minutes, a search hit and an exported page.
# The voices are synthetic (tests/tuning/make_demo.py). Running it again shows the same and computes nothing anew.
set -euo pipefail
moim=$(realpath "$1")
cd "$(dirname "$0")/../.."
data=${XDG_DATA_HOME:-$HOME/.local/share}/moim
db=$data/demo.db
page=$data/demo.html
mkdir -p "$data"

# The ids of the meetings that are there, oldest first: a demo that was cut off goes on where it was.
ids() { "$moim" list --db "$db" --json 2>/dev/null | sed -n 's/^[[:space:]]*"id":[[:space:]]*\([0-9]*\).*/\1/p' | sort -n; }
meeting() { # NUMBER LANGUAGE FILE
    local id
    id=$(ids | sed -n "$1p")
    if [ -z "$id" ]; then
        echo "== moim import --lang $2 $3"
        id=$("$moim" import --db "$db" --lang "$2" "$3")
    fi
    echo "== moim show $id"
    "$moim" show --db "$db" "$id"
    echo
    echo "== moim minutes $id"
    "$moim" minutes --db "$db" "$id"
    echo
}
meeting 1 en docs/samples/meeting-en.ogg
meeting 2 ko docs/samples/meeting-ko.txt
echo "== moim search 책 목록"
"$moim" search --db "$db" "책 목록" | head -n 3
echo
rm -f "$page"
"$moim" export --db "$db" "$(ids | head -n 1)" --format html --with-audio --output "$page"
echo "The store is $db, the spoken meeting as a page with its sound is $page."
