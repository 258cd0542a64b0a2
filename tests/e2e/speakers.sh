#!/usr/bin/env bash
# Two voices in a recording: told apart, named everywhere, changed by hand, told apart again, remembered only when asked.
. "$(dirname "$0")/common.bash"
export XDG_DATA_HOME=$dir
sample=$models/samples/endgame_nagg_nell.wav
has() { grep "$@" >/dev/null; } # reads to the end, so that the writer gets no SIGPIPE
count() { "$moim" speakers "$1" --json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'; }

id=$("$moim" import --lang en --no-minutes "$sample")
[ "$("$moim" list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["state"])')" = diarized ] ||
    die "the meeting is not in state diarized"
[ "$(count "$id")" = 2 ] || die "two voices are $(count "$id") speakers"
"$moim" speakers "$id" --json >"$dir/speakers.json"
python3 - "$dir/speakers.json" <<'P' || die "speakers --json"
import json, sys
for s in json.load(open(sys.argv[1])):
    assert s["number"] in (1, 2) and s["name"] == "Speaker %d" % s["number"] and s["seconds"] > 2, s
    assert s["sample"]["end"] > s["sample"]["start"] and s["sample"]["text"] and "sounds_like" not in s, s
P
# Each line says how sure it is of its speaker, unless the user said who speaks.
sure() { "$moim" show "$id" --json | python3 -c 'import json, sys
of = [s.get("speaker_certainty") for s in json.load(sys.stdin)["segments"]]
assert all(p is None or 0 < p < 1 for p in of), of
print(sum(p is not None for p in of), len(of))'; }
read -r some all < <(sure)
[ "$some" = "$all" ] && [ "$all" -gt 1 ] || die "$some of $all lines say how sure they are of their speaker"

# A name stands in every output at once.
"$moim" speakers "$id" name 1 Nagg
"$moim" show "$id" | has 'Nagg: ' || die "show does not name the speaker"
for f in txt md srt vtt json html; do
    "$moim" export "$id" --format $f >"$dir/out.$f"
    grep -q Nagg "$dir/out.$f" || die "$f lacks the speaker's name"
    grep -q 'Speaker 2' "$dir/out.$f" || die "$f lacks the other speaker"
done
"$moim" export "$id" --format docx --output "$dir/out.docx"
unzip -p "$dir/out.docx" word/document.xml | has Nagg || die "docx lacks the speaker's name"
"$moim" transcribe --lang en "$sample" | has 'Speaker 2: ' || die "transcribe shows no speakers"
"$moim" transcribe --lang en --plain "$sample" | has -i 'speaker 2' && die "transcribe --plain shows speakers"

# What the user says stays when the speakers are told apart again.
segment=$("$moim" show "$id" --json | python3 -c 'import json, sys
print(next(s["id"] for s in json.load(sys.stdin)["segments"] if s["speaker"] == "Nagg"))')
"$moim" speakers "$id" move "$segment" 7
read -r left _ < <(sure)
[ "$left" = $((some - 1)) ] || die "a line that was moved by hand says how sure it is of its speaker"
"$moim" speakers "$id" find
[ "$(count "$id")" = 3 ] || die "a moved segment did not stay"
"$moim" show "$id" | has 'Nagg: ' || die "telling apart again lost a name"
"$moim" speakers "$id" merge 7 1
two=$("$moim" show "$id" --json | python3 -c 'import json, sys
print(*[s["id"] for s in json.load(sys.stdin)["segments"] if s["speaker"] == "Nagg"][:2])')
# shellcheck disable=SC2086
"$moim" speakers "$id" move $two 8
[ "$("$moim" show "$id" --json | python3 -c 'import json, sys
print([s["speaker_number"] for s in json.load(sys.stdin)["segments"]].count(8))')" = 2 ] || die "move did not move two segments"
"$moim" speakers "$id" merge 8 1
[ "$(count "$id")" = 2 ] || die "merge did not merge"
# A part is recognised again: its lines are new, the others stay, and what makes no sense is refused.
lines() { "$moim" show "$id" --json | python3 -c 'import json, sys
print(*[s["id"] for s in json.load(sys.stdin)["segments"] if s["start"] >= 6])'; }
first=$("$moim" show "$id" --json | python3 -c 'import json, sys
print(json.load(sys.stdin)["segments"][0]["id"])')
before=$(lines)
"$moim" retranscribe "$id" --from 0 --to 3 --lang en --model conformer
[ "$(lines)" = "$before" ] || die "retranscribe changed other lines"
"$moim" show "$id" --json | python3 -c 'import json, sys
assert int(sys.argv[1]) not in [s["id"] for s in json.load(sys.stdin)["segments"]]' "$first" || die "retranscribe changed nothing"
for bad in "--from 5" "--from 5 --to 4" "--model gpt"; do
    # shellcheck disable=SC2086
    "$moim" retranscribe "$id" $bad 2>"$dir/err" && die "retranscribe $bad went well"
    [ "$(wc -l <"$dir/err")" = 1 ] || die "retranscribe $bad: not one line on stderr"
done
new=$("$moim" speakers "$id" split 1)
[ "$(count "$id")" = 3 ] && [ "$new" -gt 2 ] || die "split did not split"
"$moim" speakers "$id" merge "$new" 1

# Voices: only on demand, sealed, offered and not applied, gone when forgotten.
db=$dir/moim/moim.db
[ ! -e "$db.voices-key" ] || die "there is a key though nothing was remembered"
"$moim" speakers "$id" remember 2 2>/dev/null && die "a speaker without a name was remembered"
"$moim" speakers "$id" remember 1
[ "$(stat -c %a "$db.voices-key")" = 600 ] || die "the key is not private"
[ "$("$moim" speakers voices)" = Nagg ] || die "voices does not list the voice"
[ "$(sqlite3 "$db" "SELECT count(*) FROM voices WHERE instr(sealed, 'Nagg')")" = 0 ] || die "the name lies open"
again=$("$moim" import --lang en --no-minutes "$sample")
"$moim" speakers "$again" | has 'sounds like Nagg' || die "a known voice is not offered"
"$moim" show "$again" | has Nagg && die "a known voice was applied unasked"
chmod 644 "$db.voices-key"
"$moim" speakers voices 2>/dev/null && die "a key that others can read was used"
chmod 600 "$db.voices-key"
"$moim" speakers forget Nagg
[ -z "$("$moim" speakers voices)" ] && [ ! -e "$db.voices-key" ] || die "forget left something"
"$moim" speakers "$again" | has 'sounds like' && die "a forgotten voice is still offered"
"$moim" speakers forget Nobody 2>/dev/null && die "forgetting nobody went well"

# On a call the channel says which side speaks, where there is one voice on each.
sox "$models/samples/two_cities.wav" -c 1 -r 16000 "$dir/near.wav" trim 0 7 pad 0 8
sox "$models/samples/beckett.wav" -c 1 -r 16000 "$dir/far.wav" trim 0 7 pad 8 0
sox -M "$dir/near.wav" "$dir/far.wav" "$dir/call.wav"
call=$("$moim" import --channels call --lang en --model conformer --no-rescore --no-minutes "$dir/call.wav")
"$moim" show "$call" --json | python3 -c 'import json, sys
all = json.load(sys.stdin)["segments"]
assert {s["speaker_number"] for s in all} == {1, 2} and not any("speaker_certainty" in s for s in all), all' || die "the sides of a call"

for bad in "$id name" "$id merge 1" "$id find 11" "$id split 99" "$id move 999999 1" "$id move $two 999999 1" "$id move $two 1001" "$id nonsense 1"; do
    # shellcheck disable=SC2086
    "$moim" speakers $bad >"$dir/out" 2>"$dir/err" && die "speakers $bad went well"
    [ "$(wc -l <"$dir/err")" = 1 ] || die "speakers $bad: not one line on stderr"
done
echo "speakers: all well"
