#!/usr/bin/env python3
"""The page in a real Chromium against the real daemon: browser.py MOIM DIR. Exits 1 with what went wrong.

Every step is one a user takes; what is asserted is what the user sees, and then what the daemon says."""
import json, os, re, subprocess, sys, time

sys.path.insert(0, os.path.dirname(__file__))
from page_support import DIR, MOIM, OPTIONS, Browser, Daemon, audit, begun, quiet, quiet_port, send, step, view  # noqa: E402, F401

WEIGHT = 150_000  # bytes of the whole page, as sent
SECONDS = 12  # of the sample that are recorded


def dictionaries():
    """Both languages say the same things with the same blanks, and everything that the page says is in them."""
    web = os.path.join(os.path.dirname(__file__), "../../firmware/web")
    files = {f: open(os.path.join(d, f)).read() for d, _, all in os.walk(web) for f in all if f.endswith(".js")}
    words = {lang: dict(re.findall(r"(?:^|[\s,{])'?([\w.-]+?)'?: '((?:[^'\\]|\\.)*)'", files[lang + ".js"])) for lang in ("ko", "en")}
    assert len(words["ko"]) > 200 and words["ko"].keys() == words["en"].keys(), words["ko"].keys() ^ words["en"].keys()
    blanks = {lang: {k: sorted(re.findall(r"\{(\w+)", v)) for k, v in w.items()} for lang, w in words.items()}
    assert blanks["ko"] == blanks["en"], [k for k in words["ko"] if blanks["ko"][k] != blanks["en"][k]]
    code = "".join(re.sub("//.*", "", text) for text in files.values()) + open(os.path.join(web, "index.html")).read()
    said = set(re.findall(r"\bt\('([\w.-]+)'", code)) | set(re.findall(r"data-i18n(?:-label)?=\"([\w.]+)\"", code))
    assert len(said) > 100 and not said - words["ko"].keys(), said - words["ko"].keys()


# ---- the steps ----

