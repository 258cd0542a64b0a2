// The transcript: who said what, word by word with its sound, corrected in place.
//
// Rows stand in chunks. A chunk is light until it comes near the view; then its words become elements of their own and
// its keys appear. Chunks out of view cost nothing to lay out (content-visibility), so that four hours scroll like four
// minutes, and the browser's own search still finds every word. The list is one tab stop: up and down go from row to row, left and right from word to word, Enter plays, E edits.
import { fill, h, icon, iconButton } from '../lib/dom.js';
import { clock, spoken, t } from '../lib/i18n.js';
import { alignWords, lastAt, speakerDoubted } from '../lib/align.js';
import { speakerToken } from '../lib/canvas.js';
import { menu } from './ui.js';

const CHUNK = 12; // rows that are laid out and painted together: about a view of them
const SLICE = 8 * CHUNK; // rows that are built in one task: each costs a layout of the whole page, however few they are

const idle = (fn) => (window.requestIdleCallback ? requestIdleCallback(fn, { timeout: 500 }) : setTimeout(fn, 16));
// Whether a line goes on under the name above: the same speaker, as sure or unsure.
const goesOn = (s, before) => before && (before.speaker_number ?? 0) === (s.speaker_number ?? 0) && speakerDoubted(before) === speakerDoubted(s);
// What a row shows of its line and of the one before it.
const keyOf = (s, before) => [s.text, s.clean, s.speaker, s.speaker_number ?? 0, goesOn(s, before), speakerDoubted(s), s.edited, Boolean(s.highlighted)].join('\n');

export class Transcript {
  // on: {play(seconds), edit(segment, text), split(segment, text, at), undo(segment), speaker(number), doubt(segment, button), highlight(segment), actions(segment, row), range}; scroller: what scrolls it.
  constructor(meeting, on, scroller) {
    this.on = on;
    this.scroller = scroller;
    this.follow = true;
    this.matches = new Map(); // segment id -> [[from, to], ...] of what is searched for
    this.person = 0; // only this speaker's lines are shown, -1: only those that are highlighted, -2: whose speaker is not sure
    this.clean = false; // sounds of hesitation are left out
    this.chosen = new Set(); // ids of the lines that are chosen together
    this.quietUntil = 0;
    this.el = h('div.transcript', { role: 'list', 'aria-label': t('transcript'), lang: meeting.language || undefined });
    this.watcher = new IntersectionObserver((entries) => {
      for (const e of entries) {
        for (const row of e.target.rows) {
          if (e.isIntersecting) this.dress(row);
          else this.undress(row);
        }
      }
    }, { root: scroller, rootMargin: '400px' });
    this.el.addEventListener('click', (e) => this.click(e));
    // Lines are chosen, not their letters.
    this.el.addEventListener('mousedown', (e) => { if (e.shiftKey && !e.target.closest('textarea')) e.preventDefault(); });
    this.el.addEventListener('keydown', (e) => this.key(e));
    this.el.addEventListener('focusin', (e) => { const row = this.rowOf(e.target); if (row) this.makeCurrent(row); });
    // Who scrolls by hand reads elsewhere: do not pull the page back for a while.
    for (const type of ['wheel', 'touchmove']) this.el.addEventListener(type, () => { this.quietUntil = performance.now() + 5000; }, { passive: true });
    this.segments = [];
    this.rows = new Map();
  }

  // News repaint only the lines that are others now: who reads or types stays where he is.
  set(segments) {
    const { place, focused } = this.whereabouts();
    this.old = this.rows;
    this.segments = segments;
    this.rows = new Map();
    this.spoken = null;
    this.watcher.disconnect();
    this.el.replaceChildren();
    this.build(CHUNK);
    if (place || focused) this.row((focused ?? place).row.s.id, true);
    const current = this.rows.get(this.current?.s.id) ?? this.rows.get(segments[0]?.id);
    this.current = null;
    if (current) this.makeCurrent(current);
    if (place) this.scroller.scrollTop += (this.rows.get(place.row.s.id)?.el.getBoundingClientRect().top ?? place.top) - place.top;
    if (focused) this.rows.get(focused.row.s.id)?.el.focus({ preventScroll: true });
    // What is seen at once has its words at once.
    if (!place) for (const row of this.el.firstChild?.rows ?? []) this.dress(row);
    this.later();
  }

