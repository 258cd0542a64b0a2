#!/usr/bin/env python3
"""Stories of the page that need no model: page.py MOIM DIR. Exits 1 with what went wrong."""
import json, os, re, subprocess, sys

sys.path.insert(0, os.path.dirname(__file__))
from page_support import DIR, MOIM, Browser, Daemon, audit, last_of_three, quiet_port, send, step, view  # noqa: E402

# Three words of Latin letters in a row are a sentence; names of files and models have none.
LATIN = r"""
  const options = arguments[0] ?? {};
  const sentence = /(?:[A-Za-z][A-Za-z'’]+[ ,.]+){2,}[A-Za-z]{2,}/;
  const found = [];
  const look = (text, what) => { const m = sentence.exec(text ?? ''); if (m) found.push(`${what}: ${m[0]}`); };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) if (!n.parentElement.closest('noscript, script, code, [lang=en], option[lang=en]')) look(n.data, n.parentElement.className || n.parentElement.tagName);
  for (const e of document.querySelectorAll('[aria-label], [title], [placeholder]')) for (const a of ['aria-label', 'title', 'placeholder']) look(e.getAttribute(a), a);
  return found;"""


def korean(b, where):
    b.wait(lambda: b.js("return document.querySelector('#main h1') && !document.querySelector('#main .skeleton')"), f"{where} to load")
    found = b.js(LATIN)
    assert not found, f"{where}: English on the Korean page: {found[:4]}"
    korean.seen += 1


korean.seen = 0


def moim(*args):
    done = subprocess.run([MOIM, *args], env={**os.environ, "XDG_DATA_HOME": DIR}, capture_output=True, text=True)
    assert done.returncode == 0, f"moim {args}: {done.stderr}"
    return done.stdout.strip()


def text_meeting(name, lines):
    with open(f"{DIR}/{name}.txt", "w") as f:
        f.write("\n".join(lines) + "\n")
    return int(moim("import", "--quiet", "--no-minutes", "--lang", "ko", f"{DIR}/{name}.txt"))


# ---- the stories ----

def first_start(b, daemon):
    """With nothing installed the page says what is missing, what it is for, and offers it; recording is there."""
    view(b, daemon, "/")
    b.wait_text("#main .empty h2", "아직 회의가 없습니다")
    korean(b, "no meetings")
    b.wait_text("#box", "설정 필요")
    view(b, daemon, "/setup")
    b.wait_text(".setup", "받아쓰기 모델")
    button = b.wait(lambda: b.text(".setup li:nth-child(2) .primary"), "the button that brings all")
    assert re.search(r"모두 다운로드 \([\d.]+ (GB|MB), 약 \d+분\)", button or ""), button
    korean(b, "setup")
    b.click(".mic-test button")
    b.find(".mic-test audio")
    korean(b, "the microphone test")
    b.wait(lambda: not daemon.get("/state")["recording"] and not daemon.get("/meetings")["meetings"], "the trial to be gone")
    view(b, daemon, "/record")
    b.find(".key")
    korean(b, "record")


def recording(b, daemon):
    """Bookmarks and notes stand on the screen after leaving it; a note that cannot be sent is kept; nothing lies over a key."""
    view(b, daemon, "/record")
    b.type("#rec-title", "주간 회의")
    b.click(".key")
    b.find(".live")
    b.click(".controls button")
    b.type("#memo", "다음 주 일정")
    b.keys("enter")
    b.wait_text(".marks", "다음 주 일정")
    b.js("location.hash = '#/'")
    b.find("#recbar")
    b.click("#recbar")
    b.wait_text(".marks", "다음 주 일정")
    assert len(b.find_all(".marks li")) >= 2, b.text(".marks")
    assert "녹음" in b.js("return document.title") or "●" in b.js("return document.title"), b.js("return document.title")
    b.size(320, 568, True)
    b.js("import('/components/ui.js').then((m) => { m.toast('알림', { bad: true }); m.toast('둘', {}); })")
    b.wait(lambda: len(b.find_all(".toast")) == 2, "two toasts")
    b.settle()
    for css in (".controls button:first-child", ".key.stop", ".controls button:last-child"):
        over = b.js("""
          const e = document.querySelector(arguments[0]), r = e.getBoundingClientRect();
          const at = [[0.5, 0.5], [0.15, 0.15], [0.85, 0.85]].map(([x, y]) => document.elementFromPoint(r.left + r.width * x, r.top + r.height * y));
          return r.left >= 0 && r.right <= innerWidth && r.bottom <= innerHeight && at.every((x) => e.contains(x));""", css)
        assert over, f"{css} is cut off or covered at 320 px"
    b.js("document.querySelectorAll('.toast').forEach((e) => e.remove())")
    b.size(1440, 900)
    korean(b, "recording")
    # The space bar pauses only where nothing has the focus.
    b.js("document.querySelector('.caption-box').focus()")
    b.keys(" ")
    assert not daemon.get("/recording")["recording"]["paused"], "the space bar paused from the captions"
    return daemon.get("/recording")["recording"]["id"]