def first_look(b, daemon):
    b.cdp("Network.enable")
    b.go(daemon.base + "/")
    b.wait_text("#main .empty h2", "아직 회의가 없습니다")
    paint = b.js("return performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    step(f"first paint after {paint:.0f} ms (reported, not asserted)")
    first, _ = weigh(b, daemon)
    for path in ("/record", "/ask", "/vocabulary", "/settings", "/settings/models", "/settings/device", "/"):
        b.js("location.hash = arguments[0]", "#" + path)
        b.wait(lambda: b.js("return location.hash") == "#" + path and b.js("return document.querySelector('#main h1') && !document.querySelector('#main .skeleton')"), path)
    whole, sent = weigh(b, daemon)
    step(f"page weight: {first} bytes to record and read meetings, {whole} with every view, {sent} as sent")
    assert sent < WEIGHT or OPTIONS, f"the page weighs {sent} bytes as sent"


def weigh(b, daemon):
    """Bytes of the page's own files so far, unpacked and as sent; and that no other host was asked for anything."""
    files = b.js("""
      const own = performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
        .filter((e) => !e.name.includes('/api/'));
      return own.map((e) => [e.name, e.decodedBodySize, e.encodedBodySize]);""")
    foreign = [f[0] for f in files if not f[0].startswith(daemon.base)]
    assert not foreign, f"the page asked others: {foreign}"
    assert len(files) > 20, files
    return sum(f[1] for f in files), sum(f[2] for f in files)


def settings(b, daemon):
    view(b, daemon, "/settings")
    b.find("#set-template")
    b.js("const s = document.querySelector('#set-template'); s.value = 'weekly'; s.dispatchEvent(new Event('change'))")
    b.wait(lambda: daemon.get("/settings").get("minutes_template") == "weekly", "the chosen template")
    b.js("const s = document.querySelector('#set-speech'); s.value = 'en'; s.dispatchEvent(new Event('change'))")
    b.wait(lambda: daemon.get("/settings").get("speech_language") == "en", "the chosen language")
    b.js("const s = document.querySelector('#set-theme'); s.value = 'dark'; s.dispatchEvent(new Event('change'))")
    b.wait(lambda: b.js("return getComputedStyle(document.documentElement).colorScheme") == "dark", "the dark theme")
    b.js("const s = document.querySelector('#set-theme'); s.value = 'auto'; s.dispatchEvent(new Event('change'))")


def words(b, daemon):
    view(b, daemon, "/vocabulary")
    b.type("#word", "하이퍼클로바")
    b.keys("enter")
    b.wait_text(".wordlist", "하이퍼클로바")
    b.wait(lambda: any(w["word"] == "하이퍼클로바" for w in daemon.get("/vocabulary")["words"]), "the word in the store")
    b.click(".wordlist button")
    b.wait(lambda: not daemon.get("/vocabulary")["words"], "the word to be gone")


def upload(b, daemon):
    """A file that is no recording is refused in plain words; one that is stands in the list."""
    with open(f"{DIR}/letter.wav", "wb") as f:
        f.write(b"Dear moim, this is a letter and no recording.\n" * 100)
    subprocess.run(["sox", f"{DIR}/talk.wav", f"{DIR}/short.flac", "trim", "0", "0.4"], check=True)
    view(b, daemon, "/")
    picker = b.wait(lambda: b.find_all("input[type=file]"), "the file picker")[0]
    # A toast goes after a while, so the page itself keeps what was said.
    b.js("window.said = ''; new MutationObserver((all) => { for (const m of all) for (const e of m.addedNodes) window.said += e.textContent; }).observe(document.querySelector('#toasts'), { childList: true })")
    b._call("POST", f"/element/{picker}/value", {"text": f"{DIR}/letter.wav"})
    b.click("dialog .primary")
    b.wait(lambda: "녹음으로 읽을 수 없는" in b.js("return window.said"), "a word about the letter")
    assert not daemon.get("/meetings")["meetings"], "a letter was taken for a meeting"
    b.js("document.querySelector('.toast.bad button')?.click()")
    b._call("POST", f"/element/{picker}/value", {"text": f"{DIR}/short.flac"})
    b.click("dialog .primary")
    b.wait_text(".meetings", "short")
    b.wait(lambda: not daemon.get("/state")["jobs"], "the short one to be done")
    m = daemon.get("/meetings")["meetings"][0]
    assert send(b, "DELETE", f"/meetings/{m['id']}")["status"] == 204
    b.find("#main .empty")  # the list follows what others do


def pairing(b):
    """Another daemon, one that wants to know whom it talks to: the page asks for its code and works with it."""
    daemon = Daemon(quiet_port(), "--token", "--db", f"{DIR}/paired/moim.db")
    b.go(daemon.base + "/#/vocabulary")
    b.js("localStorage.setItem('moim.lang', 'ko')")
    b.find("#code")
    audit(b, "pairing")
    b.type("#code", "WRONG123")
    b.keys("enter")
    b.wait(lambda: (b.text(".pair .bad") or "").strip(), "a word about the wrong code")
    made = subprocess.run([MOIM, "pair", "--db", f"{DIR}/paired/moim.db"], capture_output=True, text=True)
    code = re.search(r"\b[A-Z0-9]{4}[ -]?[A-Z0-9]{4}\b", made.stdout)
    assert code, f"moim pair printed {made.stdout!r} {made.stderr!r}"
    b.type("#code", code[0].lower(), clear=True)
    b.keys("enter")
    b.find(".word-form")
    assert "moim=" not in b.js("return document.cookie"), "the token can be read by scripts"
    b.type("#word", "첫말")
    b.keys("enter")
    b.wait(lambda: b.js("return fetch('/api/v1/vocabulary').then((r) => r.json()).then((v) => v.words.length)") == 1, "a change by the paired page")
    daemon.stop()


def record(b, daemon):
    view(b, daemon, "/record")
    b.type("#rec-title", "Two Cities")
    started = time.time()
    b.click(".key")
    b.find(".live")
    b.wait(lambda: b.js("return Number(document.querySelector('.level-meter').getAttribute('aria-valuenow')) > -55"), "a level")
    b.click(".controls button")  # bookmark
    b.wait(lambda: re.search(r"\d:\d\d", b.text(".marks") or ""), "the mark")
    b.type("#memo", "memo by hand")
    b.keys("enter")
    b.wait_text(".marks", "memo by hand")
    # The recording is known everywhere in the page, and a page that comes late sees the captions so far.
    b.js("location.hash = '#/'")
    b.find("#recbar")
    b.click("#recbar")
    b.find(".live")
    b.wait(lambda: re.search("[a-z]{3}", b.js("return document.querySelector('.caption-box').textContent.toLowerCase()")), "a caption")
    b.click(".controls button:last-child")
    b.wait(lambda: daemon.get("/recording")["recording"]["paused"], "the pause")
    b.click(".controls button:last-child")
    b.wait(lambda: not daemon.get("/recording")["recording"]["paused"], "the recording to go on")
    audit(b, "recording")
    b.wait(lambda: time.time() - started > SECONDS, "enough sound")
    b.wait_text(".captions", " ")
    step(f"captions: {b.text('.captions')!r}")
    b.click(".key.stop")
    b.wait(lambda: re.fullmatch(r"#/m/\d+", b.js("return location.hash")), "the meeting")
    return int(b.js("return location.hash").rsplit("/", 1)[1])


def minutes(b, daemon, meeting):
    b.find(".seg .w")
    said = b.text(".transcript")
    assert re.search("best|worst|times", said), f"the transcript: {said!r}"
    b.find(".minutes .chip")
    m = daemon.get(f"/meetings/{meeting}")
    assert m["minutes"]["summary"], m["minutes"]
    assert {x["note"] for x in m["bookmarks"]} >= {"memo by hand"}, m["bookmarks"]
    step(f"minutes: {m['minutes']['summary'][0]['text']!r}")
    # From a statement to its sound.
    listen(b)
    b.click(".minutes .chip")
    b.wait(lambda: sounded(b, 0.05), "the evidence to sound")
    b.js("document.querySelector('audio').pause()")
    return m


def listen(b):
    """The page itself writes down what its player does: a test that asks now and then would miss it."""
    b.js("""
      const a = document.querySelector('audio');
      if (!window.heard) for (const e of ['seeked', 'playing', 'timeupdate']) a.addEventListener(e, () => window.heard.push([e, a.currentTime]));
      window.heard = [];""")


def sounded(b, seconds):
    heard = b.js("return window.heard")
    return heard if any(e == "playing" for e, _ in heard) and any(e == "timeupdate" and at > seconds for e, at in heard) else None


def play(b, m):
    line = next(s for s in m["segments"] if len(s["words"]) > 4)
    row = f".seg[data-id='{line['id']}']"
    words = line["words"]
    word, lit = words[3], None
    while not lit:  # again when the sound was at its end before the space bar came
        b.js("document.querySelector('audio').pause(); document.querySelector('audio').currentTime = 0")
        b.wait(lambda: b.js("const a = document.querySelector('audio'); return !a.seeking && a.currentTime === 0"), "the beginning")
        listen(b)
        b.click(f"{row} .w:nth-of-type(4)")
        heard = b.wait(lambda: sounded(b, word["start"] + 0.5), "the word to sound")
        at = next(at for e, at in heard if e == "seeked")
        assert abs(at - word["start"]) < 0.5, f"clicked {word}, plays at {at}"
        b.keys(" ")
        b.wait(lambda: b.js("return document.querySelector('audio').paused"), "the space bar to pause")
        b.settle()
        lit = b.js("""
          const w = document.querySelector('.w.now'), a = document.querySelector('audio');
          return w && !a.ended && w.closest('.seg') === document.querySelector(arguments[0]) && [w.textContent, [...w.parentNode.querySelectorAll('.w')].indexOf(w), a.currentTime];""", row)
    heard = [i for i, w in enumerate(words) if w["start"] <= lit[2]]
    step(f"clicked {word['text']!r} at {word['start']:.2f} s: heard from {at:.2f} s, {lit[0]!r} lit at {lit[2]:.2f} s")
    assert abs(lit[1] - heard[-1]) <= 1, f"lit word {lit[1]}, the sound is at {heard[-1]}"
    assert sum(b.js("const c = document.querySelector('.wave canvas'); return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]")[3::4]) > 10000, "the waveform is empty"


def edit(b, daemon, m):
    segment = m["segments"][0]
    row = f".seg[data-id='{segment['id']}']"
    now = lambda: next(s for s in daemon.get(f"/meetings/{m['id']}")["segments"] if s["id"] == segment["id"])  # noqa: E731
    b.hover(row)
    b.click(f"{row} .tools button")
    b.type(f"{row} textarea", "It was the best of test runs.", clear=True)
    b.keys("enter")
    b.wait_text(f"{row} .said", "best of test runs")
    b.wait(lambda: now()["text"] == "It was the best of test runs." and now()["edited"], "the correction in the store")
    b.keys("control+z")
    b.wait(lambda: now()["text"] == segment["text"] and not now()["edited"], "the correction to be taken back")
    b.wait_text(f"{row} .said", segment["text"])
    # Keys alone: to the row, E, a change, Escape keeps nothing.
    b.js("document.querySelector(arguments[0]).focus()", row)
    b.keys("e")
    b.type(f"{row} textarea", " never mind")
    b.keys("escape")
    b.wait(lambda: b.text(f"{row} .said") == segment["text"], "Escape to drop the change")


def stretch(b, daemon, m):
    """One line is recognised again by another model: it is new, the others and the minutes are the same."""
    path = f"/meetings/{m['id']}"
    before = daemon.get(path)
    first = before["segments"][0]
    row = f".seg[data-id='{first['id']}']"
    b.hover(row)
    b.click(f"{row} .tools button:last-child")
    b.js("[...document.querySelectorAll('.menu-list button')].find((e) => /다시 받아쓰기|Transcribe this part/.test(e.textContent)).click()")
    b.find("#stretch-model")
    b.js("const s = document.querySelector('#stretch-model'); s.value = 'conformer'; s.dispatchEvent(new Event('change'))")
    b.click("dialog .primary")
    after = b.wait(lambda: [x for x in [daemon.get(path)] if first["id"] not in [s["id"] for s in x["segments"]] and not daemon.get("/jobs")], "a new line")[0]
    assert [s["id"] for s in before["segments"][1:]] == [s["id"] for s in after["segments"] if s["start"] >= first["end"]], after["segments"]
    assert re.search("[a-z]{3}", after["segments"][0]["text"].lower()) and after["state"] == before["state"], after
    assert [x["text"] for x in after["minutes"]["summary"]] == [x["text"] for x in before["minutes"]["summary"]], after["minutes"]
    b.find(f".seg[data-id='{after['segments'][0]['id']}']")
    return after


def voices(b, daemon, m):
    """A voice is saved only with consent, stands in the settings, and is forgotten there; speakers are identified again."""
    path = f"/meetings/{m['id']}"
    number = next(s["number"] for s in daemon.get(path)["speakers"] if s["number"])
    assert send(b, "PATCH", f"{path}/speakers/{number}", {"name": "Dickens"})["status"] == 200
    view(b, daemon, f"/m/{m['id']}")
    b.click(".tabs [data-tab=people]")
    b.wait_text(".talk", "Dickens")
    b.click(".talk li .talk-tools button:last-child")
    b.click(".menu-list button:last-child")
    b.click("dialog .primary")
    assert b.find_all("dialog") and not daemon.get("/voices")["voices"], "a voice is saved without consent"
    b.click("#voice-consent")
    b.click("dialog .primary")
    b.wait(lambda: [v["name"] for v in daemon.get("/voices")["voices"]] == ["Dickens"], "the voice in the store")
    # Who has no name is offered the one that the voice has, which is used only when it is taken.
    assert send(b, "PATCH", f"{path}/speakers/{number}", {"name": ""})["status"] == 200
    b.wait(lambda: "Dickens" not in b.text(".talk"), "the name to be gone")
    b.click(".people .again")
    b.find("#speakers-count")
    b.click("dialog .primary")
    b.wait(lambda: re.search("다시 구분했습니다|identified again", b.text("#toasts")), "the speakers identified again")
    b.wait_text(".talk .offer", "Dickens")
    assert [s["name"] for s in daemon.get(path)["speakers"]] != ["Dickens"], "a name is used unasked"
    b.click(".talk .offer button")
    b.wait(lambda: [s["name"] for s in daemon.get(path)["speakers"]] == ["Dickens"] and not b.find_all(".talk .offer"), "the offered name")
    view(b, daemon, "/settings")
    b.wait_text(".voices", "Dickens")
    b.click(".voices button")
    b.click("dialog .seal")
    b.wait(lambda: not daemon.get("/voices")["voices"], "the voice to be forgotten")
    view(b, daemon, f"/m/{m['id']}")
    b.find(".seg .w")


def one_line(b, daemon, path):
    """All that was said as one line of one speaker, however it was recognised."""
    lines = daemon.get(path)["segments"]
    done = send(b, "POST", f"{path}/segments/speaker", {"segments": [s["id"] for s in lines], "speaker": lines[0].get("speaker_number", 0)})
    assert done["status"] == 200, done
    while len(lines) > 1:
        done = send(b, "POST", f"{path}/segments/{lines[0]['id']}/join", {})
        assert done["status"] == 200, done
        lines = daemon.get(path)["segments"]
    return lines[0]


def split_voice(b, daemon, m):
    """One speaker's lines are divided by voice where there are two to compare; else the page says at once that there are not."""
    path = f"/meetings/{m['id']}"
    whole = one_line(b, daemon, path)
    for lines in (1, 2):
        view(b, daemon, f"/m/{m['id']}")
        b.wait(lambda: len(b.find_all(".seg")) == lines and len(b.find_all(".talk li")) == 1, f"{lines} lines of one speaker")
        b.click(".tabs [data-tab=people]")
        b.click(".talk li .talk-tools button:last-child")
        b.js("[...document.querySelectorAll('.menu-list button')].find((e) => /두 사람으로|into two/.test(e.textContent)).click()")
        if lines == 1:
            b.wait(lambda: re.search("너무 짧아|too little speech", b.text("#toasts")), "a word about the short speech")
            assert not b.find_all("dialog"), "the page asks about what cannot be done"
            done = send(b, "POST", f"{path}/segments/{whole['id']}/split", {"at": whole["text"].index(" ", len(whole["text"]) // 2) + 1})
            assert done["status"] == 200, done
    b.click("dialog .primary")
    b.wait(lambda: len(daemon.get(path)["speakers"]) == 2 and len(b.find_all(".talk li")) == 2, "two speakers")
    b.click(".toast .text")
    b.wait(lambda: len(daemon.get(path)["speakers"]) == 1 and len(b.find_all(".talk li")) == 1, "one speaker again")
    return daemon.get(path)


def lost(b, daemon, m):
    """The daemon goes away in the middle: a correction made meanwhile waits, and arrives when it is back."""
    segment = m["segments"][0]
    row = f".seg[data-id='{segment['id']}']"
    daemon.stop()
    b.wait_text("#banner", "연결이 끊" if b.js("return document.documentElement.lang") == "ko" else "Connection")
    b.js("document.querySelector(arguments[0]).focus()", row)
    b.keys("e")
    b.type(f"{row} textarea", "Written without the box.", clear=True)
    b.keys("enter")
    b.wait_text("#banner", "1")
    b.wait_text(f"{row} .said", "Written without the box.")
    again = Daemon(daemon.port)
    b.wait(lambda: not b.text("#banner"), "the banner to go")
    b.wait(lambda: next(s for s in again.get(f"/meetings/{m['id']}")["segments"] if s["id"] == segment["id"])["text"] == "Written without the box.", "the kept correction in the store")
    b.keys("control+z")
    b.wait_text(f"{row} .said", segment["text"])
    return again


def speakers(b, daemon):
    """A meeting that came in as text: names, two people who are one, and no sound to play."""
    lines = ["참석자 1: 출시일은 언제로 정할까요?", "참석자 2: 12월 12일이 좋겠습니다.", "참석자 3: 네, 그날로 하죠.", "참석자 1: 그럼 그렇게 정하겠습니다."]
    with open(f"{DIR}/launch.txt", "w") as f:
        f.write("\n".join(lines) + "\n")
    made = subprocess.run([MOIM, "import", "--quiet", "--no-minutes", "--lang", "ko", f"{DIR}/launch.txt"], env={**os.environ, "XDG_DATA_HOME": DIR}, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    path = f"/meetings/{made.stdout.strip()}"
    view(b, daemon, f"/m/{made.stdout.strip()}")
    b.wait(lambda: len(b.find_all(".talk li")) == 3, "three people")
    b.click(".tabs [data-tab=people]")
    b.find(".nosound")
    first = b.text(".talk li .talk-name")
    b.click(".talk-tools button")
    b.type("dialog input", "찰스 디킨스", clear=True)
    b.keys("enter")
    b.wait_text(".talk", "찰스 디킨스")
    b.wait_text(".transcript", "찰스 디킨스")
    named = b.wait(lambda: [s for s in daemon.get(path)["speakers"] if s["name"] == "찰스 디킨스"], "the name in the store")
    assert len(named) == 1, named
    b.wait(lambda: first not in b.text(".transcript"), f"{first} to be gone")
    # Whom to merge with is not chosen beforehand, and the name that stays is asked for.
    b.click(".talk li:last-child .talk-tools button:last-child")
    b.click(".menu-list button:last-child")
    assert b.js("return document.querySelector('dialog .primary').disabled && !document.querySelector('dialog input:checked')"), "a merge is chosen beforehand"
    b.click("dialog fieldset label:first-of-type")
    b.click("dialog fieldset:nth-of-type(2) label:first-of-type")
    b.click("dialog .primary")
    b.wait(lambda: len(daemon.get(path)["speakers"]) == 2 and len(b.find_all(".talk li")) == 2, "two people")
    audit(b, "a meeting without sound")
    b.size(1440, 900)
    b.click(".acts button:last-child")
    b.click(".menu-list .danger")
    b.wait(lambda: len(daemon.get("/meetings")["meetings"]) == 1, "it to be in the trash")


def about(b, daemon, m):
    path = f"/meetings/{m['id']}"
    b.click(".title-edit")
    b.type("dialog input", "A Tale", clear=True)
    b.keys("enter")
    b.wait(lambda: daemon.get(path)["title"] == "A Tale", "the title")
    b.click(".titles .tag-add")
    b.type("dialog input", "novel")
    b.keys("enter")
    b.wait(lambda: daemon.get(path)["tags"] == ["novel"], "the tag")
    b.click(".flagkey")
    b.type("dialog input", "here")
    b.keys("enter")
    b.wait(lambda: any(x["note"] == "here" for x in daemon.get(path)["bookmarks"]), "the bookmark")


def export(b, m):
    b.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=DIR)
    before = set(os.listdir(DIR))
    b.click(".acts button:first-child")
    for _ in range(3):  # the fourth: Markdown
        b.keys("down")
    b.wait(lambda: "format=md" in (b.js("return document.activeElement.href") or ""), "the menu's keys")
    b.click(".menu-list a:nth-child(4)")
    new = Browser.wait(lambda: {f for f in set(os.listdir(DIR)) - before if not f.startswith(".") and not f.endswith(".crdownload")}, "the download")
    text = open(os.path.join(DIR, new.pop())).read()
    assert "A Tale" in text and "times" in text, text[:300]


def search(b, daemon, m):
    word = max((w["text"] for w in m["segments"][0]["words"]), key=len).strip(".,")
    view(b, daemon, "/")
    b.wait_text(".meetings", "A Tale")
    b.type("#search", word)
    b.wait(lambda: b.js("return [...document.querySelectorAll('.hits mark')].map((e) => e.textContent.toLowerCase())"), f"{word} to be found")
    b.type("#search", "zebra", clear=True)
    b.wait_text(".results .empty", "zebra")
    b.type("#search", word, clear=True)
    b.click(".hit")
    b.find(".seg.flash")
    view(b, daemon, "/?tag=novel")
    b.wait_text(".meetings", "A Tale")


def delete(b, daemon, m):
    view(b, daemon, f"/m/{m['id']}")
    b.find(".seg .w")
    b.click(".acts button:last-child")
    b.keys("escape")  # a menu that is left deletes nothing
    b.wait(lambda: not b.find_all(".menu-list"), "the menu to go")
    daemon.get(f"/meetings/{m['id']}")
    b.click(".acts button:last-child")
    b.click(".menu-list .danger")
    b.wait(lambda: not daemon.get("/meetings")["meetings"], "the meeting to be in the trash")
    b.find("#main .empty")


def main():
    dictionaries()
    daemon = Daemon(quiet_port())
    with Browser(1440, 900) as b:
        try:
            step("first look, weight"); first_look(b, daemon)
            for path in ("/", "/record", "/ask", "/vocabulary", "/settings", "/settings/models", "/settings/device"):
                view(b, daemon, path)
                audit(b, path)
            step("audited: 7 views, two widths, languages and themes")
            b.js("localStorage.setItem('moim.lang', 'ko')")
            b.size(1440, 900)
            settings(b, daemon); step("settings")
            words(b, daemon); step("words")
            upload(b, daemon); step("uploaded")
            meeting = record(b, daemon); step("recorded")
            b.size(1440, 900)
            m = minutes(b, daemon, meeting)
            play(b, m); step("played at a word")
            edit(b, daemon, m); step("edited and undone")
            m = stretch(b, daemon, m); step("a stretch recognised again")
            voices(b, daemon, m); step("a voice saved and forgotten")
            m = split_voice(b, daemon, m); step("a speaker split in two")
            daemon = lost(b, daemon, m); step("lost and found")
            about(b, daemon, m); step("title, tag, bookmark")
            export(b, m); step("exported")
            audit(b, "meeting"); step("audited the meeting")
            b.size(1440, 900)
            speakers(b, daemon); step("renamed and merged speakers of a text without sound")
            search(b, daemon, m); step("searched")
            delete(b, daemon, m); step("deleted")
            quiet(b)
            pairing(b); step("paired")
        except Exception:
            b.screenshot(os.path.join(DIR, "failed.png"))
            print(f"at {b.js('return location.href')}: {b.js('return document.body.innerText')[:600]!r}", b.console()[-5:], file=sys.stderr)
            raise
    daemon.stop()


try:
    main()
except AssertionError as e:
    sys.exit(f"FAIL: {e}")
finally:
    for p in Daemon.running:
        if p.poll() is None:
            p.kill()
