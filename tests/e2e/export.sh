#!/usr/bin/env bash
# Every form of document, read back by other programs: what was said is in it, and a failed export leaves no half file.
# LibreOffice opens Word's and Hangul's where it is installed; it is too large a package to ask for.
. "$(dirname "$0")/common.bash"
mounted=
trap '[ -z "$mounted" ] || umount "$mounted"; rm -rf "$dir"' EXIT
mkdir -p "$dir/models" "$dir/moim/audio"
export XDG_DATA_HOME=$dir MOIM_MODELS=$dir/models
db=$dir/moim/moim.db

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
  INSERT INTO evidence SELECT max(i.id), (SELECT min(id) FROM segments) FROM items i;
  INSERT INTO items(minutes, kind, text) SELECT max(id), 'action', '=HYPERLINK(\"x\"), 둘' FROM minutes"
for f in md txt srt vtt json html docx hwpx pdf csv ics; do "$moim" export "$id" --output "$dir/out.$f" || die "export $f"; done
"$moim" export "$id" --format obsidian --output "$dir/note.md"
for f in md txt json html docx hwpx pdf; do "$moim" export "$id" --minutes-only --output "$dir/min.$f" || die "minutes as $f"; done

# Debian's Python has the readers (packages.txt).
/usr/bin/python3 - "$dir" <<'P' || die "a document is not what it should be"
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
assert not p.audio and all(s in p.words for s in said) and "비율을 <정함>" in p.words 
assert re.findall("<script[^>]*", read("out.html")) == ['<script type="application/vnd.moim.meeting"'], "a script runs"

# Word, by a reader of its own: styles, the table of tasks, header and page number.
import csv, datetime, docx, icalendar
for name, whole in (("out", True), ("min", False)):
    word = docx.Document(f"{d}/{name}.docx")
    style = {p.style.name: p.text for p in reversed(word.paragraphs)}
    assert style["Title"] == doc["title"] and "0:" in style["Subtitle"] and style["Heading 1"], style
    assert [c.text for c in word.tables[0].rows[1].cells] == ["비율을 <정함>", "이서연", "2026-03-11", "0:00"]
    assert [p.text.split(": ", 1)[-1] for p in word.paragraphs if p.style.name == "Transcript"] == (said if whole else [])
    assert word.sections[0].header.paragraphs[0].text == doc["title"] and "PAGE" in word.sections[0].footer.paragraphs[0]._p.xml
    assert word.core_properties.title == doc["title"]

# Hangul: what KS X 6101 asks of the package, and every number that names a look names one.
for name, whole in (("out", True), ("min", False)):
    z = zipfile.ZipFile(f"{d}/{name}.hwpx")
    first = z.infolist()[0]
    assert z.testzip() is None and first.filename == "mimetype" and first.compress_type == zipfile.ZIP_STORED
    assert open(f"{d}/{name}.hwpx", "rb").read(57)[30:] == b"mimetypeapplication/hwp+zip", "its first bytes"
    parts = {n: et.fromstring(z.read(n)) for n in z.namelist() if n.endswith((".xml", ".hpf"))}
    assert set(parts) == {"version.xml", "settings.xml", "Contents/header.xml", "Contents/section0.xml", "Contents/content.hpf", "META-INF/container.xml", "META-INF/manifest.xml"}
    listed = {e.get("href") for e in parts["Contents/content.hpf"].iter("{http://www.idpf.org/2007/opf/}item")}
    assert listed == {"Contents/header.xml", "Contents/section0.xml", "settings.xml", "version.xml"}
    hp, hh = "{http://www.hancom.co.kr/hwpml/2011/paragraph}", "{http://www.hancom.co.kr/hwpml/2011/head}"
    head, body = parts["Contents/header.xml"], parts["Contents/section0.xml"]
    ids = {k: {e.get("id") for e in head.iter(hh + k)} for k in ("charPr", "paraPr", "style", "borderFill")}
    for e in head.iter():
        if e.get("itemCnt"):
            assert int(e.get("itemCnt")) == len(e), e.tag
    for e in list(body.iter()) + list(head.iter()):
        for k in ids:
            ref = e.get(k + "IDRef")
            assert ref in (None, "4294967295") or ref in ids[k], (e.tag, k, ref)
    lines = ["".join(p.itertext()) for p in body.iter(hp + "p")]
    assert all(any(s in x for x in lines) for s in said) == whole and doc["title"] in lines
    assert [["".join(c.itertext()) for c in r.iter(hp + "tc")] for r in body.iter(hp + "tr")][1] == ["비율을 <정함>", "이서연", "2026-03-11", "0:00"]
    assert len(list(body.iter(hp + "pageNum"))) == len(list(body.iter(hp + "header"))) == 1

