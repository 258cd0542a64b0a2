"""What a page reads and changes of a meeting, without sound and without a language model: seconds."""
import fcntl, shutil, struct
from serve_client import *

data = tempfile.mkdtemp()
TALK = "Kim: We moved the launch to the third of May.\nLee: I will write the press release by Friday.\nKim: Who pays for the hall?\nLee: The budget is not decided yet.\n"


def cli(*a):
    p = subprocess.run([MOIM, *a], env={**os.environ, "XDG_DATA_HOME": data}, capture_output=True, text=True)
    assert p.returncode == 0, (a, p.stderr)
    return p.stdout


def take_in(name, text=TALK):
    with open(os.path.join(data, name), "w") as f:
        f.write(text)
    return int(cli("import", os.path.join(data, name), "--no-process"))


def reads(d, id):
    """Every answer that needs neither sound nor models is as docs/openapi.yaml says (serve_client.py looks)."""
    for path in ("hello", "state", "recording", "devices", "meetings", f"meetings/{id}", "search?q=launch&words=1", "tags", "vocabulary", "settings", "models", "jobs", "device"):
        d.ok("GET", f"/api/v1/{path}")
    for f in ("md", "txt", "srt", "vtt", "json", "html", "docx"):
        assert d.request("GET", f"/api/v1/meetings/{id}/export?format={f}", raw=True)[0] == 200, f
    d.refused(404, "GET", f"/api/v1/meetings/{id}/audio", code="no_audio")


def lines_of(d, id, kind):
    return d.ok("GET", f"/api/v1/meetings/{id}/minutes")[kind]