def dead(b, daemon, meeting):
    """The daemon is killed while it records: the clock stops, nothing is claimed, and what is typed arrives when it is back."""
    daemon.process.kill()
    daemon.process.wait()
    b.wait_text(".status", "연결 끊김")
    b.wait_text("#banner", "확인할 수 없습니다")
    clock = b.text(".clock")
    b.type("#memo", "끊긴 동안 쓴 메모")
    b.keys("enter")
    b.wait_text(".marks", "끊긴 동안 쓴 메모")
    korean(b, "recording without the recorder")
    b.wait(lambda: b.js("return new Promise((r) => setTimeout(r, 1500))") or True, "a while")
    assert b.text(".clock") == clock, f"the clock went on from {clock} to {b.text('.clock')}"
    again = Daemon(daemon.port)
    b.wait(lambda: any(x["note"] == "끊긴 동안 쓴 메모" for x in again.get(f"/meetings/{meeting}")["bookmarks"]), "the kept note at its meeting")
    b.wait(lambda: not b.text("#banner"), "the banner to go")
    return again


def find_and_replace(b, daemon):
    m = text_meeting("plan", ["민수: 알파 출시를 정합시다.", "영희: 알파는 12월이 좋겠습니다.", "민수: 네, 알파를 12월에 출시합시다.", "영희: 알림도 넣죠."])
    view(b, daemon, f"/m/{m}")
    b.find(".seg .w")
    b.type("#find", "알파")
    b.wait_text(".find-row .num", "3")
    b.click(".find-row > .text")
    b.type("#replace", "베타")
    b.click(".replace-row button:last-child")
    b.wait(lambda: sum("베타" in s["text"] for s in daemon.get(f"/meetings/{m}")["segments"]) == 3, "three lines replaced")
    korean(b, "find and replace")
    b.click(".toast .text")
    b.wait(lambda: not any("베타" in s["text"] for s in daemon.get(f"/meetings/{m}")["segments"]), "the replacement to be undone")
    b.js("const s = document.querySelector('#person'); s.value = '2'; s.dispatchEvent(new Event('change'))")
    b.wait(lambda: b.js("return [...document.querySelectorAll('.seg')].filter((e) => e.checkVisibility()).length") == 2, "only one person's lines")
    b.js("const s = document.querySelector('#person'); s.value = '0'; s.dispatchEvent(new Event('change'))")
    return m


def lines(b, daemon):
    """A line is split at the cursor and joined again, both undone; highlighted lines alone; sounds of hesitation hidden, not lost."""
    m = text_meeting("lines", ["민수: 음, 예산은 삼천만 원이고 일정은 유월입니다.", "영희: 네, 좋습니다.", "민수: 그럼 시작하죠."])
    said = lambda: [s["text"] for s in daemon.get(f"/meetings/{m}")["segments"]]  # noqa: E731
    first = said()
    view(b, daemon, f"/m/{m}")
    b.find(".seg .w")
    b.js("document.querySelector('.seg').focus()")
    b.keys("e")
    b.find(".seg textarea")
    b.js("const a = document.querySelector('.seg textarea'); a.setSelectionRange(a.value.indexOf('일정은'), a.value.indexOf('일정은'))")
    b.keys("control+enter")
    b.wait(lambda: said()[1:2] == ["일정은 유월입니다."] and len(b.find_all(".seg")) == 4, "the line in two")
    b.click(".toast .text")
    b.wait(lambda: said() == first and len(b.find_all(".seg")) == 3, "the line whole again")
    b.hover(".seg")
    b.click(".seg .tools button:last-child")
    b.js("[...document.querySelectorAll('.menu-list button')].find((e) => e.textContent.includes('합치기')).click()")
    b.wait(lambda: said()[:1] == [f"{first[0]} {first[1]}"] and len(b.find_all(".seg")) == 2, "two lines joined")
    b.click(".toast:last-child .text")
    b.wait(lambda: said() == first and len(b.find_all(".seg")) == 3, "the lines apart again")
    b.js("document.querySelectorAll('.seg')[2].focus()")
    b.keys("h")
    b.wait(lambda: daemon.get(f"/meetings/{m}")["segments"][2].get("highlighted"), "the highlight in the store")
    b.wait(lambda: b.find_all("#person option[value='-1']"), "the filter for it")
    b.js("const s = document.querySelector('#person'); s.value = '-1'; s.dispatchEvent(new Event('change'))")
    b.wait(lambda: b.js("return [...document.querySelectorAll('.seg')].filter((e) => e.checkVisibility()).map((e) => e.querySelector('.said').textContent)") == ["그럼 시작하죠."], "the highlighted line alone")
    b.js("const s = document.querySelector('#person'); s.value = '0'; s.dispatchEvent(new Event('change'))")
    b.click(".find-row .toggle")
    b.wait(lambda: b.text(".seg .said").startswith("예산은"), "the sound of hesitation hidden")
    b.click(".find-row .toggle")
    b.wait(lambda: b.text(".seg .said").startswith("음"), "and shown again")
    korean(b, "lines")