# The tasks.
rows = list(csv.reader(open(f"{d}/out.csv", encoding="utf-8-sig", newline="")))
assert rows[1] == ["비율을 <정함>", "이서연", "2026-03-11", "수요일", "0:00", doc["title"], "2026-03-04 09:00", ""] and rows[2][0] == "'=HYPERLINK(\"x\"), 둘", rows
todo = [t for t in icalendar.Calendar.from_ical(open(f"{d}/out.ics", "rb").read()).walk("VTODO")]
assert [str(t["SUMMARY"]) for t in todo] == ["이서연: 비율을 <정함>", '=HYPERLINK("x"), 둘'] and todo[0]["DUE"].dt == datetime.date(2026, 3, 11)
assert all(len(x) <= 75 for x in open(f"{d}/out.ics", "rb").read().split(b"\r\n"))

# A note: properties, people and lines as links that lead somewhere.
note = read("note.md")
assert note.startswith("---\ntitle: " + json.dumps(doc["title"], ensure_ascii=False)) and '  - "[[김부장]]"\n' in note
assert "- [ ] [[이서연]]: 비율을" in note and "📅 2026-03-11" in note
links = re.findall(r"\[\[#(\^s\d+)\|", note)
assert links and all(re.search(re.escape(x) + "$", note, re.M) for x in links), links

# The minutes alone, in every form.
for f in ("md", "txt", "html", "json"):
    alone = read(f"min.{f}")
    assert "정함" in alone and "교육비" not in alone, f
P
for f in srt vtt; do
    [ "$(ffprobe -v error -show_entries packet=pts -of csv=p=0 "$dir/out.$f" | wc -l)" = "$(grep -c -- '-->' "$dir/out.$f")" ] ||
        die "ffmpeg reads another number of cues in $f"
done

# PDF: its words can be read, its fonts are in it.
for f in out min; do
    pdftotext -enc UTF-8 "$dir/$f.pdf" "$dir/$f.pdftext"
    grep -q '비율을 <정함>' "$dir/$f.pdftext" && grep -q '예산/회의: "1차" <검토> & 정리' "$dir/$f.pdftext" || die "the PDF says other words: $(head "$dir/$f.pdftext")"
    [ "$(pdffonts "$dir/$f.pdf" | awk 'NR > 2 {print $(NF - 4), $(NF - 3)}' | sort -u)" = "yes yes" ] || die "fonts that are not in the PDF: $(pdffonts "$dir/$f.pdf")"
done
grep -q '별표' "$dir/out.pdftext" && ! grep -q '별표' "$dir/min.pdftext" || die "the PDF's transcript"
pdfdetach -save 1 -o "$dir/attached.json" "$dir/min.pdf" && grep -q '비율을' "$dir/attached.json" && ! grep -q '별표' "$dir/attached.json" || die "what the PDF of the minutes has attached"
"$moim" export "$id" --minutes-only --format srt 2>/dev/null && die "subtitles without a transcript"

# Never onto the store's own files, by whatever way.
ln -s moim "$dir/link"
ln -s moim/audio/a.flac "$dir/linked.md"
for out in moim/moim.db moim/moim.db-wal moim/audio/a.flac moim/audio/new.md link/audio/x.md link/moim.db linked.md; do
    before=$(cd "$dir/moim" && find . -type f ! -name '*-shm' | sort | xargs sha256sum)
    ! "$moim" export "$id" --format md --output "$dir/$out" 2>"$dir/err" || die "an export onto $out"
    grep -q "store's own" "$dir/err" && [ "$before" = "$(cd "$dir/moim" && find . -type f ! -name '*-shm' | sort | xargs sha256sum)" ] || die "$out: $(cat "$dir/err")"
