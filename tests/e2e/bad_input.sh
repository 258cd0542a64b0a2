#!/usr/bin/env bash
# Every kind of bad input gets one clear line on stderr, a fitting exit code, and leaves the store as it was.
set -u
cd "$(dirname "$0")/../.."
moim=${MOIM:-build/moim}
dir=$(mktemp -d)
trap 'chmod -R u+rwX "$dir"; rm -rf "$dir"' EXIT
fails=0

# The store's content, whatever SQLite does to the file: what a user would miss.
content() { [ -f "$db" ] && sqlite3 "$db" .dump 2>/dev/null | sha256sum || echo none; }

# refuses NAME EXIT WORDS COMMAND...: one line, the exit code, the words in the message, store and audio unchanged.
refuses() {
    local name=$1 want=$2 words=$3 before after rc lines audio
    shift 3
    before=$(content; ls -R "$dir/data" 2>/dev/null)
    "$@" >"$dir/out" 2>"$dir/err" </dev/null
    rc=$?
    after=$(content; ls -R "$dir/data" 2>/dev/null)
    lines=$(wc -l <"$dir/err")
    if [ $rc -ne "$want" ] || [ "$lines" -ne 1 ] || ! grep -qiE -- "$words" "$dir/err" || [ "$before" != "$after" ]; then
        echo "FAIL $name: exit $rc (want $want), $lines lines: $(head -n 3 "$dir/err")"
        [ "$before" = "$after" ] || echo "     the store changed"
        fails=$((fails + 1))
    else
        echo "ok   $name: $(cat "$dir/err")"
    fi
}

export XDG_DATA_HOME=$dir/data
db=$dir/data/moim/moim.db
mkdir -p "$dir/data/moim"
models=${MOIM_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/moim/models}
sample=$models/samples/beckett.wav
"$moim" list >/dev/null || { echo "FAIL: cannot make an empty store"; exit 1; }

: >"$dir/empty.wav"
head -c 30 "$sample" >"$dir/header_only.wav"
head -c 100000 /dev/urandom >"$dir/noise.mp3"
printf 'this is not audio at all, it is a letter\n' >"$dir/letter.wav"
# A WAV header that promises no channel.
{ head -c 22 "$sample"; printf '\0\0'; tail -c +25 "$sample" | head -c 4000; } >"$dir/zero_channels.wav"
for command in transcribe import; do
    refuses "$command: missing" 66 'nosuch.wav.*(no such|not found)' "$moim" $command "$dir/nosuch.wav"
    refuses "$command: empty" 65 'empty.wav' "$moim" $command "$dir/empty.wav"
    refuses "$command: header only" 65 'header_only.wav' "$moim" $command "$dir/header_only.wav"
    refuses "$command: random bytes" 65 'noise.mp3' "$moim" $command "$dir/noise.mp3"
    refuses "$command: a letter" 65 'letter.wav' "$moim" $command "$dir/letter.wav"
    refuses "$command: zero channels" 65 'zero_channels.wav' "$moim" $command "$dir/zero_channels.wav"
    refuses "$command: no argument" 64 'usage' "$moim" $command
    refuses "$command: unknown option" 64 'no option' "$moim" $command --nonsense "$sample"
done
