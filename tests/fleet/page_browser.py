"""The page over the fleet in Chromium: signing in, finding, reading, asking, signing out; each view audited (tests/e2e/audit.js).
   page_browser.py MOIM-FLEET DIR ADDRESS"""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))
from page_support import DIR, audit, quiet, step
from webdriver import Browser

ADDRESS = sys.argv[3].strip()


def token(user):
    return open(f"{DIR}/fleet_member_{user}.token").read().strip()


def text(b, css="#main"):
    return b.js("return document.querySelector(arguments[0])?.innerText ?? ''", css)


def shows(b, what, css="#main"):
    b.wait(lambda: what in text(b, css), f"'{what}' in {css}: {text(b, css)[:200]}")


def sign_in(b, user, secret):
    b.type("#user", user, clear=True)
    b.type("#token", secret, clear=True)
    b.click("form.pair button")


def to(b, path):
    b.js("location.hash = arguments[0]", f"#{path}")


b = Browser()
try:
    b.go(ADDRESS)
    shows(b, "로그인")
    audit(b, "sign-in")
    b.js("localStorage.setItem('moim.lang', 'ko')")
    b.go(ADDRESS)
    sign_in(b, "kim", "wrong")
    shows(b, "올바르지 않습니다")
    assert not b.js("return document.querySelector('.rail nav').checkVisibility()"), "views are offered before anybody is signed in"
    sign_in(b, "kim", token("kim"))
    shows(b, "출시 회의")
    assert "연구 회의" not in text(b) and "room1" in text(b)
    step("signed in")
    b.click("[aria-controls=filters]")
    b.wait(lambda: b.js("return document.querySelectorAll('#filter-room option').length === 2"), "the rooms to choose")
    audit(b, "filters")
    b.js("localStorage.setItem('moim.lang', 'ko')")
    b.go(f"{ADDRESS}icon.svg")
    b.go(f"{ADDRESS}#/")
    b.type("#search", "적서")
    shows(b, "출시 회의 (room1)")
    shows(b, "영업 회의 (room1)")
    assert b.js("return document.querySelector('.hit mark').textContent") == "적서"
    audit(b, "search")
    # Only what one person said, of the address that was left.
    to(b, "/?q=견적서&person=영희")
    b.wait(lambda: "영희" in text(b) and "백만" not in text(b), "a search for one person")
    b.click(".hit")
    shows(b, "견적서는 따로")
    assert b.js("return document.activeElement.matches('.seg') && document.activeElement.innerText.includes('견적서는')"), "the place that was found is not where one reads"
    assert b.js("return [...document.querySelectorAll('.doubt')].map((e) => e.closest('.seg').querySelector('.said').textContent)") == ["네."], "the line of a doubtful speaker"
    audit(b, "meeting")
    b.js("localStorage.setItem('moim.lang', 'ko')")
    step("searched")
    # A meeting with minutes: its line leads to what was said; titles are text, never markup.
    to(b, "/?q=백만")
    b.click(".hit")
    shows(b, "견적서 보내기")
    b.click(".chip")
    b.wait(lambda: b.js("return document.activeElement.innerText?.includes('백만') ?? false"), "the source of a line")
    # Another team's meeting, by its number.
    other = b.js("return fetch('/api/v1/meetings/3').then((r) => r.status)"), b.js("return fetch('/api/v1/meetings/4').then((r) => r.status)")
    assert 404 in other, other
    to(b, "/m/99")
    b.wait(lambda: b.js("return document.querySelector('#main .empty a[href]')"), "a meeting that is not there")
    to(b, "/ask")
    b.type("#question", "배포 문서는 누가 맡았지?")
    b.keys("enter")
    shows(b, "민수")
    shows(b, "출시 회의, room1")
    audit(b, "ask")
    step("asked")
    to(b, "/me")
    shows(b, "Acme")
    audit(b, "me")
    b.click("#sign-out")
    b.find("form.pair")
    assert "출시" not in b.js("return document.body.innerText")
    b.js("history.back()")
    b.find("form.pair")
    # The admin's own view of a title that looks like markup.
    sign_in(b, "boss", token("boss"))
    b.find("#question")
    to(b, "/")
    shows(b, '<b>실험</b> & 계획')
    b.js("localStorage.setItem('moim.lang', 'ko')")
    bad = [line["message"] for line in b.console() if line["level"] == "SEVERE" and not any(x in line["message"] for x in (" 401 ", " 404 ", "favicon"))]
    assert not bad, bad[:4]
    step("all well")
finally:
    b.close()
