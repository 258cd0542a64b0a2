#!/usr/bin/env bash
# Handing a meeting over: one sealed file that another store opens, exports without sounds of hesitation, a folder and a program
# that get every finished meeting; and what a calendar's file gives.
. "$(dirname "$0")/common.bash"
mkdir -p "$dir/models" "$dir/moim/audio" "$dir/other"
export XDG_DATA_HOME=$dir XDG_CONFIG_HOME=$dir/config MOIM_MODELS=$dir/models
db=$dir/moim/moim.db

cat >"$dir/m.json" <<'J'
{"title": "예산 <1차>", "date": "2026-03-04", "language": "ko", "turns": [
 {"speaker": "김부장", "text": "음 예산은 어 백만 원으로 정하겠습니다."},
 {"speaker": "이서연", "text": "음..."},
 {"speaker": "이서연", "text": "네 김부장님 번호는 010-1234-5678 입니다."}]}
J
id=$("$moim" import --no-minutes "$dir/m.json")
ffmpeg -v error -f lavfi -i 'sine=frequency=300:duration=14' -ar 16000 -ac 1 -c:a flac "$dir/moim/audio/a.flac"
sqlite3 "$db" "UPDATE meetings SET audio = 'a.flac', state = 4, duration = 14 WHERE id = $id;
  INSERT INTO minutes(meeting, model, template, created_at) VALUES($id, 'm', 'plain', 1);
  INSERT INTO items(minutes, kind, text, owner, due_text, due_date) SELECT max(id), 'action', '비율을 정함', '김부장', '수요일', '2026-03-11' FROM minutes;
  INSERT INTO evidence SELECT max(i.id), (SELECT min(id) FROM segments) FROM items i;
  INSERT INTO evidence SELECT max(i.id), (SELECT min(id) + 1 FROM segments) FROM items i;
  INSERT INTO bookmarks(meeting, at, note) VALUES($id, 3, '중요')"

# Without hesitation: the words, a line that was nothing else, and links to it.
"$moim" export "$id" --format txt --clean >"$dir/clean.txt"
grep -q '\] 김부장: 예산은 백만 원으로 정하겠습니다.$' "$dir/clean.txt" && [ "$(grep -c '^\[' "$dir/clean.txt")" = 3 ] || die "not clean: $(cat "$dir/clean.txt")"
"$moim" export "$id" --format html --clean | grep -q '#s2' && die "a link to a line that was left out"
"$moim" export "$id" --format txt | grep -q '음 예산은 어' || die "the store lost what was said"

# One sealed file, and opened again by another store: everything but the numbers.
echo 'correct horse' >"$dir/pass"
echo 'wrong' >"$dir/wrong"
"$moim" export "$id" --passphrase-file "$dir/pass" --with-audio --output "$dir/m.moim"
! grep -aq '예산\|fLaC\|meeting.json' "$dir/m.moim" || die "the shared file is open"
[ "$(stat -c %a "$dir/m.moim")" = 600 ] && [ "$(ls "$dir/moim/audio")" = a.flac ] || die "left behind: $(ls -l "$dir/moim/audio")"
export XDG_DATA_HOME=$dir/other
for _ in 1 2; do "$moim" import --no-process "$dir/m.json" >/dev/null; done # so that numbers differ
! "$moim" import --no-process "$dir/m.moim" 2>"$dir/err" && grep -q 'passphrase' "$dir/err" || die "opened without a passphrase"
! "$moim" import --no-process --passphrase-file "$dir/wrong" "$dir/m.moim" 2>"$dir/err" && grep -q 'passphrase' "$dir/err" || die "opened with a wrong passphrase"
head -c 3000 "$dir/m.moim" >"$dir/cut.moim"
! "$moim" import --no-process --passphrase-file "$dir/pass" "$dir/cut.moim" 2>/dev/null || die "a cut file"
[ -z "$(ls "$dir/other/moim/audio" 2>/dev/null)" ] || die "a refused file left $(ls "$dir/other/moim/audio")"
new=$("$moim" import --no-process --passphrase-file "$dir/pass" "$dir/m.moim")
"$moim" doctor --quick >"$dir/doctor" 2>&1 || grep -q 'PROBLEM' "$dir/doctor" # models are missing here
! grep -E '^(store|audio) +PROBLEM' "$dir/doctor" || die "doctor: $(cat "$dir/doctor")"
XDG_DATA_HOME=$dir "$moim" export "$id" --format json >"$dir/a.json"
"$moim" export "$new" --format json >"$dir/b.json"
python3 - "$dir" <<'P' || die "another meeting came out"
import json, sys
a, b = (json.load(open(f"{sys.argv[1]}/{f}.json")) for f in "ab")
assert a["id"] != b["id"]
lines = {s["id"]: k for k, s in enumerate(a["segments"])}, {s["id"]: k for k, s in enumerate(b["segments"])}
for d, own in zip((a, b), lines):
    d.pop("id")
    for s in d["segments"] + d["bookmarks"]:
        s.pop("id")
    for x in d["minutes"]["actions"]:
        x["evidence"] = [own[e] for e in x["evidence"]]
        for key in ("id", "etag", "kind", "done"):  # a line of this store
            x.pop(key, None)
