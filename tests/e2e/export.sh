#!/usr/bin/env bash
# Every form of document, read back by other programs: what was said is in it, and a failed export leaves no half file.
# LibreOffice opens the Word file where it is installed; it is too large a package to ask for.
set -euo pipefail
cd "$(dirname "$0")/../.."
moim=$(realpath "${MOIM:-build/moim}")
dir=$(mktemp -d)
mounted=
trap '[ -z "$mounted" ] || umount "$mounted"; rm -rf "$dir"' EXIT
mkdir -p "$dir/models" "$dir/moim/audio"
export XDG_DATA_HOME=$dir MOIM_MODELS=$dir/models
db=$dir/moim/moim.db
die() { echo "FAIL: $*" >&2; exit 1; }

# Two speakers, a named one, long turns, signs that every form reads as its own, minutes, and sound.
cat >"$dir/m.json" <<'J'
{"title": "예산/회의: \"1차\" <검토> & 정리", "date": "2026-03-04", "language": "ko", "turns": [
 {"speaker": "김부장", "text": "이번 분기 예산은 작년보다 십이 퍼센트 늘리는 것으로 하고, 늘어난 부분은 서버 비용과 교육비에 나누어 쓰되 자세한 비율은 다음 주 수요일 회의에서 다시 정하는 것으로 하겠습니다."},
 {"speaker": "이서연", "text": "네 <좋습니다> & 감사합니다 --> 끝 *별표* _밑줄_ [괄호] `코드`"},
 {"speaker": "김부장", "text": "AVeryLongWordWithoutAnySpaceInItThatGoesOnAndOnBeyondWhatOneLineOfASubtitleCanEverHold"}]}
J
id=$("$moim" import --no-minutes "$dir/m.json")
ffmpeg -v error -f lavfi -i 'sine=frequency=300:duration=20' -ar 16000 -ac 1 -c:a flac "$dir/moim/audio/a.flac"
sqlite3 "$db" "UPDATE meetings SET audio = 'a.flac' WHERE id = $id;
  INSERT INTO minutes(meeting, model, template, created_at) VALUES($id, 'm', 'plain', 1);
  INSERT INTO items(minutes, kind, text) SELECT max(id), 'title', '예산 회의' FROM minutes;
  INSERT INTO items(minutes, kind, text, owner, due_text, due_date) SELECT max(id), 'action', '비율을 <정함>', '이서연', '수요일', '2026-03-11' FROM minutes;
  INSERT INTO evidence SELECT max(i.id), (SELECT min(id) FROM segments) FROM items i"
for f in md txt srt vtt json html docx; do "$moim" export "$id" --output "$dir/out.$f" || die "export $f"; done

python3 - "$dir" <<'P' || die "a document is not what it should be"
import html, html.parser, json, re, sys, unicodedata, zipfile
import xml.etree.ElementTree as et
d = sys.argv[1]
read = lambda f: open(f"{d}/{f}", encoding="utf-8").read()
doc = json.loads(read("out.json"))
said = [s["text"] for s in doc["segments"]]
bare = lambda s: re.sub(r"\s", "", s)
assert [s["speaker"] for s in doc["segments"]] == ["김부장", "이서연", "김부장"], doc
action = doc["minutes"]["actions"][0]
assert (action["owner"], action["due_date"], len(action["evidence"])) == ("이서연", "2026-03-11", 1), action

def columns(s):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in s)

def cues(text, separator):
    last, got = -1, []
    for block in text.strip().split("\n\n"):
        lines = block.split("\n")
        if lines[0] == "WEBVTT":
            continue
        if separator == ",":
            assert int(lines.pop(0)) == len(got) + 1, block
        times = re.fullmatch(r"(\d\d):(\d\d):(\d\d)%s(\d{3}) --> (\d\d):(\d\d):(\d\d)%s(\d{3})" % ((re.escape(separator),) * 2), lines[0])
        h1, m1, s1, f1, h2, m2, s2, f2 = map(int, times.groups())
        begin, end = ((h * 60 + m) * 60 + s + f / 1000 for h, m, s, f in ((h1, m1, s1, f1), (h2, m2, s2, f2)))
        assert last <= begin < end, block
        if separator == ".":
            voice.append(re.match("<v ([^>]*)>", lines[1])[1])
            lines[1] = re.sub("^<v [^>]*>", "", lines[1])
        assert 1 <= len(lines) - 1 <= 2 and all(0 < columns(html.unescape(x)) <= 42 for x in lines[1:]), block
        last = end
        got.append(" ".join(lines[1:]))
    return got

voice = []
srt, vtt = cues(read("out.srt"), ","), cues(read("out.vtt"), ".")
whole = bare("".join(f"{s['speaker']}:{s['text']}" for s in doc["segments"]))
assert bare("".join(srt)) == whole.replace("-->", "→"), srt
whole = bare("".join(said))
assert list(dict.fromkeys(voice)) == ["김부장", "이서연"] and voice[-1] == "김부장", voice
assert bare("".join(vtt)) == whole.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), vtt
assert len(srt) == len(vtt) and len(srt) >= 5

txt, md = read("out.txt"), read("out.md")
for s in said:
    assert s in txt and bare(s) in bare(re.sub(r"\\(.)", r"\1", md)), s
assert "김부장: " in txt and "할 일" in md and "**이서연**" in md and "2026-03-11" in md

