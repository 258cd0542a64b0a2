"""The page's HTTP interface as people and others use it.  page.py DIR ADDRESS rights|trust|tls"""
import http.client, json, os, ssl, subprocess, sys, time, urllib.parse

DIR, ADDRESS, PART = sys.argv[1:4]
URL = urllib.parse.urlsplit(ADDRESS)


def token(user):
    return open(f"{DIR}/fleet_member_{user}.token").read().strip()


class Reader:
    def __init__(self, user=None):
        self.cookie = None
        if user:
            r = self.call("POST", "/session", {"user": user, "token": token(user)})
            assert r.status == 204, (r.status, r.data)
            self.set_cookie = r.headers["Set-Cookie"]
            self.cookie = self.set_cookie.split(";")[0]

    def call(self, method, path, body=None, headers={}, raw=False):
        make = http.client.HTTPSConnection if URL.scheme == "https" else http.client.HTTPConnection
        c = make(URL.hostname, URL.port, timeout=120, **({"context": ssl._create_unverified_context()} if URL.scheme == "https" else {}))
        h = {"X-Moim": "1", **({"Cookie": self.cookie} if self.cookie else {}), **headers}
        if body is not None:
            h["Content-Type"] = "application/json"
        c.request(method, path if raw else "/api/v1" + path, None if body is None else json.dumps(body).encode(), {k: v for k, v in h.items() if v is not None})
        r = c.getresponse()
        text = r.read()
        r.data = json.loads(text) if text and "json" in (r.headers["Content-Type"] or "") else text
        c.close()
        return r

    def get(self, path, **query):
        r = self.call("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))
        assert r.status == 200, (path, query, r.status, r.data)
        return r.data

    def status(self, method, path, body=None, **more):
        return self.call(method, path, body, **more).status

    def titles(self, **query):
        return sorted(m["title"] for m in self.get("/meetings", **query)["meetings"])

    def found(self, q, **query):
        return sorted({h["title"] for h in self.get("/search", q=q, **query)["hits"]})

    def ask(self, question, **more):
        r = self.call("POST", "/ask", {"question": question, **more})
        assert r.status == 200, (r.status, r.data)
        return r.data


def strangers():
    nobody = Reader()
    for method, path, body in (("GET", "/filters", None), ("GET", "/meetings", None), ("GET", "/meetings/1", None), ("GET", "/search?q=x1", None), ("POST", "/ask", {"question": "x"})):
        assert nobody.status(method, path, body) == 401, path
    assert nobody.get("/me") is None
    nobody.cookie = "moim_fleet=" + "A" * 43
    assert nobody.status("GET", "/meetings") == 401
    # Users that are no persons, names that would lead elsewhere, tokens of others: all refused alike.
    answers = set()
    guard = []
    for user, secret in (("kim", token("boss")), ("fleet_box_room1", open(f"{DIR}/fleet_box_room1.token").read().strip()), ("keeper", "x"), ("kim host=/nowhere", token("kim"))):
        r = Reader().call("POST", "/session", {"user": user, "token": secret})
        answers.add((r.status, json.dumps(r.data)))
        guard.append(r.status)
    assert guard == [401] * 4 and len(answers) == 1, answers
    Reader("kim")  # who gets it right is counted anew
    for body in ({}, {"user": "kim"}, {"user": "kim", "token": ""}, {"user": 1, "token": "x"}, {"user": "kim", "token": "x" * 300}):
        assert Reader().status("POST", "/session", body) == 400, body


def shapes():
    kim = Reader("kim")
    assert "HttpOnly" in kim.set_cookie and "SameSite=Strict" in kim.set_cookie and "Secure" not in kim.set_cookie
    r = kim.call("GET", "/", raw=True)
    assert r.status == 200 and b"app.js" in r.data
    for name in ("/", "/app.js", "/lib/dom.js", "/tokens.css", "/nothing", "/api/v1/me"):
        r = kim.call("GET", name, raw=True)
        assert r.headers["Content-Security-Policy"].startswith("default-src 'none'") and r.headers["X-Frame-Options"] == "DENY" and r.headers["Referrer-Policy"] == "no-referrer", name
    assert kim.call("GET", "/api/v1/meetings", raw=True).headers["Cache-Control"] == "no-store"
    # Another site's form, another site's script, another name for this host.
    assert kim.status("POST", "/ask", {"question": "x"}, headers={"X-Moim": None}) == 403
    assert kim.status("GET", "/meetings", headers={"Sec-Fetch-Site": "cross-site"}) == 403
    assert kim.status("DELETE", "/session", headers={"Origin": "http://evil.example"}) == 403
    assert kim.status("GET", "/meetings", headers={"Host": "evil.example"}) == 421
    for method, path, status in (("PUT", "/meetings", 405), ("GET", "/session", 405), ("GET", "/nothing", 404), ("GET", "/meetings/0", 404), ("GET", "/meetings/x", 404), ("GET", "/meetings/99999999999999999", 404),
                                 ("GET", "/meetings?from=yesterdayish", 400), ("GET", "/meetings?before=-1", 400), ("GET", "/search", 400), ("GET", "/search?q=%EA", 400), ("GET", "/search?q=a", 400)):
        assert kim.status(method, path) == status, (method, path, kim.status(method, path))
    assert kim.status("POST", "/", raw=True) == 405
    assert kim.status("POST", "/ask", {"question": "x" * 70000}) == 413


def rights():
    kim, lee, boss = Reader("kim"), Reader("lee"), Reader("boss")
    assert kim.get("/me") == {"user": "fleet_member_kim", "name": "kim", "organisation": "Acme", "admin": False, "teams": ["sales"]}
    assert kim.titles() == ["영업 회의", "출시 회의"] and len(lee.titles()) == 2 and len(boss.titles()) == 4
    assert kim.get("/filters")["rooms"] == ["room1"] and boss.get("/filters")["rooms"] == ["room1", "room2"]
    assert kim.get("/filters")["teams"] == ["sales"] and "박 소장" not in kim.get("/filters")["people"] and "민수" in kim.get("/filters")["people"]
    # No number, word, question, filter or likeness brings what another team said.
    of = {m["title"]: m["id"] for m in boss.get("/meetings")["meetings"]}
    secret = of["연구 회의"]
    assert kim.status("GET", f"/meetings/{secret}") == 404 and boss.get(f"/meetings/{secret}")["title"] == "연구 회의"
    assert [kim.status("GET", f"/meetings/{n}") for n in range(1, 9)].count(200) == 2
    assert kim.found("실험") == [] and kim.found("비밀 실험", room="room2") == [] and kim.found("실험", team="research") == [] and len(boss.found("실험")) == 2
    assert kim.titles(team="research") == [] and kim.titles(room="room2") == [] and kim.titles(person="박 소장") == [] and kim.titles(before=secret) == []
    assert kim.ask("비밀 실험은 누가 끝내지?") == {"known": False, "answer": "", "citations": []}
    assert kim.ask("비밀 실험은 누가 끝내지?", room="room2", team="research")["citations"] == []
    for r in (kim.get("/meetings"), kim.get("/filters"), *(kim.get("/search", q=q) for q in ("견적", "회의", "네"[:1] + " 알겠"))):
        assert "비밀" not in json.dumps(r, ensure_ascii=False), r
    # One's own, whole, with where it was said.
    m = kim.get(f"/meetings/{of['영업 회의']}")
    assert m["segments"][0]["speaker_certainty"] == 0.9, m["segments"]
    assert m["room"] == "room1" and m["team"] == "sales" and m["tags"] == ["영업"] and m["segments"][0]["text"].startswith("백만") and m["speakers"][0]["name"] == "김부장"
    action, = m["minutes"]["action"]
    assert action["text"] == "견적서 보내기" and action["owner"] == "김부장" and action["due_date"] == "2026-03-11" and action["evidence"] == [m["segments"][0]["id"]]
    hit, = [h for h in kim.get("/search", q="백만 견적")["hits"]]
    assert (hit["box"], hit["meeting"], hit["start"], hit["speaker"], hit["where"]) == ("room1", of["영업 회의"], 0, "김부장", "said"), hit
    assert kim.found("적서") == ["영업 회의", "출시 회의"]  # inside words, in two meetings
    a = kim.ask("배포 문서는 누가 맡았지?")
    assert a["known"] and "민수" in a["answer"] and a["citations"][0]["title"] == "출시 회의" and a["citations"][0]["box"] == "room1" and a["citations"][0]["started_at"].startswith("2026-03-05"), a
    kim.get(f"/meetings/{of['출시 회의']}")


def filters():
    kim, boss = Reader("kim"), Reader("boss")
    assert kim.titles(person="민수") == ["출시 회의"] and kim.titles(tag="영업") == ["영업 회의"] and kim.titles(room="room1") == ["영업 회의", "출시 회의"]
    assert kim.titles(**{"from": "2026-03-05"}) == ["출시 회의"] and kim.titles(to="2026-03-04") == ["영업 회의"] and kim.titles(**{"from": "2026-03-04T12:00:00Z", "to": "2026-03-05T00:00:00+09:00"}) == []
    assert kim.found("견적서", person="영희") == ["출시 회의"] and kim.found("견적서", person="민수") == [] and kim.found("견적서 배포", person="영희") == []
    assert kim.found("견적서", room="room1", to="2026-03-04") == ["영업 회의"] and boss.found("실험", room="room1") == []
    assert kim.found("견적서", person="김부장") == ["영업 회의"] and "minutes" in {h["where"] for h in kim.get("/search", q="견적서", person="김부장")["hits"]}
    assert not kim.ask("배포 문서는 누가 맡았지?", to="2026-03-04T23:00:00Z")["known"] and kim.status("POST", "/ask", {"question": "x", "to": 5}) == 400
    # Page by page.
    first = boss.get("/meetings")["meetings"]
    assert [m["id"] for m in boss.get("/meetings", before=first[0]["id"])["meetings"]] == [m["id"] for m in first[1:]]


def endings():
    # The database restarts under a session; a session ends, and only that one.
    kim, other = Reader("kim"), Reader("kim")
    assert len(kim.titles()) == 2
    subprocess.run(["bash", f"{DIR}/restart"], check=True)
    assert len(kim.titles()) == 2 and len(other.titles()) == 2
    assert kim.status("DELETE", "/session") == 204 and kim.status("GET", "/meetings") == 401 and other.status("GET", "/meetings") == 200
    # Who is revoked is out with the next request, though the session was open, and does not come back.
    gone = Reader("gone")
    assert len(gone.titles()) == 2
    subprocess.run([os.environ["FLEET"], "revoke", "fleet_member_gone", "--config", f"{DIR}/owner.conf"], check=True)
    assert gone.status("GET", "/meetings") == 401
    assert Reader().status("POST", "/session", {"user": "gone", "token": token("gone")}) == 401
    # A ninth session of a person ends the one unused longest.
    many = [Reader("lee") for _ in range(9)]
    assert [r.status("GET", "/me") for r in many] == [401] + [200] * 8
    # Five wrong tries, and the address waits.
    Reader("kim")
    tries = [Reader().call("POST", "/session", {"user": "kim", "token": "wrong"}) for _ in range(6)]
    assert [r.status for r in tries] == [401] * 5 + [429] and int(tries[-1].headers["Retry-After"]) > 0
    assert Reader().status("POST", "/session", {"user": "kim", "token": token("kim")}) == 429 and other.status("GET", "/meetings") == 200


if PART == "rights":
    strangers()
    shapes()
    rights()
    filters()
    endings()
elif PART == "trust":
    assert Reader().status("POST", "/session", {"user": "kim", "token": token("kim")}) == 401
else:
    kim = Reader("kim")
    assert "; Secure" in kim.set_cookie and len(kim.titles()) == 2
    assert kim.status("GET", "/meetings", headers={"Host": "fleet.example"}) == 200
print(f"page over the fleet, {PART}: all well", flush=True)