  // The line at the top of the view, if it is scrolled, and the one that has the focus.
  whereabouts() {
    const focused = this.rowOf(document.activeElement);
    if (!this.scroller.scrollTop) return { focused: focused && { row: focused } };
    const top = this.scroller.getBoundingClientRect().top;
    const chunk = [...this.el.children].find((c) => c.getBoundingClientRect().bottom > top);
    const row = chunk?.rows.find((x) => x.el.getBoundingClientRect().bottom > top);
    return { place: row && { row, top: row.el.getBoundingClientRect().top }, focused: focused && { row: focused } };
  }

  // The rest while the hand rests, so that a long meeting answers at once.
  later() {
    clearTimeout(this.slice);
    if (this.rows.size < this.segments.length) this.slice = setTimeout(() => idle(() => { this.build(SLICE); this.later(); }), 0);
    else this.old = null;
  }

  build(n) {
    const all = document.createDocumentFragment();
    const from = this.rows.size;
    for (let i = from; i < Math.min(from + n, this.segments.length); i += CHUNK) {
      const chunk = h('div.chunk', { role: 'presentation' });
      chunk.rows = this.segments.slice(i, i + CHUNK).map((s, k) => this.kept(s, this.segments[i + k - 1]) ?? this.rowFor(s, this.segments[i + k - 1]));
      chunk.append(...chunk.rows.map((row) => row.el));
      this.watcher.observe(chunk);
      all.append(chunk);
    }
    this.el.append(all);
  }

  // The row that a line had, if it looks the same.
  kept(s, before) {
    const row = this.old?.get(s.id);
    if (row?.key !== keyOf(s, before) || row.editing) return null;
    if (row.s.etag !== s.etag) row.words = null;
    row.s = s;
    row.el.classList.remove('now');
    row.el.hidden = this.hides(s);
    this.rows.set(s.id, row);
    return row;
  }

  rowFor(s, before) {
    const n = s.speaker_number ?? 0;
    const same = goesOn(s, before);
    const row = { s, key: keyOf(s, before), said: h('p.said', this.shown(s)), words: null, dressed: false };
    const at = h('button.at.num', { type: 'button', tabIndex: -1, 'aria-label': t('play.from', { at: spoken(s.start) }) }, clock(s.start));
    row.body = h('div.body', !same && n > 0 && h('button.who', { type: 'button', tabIndex: -1, title: t('speaker.edit') }, s.speaker),
      !same && speakerDoubted(s) && h('button.doubt', { type: 'button', tabIndex: -1, title: t('speaker.doubt'), 'aria-label': t('speaker.doubt'), 'aria-haspopup': 'menu' }, '?'), row.said);
    row.el = h(same ? 'div.seg.same' : 'div.seg', { role: 'listitem', data: { id: s.id }, tabIndex: -1, vars: { '--who': `var(${speakerToken(n)})` } }, at, row.body);
    row.el.classList.toggle('edited', s.edited);
    row.el.classList.toggle('marked', Boolean(s.highlighted));
    row.el.classList.toggle('chosen', this.chosen.has(s.id));
    row.el.hidden = this.hides(s);
    this.rows.set(s.id, row);
    return row;
  }

  // Builds as far as it takes.
  row(id, near) {
    while (!this.rows.has(id) && this.rows.size < this.segments.length) this.build(near ? CHUNK : Infinity);
    return this.rows.get(id);
  }

  rowOf(node) {
    const el = node.closest?.('.seg');
    return el && this.rows.get(Number(el.dataset.id));
  }