assert a == b, (a, b)
P
ffmpeg -v error -i "$dir/moim/audio/a.flac" -f s16le "$dir/a.raw"
ffmpeg -v error -i "$dir"/other/moim/audio/*.flac -f s16le "$dir/b.raw"
cmp "$dir/a.raw" "$dir/b.raw" || die "other sound"

# A sealed file that is another: a backup, or nothing of ours.
"$moim" backup --passphrase-file "$dir/pass" "$dir/all.sealed"
! "$moim" import --no-process --passphrase-file "$dir/pass" "$dir/all.sealed" 2>"$dir/err" && [ "$(wc -l <"$dir/err")" = 1 ] || die "a backup taken for a meeting"
[ "$("$moim" list | wc -l)" = 3 ] && [ "$(ls "$dir/other/moim/audio" | wc -l)" = 1 ] || die "left: $(ls "$dir/other/moim/audio")"
# Hand-over: off until a file says so, refused when others may write it, shown by doctor.
export XDG_DATA_HOME=$dir
doctor() { "$moim" doctor --quick 2>/dev/null || true; } # models are missing here
conf=$dir/config/moim/handover.conf
"$moim" handover | grep -q '^off' && doctor | grep -E '^handover +ok +off' >/dev/null || die "not off: $("$moim" handover)"
! "$moim" handover "$id" 2>/dev/null || die "handed over without being told"
mkdir -p "$dir/config/moim" "$dir/out folder"
cat >"$dir/hook" <<'H'
#!/bin/sh
cat >"$1/got.json"
env >"$1/env"
pwd >>"$1/env"
case $2 in
slow) sleep 1000 & sleep 1000 ;;
bad) echo "no room: $(printf '\033')[31m" >&2; exit 3 ;;
deaf) exec 0<&-; exit 0 ;;
esac
H
chmod +x "$dir/hook"
printf '# finished meetings\nfolder = %s\nformats = docx, txt\nname = {date} {title}/../x\nminutes_only = yes\nhook = %s %s\nhook_seconds = 2\n' "$dir/out folder" "$dir/hook" "$dir" >"$conf"
chmod 666 "$conf"
! "$moim" handover "$id" 2>"$dir/err" && grep -q 'chmod' "$dir/err" || die "a file that anybody may write is obeyed"
doctor | grep -E '^handover +PROBLEM' >/dev/null || die "doctor does not say so"
chmod 644 "$conf"
doctor | grep -E '^handover +ok .*hook' >/dev/null || die "doctor: $(doctor)"
SECRET=1 "$moim" handover "$id"
[ "$(ls "$dir/out folder")" = "$(printf '2026-03-04 예산 _1차__.._x (%s).docx\n2026-03-04 예산 _1차__.._x (%s).txt' "$id" "$id")" ] || die "named $(ls "$dir/out folder")"
! grep -q '백만' "$dir/out folder"/*.txt && grep -q '비율을 정함' "$dir/out folder"/*.txt || die "not the minutes alone"
python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); assert d["title"] == "예산 <1차>" and len(d["segments"]) == 3 and d["minutes"]' "$dir/got.json" || die "the hook got other JSON"
grep -q "^MOIM_MEETING=$id\$" "$dir/env" && grep -qx / "$dir/env" && ! grep -q SECRET "$dir/env" || die "the hook's environment: $(cat "$dir/env")"

# Its own user: root's moim runs it as that user, without any of root's groups; anybody else's moim refuses.
if [ "$(id -u)" = 0 ]; then
    chmod 755 "$dir"
    mkdir "$dir/nobody"
    chown nobody "$dir/nobody"
    printf '#!/bin/sh\n{ id -un; id -G; echo "$HOME"; wc -c; cat %s || true; } >%s/who 2>&1\n' "$db" "$dir/nobody" >"$dir/whoami"
    chmod 755 "$dir/whoami"
    cp "$conf" "$dir/conf.before"
    sed -i "s|^hook = .*|hook = $dir/whoami|" "$conf"
    echo 'hook_user = nobody' >>"$conf"
    "$moim" handover "$id"
    { read -r user; read -r groups; read -r home; read -r bytes; read -r denied; } <"$dir/nobody/who"
    [ "$user" = nobody ] && [ "$groups" = "$(id -g nobody)" ] && [ "$home" = "$(getent passwd nobody | cut -d: -f6)" ] && [ "$bytes" -gt 100 ] ||
        die "the hook is $(cat "$dir/nobody/who")"
    case $denied in *denied*) ;; *) die "the hook's user reads the store: $denied" ;; esac
    [ "$(stat -c %U "$dir/nobody/who")" = nobody ] || die "the hook writes as $(stat -c %U "$dir/nobody/who")"
    sed -i 's/^hook_user = .*/hook_user = nobody-at-all/' "$conf"
    ! "$moim" handover "$id" 2>"$dir/err" && grep -q 'no user nobody-at-all' "$dir/err" || die "a user that is not there: $(cat "$dir/err")"
    cp "$dir/conf.before" "$conf"
