#!/usr/bin/env bash
# What is brought in, by the commands: parties on channels and tracks of their own, a pipe, files joined, texts of other
# programs, a watched folder. The kinds of files one by one: tests/audio/test_inputs.c, tests/storage/test_texts.c.
set -u
cd "$(dirname "$0")/../.."
moim=$(realpath "${MOIM:-build/moim}")
samples=${MOIM_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/moim/models}/samples
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export XDG_DATA_HOME=$dir/data TZ=Asia/Seoul
fails=0
check() { # NAME CONDITION...
    local name=$1
    shift
    if "$@"; then echo "ok   $name"; else
        echo "FAIL $name: $*"
        fails=$((fails + 1))
    fi
}
says() { grep -qiE -- "$2" <<<"$1"; }
lacks() { ! says "$1" "$2"; }

cd "$dir" || exit 1
sox -D "$samples/two_cities.wav" -r 16000 -b 16 a.wav trim 1.1 3.6 gain -n -3
sox -D "$samples/beckett.wav" -r 16000 -b 16 b.wav trim 0.25 2.4 gain -n -3
sox -M a.wav "|sox b.wav -p pad 2.5" "2026-03-02 call.wav"
id=$("$moim" import --quiet --no-minutes --lang en --tag "sales, call" "2026-03-02 call.wav")
shown=$("$moim" show "$id")
check "parties: each by its channel" says "$shown" '^\[0:00\] Channel 1: .*best of times'
check "parties: the other, while the first still speaks" says "$shown" '^\[0:02\] Channel 2: .*ever tried'
check "parties: a mark says so" says "$shown" '\(import\) 2 of 2 channels'
check "the day is its name's" says "$("$moim" list)" '2026-03-02 09:00 .* call'
check "tags" says "$("$moim" list --json; sqlite3 data/moim/moim.db 'SELECT group_concat(tag) FROM tags')" 'call,sales|sales,call'

# Nine tracks as Craig writes them: more than a sound file has channels; the last is called by a long name.
long=$(printf '김민수 %.0s' $(seq 40))끝
args=() meta=()
sox b.wav t8.wav pad 5
for k in 0 1 2 3 4 5 6 7 8; do
    [ $k -eq 0 ] && cp a.wav t0.wav
    [ $k -eq 0 ] || [ $k -eq 8 ] || sox -n -r 16000 -b 16 t$k.wav synth 0.2 sine $((300 + 50 * k)) gain -20 pad $k
    args+=(-i t$k.wav)
    meta+=(-map $k -metadata:s:a:$k "title=$([ $k -eq 8 ] && echo "$long" || echo "user$k")")
done
ffmpeg -v error "${args[@]}" "${meta[@]}" -c:a flac nine.mka
id=$("$moim" import --quiet --no-minutes --lang en --channels separate nine.mka)
shown=$("$moim" show "$id")
check "nine tracks: the first" says "$shown" '^\[0:00\] user0: .*best of times'
check "nine tracks: the last, by its whole name" says "$shown" "^\\[0:0[45]\\] $long: .*ever tried"
shown=$("$moim" transcribe --quiet --lang en "2026-03-02 call.wav")
check "transcribe: each party by its channel" says "$shown" '^\[0:02\] Channel 2: .*ever tried'
shown=$("$moim" transcribe --lang en --channels mix "2026-03-02 call.wav" 2>&1)
check "transcribe: or all as one" lacks "$shown" 'Channel'
check "transcribe: a pipe, one speaker" says "$("$moim" transcribe --lang en --speakers 1 - <b.wav)" '^\[0:00\] Ever tried'
check "transcribe: words of all channels alone" says "$("$moim" transcribe --plain --channels separate b.wav 2>&1)" 'hear all channels as one'
shown=$("$moim" show "$id")
check "nine tracks: a mark says so" says "$shown" '\(import\) 9 of 9 tracks'

id=$("$moim" import --quiet --no-process - --title piped --date "2026-03-05 10:30" <a.wav)
id2=$(cat a.wav | "$moim" import --quiet --no-process -)
check "a pipe, and standard input" test "$(sqlite3 data/moim/moim.db "SELECT round(sum(duration), 1) FROM meetings WHERE id IN ($id, $id2)")" = 7.2
check "a date that is given" says "$("$moim" list)" '2026-03-05 10:30 .*piped'
id=$("$moim" import --quiet --no-process --join a.wav b.wav)
check "joined" test "$(sqlite3 data/moim/moim.db "SELECT duration FROM meetings WHERE id = $id")" = 6.0
"$moim" import --quiet --no-process --append "$id" a.wav >out
check "goes on" test "$(cat out) $(sqlite3 data/moim/moim.db "SELECT duration FROM meetings WHERE id = $id")" = "$id 9.6"
check "only sound is joined" says "$(printf 'A: b\n' >t.txt; "$moim" import --join a.wav t.txt 2>&1)" 'only recordings can be joined'

printf '주간 회의\n2026.03.02 월 오후 3:30\n\n홍길동 00:00\n시작합니다.\n\n참석자 2 00:05\n네.\n\nclovanote.naver.com\n' >clova.txt
id=$("$moim" import --quiet --no-process clova.txt)
shown=$("$moim" show "$id")
check "CLOVA Note: names and times" says "$shown" '^\[0:05\] 참석자 2: 네'
check "CLOVA Note: title and time" says "$("$moim" list)" '2026-03-02 15:30 .*주간 회의'
check "CLOVA Note: what was left out is said" says "$shown" 'left out: clovanote'
id=$(printf '{"text": "Hello there."}' >x.json; "$moim" import --quiet --no-process x.json)
"$moim" export "$id" --format json --output back.json
id2=$("$moim" import --quiet --no-process back.json)
check "an export of ours comes back" test "$("$moim" show "$id")" = "$("$moim" show "$id2")"
pieces=$(printf 'a\xe1\x84\x92\xe1\x85\xac.txt')
printf 'A: \xe1\x84\x82\xe1\x85\xa6.\n' >"$pieces"
id=$("$moim" import --quiet --no-process "$pieces")
check "Hangul in pieces is composed: title and words" says "$("$moim" list | tr '\n' ' ') $("$moim" show "$id")" 'a회.*네'
check "and found by a query in pieces" says "$("$moim" search "$(printf '\xe1\x84\x82\xe1\x85\xa6')" --json)" '네'

mkdir in
cp a.wav in/녹음_260302_1030.wav
cp clova.txt in/
head -c 44 a.wav >in/header.wav
printf x >in/late.m4a.part
"$moim" watch --once --settle 0.5 --no-process in >ids 2>log
check "watched: two meetings" test "$(wc -l <ids)" = 2
check "watched: done" test -e in/done/녹음_260302_1030.wav -a -e in/done/clova.txt
check "watched: failed, and why" says "$(cat in/failed/header.wav.txt)" 'no sound'
check "watched: what is unfinished stays" test -e in/late.m4a.part
[ $fails -eq 0 ]