  // What is read: the text, or without sounds of hesitation.
  shown(s) {
    return this.clean && s.clean !== undefined ? s.clean : s.text;
  }

  setClean(yes) {
    this.clean = yes;
    this.row(this.segments.at(-1)?.id);
    for (const row of this.rows.values()) {
      if (row.s.clean === undefined) continue;
      row.el.hidden = this.hides(row.s);
      this.update(row.s);
    }
  }

  times(row) {
    const { s } = row;
    return row.words ??= alignWords(this.shown(s), s.words.map((w) => [w.start, w.end, w.confidence, w.text]), s.start, s.end);
  }

  // Words become elements; keys appear.
  dress(row) {
    if (row.dressed || row.editing) return;
    row.dressed = true;
    const text = this.shown(row.s);
    const found = this.matches.get(row.s.id);
    const parts = [];
    let at = 0;
    row.spans = this.times(row).map((w) => {
      if (w.from > at) parts.push(text.slice(at, w.from));
      const span = h(w.confidence < 0.5 && !row.s.edited ? 'span.w.unsure' : 'span.w', text.slice(w.from, w.to));
      if (found?.some(([from, to]) => from < w.to && to > w.from)) span.classList.add('found');
      parts.push(span);
      at = w.to;
      return span;
    });
    parts.push(text.slice(at));
    fill(row.said, parts);
    if (!row.tools) {
      row.tools = h('div.tools', iconButton('edit', t('edit'), () => this.edit(row), { tabIndex: -1, class: 'small' }),
        menu('more', t('line.actions', { at: clock(row.s.start) }), () => this.on.actions(row.s, row), { tabIndex: -1, class: 'small' }));
      row.el.append(row.tools);
    }
    this.paintUndo(row);
    if (this.current === row) this.makeCurrent(row);
    if (this.spoken?.row === row) this.spoken = null;
  }

  undress(row) {
    if (!row.dressed || row.editing || row.el.contains(document.activeElement)) return;
    row.dressed = false;
    row.spans = null;
    row.said.textContent = this.shown(row.s);
    row.tools?.remove();
    row.tools = null;
    row.back = null;
  }

  paintUndo(row) {
    row.el.classList.toggle('edited', row.s.edited);
    if (!row.tools) return;
    if (row.s.edited && !row.back) {
      row.back = iconButton('undo', t('undo.edit'), () => this.on.undo(row.s), { tabIndex: -1, class: 'small' });
      row.tools.prepend(row.back);
    } else if (!row.s.edited && row.back) {
      row.back.remove();
      row.back = null;
    }
  }

  // The text changed: here, on the box, or by another page.
  update(segment) {
    const row = this.row(segment.id);
    if (!row) return;
    Object.assign(row.s, segment);
    row.key = null;
    row.words = null;
    if (row.editing) return;
    const was = row.dressed;
    row.dressed = false;
    row.said.textContent = this.shown(row.s);
    row.el.classList.toggle('marked', Boolean(row.s.highlighted));
    if (was) this.dress(row);
    this.paintUndo(row);
  }

  // ---- playing ----

  time(at, playing) {
    const i = lastAt(this.segments, at);
    const row = i >= 0 ? this.row(this.segments[i].id) : null;
    let word = -1;
    if (row && at <= row.s.end + 0.5) word = lastAt(this.times(row), at);
    const last = this.spoken;
    if (last && last.row === row && last.word === word) return;
    if (last) {
      last.span?.classList.remove('now');
      if (last.row !== row) last.row?.el.classList.remove('now');
    }
    const span = row?.spans?.[word];
    span?.classList.add('now');
    row?.el.classList.add('now');
    const moved = last?.row !== row;
    this.spoken = { row, word, span };
    if (moved && row && playing && this.follow && performance.now() > this.quietUntil) this.bring(row.el, false);
  }

  // ---- searching and filtering ----