def doubted(b, daemon):
    """A line that is not sure of its speaker says so beside the name and is found; who is chosen by hand is no doubt any more."""
    m = text_meeting("whole", ["민수: 예산은 삼천만 원입니다.", "민수: 네.", "영희: 그럼 유월에 시작하죠.", "영희: 장소는 제가 잡겠습니다."])
    whole = json.loads(moim("export", str(m), "--format", "json"))
    for s, sure in zip(whole["segments"], (0.95, 0.4, 0.85, 0.65)):
        assert "speaker_certainty" not in s, "a transcript that was imported is sure of speakers"
        s["speaker_certainty"] = sure
    with open(f"{DIR}/doubt.json", "w") as f:
        json.dump({**whole, "title": "의심"}, f)
    m = int(moim("import", "--quiet", "--no-minutes", f"{DIR}/doubt.json"))
    sure = lambda: [s.get("speaker_certainty") for s in daemon.get(f"/meetings/{m}")["segments"]]  # noqa: E731
    assert sure() == [0.95, 0.4, 0.85, 0.65] == [s["speaker_certainty"] for s in json.loads(moim("show", "--json", str(m)))["segments"]], sure()
    view(b, daemon, f"/m/{m}")
    b.find(".seg .w")
    marked = "return [...document.querySelectorAll('.doubt')].filter((e) => e.checkVisibility()).map((e) => e.parentElement.querySelector('.who').textContent + '/' + e.parentElement.querySelector('.said').textContent)"
    assert b.js(marked) == ["민수/네.", "영희/장소는 제가 잡겠습니다."], b.js(marked)
    korean(b, "lines of doubtful speakers")
    audit(b, "lines of doubtful speakers")
    b.js("localStorage.setItem('moim.lang', 'ko')")
    view(b, daemon, f"/m/{m}")
    b.find(".seg .w")
    b.js("const s = document.querySelector('#person'); s.value = '-2'; s.dispatchEvent(new Event('change'))")
    shown = "return [...document.querySelectorAll('.seg')].filter((e) => e.checkVisibility()).length"
    b.wait(lambda: b.js(shown) == 2, "the two doubtful lines alone")
    b.click(".doubt")
    b.js("[...document.querySelectorAll('.menu-list button')].find((e) => /확정/.test(e.textContent)).click()")
    b.wait(lambda: sure() == [0.95, None, 0.85, 0.65] and len(b.find_all(".doubt")) == 1, "the speaker confirmed")
    b.wait(lambda: b.js(shown) == 1, "the other doubtful line")
    b.js("[...document.querySelectorAll('.doubt')].at(-1).click()")
    b.js("[...document.querySelectorAll('.menu-list button')].find((e) => /민수의 발언으로 변경/.test(e.textContent)).click()")
    b.wait(lambda: sure() == [0.95, None, 0.85, None] and not b.find_all(".doubt") and not b.find_all("#person option[value='-2']"), "no doubt left")
    b.wait(lambda: b.js(shown) == 4, "all lines again")
    b.click(".toast:last-child .text")
    b.wait(lambda: sure() == [0.95, None, 0.85, 0.65] and len(b.find_all(".doubt")) == 1, "the doubt back with the line")


def focus_line(b, id):
    """The store has a line before the page shows it."""
    b.wait(lambda: b.js("const e = document.querySelector(`.item[data-item='${arguments[0]}']`); e?.focus(); return !!e", id), "the line in the page")


def document(b, daemon):
    """The minutes are a document: a line is edited, added, moved, ticked, planned, taken away and brought back; versions come back."""
    lines = ["민수: 로그인 속도부터 정하죠. 12월 1일에 출시하는 걸로 할까요?", "영희: 네, 12월 1일에 출시하기로 합시다.", "민수: 제가 금요일까지 배포 문서를 쓸게요.", "영희: 저는 다음 주 월요일까지 시험 계획을 정리하겠습니다.",
             "민수: 예산은 아직 정하지 못했네요. 누가 확인할 수 있나요?", "영희: 나중에 보죠."]
    m = text_meeting("minutes", lines)
    moim("minutes", str(m), "--redo", "--minutes-model", "none")
    doc = lambda: daemon.get(f"/meetings/{m}/minutes")  # noqa: E731
    first = doc()
    assert first["actions"] and first["decisions"], first
    view(b, daemon, f"/m/{m}")
    task = f".item[data-item='{first['actions'][0]['id']}']"
    b.find(f"{task} .item-text")
    korean(b, "minutes")
    b.js("document.querySelector(arguments[0]).focus()", task)
    b.keys("e")
    b.type(f"{task} textarea", "배포 문서를 쓰고 모두에게 알린다", clear=True)
    b.keys("enter")
    b.wait(lambda: doc()["actions"][0]["text"] == "배포 문서를 쓰고 모두에게 알린다" and doc()["actions"][0]["edited"], "the edited line in the store")
    b.click(f"{task} .tick")
    b.wait(lambda: doc()["actions"][0]["done"], "the tick in the store")
    b.click(f"{task} .duty")
    b.type("#task-owner", "김철수", clear=True)
    b.click("dialog .picks + .field + .picks button:nth-of-type(2)")
    korean(b, "owner and day")
    b.click("dialog .primary")
    b.wait(lambda: doc()["actions"][0].get("owner") == "김철수" and doc()["actions"][0]["due_date"], "owner and day in the store")
    b.click(".minutes-bar button:nth-of-type(2)")
    b.click(".menu-list button:nth-child(3)")
    b.type(".actions textarea", "새로 적은 할 일")
    b.keys("enter")
    b.wait(lambda: doc()["actions"][-1]["text"] == "새로 적은 할 일", "the new line in the store")
    new = doc()["actions"][-1]["id"]
    focus_line(b, new)
    b.keys("alt+up")
    b.wait(lambda: [x["id"] for x in doc()["actions"]].index(new) == len(doc()["actions"]) - 2, "the line to stand one higher")
    focus_line(b, new)
    b.keys("delete")
    b.wait(lambda: new not in [x["id"] for x in doc()["actions"]], "the line to be gone")
    b.click(".toast .text")
    b.wait(lambda: new in [x["id"] for x in doc()["actions"]], "the line to be back")
    # What another page changed meanwhile is shown beside one's own.
    focus_line(b, new)
    b.keys("e")
    b.type(f".item[data-item='{new}'] textarea", "내가 고친 할 일", clear=True)
    assert send(b, "PATCH", f"/meetings/{m}/minutes/lines/{new}", {"text": "다른 창에서 고친 할 일"})["status"] == 200
    b.js("document.querySelector(`.item[data-item='${arguments[0]}'] textarea`).focus()", new)
    b.keys("enter")
    b.wait_text("dialog", "다른 창에서 고친 할 일")
    assert "내가 고친 할 일" in b.text("dialog")
    korean(b, "two changes of a line")
    b.click("dialog .plain")
    b.wait(lambda: next(x for x in doc()["actions"] if x["id"] == new)["text"] == "내가 고친 할 일", "one's own words in the store")
    # Copied whole, as Markdown besides.
    b.js("window.copied = []; navigator.clipboard.write = async (items) => { for (const i of items) for (const type of i.types) window.copied.push([type, await (await i.getType(type)).text()]); }")
    b.click(".minutes-bar button:first-child")
    copied = dict(b.wait(lambda: b.js("return window.copied.length && window.copied"), "the copy"))
    assert "- [x] 배포 문서를 쓰고 모두에게 알린다 (김철수" in copied["text/plain"] and "<li>" in copied["text/html"], copied
    # The version that was written comes back.
    b.click(".minutes-bar button:last-child")
    b.click(".menu-list button:nth-child(2)")
    b.wait(lambda: len(b.find_all(".versions li")) >= 2, "the versions")
    b.click(".versions li:last-child label")
    b.wait_text(".version-detail", "내가 고친 할 일")
    korean(b, "versions")
    b.click("dialog .primary")
    b.wait(lambda: doc()["actions"][0]["text"] == first["actions"][0]["text"], "the first version")
    b.wait_text(task, first["actions"][0]["text"])
    return m


