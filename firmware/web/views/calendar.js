// Meetings by the day: a month at a time.
import { debounce, fill, h, icon, iconButton } from '../lib/dom.js';
import { localDay, month, spoken, t, time, weekday } from '../lib/i18n.js';
import { api } from '../lib/api.js';
import { problem, say, skeleton } from '../components/ui.js';

const PAGE = 500;

export default function calendar(root, ctx) {
  ctx.title(t('calendar'));
  const asked = /^(\d{4})-(\d\d)$/.exec(ctx.query.get('m') ?? '');
  const today = new Date();
  let first = asked ? new Date(Number(asked[1]), Number(asked[2]) - 1, 1) : new Date(today.getFullYear(), today.getMonth(), 1);
  let known = []; // the newest first, as far back as was needed
  let whole = false;
  const name = h('h2.month-name', { 'aria-live': 'polite' });
  const body = h('div.calendar');
  const go = (by) => {
    first = new Date(first.getFullYear(), first.getMonth() + by, 1);
    history.replaceState(null, '', `#/calendar?m=${localDay(first).slice(0, 7)}`);
    show();
  };
  fill(root,
    h('header.head', h('h1', t('calendar')), h('a.button.plain', { href: '#/' }, icon('back'), h('span', t('calendar.list')))),
    h('div.row.month-bar', iconButton('back', t('calendar.before'), () => go(-1)), name, iconButton('next', t('calendar.after'), () => go(1)),
      h('button.text', { type: 'button', onclick: () => { first = new Date(today.getFullYear(), today.getMonth(), 1); go(0); } }, t('task.today'))),
    body);

  // The list comes newest first: read on until the month's beginning is passed.
  async function need(day) {
    while (!whole && (!known.length || localDay(known.at(-1).started_at) >= day)) {
      const { meetings, total } = await api.meetings({ limit: PAGE, offset: known.length }, ctx.signal);
      known.push(...meetings);
      whole = !meetings.length || known.length >= total;
    }
  }

  async function show() {
    const from = localDay(first);
    const title = month(first);
    name.textContent = title;
    if (!known.length) fill(body, skeleton(6));
    try {
      await need(from);
    } catch (e) {
      if (!ctx.signal.aborted) fill(body, problem(e, show));
      return;
    }
    if (localDay(first) === from) paint(title);
  }

  function paint(title) {
    const byDay = new Map();
    for (const m of known) {
      const day = localDay(m.started_at);
      byDay.set(day, [m, ...(byDay.get(day) ?? [])]);
    }
    const days = new Date(first.getFullYear(), first.getMonth() + 1, 0).getDate();
    const cells = Array.from({ length: first.getDay() }, () => h('li.blank', { 'aria-hidden': 'true' }));
    let n = 0;
    for (let d = 1; d <= days; d++) {
      const date = new Date(first.getFullYear(), first.getMonth(), d);
      const list = byDay.get(localDay(date)) ?? [];
      n += list.length;
      cells.push(h(list.length ? 'li.busy' : 'li', { class: localDay(date) === localDay(today) ? 'today' : '' },
        h('span.day', h('b.num', String(d)), h('span.wd', weekday(date))),
        list.length > 0 && h('ul', list.map((m) => h('li', h('a', { href: m.recording ? '#/record' : `#/m/${m.id}`, title: spoken(m.duration_s) }, h('span.num', time(new Date(m.started_at))), ' ', m.title || t('rec.untitled')))))));
    }
    const heads = Array.from({ length: 7 }, (_, i) => h('span', { 'aria-hidden': 'true' }, weekday(new Date(2023, 0, 1 + i))));
    fill(body, h('div.week-days', heads), h('ol.days', { 'aria-label': title }, cells), n === 0 && h('p.quiet', t('calendar.none')));
    say(`${title}: ${t('calendar.count', { n })}`);
  }
  const again = debounce(300, () => { known = []; whole = false; show(); });
  ctx.on('meeting', again);
  ctx.on('resync', again);
  show();
}
