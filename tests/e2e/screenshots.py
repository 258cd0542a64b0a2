#!/usr/bin/env python3
"""The pictures of docs/user-guide.md: screenshots.py ADDRESS, of a daemon that `make demo-web` has started. They are looked
at by a person before they are committed; nothing here is asserted."""
import json, os, sys, time, urllib.request

sys.path.insert(0, os.path.dirname(__file__))
from webdriver import Browser  # noqa: E402

base = sys.argv[1].rstrip("/")
out = os.path.join(os.path.dirname(__file__), "../../docs/screenshots")
sizes = {"phone": (390, 844), "tablet": (820, 1100), "desk": (1280, 800)}


def meeting(part):
    with urllib.request.urlopen(f"{base}/api/v1/meetings") as r:
        return next(m["id"] for m in json.load(r)["meetings"] if part in m["title"])


def shot(b, name, size, lang, scheme, path, before=None):
    b.go(base + "/icon.svg")
    b.js("localStorage.setItem('moim.lang', arguments[0])", lang)
    b.size(*sizes[size], size == "phone")
    b.media(scheme)
    b.go(f"{base}/#{path}")
    time.sleep(1.5)
    if before:
        before(b)
    b.screenshot(os.path.join(out, f"{name}.png"))


def play(b):
    b.click(".seg:nth-of-type(3) .w:nth-of-type(3)")
    time.sleep(0.8)


def record(b):
    b.click(".key")
    b.find(".captions li")
    b.click(".controls button")
    time.sleep(4)


def menu(b):
    b.click(".acts button:first-child")


os.makedirs(out, exist_ok=True)
cities, sprint = meeting("Tale"), meeting("스프린트")
with Browser() as b:
    shot(b, "meetings", "desk", "ko", "light", "/")
    shot(b, "meeting", "desk", "en", "dark", f"/m/{cities}", play)
    shot(b, "tasks", "tablet", "en", "light", "/tasks")
    shot(b, "text", "desk", "ko", "light", f"/m/{sprint}")
    shot(b, "minutes-phone", "phone", "ko", "light", f"/m/{sprint}", lambda b: b.click(".tabs button:nth-child(2)"))
    shot(b, "people-phone", "phone", "ko", "dark", f"/m/{sprint}", lambda b: b.click(".tabs button:nth-child(3)"))
    shot(b, "export", "tablet", "en", "light", f"/m/{cities}", menu)
    shot(b, "search", "tablet", "ko", "dark", "/?q=" + "로그인")
    shot(b, "device", "tablet", "ko", "light", "/settings/device")
    shot(b, "record-phone", "phone", "ko", "light", "/record", record)
    b.click(".key.stop")
    b.find(".meeting-head")
