// One meeting, to read: the transcript, and beside it the minutes (on a phone one at a time).
import { $, fill, h, icon } from '../lib/dom.js';
import { clock, day, language, shortDay, spoken, t, time } from '../lib/i18n.js';
import { fleet } from '../lib/fleet.js';
import { speakerDoubted } from '../lib/align.js';
import { speakerToken } from '../lib/canvas.js';
import { empty, problem, skeleton } from '../components/ui.js';
import { marked } from '../components/search-results.js';
import { tabList } from '../components/tabs.js';

// Kinds of lines as the archive names them, in the order of a document.
const KINDS = { summary: 'summary', decision: 'decisions', action: 'actions', topic: 'topics', key_point: 'key_points', question: 'questions', to_confirm: 'to_confirm', suggestion: 'suggestions' };
const SHOWN = 6; // sources of one line
const CHUNK = 24; // rows that are laid out together (.chunk)

export default async function meeting(root, ctx) {
  fill(root, skeleton(9));
  try {
    const m = await fleet.meeting(ctx.params[0], ctx.signal);
    ctx.title(m.title || t('rec.untitled'));
    show(root, ctx, m);
  } catch (e) {
    if (ctx.signal.aborted) return;
    fill(root, e.status === 404 ? [h('h1.sr', t('error.no_meeting')), empty(t('error.no_meeting'), '', h('a.button.plain', { href: '#/' }, t('nav.meetings')))] : problem(e, ctx.again));
  }
}

function show(root, ctx, m) {
  const scroller = h('div.scroller', transcript(m, ctx.query.get('q') ?? ''));
  const tabs = tabList([['transcript', t('transcript')], ['minutes', t('minutes')]]);
  const jump = (id) => { tabs.choose('transcript'); reveal(scroller, id); };
  fill(root, h('div.meeting-page', head(m), h('div.columns',
    h('section.col.words#tab-transcript', { 'aria-label': t('transcript') }, m.segments.length ? scroller : empty(t('meeting.nothing'), '')),
    tabs,
    h('section.col.side.mins#tab-minutes', { 'aria-label': t('minutes') }, h('h2.sr', t('minutes')), minutes(m, jump), bookmarks(m, jump)))));
  const { query } = ctx;
  const at = Number(query.get('t'));
  const to = Number(query.get('s')) || (query.has('t') && at > 0 && m.segments.findLast((s) => s.start <= at)?.id);
  if (to) requestAnimationFrame(() => reveal(scroller, to));
}

const head = (m) => h('header.meeting-head', h('div.titles',
  h('a.text.backlink', { href: '#/' }, icon('back'), h('span', t('meeting.back'))),
  h('h1', m.title || t('rec.untitled')),
  h('p.facts', h('span', `${day(new Date(m.started_at))} ${time(new Date(m.started_at))}`), h('span.num', { 'aria-label': spoken(m.duration_s) }, clock(m.duration_s)),
    h('span', m.room), h('span', m.team), m.tags.map((x) => h('span.badge', x)))));

function transcript(m, q) {
  const names = new Map(m.speakers.map((s) => [s.number, s.name]));
  const rows = m.segments.map((s, i) => {
    const before = m.segments[i - 1];
    const doubted = speakerDoubted(s);
    const same = before?.speaker === s.speaker && speakerDoubted(before) === doubted;
    return h(same && i ? 'div.seg.same' : 'div.seg', { role: 'listitem', tabIndex: -1, data: { id: s.id }, vars: { '--who': `var(${speakerToken(s.speaker)})` } },
      h('time.at.num', { 'aria-label': spoken(s.start) }, clock(s.start)),
      h('div.body', !(same && i) && s.speaker > 0 && h('span.who', names.get(s.speaker) || t('speaker.n', { n: s.speaker })),
        !(same && i) && doubted && h('span.doubt', { role: 'img', title: t('speaker.doubt'), 'aria-label': t('speaker.doubt') }, '?'), h('p.said', q ? marked(s.text, q) : s.text)));
  });
  const chunks = [];
  for (let i = 0; i < rows.length; i += CHUNK) chunks.push(h('div.chunk', { role: 'presentation' }, rows.slice(i, i + CHUNK)));
  return h('div.transcript', { role: 'list', 'aria-label': t('transcript'), lang: m.language || undefined }, chunks);
}

function reveal(scroller, id) {
  const row = $(`[data-id="${id}"]`, scroller);
  if (!row) return;
  row.scrollIntoView({ block: 'center' });
  row.classList.add('flash');
  row.addEventListener('animationend', () => row.classList.remove('flash'), { once: true });
  row.focus({ preventScroll: true });
}

function minutes(m, jump) {
  const kinds = Object.entries(KINDS).filter(([k]) => m.minutes[k]?.length);
  if (!kinds.length) return empty(t('minutes.none'), t('minutes.none.how'));
  const starts = new Map(m.segments.map((s) => [s.id, s.start]));
  return h('div.minutes', h('div.minutes-body', h('div', { lang: m.language || undefined },
    kinds.map(([k, name]) => h(`section.${name}`, h('h3', { lang: language() }, t(`minutes.${name}`)),
      h('ul', m.minutes[k].map((x) => line(x, starts, jump))))))));
}

function line(x, starts, jump) {
  const due = x.due_date ? shortDay(new Date(`${x.due_date}T00:00`)) : x.due;
  return h(`li.item${x.done ? '.done' : ''}`, h('div.item-body', h('span.item-text', x.text),
    (x.owner || due) && h('span.duty', x.owner && h('b', x.owner), due && h('span.num', due)),
    h('span.evidence', { lang: language() }, x.evidence.filter((id) => starts.has(id)).slice(0, SHOWN).map((id) => h('button.chip.num', {
      type: 'button', onclick: () => jump(id), 'aria-label': t('minutes.evidence', { at: spoken(starts.get(id)) }),
    }, clock(starts.get(id)))))));
}

const bookmarks = (m, jump) => m.bookmarks.length > 0 && h('section.bookmarks', h('h3', t('meeting.marks')), h('ul', m.bookmarks.map((b) => h('li',
  h('button.chip.num', { type: 'button', onclick: () => jump(m.segments.findLast((s) => s.start <= b.at)?.id ?? m.segments[0]?.id) }, clock(b.at)), h('span', b.note)))));
