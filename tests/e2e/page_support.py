"""What the browser tests share: the daemon under test, the audit of a view, walking through views. MOIM and DIR come from the command line."""
import json, os, random, re, signal, socket, subprocess, sys, time, urllib.request

from webdriver import PATIENCE, Browser

begun = time.time()
MOIM, DIR = sys.argv[1:3]
AUDIT = open(os.path.join(os.path.dirname(__file__), "audit.js")).read()
OPTIONS = os.environ.get("SERVE_OPTIONS", "").split()  # --web firmware/web while the page is being worked on


def step(text):
    print(f"{time.time() - begun:6.1f} s  {text}", flush=True)


def quiet_port():
    """One that is free, and that no program gets by chance while the daemon is away: below those the system hands out."""
    while True:
        with socket.socket() as s:
            try:
                port = random.randrange(20000, 32000)
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Daemon:
    running = []

    def __init__(self, port, *more):
        self.log = open(os.path.join(DIR, "serve.log"), "a+")
        before = self.log.seek(0, os.SEEK_END)
        self.process = subprocess.Popen([MOIM, "serve", "--port", str(port), "--from", f"{DIR}/talk.wav", "--loop", *OPTIONS, *more], stdout=self.log, stderr=subprocess.STDOUT,
                                        env={**os.environ, "XDG_DATA_HOME": DIR})
        Daemon.running.append(self.process)

        def address():
            if self.process.poll() is not None:
                raise AssertionError(f"moim serve ended with {self.process.returncode}: {open(self.log.name).read()[before:]}")
            m = re.search(r"http://[\d.]+:(\d+)", open(self.log.name).read()[before:])
            return m and int(m[1])
        self.port = Browser.wait(address, "the daemon's address")
        self.base = f"http://127.0.0.1:{self.port}"

    def get(self, path):
        with urllib.request.urlopen(f"{self.base}/api/v1{path}", timeout=PATIENCE) as r:
            return json.load(r)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, f"moim serve ended with {self.process.returncode}"


def audit(b, where):
    """Every view is looked at on a phone in one language and theme and on a desk in the other."""
    for width, height, lang, scheme in ((390, 844, "ko", "light"), (1440, 900, "en", "dark")):
        b.size(width, height, width < 500)
        b.media(scheme, "reduce")
        if b.js("return document.documentElement.lang") != lang:
            b.js("localStorage.setItem('moim.lang', arguments[0]); return import('/lib/i18n.js').then((m) => m.setLanguage(arguments[0])).then(() => dispatchEvent(new Event('moim:language')))", lang)
        b.wait(lambda: b.js("return document.querySelector('#main h1') && !document.querySelector('#main .skeleton')"), f"{where} to load")
        last_of_three(lambda: look(b, f"{where}, {width} px, {lang}, {scheme}", width < 500))
        if width > 500:
            last_of_three(lambda: tab_order(b, where))
    b.media()


def last_of_three(check):
    """What a page is told meanwhile may be drawn in the middle of a check; what is wrong with it stays wrong."""
    for _ in range(2):
        try:
            return check()
        except AssertionError:
            pass
    check()


def look(b, where, touch):
    b.settle()
    r = b.js(AUDIT, {"touch": touch})
    assert not r["wrong"], f"{where}: " + "; ".join(r["wrong"][:8])
    assert r["controls"] > 1 and r["texts"] > 3, f"{where}: the audit saw nothing: {r}"


def tab_order(b, where):
    """Tab reaches every control that says it can be reached, and each shows that it has the focus."""
    want = b.js("""
      const list = [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex]')].filter((e) =>
        e.tabIndex >= 0 && !e.disabled && e.checkVisibility({ checkVisibilityCSS: true }) && !(e.type === 'radio' && !e.checked));
      list.forEach((e, i) => { e.dataset.order = i; });
      document.activeElement?.blur?.();
      getSelection().removeAllRanges();
      scrollTo(0, 0);
      return list.length;""")
    seen, weak = set(), []
    for _ in range(want + 6):
        b.keys("tab")
        r = b.js("""
          const e = document.activeElement, s = getComputedStyle(e), w = e.closest('.search') ? getComputedStyle(e.closest('.search')) : s;
          return [e.dataset.order ?? null, (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2) || (w !== s && /inset 0|0px 0px 2px inset/.test(w.boxShadow)), e.outerHTML.slice(0, 90)];""")
        if r[0] is not None:
            seen.add(int(r[0]))
            if not r[1]:
                weak.append(r[2])
    missed = [i for i in range(want) if i not in seen]
    if missed:
        names = b.js("return arguments[0].map((i) => document.querySelector(`[data-order=\"${i}\"]`)?.outerHTML.slice(0, 90))", missed[:5])
        raise AssertionError(f"{where}: Tab reaches {len(seen)} of {want}, not {names}")
    assert not weak, f"{where}: no visible focus on {weak[:3]}"


def view(b, daemon, path):
    b.go(f"{daemon.base}/manifest.webmanifest")
    b.go(f"{daemon.base}/#{path}")


def send(b, method, path, body=None):
    """A change that somebody else makes."""
    return b.js("""
      return fetch('/api/v1' + arguments[1], { method: arguments[0], headers: { 'X-Moim': '1', 'Content-Type': 'application/json' }, body: arguments[2] ? JSON.stringify(arguments[2]) : undefined })
        .then(async (r) => { const text = await r.text(); return { status: r.status, body: text ? JSON.parse(text) : null }; });""", method, path, body)


def quiet(b):
    """What the browser had to say: nothing but the requests that had to fail while the daemon was away."""
    bad = [line["message"] for line in b.console() if line["level"] == "SEVERE" and "ERR_CONNECTION" not in line["message"] and "favicon" not in line["message"] and "letter.wav" not in line["message"] and "ERR_INCOMPLETE" not in line["message"] and "ERR_EMPTY_RESPONSE" not in line["message"]]
    assert not bad, f"the console: {bad[:4]}"
