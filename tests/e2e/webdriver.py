"""A small W3C WebDriver client: chromedriver over HTTP, standard library only. One Browser is one headless Chromium."""
import base64, json, os, re, shutil, signal, subprocess, tempfile, threading, time, urllib.error, urllib.request

PATIENCE = int(os.environ.get("PATIENCE", 600))  # seconds that any one thing may take before it counts as never
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = dict(enter="\ue007", escape="\ue00c", tab="\ue004", left="\ue012", up="\ue013", right="\ue014", down="\ue015", control="\ue009", alt="\ue00a", shift="\ue008", delete="\ue017", backspace="\ue003")


class WebDriverError(Exception):
    pass


class Browser:
    def __init__(self, width=1280, height=900, language="ko-KR", downloads=None, args=(), insecure=False):
        self.profile = tempfile.mkdtemp(prefix="moim-chromium-")
        self.driver = subprocess.Popen([shutil.which("chromedriver"), "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       start_new_session=True, text=True)
        port = None
        while not port:  # it chooses one that is free and says so
            line = self.driver.stdout.readline()
            assert line, "chromedriver ended before it named its port"
            port = re.search(r"started successfully on port (\d+)", line)
        threading.Thread(target=self.driver.stdout.read, daemon=True).start()
        self.base = f"http://127.0.0.1:{port[1]}"
        self.wait(lambda: self._call("GET", "/status")["ready"], "chromedriver")
        args = [*args, "--headless=new", "--disable-gpu", "--no-first-run", "--mute-audio", "--disable-background-networking",
                "--disable-component-update", "--disable-dev-shm-usage", f"--user-data-dir={self.profile}",
                f"--window-size={width},{height}", f"--lang={language}", "--force-color-profile=srgb"]
        if os.geteuid() == 0:
            args.append("--no-sandbox")  # Chromium refuses to sandbox for root
        prefs = {"intl.accept_languages": language}
        if downloads:
            prefs["download.default_directory"] = downloads
        timeouts = {"script": PATIENCE * 1000, "pageLoad": PATIENCE * 1000, "implicit": 0}
        caps = {"browserName": "chrome", "acceptInsecureCerts": insecure, "timeouts": timeouts, "goog:chromeOptions": {"args": args, "prefs": prefs}, "goog:loggingPrefs": {"browser": "ALL"}}
        self.base += "/session/" + self._call("POST", "/session", {"capabilities": {"alwaysMatch": caps}})["sessionId"]
        self.size(width, height)

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as r:
                return json.load(r)["value"]
        except urllib.error.HTTPError as e:
            v = json.load(e)["value"]
            raise WebDriverError(f"{v['error']}: {v['message'].splitlines()[0]}") from None

    @staticmethod
    def wait(what, name, seconds=PATIENCE):
        """Asks what() until it is true; its last error or value is in the failure."""
        end, last = time.time() + seconds, None
        while time.time() < end:
            try:
                last = what()
                if last:
                    return last
            except (WebDriverError, OSError) as e:
                last = e
            time.sleep(0.05)
        raise AssertionError(f"waited {seconds} s for {name}: {last!r}")

    def go(self, url):
        self._call("POST", "/url", {"url": url})

    def offline(self, cut):
        """Cuts the page's network, or gives it back."""
        self._call("POST", "/chromium/network_conditions", {"network_conditions": {"offline": cut, "latency": 0, "throughput": -1}})

    def js(self, script, *args):
        return self._call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def find_all(self, css):
        return [e[ELEMENT] for e in self._call("POST", "/elements", {"using": "css selector", "value": css})]

    def find(self, css, seconds=PATIENCE):
        """The first element that is shown."""
        def shown():
            return next((e for e in self.find_all(css) if self._call("GET", f"/element/{e}/displayed")), None)
        return self.wait(shown, f"{css} to be shown", seconds)

    def click(self, css):
        def once():
            try:
                shown = self.find(css, 2)
            except AssertionError:  # not yet
                return False
            self._call("POST", f"/element/{shown}/click", {})
            return True
        self.wait(once, f"a click on {css}")

    def type(self, css, text, clear=False):
        e = self.find(css)
        if clear:
            self._call("POST", f"/element/{e}/clear", {})
        self._call("POST", f"/element/{e}/value", {"text": text})

    def keys(self, *names):
        """Presses keys where the focus is; 'control+z' holds the first."""
        actions = []
        for name in names:
            parts = [KEYS.get(p, p) for p in name.split("+")] if name != "+" else ["+"]
            actions += [{"type": "keyDown", "value": p} for p in parts] + [{"type": "keyUp", "value": p} for p in reversed(parts)]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def hover(self, css):
        def once():
            move = {"type": "pointerMove", "duration": 0, "origin": {ELEMENT: self.find(css)}, "x": 0, "y": 0}
            try:
                self._call("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": [move]}]})
            except WebDriverError as e:
                if "stale element" not in str(e):
                    raise
                return False  # the page drew it anew in between
            return True
        self.wait(once, f"the pointer on {css}")

    def text(self, css):
        return self.js("return document.querySelector(arguments[0])?.textContent ?? null", css)

    def wait_text(self, css, part):
        return self.wait(lambda: (self.text(css) or "").find(part) >= 0, f"{part!r} in {css} (is {self.text(css)!r})")

    def settle(self):
        """What moves has come to rest, letters are there, and the page has been drawn since."""
        self.js("""
          const passing = () => document.getAnimations().filter((a) => Number.isFinite(a.effect.getComputedTiming().endTime));
          const drawn = () => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)));
          return document.fonts.ready.then(drawn).then(() => Promise.allSettled(passing().map((a) => a.finished))).then(drawn).then(() => true);""")

    def cdp(self, command, **params):
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def size(self, width, height, mobile=False):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def media(self, scheme="light", motion="no-preference"):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme},
                                                          {"name": "prefers-reduced-motion", "value": motion}])

    def screenshot(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self._call("GET", "/screenshot")))

    def console(self):
        """What the page logged since the last call."""
        return self._call("POST", "/se/log", {"type": "browser"})

    def close(self):
        try:
            self._call("DELETE", "")
        except (WebDriverError, OSError):
            pass
        try:
            os.killpg(self.driver.pid, signal.SIGTERM)  # its own session: chromedriver and its Chromium
        except ProcessLookupError:
            pass
        self.driver.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