def minutes(d, id):
    """Minutes are a document: own lines, changes, ticks, order, versions; who saw an older state is told."""
    base = f"/api/v1/meetings/{id}/minutes"
    d.refused(404, "GET", base, code="no_minutes")
    seg = d.ok("GET", f"/api/v1/meetings/{id}")["segments"]
    d.refused(400, "POST", base + "/lines", {"text": "x"}, field="kind")
    d.refused(400, "POST", base + "/lines", {"kind": "action", "text": " "}, field="text")
    d.refused(400, "POST", base + "/lines", {"kind": "action", "text": "x", "due_date": "2026-02-30"}, field="due_date")
    d.ok("POST", base + "/lines", {"kind": "action", "text": "Book the hall", "owner": "Kim", "due_date": "2026-12-01", "evidence": [seg[2]["id"]]}, want=201)
    m = d.ok("POST", base + "/lines", {"kind": "action", "text": "Call Kim back", "owner": "Lee", "after": 0}, want=201)
    assert [a["text"] for a in m["actions"]] == ["Call Kim back", "Book the hall"] and m["author"] == "user", m
    hall = m["actions"][1]
    assert hall["own"] and hall["done"] is False and hall["evidence"] == [seg[2]["id"]] and hall["start"] == seg[2]["start"], hall
    line = f"{base}/lines/{hall['id']}"
    m = d.ok("PATCH", line, {"done": True, "text": "Book the big hall"}, headers={"If-Match": hall["etag"]})
    done = m["actions"][1]
    assert done["done"] and done["done_at"] and done["text"] == "Book the big hall", done
    # Another page still shows what was: its change is not taken, and it learns what is.
    s, _, told = d.request("PATCH", line, {"text": "Cancel the hall"}, headers={"If-Match": f'"{hall["etag"]}"'})
    assert s == 409 and told["error"]["code"] == "changed" and told["current"]["text"] == "Book the big hall", told
    d.refused(404, "PATCH", f"{base}/lines/999999", {"done": True}, code="no_line")
    assert len(d.ok("DELETE", line)["actions"]) == 1
    assert len(d.ok("PATCH", line, {"removed": False})["actions"]) == 2
    # A name given to a speaker stands in the minutes, and the last change of speakers is taken back.
    who = [x for x in d.ok("GET", f"/api/v1/meetings/{id}")["speakers"]]
    kim = next(x for x in who if x["name"] == "Kim")
    d.ok("PATCH", f"/api/v1/meetings/{id}/speakers/{kim['number']}", {"name": "Kim Minsu"}, headers={"If-Match": kim["etag"]})
    assert [(a["text"], a["owner"]) for a in lines_of(d, id, "actions")] == [("Call Kim Minsu back", "Lee"), ("Book the big hall", "Kim Minsu")]
    d.refused(409, "PATCH", f"/api/v1/meetings/{id}/speakers/{kim['number']}", {"name": "X"}, headers={"If-Match": kim["etag"]}, code="changed")
    assert "Kim Minsu" in d.request("GET", f"/api/v1/meetings/{id}/export?format=md", raw=True)[2].decode()
    lee = next(x for x in who if x["name"] == "Lee")
    assert len(d.ok("POST", f"/api/v1/meetings/{id}/speakers/{lee['number']}/merge", {"into": kim["number"]})) == 1
    undo = d.ok("GET", f"/api/v1/meetings/{id}")["speaker_undo"]
    assert undo == {"kind": "merge", "number": lee["number"], "other": kim["number"], "name": "Lee"}, undo
    back = d.ok("POST", f"/api/v1/meetings/{id}/speakers/undo")
    assert {x["name"]: x["seconds"] for x in back} == {("Kim Minsu" if x["name"] == "Kim" else x["name"]): x["seconds"] for x in who}, back
    d.ok("POST", f"/api/v1/meetings/{id}/speakers/undo")
    assert lines_of(d, id, "actions")[1]["owner"] == "Kim"
    # One line given to somebody new.
    g = d.ok("PATCH", f"/api/v1/meetings/{id}/segments/{seg[0]['id']}", {"speaker": 0}, headers={"If-Match": seg[0]["etag"]})
    assert g["speaker_number"] not in (kim["number"], lee["number"])
    d.refused(409, "PATCH", f"/api/v1/meetings/{id}/segments/{seg[0]['id']}", {"text": "x"}, headers={"If-Match": seg[0]["etag"]}, code="changed")
    d.ok("POST", f"/api/v1/meetings/{id}/speakers/undo")
    assert d.ok("GET", f"/api/v1/meetings/{id}")["segments"][0]["speaker_number"] == seg[0]["speaker_number"]

    # Several lines given to one at once are one change; a line of nowhere changes none.
    who = lambda: [g["speaker_number"] for g in d.ok("GET", f"/api/v1/meetings/{id}")["segments"]]  # noqa: E731
    before, some = who(), [g["id"] for g in seg[:3]]
    several = f"/api/v1/meetings/{id}/segments/speaker"
    d.refused(404, "POST", several, {"segments": [*some, 99999], "speaker": 0}, code="no_segment")
    assert who() == before
    assert len(d.ok("POST", several, {"segments": [*some, some[0]], "speaker": 0})) == len({*before[3:], 0})
    assert len({*who()[:3]}) == 1 and who()[0] not in before and who()[3:] == before[3:], who()
    d.ok("POST", f"/api/v1/meetings/{id}/speakers/undo")
    assert who() == before
    for wrong in ([], "1", [0], ["1"], [1.5e15]):
        d.refused(400, "POST", several, {"segments": wrong, "speaker": 1}, field="segments")
    d.refused(400, "POST", several, {"segments": some}, field="speaker")
    d.refused(404, "POST", f"/api/v1/meetings/{id}/speakers/{kim['number']}/split", {}, code="no_audio")

    # Written again (by cues and quotations alone, which takes no model): the user's lines stay.
    cli("minutes", str(id), "--redo", "--minutes-model", "none")
    m = d.ok("GET", base)
    assert m["author"] == "model" and {"Call Kim back", "Book the big hall"} <= {a["text"] for a in m["actions"]}, m
    versions = d.ok("GET", base + "/versions")
    assert [v["author"] for v in versions] == ["user", "model"] and [v["current"] for v in versions] == [False, True], versions
    wrote = next(a for k in ("decisions", "actions", "questions", "summary", "key_points") for a in m[k] if not a.get("own"))
    d.ok("PATCH", f"{base}/lines/{wrote['id']}", {"text": "My own words"})
    diff = d.ok("GET", base + "/diff?from=2")
    assert [(x["change"], x["after"]["text"]) for x in diff if x["change"] != "same"] == [("changed", "My own words")], diff
    assert not any(x["change"] == "same" for x in d.ok("GET", base + "/diff?from=1&to=2") if not x.get("before"))
    m = d.ok("POST", base + "/versions/2/restore")
    assert m["version"] == 4 and wrote["text"] in json.dumps(m, ensure_ascii=False) and "My own words" not in json.dumps(m)
    assert "My own words" in json.dumps(d.ok("GET", base + "?version=3"))
    d.refused(404, "POST", base + "/versions/9/restore", code="no_version")
    d.refused(404, "GET", base + "?version=9")


