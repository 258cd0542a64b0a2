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

# A note that is longer than it may be is refused as a whole.
long=$(printf '가%.0s' $(seq 1001))
refuses "bookmark: too long" 65 '1000 characters' "$moim" bookmark 1 2 "$long"
refuses "bookmark now: too long" 65 '1000 characters' "$moim" bookmark now "$long"

# What cannot be read for other reasons: a folder, a device without sound, and a file that is somebody else's.
for command in transcribe import; do
    refuses "$command: a folder" 65 'is a directory' "$moim" $command "$dir"
    refuses "$command: no sound in a device" 65 'null' "$moim" $command /dev/null
done
cp "$sample" "$dir/secret.wav"
chmod 000 "$dir/secret.wav"
chmod 755 "$dir"
full=$(realpath "$moim")
if [ "$(id -u)" != 0 ]; then
    refuses "import: unreadable" 77 'secret.wav.*permission' "$moim" import "$dir/secret.wav"
elif su nobody -s /bin/sh -c "test -x '$full'" 2>/dev/null; then # root reads everything
    refuses "import: unreadable" 77 'secret.wav.*permission' su nobody -s /bin/sh -c \
        "XDG_DATA_HOME=/nonexistent '$full' transcribe '$dir/secret.wav'"
else
    echo "skip import: unreadable (root reads everything, and nobody may not run $full)"
fi

# Models: each one away, cut short, and with other bytes of the right length. A store with a transcript and no model at all.
mkdir "$dir/links"
links() { rm -rf "$dir/links"; cp -rs "$(realpath "$models")" "$dir/links"; rm -rf "$dir/links/.parts"; }
links
export MOIM_MODELS=$dir/links
printf '{"title": "t", "date": "2026-03-04", "language": "ko", "turns": [{"speaker": "김 부장", "text": "견적서는 제가 보내겠습니다."}]}' >"$dir/m.json"
id=$("$moim" import --quiet --no-minutes "$dir/m.json")
spoil() { # HOW FILE
    links
    case $1 in
    away) rm "$dir/links/$2" ;;
    short) head -c 5000 "$models/$2" >"$dir/links/x" && mv "$dir/links/x" "$dir/links/$2" ;;
    other) rm "$dir/links/$2" && head -c 4096 /dev/zero >"$dir/links/$2" && truncate -s "$(stat -Lc %s "$models/$2")" "$dir/links/$2" ;;
    esac
}
minutes="$moim minutes $id --redo"
question="$moim ask 견적서는_누가_보내지 견적서"
while read -r file command; do
    case $command in import) run="$moim import $sample" ;; minutes) run=$minutes ;; ask) run=$question ;; esac
    spoil away "$file"
    refuses "$command: $file away" 66 'is missing; get it with: moim models fetch' $run
    spoil short "$file"
    refuses "$command: $file cut short" 66 'is damaged.*models fetch' $run
    spoil other "$file"
    refuses "$command: $file with other bytes" 65 "$(basename "$file")|model" $run
done <<'L'
silero-vad-v6.2.0.bin import
whisper-base/model.bin import
L
# Minutes fall back to the smaller model: both must be away.
spoil away qwen2.5-coder-1.5b-instruct-q4_k_m.gguf
rm "$dir/links/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
refuses "minutes: no model" 66 'is missing; get it with: moim models fetch' $minutes
spoil other qwen2.5-coder-1.5b-instruct-q4_k_m.gguf
refuses "minutes: a model with other bytes" 65 'qwen' $minutes
# Without its model search still finds words, and says nothing about it.
for how in away short other; do
    spoil $how e5-small-q4.bin
    if [ "$("$moim" search 견적서 2>&1 | wc -l)" != 1 ]; then
        echo "FAIL search: e5-small-q4.bin $how"
        fails=$((fails + 1))
    else
        echo "ok   search: e5-small-q4.bin $how: the words are found"
    fi
done
unset MOIM_MODELS

# Words for the store that are no text.
broken=$(printf 'a\377b')
for command in "edit $id 1" "edit $id --title" "bookmark $id 1" "bookmark now" "tag $id add" "speakers $id name 1" "vocab add" "import $dir/m.json --title" \
    "record --from $sample --title"; do
    # shellcheck disable=SC2086
    refuses "$command: broken UTF-8" 65 'not valid UTF-8' "$moim" $command "$broken"
done

# Stores: of a newer version, none at all, a folder, damaged, read-only, on a full disk.
newer=$dir/newer.db
"$moim" list --db "$newer"
sqlite3 "$newer" 'PRAGMA user_version = 99' >/dev/null
db=$newer
for command in "list" "search x" "import $sample" "tag 1 add x" "edit 1 --title x"; do
    refuses "a newer store: $command" 78 'newer moim' "$moim" $command --db "$newer"
done
db=$dir/letter.wav
refuses "no store: a letter" 65 'letter.wav' "$moim" list --db "$dir/letter.wav"
refuses "no store: a folder" 65 'directory' "$moim" list --db "$dir/links"
sqlite3 "$dir/other.db" 'CREATE TABLE t(x)'
db=$dir/other.db
refuses "no store: another program's database" 65 'not a moim store' "$moim" list --db "$db"
db=$dir/torn.db
sqlite3 "$dir/data/moim/moim.db" "VACUUM INTO '$db'"
dd if=/dev/urandom of="$db" bs=1 seek=100 count=8000 conv=notrunc 2>/dev/null
refuses "a damaged store" 65 'torn.db' "$moim" list --db "$db"

mkdir "$dir/small"
if mount -t tmpfs -o size=700k tmpfs "$dir/small" 2>/dev/null; then
    trap 'umount "$dir/small"; chmod -R u+rwX "$dir"; rm -rf "$dir"' EXIT
    db=$dir/small/moim.db
    sqlite3 "$dir/data/moim/moim.db" "VACUUM INTO '$db'"
    "$moim" list --db "$db" >/dev/null
    ffmpeg -v error -f lavfi -i 'anoisesrc=duration=60:seed=1' -ar 16000 -ac 1 "$dir/noise.wav"
    refuses "import onto a full disk" 74 'full|space' "$moim" import --db "$db" "$dir/noise.wav"
    [ -z "$(ls "$dir/small/audio" 2>/dev/null)" ] || { echo "FAIL: half a recording stays on the full disk"; fails=$((fails + 1)); }
    sqlite3 "$db" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
    mount -o remount,ro "$dir/small"
    refuses "import into a read-only store" 77 'read-only|readonly' "$moim" import --db "$db" "$sample"
    refuses "a change to a read-only store" 77 'read-only|readonly' "$moim" tag 1 add x --db "$db"
    refuses "delete from a read-only store" 77 'read-only|readonly' "$moim" delete --for-good 1 --db "$db"
    refuses "the trash of a read-only store" 77 'read-only|readonly' "$moim" delete 1 --db "$db"
    [ "$("$moim" list --db "$db" 2>/dev/null | wc -l)" = 1 ] || { echo "FAIL: a read-only store cannot be read"; fails=$((fails + 1)); }
    mount -o remount,rw "$dir/small"
else
    echo "skip a full disk and a read-only store (no right to mount a tmpfs)"
fi
[ $fails -eq 0 ] || { echo "$fails failed"; exit 1; }
echo "bad input: all well"