else
    cp "$conf" "$dir/conf.before"
    echo 'hook_user = root' >>"$conf"
    ! "$moim" handover "$id" 2>"$dir/err" && grep -q "only root's moim" "$dir/err" || die "hook_user without root: $(cat "$dir/err")"
    cp "$dir/conf.before" "$conf"
fi

# A program that fails, hangs with its children, or does not read.
sed -i "s|^hook = .*|hook = $dir/hook $dir bad|" "$conf"
! "$moim" handover "$id" 2>"$dir/err" && grep -q 'exit status 3: no room:' "$dir/err" && ! grep -q "$(printf '\033')" "$dir/err" || die "bad hook: $(cat "$dir/err")"
sed -i "s|^hook = .*|hook = $dir/hook $dir slow|" "$conf"
! "$moim" handover "$id" 2>"$dir/err" && grep -q 'killed after 2 s' "$dir/err" || die "slow hook: $(cat "$dir/err")"
for _ in $(seq 50); do pgrep -f '^sleep 1000$' >"$dir/left" || break; sleep 0.1; done
for p in $(cat "$dir/left"); do [ "$(readlink "/proc/$p/cwd")" != / ] || die "the hook's children live on"; done
sed -i "s|^hook = .*|hook = $dir/hook $dir deaf|" "$conf"
"$moim" handover "$id" || die "a hook that does not read"
sed -i "s|^hook = .*|hook = hook|" "$conf"
! "$moim" handover "$id" 2>"$dir/err" && grep -q 'whole path' "$dir/err" || die "a hook without a path"
sed -i "s|^hook = .*|hook =|; s|^folder = .*|folder = $dir/moim/audio|" "$conf"
! "$moim" handover "$id" 2>"$dir/err" && grep -q "store's own" "$dir/err" || die "documents among the recordings"
sed -i "s|^folder = .*|folder = $dir/nowhere|" "$conf"
! "$moim" handover "$id" 2>"$dir/err" && grep -q 'nowhere' "$dir/err" || die "a folder that is not there"
echo 'fodler = x' >>"$conf"
! "$moim" handover 2>"$dir/err" && grep -q 'line 8.*fodler' "$dir/err" || die "a wrong key: $(cat "$dir/err")"