def tasks(d, id):
    """Tasks of all meetings: by owner, day, state and words; ticked off; as a table and for calendars."""
    other = take_in("other.txt")
    for text, owner, day in (("Pay the bill", "Kim", "2031-12-03"), ("Ask around", "", "")):
        d.ok("POST", f"/api/v1/meetings/{other}/minutes/lines", {"kind": "action", "text": text, "owner": owner, "due_date": day}, want=201)
    names = lambda q: [t["text"] for t in d.ok("GET", "/api/v1/tasks" + q)["tasks"]]
    mine = d.ok("GET", "/api/v1/tasks?owner=kim&state=open")["tasks"]
    assert {t["meeting"] for t in mine} == {other} and mine[0]["text"] == "Pay the bill" and mine[0]["title"] == "other", mine
    assert names("?owner=-&q=ask") == ["Ask around"] and names("?due_from=2031-12-02&due_until=2031-12-31") == ["Pay the bill"]
    assert names("?state=done") == ["Book the big hall"]
    d.ok("PATCH", f"/api/v1/tasks/{mine[0]['id']}", {"done": True}, headers={"If-Match": mine[0]["etag"]})
    assert "Pay the bill" in names("?state=done") and "Pay the bill" not in names("?state=open")
    d.refused(409, "PATCH", f"/api/v1/tasks/{mine[0]['id']}", {"done": False}, headers={"If-Match": mine[0]["etag"]}, code="changed")
    d.refused(404, "PATCH", "/api/v1/tasks/99999", {"done": True}, code="no_line")
    d.refused(400, "GET", "/api/v1/tasks?state=lost", field="state")
    assert {"owner": "", "open": 1} in d.ok("GET", "/api/v1/tasks")["owners"]
    page = d.ok("GET", "/api/v1/tasks?limit=1&offset=1")
    assert len(page["tasks"]) == 1 and page["total"] == len(names("")), page
    table = d.request("GET", "/api/v1/tasks?format=csv", raw=True)[2].decode("utf-8-sig")
    assert "Pay the bill,Kim,2031-12-03" in table and table.count("\r\n") == page["total"] + 1, table
    cal = d.request("GET", "/api/v1/tasks?format=ics&state=done", raw=True)[2].decode()
    assert cal.count("BEGIN:VTODO") == 2 and cal.count("STATUS:COMPLETED") == 2 and "DUE;VALUE=DATE:20311203" in cal, cal
    assert "Pay the bill" not in cli("tasks") and "Ask around" in cli("tasks")
    cli("tasks", "open", str(mine[0]["id"]))
    assert [t["text"] for t in json.loads(cli("tasks", "--json", "--owner", "Kim", "--from", "2031-12-02"))] == ["Pay the bill"]
    return other


def titles(d, id):
    row = d.ok("GET", f"/api/v1/meetings/{id}")
    d.ok("PATCH", f"/api/v1/meetings/{id}", {"title": "Launch", "tags": ["plan"]}, headers={"If-Match": row["etag"]})
    s, _, told = d.request("PATCH", f"/api/v1/meetings/{id}", {"title": "Other"}, headers={"If-Match": row["etag"]})
    assert s == 409 and told["current"]["title"] == "Launch" and told["current"]["tags"] == ["plan"], told


def trash(d, id, other):
    """Deleting is moving into the trash: out of lists, search and tasks, brought back whole, or gone for good."""
    ev = Events(d)
    d.ok("DELETE", f"/api/v1/meetings/{other}", want=204)
    ev.wait("meeting", lambda e: e["id"] == other and e["change"] == "deleted")
    ids = lambda path: [m["id"] for m in d.ok("GET", path)["meetings"]]
    assert other not in ids("/api/v1/meetings") and d.ok("GET", "/api/v1/meetings")["total"] == 1
    assert {h["meeting"] for h in d.ok("GET", "/api/v1/search?q=launch&words=1")["hits"]} == {id}
    assert not [t for t in d.ok("GET", "/api/v1/tasks")["tasks"] if t["meeting"] == other]
    row = d.ok("GET", "/api/v1/trash")["meetings"][0]
    assert row["id"] == other and row["trashed_at"] < row["deleted_at"], row
    assert d.ok("GET", f"/api/v1/meetings/{other}")["trashed_at"]
    assert f"{other}  " in cli("trash") and "other" not in cli("list")
    assert "trashed_at" not in d.ok("POST", f"/api/v1/meetings/{other}/restore")
    assert other in ids("/api/v1/meetings") and ids("/api/v1/trash") == []
    bulk = lambda **b: d.ok("POST", "/api/v1/meetings/bulk", b)
    assert bulk(ids=[id, other, 999], action="tag", tags=["both"]) == {"done": [id, other], "failed": [{"id": 999, "code": "no_meeting", "message": d.request("GET", "/api/v1/meetings/999")[2]["error"]["message"]}]}
    assert {"tag": "both", "meetings": 2} in d.ok("GET", "/api/v1/tags")
    bulk(ids=[other], action="untag", tags=["both"])
    assert "both" in d.ok("GET", f"/api/v1/meetings/{id}")["tags"] and "both" not in d.ok("GET", f"/api/v1/meetings/{other}")["tags"]
    assert bulk(ids=[other], action="trash")["done"] == [other]
    assert d.ok("DELETE", "/api/v1/trash") == {"deleted": 1}
    d.refused(404, "GET", f"/api/v1/meetings/{other}", code="no_meeting")
    d.refused(400, "POST", "/api/v1/meetings/bulk", {"ids": [], "action": "trash"}, field="ids")
    d.refused(400, "POST", "/api/v1/meetings/bulk", {"ids": [1], "action": "shred"}, field="action")
    third = take_in("third.txt")
    d.ok("DELETE", f"/api/v1/meetings/{third}?forever=1", want=204)
    assert ids("/api/v1/trash") == []
    # When it was is corrected; what is no instant is refused.
    assert d.ok("PATCH", f"/api/v1/meetings/{id}", {"started_at": "2026-03-04T05:06:07Z"})["started_at"] == "2026-03-04T05:06:07Z"
    d.refused(400, "PATCH", f"/api/v1/meetings/{id}", {"started_at": "2026-03-04"}, field="started_at")