  hides(s) {
    if (this.clean && s.clean === '') return true;
    if (this.person === -2) return !speakerDoubted(s);
    return this.person < 0 ? !s.highlighted : this.person > 0 && (s.speaker_number ?? 0) !== this.person;
  }

  // number: only this speaker's lines, 0 all, -1 those that are highlighted, -2 those whose speaker is not sure.
  filter(number) {
    this.person = number;
    this.row(this.segments.at(-1)?.id);
    for (const row of this.rows.values()) row.el.hidden = this.hides(row.s);
    this.el.classList.toggle('filtered', number !== 0);
  }

  // Lines that are chosen together, by their ids.
  choose(ids) {
    for (const id of new Set([...this.chosen, ...ids])) this.rows.get(id)?.el.classList.toggle('chosen', ids.has(id));
    this.chosen = ids;
  }

  // Marks a text wherever it stands; returns [{segment, from, to}] in order.
  find(text) {
    const before = new Set(this.matches.keys());
    this.matches.clear();
    const out = [];
    const needle = text.toLowerCase();
    for (const s of needle ? this.segments : []) {
      if (this.hides(s)) continue;
      const hay = this.shown(s).toLowerCase();
      for (let i = hay.indexOf(needle); i >= 0; i = hay.indexOf(needle, i + needle.length)) {
        out.push({ segment: s, from: i, to: i + needle.length });
        this.matches.set(s.id, [...(this.matches.get(s.id) ?? []), [i, i + needle.length]]);
      }
    }
    for (const id of new Set([...before, ...this.matches.keys()])) {
      const row = this.rows.get(id);
      if (row?.dressed && !row.editing) { row.dressed = false; this.dress(row); }
    }
    return out;
  }

  bring(el, sure) {
    const frame = this.scroller.getBoundingClientRect();
    const box = el.getBoundingClientRect();
    const room = frame.height;
    if (!sure && box.top - frame.top > room * 0.15 && box.bottom - frame.top < room * 0.85) return;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches || Math.abs(box.top - frame.top) > room * 3;
    el.scrollIntoView({ block: 'center', behavior: calm ? 'auto' : 'smooth' });
  }

  // Shows a segment: evidence of the minutes, a search hit.
  show(id, focus) {
    const row = this.row(id);
    if (!row) return;
    this.dress(row);
    this.quietUntil = 0;
    this.bring(row.el, true);
    row.el.classList.remove('flash');
    void row.el.offsetWidth;
    row.el.classList.add('flash');
    this.makeCurrent(row);
    if (focus) row.el.focus({ preventScroll: true });
  }

  at(seconds) {
    return this.segments[Math.max(0, lastAt(this.segments, seconds + 0.01))];
  }

  // ---- hands ----

  click(e) {
    const row = this.rowOf(e.target);
    if (!row || row.editing || e.target.closest('.tools')) return;
    if (this.on.range.take(row.s, e.shiftKey, this.current?.s)) return;
    if (e.target.closest('.at')) return this.on.play(row.s.start);
    if (e.target.closest('.who')) return this.on.speaker(row.s.speaker_number);
    const doubt = e.target.closest('.doubt');
    if (doubt) return this.on.doubt(row.s, doubt);
    const word = e.target.closest('.w');
    // A click that ends a selection is not a wish to hear.
    if (word && getSelection().isCollapsed) this.on.play(this.times(row)[row.spans.indexOf(word)].start);
  }

  makeCurrent(row) {
    if (this.current && this.current !== row) this.reach(this.current, -1);
    this.current = row;
    this.reach(row, 0);
  }

  reach(row, tabIndex) {
    row.el.tabIndex = tabIndex;
    for (const b of row.el.querySelectorAll('button')) b.tabIndex = tabIndex;
    if (tabIndex < 0) this.point(row, -1);
  }

  // The word the arrow keys stand on.
  point(row, i) {
    if (row.pointed >= 0) row.spans?.[row.pointed]?.classList.remove('pointed');
    row.pointed = i;
    row.spans?.[i]?.classList.add('pointed');
  }