# A meeting that is finished hands itself over; what fails there is a remark, the meeting is whole.
printf 'folder = %s\nhook = %s %s\n' "$dir/out folder" "$dir/hook" "$dir" >"$conf"
rm -f "$dir/got.json" "$dir/out folder"/*
other=$("$moim" import --no-minutes "$dir/m.json")
[ -s "$dir/out folder/2026-03-04 예산 _1차_ ($other).md" ] && [ -s "$dir/got.json" ] || die "an import is not handed over: $(ls "$dir/out folder")"
sed -i "s|^hook = .*|hook = $dir/hook $dir bad|" "$conf"
third=$("$moim" import --no-minutes "$dir/m.json" 2>"$dir/err") && grep -q 'exit status 3' "$dir/err" && "$moim" show "$third" >/dev/null || die "a failed hook: $(cat "$dir/err")"
rm "$conf"

# A calendar's file: the event of the meeting's time, folded lines, signs, a weekly one.
cat >"$dir/cal.ics" <<'I'
BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
DTSTART;TZID=Asia/Seoul:20260304T100000
DTEND;TZID=Asia/Seoul:20260304T110000
SUMMARY:another
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Asia/Seoul:20260218T180000
DURATION:PT30M
RRULE:FREQ=WEEKLY;BYDAY=WE
SUMMARY:주간 예산\, 2분
 기\; 검토
ORGANIZER;CN="김, 부장":mailto:kim@example.com
ATTENDEE;CN=이서연;PARTSTAT=ACCEPTED:mailto:lee@example.com
ATTENDEE;CUTYPE=ROOM;CN=회의실 3:mailto:room@example.com
ATTENDEE:mailto:park@example.com
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260304
SUMMARY:휴가
END:VEVENT
END:VCALENDAR
I
sed -i 's/$/\r/' "$dir/cal.ics"
sqlite3 "$db" "UPDATE meetings SET started_at = 1772614800, duration = 1500 WHERE id = $third" # 2026-03-04T09:00Z, 18:00 in Seoul
"$moim" calendar "$third" "$dir/cal.ics" >/dev/null
"$moim" export "$third" --format json >"$dir/c.json"
python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); assert d["title"] == "주간 예산, 2분기; 검토", d["title"]; assert [b["note"] for b in d["bookmarks"]] == ["참석자: 김, 부장, 이서연, park@example.com"], d["bookmarks"]' "$dir/c.json" || die "calendar"
"$moim" vocab list | grep -q 이서연 && ! "$moim" vocab list | grep -q '@\|회의실' || die "words: $("$moim" vocab list)"
# A name as long as someone wrote it, a duration that no meeting has.
long=$(python3 -c 'print("김" * 200)')
sed "s/CN=이서연/CN=$long/; s/PT30M/P99999999999999999999W/" "$dir/cal.ics" >"$dir/long.ics"
"$moim" calendar "$third" "$dir/long.ics" >/dev/null && "$moim" export "$third" --format md | grep -q "$long" || die "a long name"
sqlite3 "$db" "UPDATE meetings SET started_at = 1772700000 WHERE id = $third"
! "$moim" calendar "$third" "$dir/cal.ics" 2>"$dir/err" && grep -q 'no event' "$dir/err" || die "an event of another day: $(cat "$dir/err")"
! "$moim" calendar "$third" "$dir/m.json" 2>"$dir/err" && grep -q 'not a calendar' "$dir/err" || die "no calendar"
echo "handing over: all well"