def search(d, id):
    """One search over words, minutes, titles, people, tags and notes; a person's words without any; pages and order."""
    find = lambda q: d.ok("GET", "/api/v1/search?words=1&" + q)
    where = lambda q: {h["where"] for h in find(q)["hits"]}
    d.ok("POST", f"/api/v1/meetings/{id}/bookmarks", {"at": 2, "note": "remember the xylophone"}, want=201)
    assert "title" in where("q=launch") and "transcript" in where("q=launch")
    assert where("q=xylophone") == {"note"} and "tag" in where("q=plan") and "speaker" in where("q=kim")
    hit = next(h for h in find("q=launch")["hits"] if h["where"] == "title")
    assert hit["text"] == "Launch" and hit["highlights"] == [[0, 6]] and "guess" not in hit and "segment" not in hit, hit
    kim = find("speaker=kim")
    said = [g for g in d.ok("GET", f"/api/v1/meetings/{id}")["segments"] if g["speaker"] == "Kim"]
    assert [h["segment"] for h in kim["hits"]] == [g["id"] for g in said] and kim["total"] == len(said) and not kim["more"], kim
    assert [h["segment"] for h in find("speaker=kim&limit=1&offset=1")["hits"]] == [said[1]["id"]]
    many = find("q=e&order=meeting&limit=1000")["hits"]
    assert [h["start"] for h in many] == sorted(h["start"] for h in many) and len(many) > 3, many
    d.refused(400, "GET", "/api/v1/search?q=x&order=odd", field="order")
    assert "xylophone" in cli("search", "--words", "xylophone") and ", note)" in cli("search", "--words", "xylophone")


def jobs(d, id):
    """A job says which meeting it is for and how long it takes; a waiting one is taken back, one at work stops."""
    ev = Events(d)
    base = f"/api/v1/meetings/{id}/minutes"
    quick = d.ok("POST", base, {"model": "none"}, want=202)
    assert quick["title"] == "Launch" and quick["meeting"] == id, quick
    ev.wait("job", lambda e: e["id"] == quick["id"] and e["state"] == "done")
    had = len(d.ok("GET", base + "/versions"))
    # As another moim that is at work on the meeting: the job waits, and is taken back.
    fd = os.open(os.path.join(data, "moim/moim.db.meetings-lock"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, id, 1, 0))  # F_OFD_SETLK
    job = d.ok("POST", base, {"model": "none"}, want=202)
    ev.wait("job", lambda e: e["id"] == job["id"] and "processed" in e.get("note", ""))
    until(lambda: next(j for j in d.ok("GET", "/api/v1/jobs") if j["id"] == job["id"])["state"] == "queued", "its turn to be over")
    assert d.ok("DELETE", f"/api/v1/jobs/{job['id']}")["state"] == "cancelled"
    d.refused(404, "DELETE", f"/api/v1/jobs/{job['id']}", code="no_job")
    os.close(fd)
    assert d.ok("GET", "/api/v1/jobs") == [] and len(d.ok("GET", base + "/versions")) == had
    # What was stopped can be asked for again.
    again = d.ok("POST", base, {"model": "none"}, want=202)
    ev.wait("job", lambda e: e["id"] == again["id"] and e["state"] == "done")


def main():
    id = take_in("talk.txt")
    d = Daemon(data)
    try:
        ev = Events(d)
        ev.wait("state")
        reads(d, id)
        minutes(d, id)
        titles(d, id)
        search(d, id)
        jobs(d, id)
        trash(d, id, tasks(d, id))
        reads(d, id)
    finally:
        d.stop()


main()
shutil.rmtree(data)
print("edit: all well")