done

# What can be read again comes back: who said what in which order; of plain text and JSON also title, day and lines; documents come back whole.
XDG_DATA_HOME=$dir/again; export XDG_DATA_HOME
mkdir -p "$dir/note"
for f in txt json srt vtt obsidian html docx hwpx pdf; do
    file=$dir/out.$f
    [ "$f" != obsidian ] || file=$dir/note/out.md
    case $f in txt | obsidian) "$moim" export --db "$db" "$id" --format $f --output "$file" ;; esac
    back=$("$moim" import --no-minutes "$file")
    "$moim" export "$back" --format json >"$dir/back.json"
    python3 - "$dir" $f <<'P' || die "$f comes back as another meeting"
import itertools, json, re, sys
d, f = sys.argv[1:]
a, b = (json.load(open(f"{d}/{x}.json")) for x in ("out", "back"))
turns = lambda m: [(k, re.sub(r"\s|-->|→", "", "".join(s["text"] for s in g))) for k, g in itertools.groupby(m["segments"], key=lambda s: s["speaker"])]
assert turns(a) == turns(b), (turns(a), turns(b))
if f not in ("srt", "vtt"):
    assert (a["title"], a["started_at"][:10]) == (b["title"], b["started_at"][:10]) and len(a["segments"]) == len(b["segments"]), b
if f in ("json", "html", "docx", "hwpx", "pdf"):
    for m in (a, b):
        first = m["segments"][0]["id"]
        m["segments"] = [{k: s.get(k) for k in ("start", "end", "speaker", "text", "words")} for s in m["segments"]]
        m["minutes"] = {k: [(x["text"], x.get("owner"), x.get("due_date"), [e - first for e in x["evidence"]]) for x in v] for k, v in m["minutes"].items() if isinstance(v, list)}
        m["bookmarks"] = [(x["at"], x["note"]) for x in m.get("bookmarks", [])]
    for k in ("segments", "minutes", "bookmarks", "started_at", "duration_s", "language"):
        assert a[k] == b[k], (k, a[k], b[k])
P
done
XDG_DATA_HOME=$dir

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
    (cd "$dir" && HOME=$dir timeout 120 soffice --headless --convert-to pdf --outdir "$dir/lo" "$dir/out.docx" >/dev/null 2>&1)
    pdftotext "$dir/lo/out.pdf" - | grep -qE '^1 ?/ ?1$' || die "LibreOffice shows no page number"
    (cd "$dir" && HOME=$dir timeout 120 soffice --headless --convert-to docx --outdir "$dir/lo" "$dir/out.docx" >/dev/null 2>&1)
    back=$(XDG_DATA_HOME=$dir/resaved "$moim" import --no-minutes "$dir/lo/out.docx")
    XDG_DATA_HOME=$dir/resaved "$moim" show "$back" | grep -q '^\[0:00\] 김부장: .*예산은 작년보다 십이 퍼센트' || die "saved again by LibreOffice: $(XDG_DATA_HOME=$dir/resaved "$moim" show "$back")"
    echo "LibreOffice opens the Word file"
else
    echo "no LibreOffice: its opening the Word file was not tried"
fi
if python3 -c 'import hwpx' 2>/dev/null; then
    for part in validator package_validator; do python3 -m "hwpx.tools.$part" "$dir/out.hwpx" >"$dir/hwpx" || die "python-hwpx: $(cat "$dir/hwpx")"; done
    python3 -c 'import sys; from hwpx.document import HwpxDocument; assert any("십이 퍼센트" in p.text for p in HwpxDocument.open(sys.argv[1]).paragraphs)' "$dir/out.hwpx" || die "python-hwpx reads other words"
    echo "python-hwpx finds the Hangul file valid"
else
    echo "no python-hwpx: its check of the Hangul file was not tried"
fi
echo "exports: all well"