def two_windows(b, daemon, m):
    """A line of the transcript that another window corrected meanwhile: both are shown."""
    s = daemon.get(f"/meetings/{m}")["segments"][0]
    view(b, daemon, f"/m/{m}")
    row = f".seg[data-id='{s['id']}']"
    b.find(f"{row} .w")
    b.js("document.querySelector(arguments[0]).focus()", row)
    b.keys("e")
    b.type(f"{row} textarea", "이 창에서 고친 말", clear=True)
    assert send(b, "PATCH", f"/meetings/{m}/segments/{s['id']}", {"text": "저 창에서 고친 말"})["status"] == 200
    b.keys("enter")
    b.wait_text("dialog", "저 창에서 고친 말")
    b.click("dialog .primary")
    b.wait_text(f"{row} .said", "저 창에서 고친 말")
    assert daemon.get(f"/meetings/{m}")["segments"][0]["text"] == "저 창에서 고친 말"


def all_tasks(b, daemon, m):
    view(b, daemon, "/tasks")
    n = len(daemon.get("/tasks?state=open")["tasks"])
    b.wait(lambda: n > 0 and len(b.find_all(".task")) == n, f"{n} tasks")
    korean(b, "tasks")
    b.click(".task .tick")
    b.wait(lambda: len(daemon.get("/tasks?state=open")["tasks"]) == n - 1 and len(b.find_all(".task")) == n - 1, "a task done")
    b.js("const s = document.querySelector('#task-state'); s.value = 'done'; s.dispatchEvent(new Event('change'))")
    b.wait(lambda: len(b.find_all(".task.done")) == 1, "the one that is done")
    b.click(".source")
    b.find(".seg.flash")


def asking(b, daemon, m):
    """A question to one meeting: the answer's source leads to the line, and both are there after leaving, until they are deleted."""
    view(b, daemon, f"/m/{m}")
    b.click(".tabs [data-tab=asks]")
    korean(b, "asking a meeting")
    b.type("#question-here", "배포 문서는 누가 맡았지?")
    b.keys("enter")
    b.wait_text(".asks .reply", "배포 문서")
    b.click(".asks .sources li:last-child a")
    b.wait_text(".seg.flash .said", "배포 문서")
    # What nobody said is not answered.
    b.type("#question-here", "점심은 뭐였지?")
    b.keys("enter")
    b.wait_text(".asks .reply.unknown", "찾지 못했습니다")
    korean(b, "a question without an answer")
    b.click(".asks .answer-tools button:last-child")
    b.wait(lambda: "점심" not in json.dumps(daemon.get("/questions"), ensure_ascii=False) and "점심" not in b.text(".asks"), "the question to be gone")
    b.js("location.hash = '#/ask'")
    b.wait_text(".answers .reply", "배포 문서")
    assert b.text(".answers .answer-head a"), "the meeting that was asked is not named"
    korean(b, "what was asked")
    view(b, daemon, f"/m/{m}")
    b.click(".tabs [data-tab=asks]")
    b.wait_text(".asks .reply", "배포 문서")
    b.click(".asks .answer-tools button:last-child")
    b.wait(lambda: not daemon.get("/questions")["questions"] and not b.find_all(".asks .reply"), "question and answer to be gone")


