// Above the transcript: find in it and replace, and show one person's lines only.
import { debounce, fill, h, icon, iconButton } from '../lib/dom.js';
import { speakerDoubted } from '../lib/align.js';
import { t } from '../lib/i18n.js';
import { toast } from './ui.js';

// page: {text: Transcript, m: meeting, correct(segment, text)}. Returns {el, paint(), open(replace)}.
export function transcriptBar(page) {
  let hits = [];
  let looked = '';
  let at = -1;
  const field = h('input#find', { type: 'search', placeholder: t('find'), 'aria-label': t('find'), maxLength: 200, autocomplete: 'off', oninput: debounce(120, () => look()), onkeydown: keys });
  const instead = h('input#replace', { placeholder: t('replace.with'), 'aria-label': t('replace.with'), maxLength: 200, autocomplete: 'off', onkeydown: (e) => { if (e.key === 'Enter' && !e.isComposing) { e.preventDefault(); replaceOne(); } if (e.key === 'Escape') show(false); } });
  const count = h('span.num.quiet', { role: 'status' });
  const step = [iconButton('up', t('find.previous'), () => go(-1), { class: 'small' }), iconButton('down', t('find.next'), () => go(1), { class: 'small' })];
  const more = h('button.text', { type: 'button', 'aria-expanded': 'false', 'aria-controls': 'replace-row', onclick: () => show(row.hidden) }, t('replace'));
  const row = h('div.replace-row#replace-row', { hidden: true }, instead,
    h('button.plain', { type: 'button', onclick: replaceOne }, t('replace.one')),
    h('button.plain', { type: 'button', onclick: replaceAll }, t('replace.all')));
  const people = h('select#person', { 'aria-label': t('filter.person'), onchange: () => { page.text.filter(Number(people.value)); look(); } });
  const clean = iconButton('clean', t('clean'), () => {
    page.text.setClean(!page.text.clean);
    clean.setAttribute('aria-pressed', String(page.text.clean));
    look();
  }, { 'aria-pressed': 'false', class: 'toggle small' });
  const el = h('div.find-bar', h('div.find-row', h('div.search', { role: 'search' }, icon('search'), field, count, step), people, clean, more), row);

  function keys(e) {
    if (e.isComposing || e.keyCode === 229) return;
    if (e.key === 'Enter') { e.preventDefault(); go(e.shiftKey ? -1 : 1); }
    if (e.key === 'Escape') { field.value = ''; look(); field.blur(); }
  }
  function look() {
    looked = field.value.trim();
    hits = page.text.find(looked);
    at = Math.min(at, hits.length - 1);
    paintCount();
  }
  function paintCount() {
    count.textContent = field.value.trim() ? (hits.length ? (at < 0 ? String(hits.length) : `${at + 1}/${hits.length}`) : t('find.none')) : '';
    for (const b of step) b.disabled = !hits.length;
  }
  function go(by) {
    if (field.value.trim() !== looked) look(); // Enter may come before the pause after typing
    if (!hits.length) return;
    at = (at + by + hits.length) % hits.length;
    page.text.show(hits[at].segment.id, false);
    paintCount();
  }
  function show(yes) {
    row.hidden = !yes;
    if (yes) whole();
    more.setAttribute('aria-expanded', String(yes));
    if (yes) (field.value ? instead : field).focus();
  }
  // What is replaced is the text itself, never what a view leaves out of it.
  function whole() {
    if (page.text.clean) clean.click();
  }
  function replaceIn(hit) {
    const { segment: s, from, to } = hit;
    page.correct(s, s.text.slice(0, from) + instead.value + s.text.slice(to));
  }
  function replaceOne() {
    if (!hits.length) return;
    if (at < 0) return go(1);
    replaceIn(hits[at]);
    at--;
    look();
    if (hits.length) go(1);
  }
  function replaceAll() {
    const n = hits.length;
    if (!n) return;
    const done = replaceEach(page, hits, instead.value);
    look();
    toast(t('replace.done', { n }), { seconds: 15, action: t('undo'), onaction: () => done.forEach((s) => page.takeBack(s)) });
  }
  function paint() {
    const was = people.value;
    paintPeople(people, page.m.speakers.filter((s) => s.number > 0), page.m.segments);
    clean.hidden = !page.m.segments.some((s) => s.clean !== undefined);
    if (people.value !== was && was) page.text.filter(0);
    if (field.value.trim()) look();
    else paintCount();
  }
  paint();
  const person = (n) => { people.value = String(n); page.text.filter(n); look(); };
  return { el, paint, person, find: (text) => { field.value = text; look(); }, focus: (replace) => { field.focus(); field.select(); if (replace) show(true); } };
}

// Puts `text` in the place of every hit; answers the segments that it changed.
function replaceEach(page, hits, text) {
  const bySegment = new Map();
  for (const hit of hits) bySegment.set(hit.segment, [...(bySegment.get(hit.segment) ?? []), hit]);
  for (const [s, list] of bySegment) {
    let whole = s.text;
    for (const { from, to } of list.reverse()) whole = whole.slice(0, from) + text + whole.slice(to);
    page.correct(s, whole, true);
  }
  return [...bySegment.keys()];
}

// The speakers to choose from, what is highlighted and whose speaker is not sure, if anything; the one chosen stays so, if still there.
function paintPeople(people, list, lines) {
  const was = people.value;
  const some = [[0, t('filter.everyone')], lines.some((s) => s.highlighted) && [-1, t('filter.highlighted')], lines.some(speakerDoubted) && [-2, t('filter.doubted')], ...list.map((s) => [s.number, s.name])].filter(Boolean);
  people.hidden = list.length < 2 && some.length === list.length + 1;
  fill(people, some.map(([value, name]) => h('option', { value }, name)));
  people.value = some.some(([value]) => String(value) === was) ? was : '0';
}
