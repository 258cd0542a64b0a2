#!/usr/bin/env bash
# Finding again with the real embedding model: other words, the other language, filters, tags, corrections, older meetings.
. "$(dirname "$0")/common.bash"
export XDG_DATA_HOME=$dir
db=$dir/moim/moim.db
# Nothing but the embedding model: doctor would read two gigabytes of others.
mkdir "$dir/models" "$dir/none"
ln -s "$models/e5-small-q4.bin" "$dir/models/"
export MOIM_MODELS=$dir/models
first() { "$moim" search --json --limit 1 "$@" | python3 -c 'import json, sys; h = json.load(sys.stdin); print(h[0]["meeting"] if h else 0)'; }

budget=$("$moim" import --no-minutes tests/minutes/dev/d03.json)
translation=$("$moim" import --no-minutes tests/minutes/dev/d05.json)
release=$("$moim" import --no-minutes tests/minutes/dev/e01.json)
garden=$("$moim" import --no-minutes tests/minutes/dev/e02.json)
[ "$(sqlite3 "$db" 'SELECT count(*) FROM unembedded')" = 0 ] || die "import left meetings without vectors"

[ "$(first '출장비')" = "$budget" ] || die "a word is not found"
[ "$(first 'travel expenses')" = "$budget" ] || die "not found by meaning across languages"
[ "$(first '옮겨야 할 원고가 몇 쪽인지')" = "$translation" ] || die "not found by meaning"
[ "$(first 'is the price increase accepted')" = "$release" ] || die "not found by meaning in English"
[ -z "$("$moim" search penguin)" ] || die "finds what was never said"
[ -z "$("$moim" search '우주선')" ] || die "finds what was never said"
[ -z "$("$moim" search --words 'travel expenses')" ] || die "--words finds meanings"

"$moim" search --json '출장비' >"$dir/hits.json"
python3 - "$dir/hits.json" <<'P' || die "search --json"
import json, sys
h = json.load(open(sys.argv[1]))[0]
assert set(h) >= {"meeting", "segment", "title", "started_at", "start", "end", "speaker", "text", "where", "found", "score",
                  "highlights"}, h
(a, b), = h["highlights"]
assert h["text"][a:b] == "출장비" and h["speaker"] == "부장님" and "words" in h["found"], h
P

[ "$(first --since 2026-07-01 '휴가')" = "$translation" ] || die "--since"
[ "$(first --until 2026-06-24 '휴가')" = 0 ] || die "--until"
[ "$(first --words --speaker 부장 '교육비')" = "$budget" ] || die "--speaker"
[ "$(first --words --speaker 대리 '출장비')" = 0 ] || die "--speaker finds what another said"
"$moim" tag "$garden" add 동호회 outdoor
"$moim" tag "$release" add outdoor
"$moim" tag "$release" remove outdoor
[ "$("$moim" tag "$garden" | sort | tr '\n' ' ')" = "outdoor 동호회 " ] || die "tags: $("$moim" tag "$garden")"
[ "$("$moim" tag --json | python3 -c 'import json, sys; print(sum(t["meetings"] for t in json.load(sys.stdin)))')" = 2 ] || die "tag list"
[ "$(first --tag outdoor 'new')" = "$garden" ] || die "--tag"
[ "$(first --tag nothing 'new')" = 0 ] || die "an unknown tag finds something"
if "$moim" search --since yesterday x 2>"$dir/err"; then die "--since takes anything"; fi
grep -q 'YYYY-MM-DD' "$dir/err" || die "--since says nothing useful"

# A correction is found by its meaning at once, and what it replaced no more.
segment=$("$moim" show "$budget" --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(next(s["id"] for s in d["segments"] if "복사기" in s["text"]))')
"$moim" edit "$budget" "$segment" "사무실 화분에 물은 누가 줄까요?"
[ "$(first 'watering the office plants')" = "$budget" ] || die "a correction is not found by its meaning"

# Meetings of before there were vectors: doctor says so, --repair indexes them.
sqlite3 "$db" 'DELETE FROM passages; DELETE FROM passage_codes; INSERT OR IGNORE INTO unembedded SELECT id FROM meetings'
[ "$(first 'travel expenses')" = 0 ] || die "vectors are still there"
[ "$(first '출장비')" = "$budget" ] || die "words need vectors"
# (It also minds that the meetings have no minutes: its exit code says nothing here.)
{ "$moim" doctor 2>/dev/null || true; } | grep >/dev/null '4 meetings are found by their words alone' || die "doctor does not see what is missing"
"$moim" import --quiet --no-minutes tests/minutes/dev/d01.json >/dev/null
[ "$(first 'travel expenses')" = "$budget" ] || die "import did not fill in what was missing"

# Without the model the words are found all the same.
[ "$(MOIM_MODELS=$dir/none "$moim" search --limit 1 '출장비' | cut -c1)" = "$budget" ] || die "search without models"

# Questions: answered with the place, or known not to be. (What nothing comes near needs no model to refuse.)
mkdir "$dir/all"
ln -s "$models"/e5-small-q4.bin "$models"/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf "$dir/all/"
export MOIM_MODELS=$dir/all
hike=$("$moim" import --no-minutes tests/minutes/dev/d02.json)
"$moim" ask --json '김밥은 누가 맞추기로 했지?' >"$dir/reply.json"
"$moim" ask --json 'Who discovered penicillin?' >"$dir/unknown.json"
python3 - "$dir" "$hike" <<'P' || die "ask --json"
import json, sys
r = json.load(open(sys.argv[1] + "/reply.json"))
assert r["known"] and "미정" in r["answer"], r
c = next(c for c in r["citations"] if "김밥" in c["text"])  # beside it may stand what it answers
assert c["meeting"] == int(sys.argv[2]) and c["segment"] > 0 and c["title"] == "동호회" and c["start"] > 0 and c["text"], r
u = json.load(open(sys.argv[1] + "/unknown.json"))
assert u["known"] is False and u["citations"] == [] and u["answer"], u
P
# No language model is needed for what was said as it is asked, and none is asked for with "none".
"$moim" ask --minutes-model none '김밥은 누가 맞추기로 했지?' 2>"$dir/said" | grep >/dev/null '미정' || die "ask --minutes-model none"
[ ! -s "$dir/said" ] || die "ask --minutes-model none complains: $(cat "$dir/said")"
MOIM_MODELS=$dir/none "$moim" ask '김밥은 누가 맞추기로 했지?' | grep >/dev/null '미정' || die "ask without any model"
"$moim" ask --minutes-model no-such-model '김밥은 누가 맞추기로 했지?' 2>/dev/null && die "ask by a model that is not there"
echo "finding again: all well"