  key(e) {
    const row = this.rowOf(e.target);
    if (!row || e.target !== row.el || e.ctrlKey || e.metaKey || e.altKey) return;
    const shown = this.segments.filter((s) => !this.hides(s));
    const i = shown.indexOf(row.s);
    const to = { ArrowDown: i + 1, ArrowUp: i - 1, Home: 0, End: shown.length - 1 }[e.key];
    const words = row.spans?.length ?? 0;
    if (to !== undefined) {
      const next = shown[to] && this.row(shown[to].id);
      if (next) {
        if (e.shiftKey) this.on.range.take(next.s, true, row.s);
        next.el.focus({ preventScroll: true });
        this.bring(next.el, false);
      }
    } else if (e.key === 'ArrowRight') this.point(row, Math.min((row.pointed ?? -1) + 1, words - 1));
    else if (e.key === 'ArrowLeft') this.point(row, Math.max((row.pointed ?? 0) - 1, 0));
    else if (e.key === 'Enter') this.on.play(row.pointed >= 0 ? this.times(row)[row.pointed].start : row.s.start);
    else if (e.key === 'e' || e.key === 'F2') this.edit(row);
    else if (e.key === 'h') this.on.highlight(row.s);
    else if (e.key === 'Escape' && this.on.range.on()) this.on.range.end();
    else return;
    e.preventDefault();
  }

  // ---- correcting ----

  edit(row) {
    if (row.editing) return;
    const { s } = row;
    const area = h('textarea', { value: s.text, maxLength: 20000, rows: 1, 'aria-label': t('edit.label', { at: clock(s.start) }), spellcheck: true });
    const fit = () => { area.style.height = 'auto'; area.style.height = `${area.scrollHeight + 2}px`; };
    const finish = (keep) => {
      if (!row.editing) return;
      const text = area.value.replace(/\s+/g, ' ').trim();
      row.editing = null;
      form.replaceWith(row.said);
      row.el.classList.remove('editing');
      this.update(s);
      row.el.focus({ preventScroll: true });
      if (keep && text && text !== s.text) this.on.edit(s, text);
    };
    // Cuts the line where the cursor stands; what was changed is saved with it.
    const divide = () => {
      const text = area.value;
      const at = area.selectionStart;
      if (!text.slice(0, at).trim() || !text.slice(at).trim()) return area.focus();
      const before = text.slice(0, at).replace(/\s+/g, ' ').trim();
      const whole = text.replace(/\s+/g, ' ').trim();
      finish(false);
      this.on.split(s, whole, [...before].length);
    };
    const form = h('form.edit', { onsubmit: (e) => { e.preventDefault(); finish(true); } }, area,
      h('div.row', h('button.primary', { type: 'submit' }, icon('check'), h('span', t('save'))),
        h('button.plain', { type: 'button', onclick: () => finish(false) }, t('cancel')),
        h('button.plain', { type: 'button', title: t('line.split.hint'), onclick: divide }, icon('split'), h('span', t('line.split'))),
        h('span.quiet.keys', t('edit.keys'))));
    area.addEventListener('input', fit);
    area.addEventListener('keydown', (e) => {
      e.stopPropagation();
      // Enter that ends a Korean syllable is not Enter.
      if (e.isComposing || e.keyCode === 229) return;
      if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); divide(); } else if (e.key === 'Enter' && !e.shiftKey) { e.preventDefault(); finish(true); }
      if (e.key === 'Escape') { e.preventDefault(); finish(false); }
    });
    row.editing = finish;
    row.el.classList.add('editing');
    row.said.replaceWith(form);
    fit();
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }

  busy() {
    for (const row of this.rows.values()) if (row.editing) return true;
    return false;
  }

  // Leaving the view with an open correction keeps it.
  end() {
    for (const row of this.rows.values()) row.editing?.(true);
    clearTimeout(this.slice);
    this.watcher.disconnect();
  }
}