class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.words, self.audio, self.open = "", [], []
    def handle_starttag(self, tag, attrs):
        self.audio += [dict(attrs)["src"]] if tag == "audio" else []
        if tag not in ("meta", "!doctype"):
            self.open.append(tag)
        for k, v in attrs:
            assert not (k in ("src", "href") and v.startswith("http")), (tag, v)
    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass
    def handle_data(self, data):
        self.words += data
def page(text):
    p = Page()
    p.feed(text)
    return p
p = page(read("out.html"))
assert not p.audio and all(s in p.words for s in said) and "비율을 <정함>" in p.words and "<script" not in read("out.html")

z = zipfile.ZipFile(f"{d}/out.docx")
assert z.testzip() is None
body = "".join(et.fromstring(z.read("word/document.xml")).itertext())
assert all(s in body for s in said) and "비율을 <정함>" in body and "2026-03-11" in body
et.fromstring(z.read("[Content_Types].xml")), et.fromstring(z.read("_rels/.rels"))
P
for f in srt vtt; do
    [ "$(ffprobe -v error -show_entries packet=pts -of csv=p=0 "$dir/out.$f" | wc -l)" = "$(grep -c -- '-->' "$dir/out.$f")" ] ||
        die "ffmpeg reads another number of cues in $f"
done

# With the sound: in the page, or in a zip beside the document.
"$moim" export "$id" --with-audio --output "$dir/page.html"
"$moim" export "$id" --with-audio --output "$dir/both.zip"
"$moim" export "$id" --with-audio --format docx --output "$dir/word.zip"
python3 - "$dir" <<'P' || die "--with-audio"
import base64, re, sys, urllib.parse, zipfile
d = sys.argv[1]
flac = open(f"{d}/moim/audio/a.flac", "rb").read()
src = re.search(r'<audio[^>]* src="data:audio/flac;base64,([^"]*)"', open(f"{d}/page.html", encoding="utf-8").read())[1]
assert base64.b64decode(src, validate=True) == flac
z = zipfile.ZipFile(f"{d}/both.zip")
assert z.testzip() is None
page, sound = sorted(z.namelist(), key=lambda n: n.endswith(".flac"))
assert page.endswith(".html") and "/" not in page + sound and z.read(sound) == flac, z.namelist()
src = re.search(r'<audio[^>]* src="([^"]*)"', z.read(page).decode())[1]
assert urllib.parse.unquote(src) == sound, (src, sound)
assert sorted(n.rsplit(".")[-1] for n in zipfile.ZipFile(f"{d}/word.zip").namelist()) == ["docx", "flac"]
P

# Bytes that are no text must not spoil a document.
segment=$(sqlite3 "$db" 'SELECT min(id) FROM segments')
sqlite3 "$db" "UPDATE segments SET text = CAST(x'eab9a8fffe20eda0802001' AS TEXT) WHERE id = $segment"
"$moim" export "$id" --output "$dir/broken.docx"
python3 -c 'import sys, zipfile, xml.etree.ElementTree as et; et.fromstring(zipfile.ZipFile(sys.argv[1]).read("word/document.xml"))' "$dir/broken.docx" ||
    die "broken bytes make a broken document"

# What fails leaves the old file and no other.
mkdir "$dir/small"
if mount -t tmpfs -o size=16k tmpfs "$dir/small" 2>/dev/null; then
    mounted=$dir/small
    for out in x.docx x.html x.zip; do
        echo old >"$dir/small/$out"
        rc=0
        "$moim" export "$id" --with-audio --format "$([ $out = x.zip ] && echo md || echo "${out#x.}")" --output "$dir/small/$out" 2>"$dir/err" || rc=$?
        [ $rc -eq 74 ] || [ $rc -eq 73 ] || die "$out on a full disk: exit $rc, $(cat "$dir/err")"
        [ "$(wc -l <"$dir/err")" = 1 ] && [ "$(cat "$dir/small/$out")" = old ] && [ "$(ls "$dir/small" | wc -l)" = 1 ] ||
            die "$out on a full disk: $(cat "$dir/err"); $(ls "$dir/small")"
        rm "$dir/small/$out"
    done
else
    echo "no right to mount a tmpfs: a full disk was not tried"
fi
sqlite3 "$db" "UPDATE meetings SET audio = 'gone.flac'"
for out in y.html y.zip nowhere/y.md; do
    "$moim" export "$id" --with-audio --output "$dir/$out" 2>"$dir/err" && die "$out without sound"
    [ "$(wc -l <"$dir/err")" = 1 ] && ! compgen -G "$dir/y.*" >/dev/null || die "$out: $(cat "$dir/err") $(ls "$dir")"
done

if command -v soffice >/dev/null; then
    (cd "$dir" && HOME=$dir timeout 120 soffice --headless --convert-to 'txt:Text (encoded):UTF8' --outdir "$dir/lo" "$dir/out.docx" >/dev/null 2>&1) ||
        die "LibreOffice does not convert the Word file"
    grep -q '예산은 작년보다 십이 퍼센트' "$dir/lo/out.txt" && grep -q '비율을 <정함>' "$dir/lo/out.txt" || die "LibreOffice reads other words"
    echo "LibreOffice opens the Word file"
else
    echo "no LibreOffice: its opening the Word file was not tried"
fi
echo "exports: all well"