def who_spoke(b, daemon, m):
    """A name reaches the minutes; a line is given to somebody else; two people become one, and two again."""
    path = f"/meetings/{m}"
    view(b, daemon, f"/m/{m}")
    b.click(".tabs [data-tab=people]")
    b.wait(lambda: len(b.find_all(".talk li")) == 2, "two people")
    old = b.text(".talk li .talk-name")
    b.click(".talk-tools button")
    b.type("dialog input", "박서준", clear=True)
    b.keys("enter")
    b.wait(lambda: old not in json.dumps(daemon.get(f"{path}/minutes"), ensure_ascii=False), "the name in the minutes")
    b.wait(lambda: "박서준" in b.text(".transcript") and old not in b.text(".minutes-body"), "the name everywhere on the page")
    b.click(".talk li:last-child .talk-tools button:last-child")
    b.click(".menu-list button:nth-child(2)")
    assert b.js("return document.querySelector('dialog .primary').disabled && !document.querySelector('dialog input:checked')"), "a merge is chosen beforehand"
    korean(b, "merging")
    b.click("dialog fieldset label")
    b.click("dialog fieldset:nth-of-type(2) label")
    b.click("dialog .primary")
    b.wait(lambda: len(b.find_all(".talk li")) == 1 and len([s for s in daemon.get(path)["speakers"] if s["number"]]) == 1, "one person")
    b.click(".toast .text")
    b.wait(lambda: len(b.find_all(".talk li")) == 2 and len([s for s in daemon.get(path)["speakers"] if s["number"]]) == 2, "two people again")
    first = daemon.get(path)["segments"][0]
    row = f".seg[data-id='{first['id']}']"
    b.hover(row)
    b.click(f"{row} .tools button:last-child")
    b.js("[...document.querySelectorAll('.menu-list button')].find((e) => /의 발언으로/.test(e.textContent)).click()")
    who = lambda: [s["speaker_number"] for s in daemon.get(path)["segments"]]  # noqa: E731
    b.wait(lambda: who()[0] != first["speaker_number"], "the line given to the other")
    b.click(".toast:last-child .text")
    b.wait(lambda: who()[0] == first["speaker_number"], "the line given back")
    several_lines(b, who)


def several_lines(b, who):
    """By keys alone and by the pointer alone: lines are chosen together, given to somebody new, and given back."""
    before, lines = who(), "return [...document.querySelectorAll('.seg.chosen')].length"
    b.js("document.querySelectorAll('.toast').forEach((e) => e.remove()); document.querySelector('.seg').focus()")
    b.keys("shift+down", "shift+down")
    b.wait(lambda: b.js(lines) == 3 and "3줄" in b.text(".range"), "three lines chosen")
    korean(b, "several lines")
    b.keys("escape")
    b.wait(lambda: b.js(lines) == 0 and not b.js("return document.querySelector('.range').checkVisibility()"), "none chosen")
    b.hover(".seg")
    b.click(".seg .tools button:last-child")
    b.js("[...document.querySelectorAll('.menu-list button')].find((e) => /여러 줄/.test(e.textContent)).click()")
    b.click(".seg:nth-of-type(3) .said")
    b.wait(lambda: b.js(lines) == 3, "three lines chosen")
    b.click(".range button[aria-haspopup]")
    b.click(".menu-list button:last-child")
    b.wait(lambda: len({*who()[:3]}) == 1 and who()[0] not in before and who()[3:] == before[3:], "three lines given to somebody new")
    # Taken back where the people are, after the message has gone.
    b.js("document.querySelectorAll('.toast').forEach((e) => e.remove())")
    b.wait_text(".people", "발언 이동 되돌리기")
    b.js("[...document.querySelectorAll('.people .again')].at(-1).click()")
    b.wait(lambda: who() == before, "the lines given back")


NODES_FIRST = 500  # of the page, with the first lines of a long meeting in it: what the first frame styles and lays out


def long(b, daemon):
    """Two thousand lines: what is seen is there at once, however long the rest is; and news leave the reader where he reads."""
    m = text_meeting("long", [f"{'가온' if i % 3 else '나래'}: {i}번째 발언입니다. 다음 안건으로 넘어가겠습니다." for i in range(2000)])
    view(b, daemon, "/")
    b.find(".meetings")
    b.js("""
      let rows = 0;
      window.most = window.tasks = 0;
      new MutationObserver(() => {
        const n = document.querySelectorAll('.seg').length;
        if (!window.atFirst && document.querySelector('.seg .w')) window.atFirst = [n, document.querySelectorAll('#main *').length];
        window.most = Math.max(window.most, n - rows);
        window.tasks += n > rows;
        rows = n;
      }).observe(document.querySelector('#main'), { childList: true, subtree: true });
      location.hash = arguments[0];""", f"#/m/{m}")
    first, nodes = b.wait(lambda: b.js("return window.atFirst"), "the first words")
    step(f"a meeting of 2000 lines: {first} of them and {nodes} nodes before the first words")
    assert first <= 12 and nodes <= NODES_FIRST, f"{first} lines and {nodes} nodes are built before the first words are there"
    b.wait(lambda: b.js("return document.querySelectorAll('.seg').length") == 2000, "every line")
    # The rest comes in tasks that are neither long nor many: after each the whole page is laid out once more.
    most, tasks = b.js("return [window.most, window.tasks]")
    assert most <= 96 and tasks <= 2000 / 96 + 3, f"{most} lines are built in one task, of {tasks}"
    s = daemon.get(f"/meetings/{m}")["segments"][1500]
    b.type("#find", "1500번째")
    b.keys("enter")
    row = f".seg[data-id='{s['id']}']"
    b.find(f"{row} .w.found")
    b.js("document.querySelector(arguments[0]).focus()", row)
    b.settle()
    top = "return document.querySelector(arguments[0]).getBoundingClientRect().top"
    was = b.js(top, row)
    assert send(b, "POST", f"/meetings/{m}/segments/speaker", {"segments": [s["id"], s["id"] + 1], "speaker": 0})["status"] == 200
    b.wait(lambda: b.js("return document.querySelector(arguments[0] + ' .who')?.textContent", row) == "참석자 3", "the news")
    b.settle()
    assert b.js("return document.activeElement.dataset.id") == str(s["id"]), "the news took the focus"
    assert abs(b.js(top, row) - was) < 60, f"the line moved from {was} to {b.js(top, row)}"


def search(b, daemon, m):
    """By title, by a person alone, by words, which are marked and stand in the order of time."""
    assert send(b, "PATCH", f"/meetings/{m}", {"title": "출시 준비 모임"})["status"] == 200
    view(b, daemon, "/")
    b.type("#search", "준비 모임")
    b.wait_text(".hits h2", "출시 준비 모임")
    b.wait(lambda: "준비" in b.js("return [...document.querySelectorAll('.hits h2 mark')].map((e) => e.textContent).join()"), "the words marked in the title")
    korean(b, "found by title")
    b.type("#search", "알파", clear=True)
    b.wait(lambda: len(b.find_all(".hit mark")) >= 3, "three marked words")
    times = b.js("return [...document.querySelector('.hits').querySelectorAll('time')].map((e) => e.textContent).filter(Boolean)")
    assert times == sorted(times) and len(times) >= 3, times
    view(b, daemon, "/?speaker=영희")
    b.wait_text(".results", "알파는 12월이")
    assert "출시를 정합시다" not in b.text(".results"), "another's words under a person's name"
    korean(b, "found by person")


def calendar_and_files(b, daemon, m):
    """The month with its meetings; a kind of minutes of one's own; a meeting as a sealed file, which the browser gets."""
    view(b, daemon, "/calendar")
    b.wait_text(".days .busy", "출시 준비 모임")
    korean(b, "the calendar")
    b.click(".month-bar button")
    b.wait_text(".calendar", "이 달에는 회의가 없습니다")
    view(b, daemon, "/settings")
    b.wait_text(".settings", "직접 만든 양식이 없습니다")
    b.js("[...document.querySelectorAll('.settings button')].find((e) => e.textContent.includes('양식 추가')).click()")
    b.type("#template-name", "영업 회의")
    b.type("#template-text", "고객의 요구를 먼저 쓴다.")
    b.click("label[for=template-s6]")
    korean(b, "a template of one's own")
    b.click("dialog .primary")
    b.wait(lambda: [x["name"] for x in daemon.get("/templates")["templates"]] == ["영업 회의"], "the template in the store")
    assert "to confirm" not in daemon.get("/templates")["templates"][0]["text"]
    b.wait(lambda: b.find_all("#set-template option[value='영업 회의']"), "it among those to choose")
    view(b, daemon, f"/m/{m}")
    b.find(".seg .w")
    b.js("window.saved = []; URL.createObjectURL = (blob) => { blob.slice(0, 13).text().then((x) => window.saved.push([x, blob.size])); return 'blob:none'; }; HTMLAnchorElement.prototype.click = function () { window.saved.push(this.download); }")
    b.click(".acts button:first-child")
    b.js("[...document.querySelectorAll('.menu-list button')].find((e) => e.textContent.includes('암호')).dispatchEvent(new MouseEvent('click', { bubbles: true }))")
    b.type("#share-word", "우리만 아는 말")
    korean(b, "a sealed file")
    b.click("dialog .primary")
    saved = b.wait(lambda: b.js("return window.saved.length === 2 && window.saved"), "the sealed file")
    assert "출시 준비 모임.moim" in saved and any(x[0] == "moim sealed 1" for x in saved if isinstance(x, list)), saved


def trash(b, daemon):
    """Several at once: tagged, deleted, brought back; one by its row's menu; the trash gives back and forgets."""
    ids = [text_meeting(f"old{i}", ["민수: 지난 회의입니다.", "영희: 네."]) for i in range(3)]
    view(b, daemon, "/")
    b.wait(lambda: len(b.find_all(".meetings > li")) >= 3, "the list")
    b.click(".head button[aria-pressed]")
    for i in ids[:2]:
        b.click(f"li[data-id='{i}'] .pick input")
    b.click(".bulk .plain")
    b.type("dialog input", "보관")
    b.keys("enter")
    b.wait(lambda: all(daemon.get(f"/meetings/{i}")["tags"] == ["보관"] for i in ids[:2]), "two tags")
    listed = lambda: {x["id"] for x in daemon.get("/meetings")["meetings"]}  # noqa: E731
    b.wait(lambda: "보관" in b.text(f"li[data-id='{ids[0]}']"), "the tag in the list")
    b.click(".head button[aria-pressed]")
    for i in ids[:2]:
        b.click(f"li[data-id='{i}'] .pick input")
    b.click(".bulk .plain:nth-of-type(3)")
    b.wait(lambda: not listed() & set(ids[:2]), "two to be in the trash")
    b.click(".toast .text")
    b.wait(lambda: set(ids[:2]) <= listed(), "two to be back")
    b.wait(lambda: b.find_all(f"li[data-id='{ids[2]}']"), "the list again")
    b.click(f"li[data-id='{ids[2]}'] .row-menu")
    korean(b, "the menu of a row")
    assert b.js("return document.querySelector('.menu-list').closest('main') !== null"), "the menu stands outside every landmark"
    b.click(".menu-list .danger")
    b.wait(lambda: ids[2] not in listed(), "one to be in the trash")
    view(b, daemon, "/trash")
    b.wait_text(".trash", "old2")
    korean(b, "the trash")
    b.click(".trash li .plain")
    b.wait(lambda: ids[2] in listed(), "it to be restored")
    assert send(b, "DELETE", f"/meetings/{ids[2]}")["status"] == 204
    view(b, daemon, "/trash")
    b.click(".trash li .text")
    korean(b, "deleting for good")
    b.click("dialog button.seal")
    b.wait(lambda: not daemon.get("/trash")["meetings"], "it to be gone for good")


# Answers as a troubled recorder gives them: window.trouble is 'full' (every change refused), 'broken', 'silent' or 'odd' (every answer).
TROUBLE = """
  const real = window.fetch;
  const answer = (status, code) => Promise.resolve(new Response(JSON.stringify({ error: { code, message: 'no', type: 'server_error' } }), { status }));
  window.fetch = (url, o = {}) => {
    const t = String(url).includes('/api/') && window.trouble;
    if (!t || (t === 'full' && (o.method ?? 'GET') === 'GET')) return real(url, o);
    if (t === 'full') return answer(507, 'disk_full');
    if (t === 'broken') return answer(500, 'internal');
    if (t === 'odd') return Promise.resolve(new Response('<html>a proxy</html>'));
    return new Promise((_, no) => { o.signal?.addEventListener('abort', () => no(new DOMException('', 'AbortError'))); });
  };"""


def troubled(b, daemon, m):
    """A recorder that answers with errors, with nonsense or not at all: no view says that there is nothing."""
    view(b, daemon, "/vocabulary")
    b.wait_text("#main h1", "용어집")
    b.js(TROUBLE)
    for trouble, said in (("broken", "불러오지 못했습니다"), ("odd", "불러오지 못했습니다"), ("silent", "")):
        for path in ("/tasks", "/", "/?q=알파", "/trash", "/calendar", "/ask", "/settings", "/settings/models", "/settings/device", "/setup", f"/m/{m}", "/record", "/vocabulary"):
            b.js("window.trouble = arguments[0]; location.hash = '#' + arguments[1]", trouble, path)
            b.wait(lambda: b.js("return decodeURI(location.hash)") == "#" + path and b.js("return document.querySelector(arguments[0])?.textContent ?? ''", "#main .problem" if said else "#main").find(said) >= 0, f"{path} to say that it could not load ({trouble})")
            claims = b.js("return [...document.querySelectorAll('#main .empty:not(.problem) h2, .meetings li, .task')].filter((e) => e.checkVisibility()).map((e) => e.textContent)")
            assert not claims, f"{path} claims {claims} though the answer is {trouble}"
            headings = b.js("return [...document.querySelectorAll('#main h1')].map((e) => e.textContent)")
            assert not said or len(headings) == 1, f"{path} has the headings {headings} ({trouble})"
        korean(b, path) if said else None
    b.js("window.trouble = ''")


def refused(b, daemon, m):
    """On a full disk nothing that was refused looks as if it were done, and the page says why."""
    path = f"/meetings/{m}"
    view(b, daemon, f"/m/{m}")
    b.find(".seg .w")
    b.find(".mins .tick")
    b.js(TROUBLE)
    b.js("window.trouble = 'full'")
    was = {what: b.js(f"return {what}") for what in ("document.querySelector('.title-edit').textContent", "document.querySelector('.seg .said').textContent", "document.querySelector('.facts').textContent", "document.querySelector('.seg .who').textContent", "document.querySelector('.mins .tick').checked", "document.querySelector('.seg').className.replace(' now', '')")}

    def same(what):
        b.wait_text("#toasts", "저장 공간이 부족합니다")
        b.wait(lambda: {x: b.js(f"return {x}") for x in was} == was, f"{what} to be as it was: {was}")
        assert b.text("#toasts").count("닫기") == 1, f"{what}: {b.text('#toasts')}"
        b.js("document.querySelectorAll('.toast').forEach((e) => e.remove())")
    for what, css in (("the title", ".title-edit"), ("the name", ".seg .who")):
        b.click(css)
        b.type("dialog input", "다른 이름", clear=True)
        b.keys("enter")
        same(what)
    b.click(".mins .tick")
    same("the tick")
    b.js("document.querySelector('.seg').focus()")
    b.keys("e")
    b.type(".seg textarea", "다른 말", clear=True)
    b.keys("enter")
    same("the line")
    b.js("document.querySelector('.seg').focus()")
    b.keys("h")
    same("the highlight")
    b.js("window.trouble = ''; location.hash = '#/settings'")
    b.find("#set-template")
    before = daemon.get("/settings").get("minutes_template", "plain")
    b.js("window.trouble = 'full'; const s = document.querySelector('#set-template'); s.value = 'lecture'; s.dispatchEvent(new Event('change'))")
    b.wait_text("#toasts", "저장 공간이 부족합니다")
    b.wait(lambda: b.js("return document.querySelector('#set-template')?.value") == before, "the setting to be as it is")
    b.js("window.trouble = ''; document.querySelectorAll('.toast').forEach((e) => e.remove())")


# What cannot be reached by scrolling, or is covered where it is.
LOST = """
  const all = [...document.querySelectorAll('button, a[href], input, select, textarea, [role=slider]')].filter((e) => e.checkVisibility({ checkVisibilityCSS: true }) && !e.disabled && !e.closest('.skip'));
  const lost = [];
  for (const e of all) {
    e.scrollIntoView({ block: 'center' });
    const target = e.matches('[type=checkbox], [type=radio], [type=file]') ? e.closest('label, .field') ?? e : e;
    const r = e.getBoundingClientRect();
    const hit = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
    if (r.width > 2 && !(target.contains(hit) || hit?.contains(target))) lost.push(`${e.getAttribute('aria-label') ?? e.textContent} at ${Math.round(r.left)}..${Math.round(r.right)}`);
  }
  for (const e of document.querySelectorAll('main, .columns, .playrow, .col')) if (e.checkVisibility() && e.scrollWidth > e.clientWidth + 1) lost.push(`${e.className || e.tagName} is ${e.scrollWidth} wide in ${e.clientWidth}`);
  return lost;"""


def zoomed(b, daemon, m, sounding):
    """At 200 % on a small laptop and on the narrowest phone every control of every view can be reached."""
    for width, height in ((720, 450), (390, 844), (320, 568)):
        b.size(width, height)
        for path in ("/", "/tasks", "/trash", "/calendar", "/ask", "/vocabulary", "/settings", "/settings/device", "/record", f"/m/{m}", f"/m/{sounding}"):
            view(b, daemon, path)
            b.wait(lambda: b.js("return document.querySelector('#main h1') && !document.querySelector('#main .skeleton')"), path)
            for tab in ("transcript", "minutes", "people", "asks") if path.startswith("/m/") else ("",):
                b.js("document.querySelector(`.tabs [data-tab='${arguments[0]}']`)?.click()", tab)
                b.settle()
                last_of_three(lambda: nothing_lost(b, f"{path} {tab} at {width} px"))
    b.size(1440, 900)


def nothing_lost(b, where):
    lost = b.js(LOST)
    assert not lost, f"{where}: {lost[:4]}"


def dialogs(b, daemon, m):
    """What is asked in dialogs and menus, in Korean."""
    view(b, daemon, f"/m/{m}")
    b.find(".seg .w")
    b.js("document.activeElement?.blur()")
    b.keys("?")
    b.wait_text("dialog", "단축키")
    korean(b, "the keys")
    b.keys("escape")
    b.wait(lambda: not b.find_all("dialog"), "the keys to go")
    b.click(".acts button:last-child")
    korean(b, "the menu of a meeting")
    b.keys("escape")
    b.hover(".seg")
    b.click(".seg .tools button:last-child")
    korean(b, "the menu of a line")
    b.keys("escape")
    b.click(".when-edit")
    b.find("#date-day")
    korean(b, "the date")
    b.keys("escape")
    for path in ("/", "/?q=알파", "/?q=없는말", "/tasks", "/trash", "/ask", "/vocabulary", "/settings", "/settings/models", "/settings/device", "/m/999999", f"/m/{m}"):
        view(b, daemon, path)
        korean(b, path)
    view(b, daemon, "/ask")
    b.type("#question", "출시일은 언제지?")
    b.keys("enter")
    b.wait(lambda: b.find_all(".answer .reply, .answer .bad"), "an answer or a reason")
    korean(b, "an answer")
    b.js("location.hash = '#/'")
    b.wait_text("#main h1", "회의")
    b.js("location.hash = '#/ask'")
    b.wait_text(".answers", "출시일은 언제지?")


def main():
    daemon = Daemon(quiet_port())
    with Browser(1440, 900) as b:
        try:
            first_start(b, daemon); step("first start: what is missing, the microphone test")
            meeting = recording(b, daemon); step("recording: kept marks, nothing covered at 320 px")
            daemon = dead(b, daemon, meeting); step("the daemon killed while recording")
            m = find_and_replace(b, daemon); step("found and replaced")
            lines(b, daemon); step("lines split, joined, highlighted; hesitation hidden")
            doubted(b, daemon); step("doubtful speakers marked, found and settled")
            d = document(b, daemon); step("the minutes edited, copied and restored")
            asking(b, daemon, d); step("a meeting asked, its answer kept and forgotten")
            two_windows(b, daemon, d); step("two windows")
            all_tasks(b, daemon, d); step("tasks")
            who_spoke(b, daemon, d); step("names, merging and its undoing, a line given to another")
            long(b, daemon); step("a long meeting, and news while it is read")
            search(b, daemon, m); step("found by title, person and words")
            calendar_and_files(b, daemon, m); step("calendar, own template, sealed file")
            trash(b, daemon); step("several at once, the trash")
            dialogs(b, daemon, m); step(f"no English in {korean.seen} views and states")
            troubled(b, daemon, d); step("a troubled recorder: nothing is claimed")
            refused(b, daemon, d); step("a full disk: nothing looks done")
            zoomed(b, daemon, d, meeting); step("nothing lost at 200 % and at 320 px")
            for path in ("/tasks", "/trash", "/setup", "/"):
                view(b, daemon, path)
                audit(b, path)
                b.js("localStorage.setItem('moim.lang', 'ko')")
            step("audited")
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
