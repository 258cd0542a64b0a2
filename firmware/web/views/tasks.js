// All tasks of all meetings: by owner, by day, done or not, each with the moment it was said.
import { debounce, fill, h, iconButton } from '../lib/dom.js';
import { clock, day, localDay, shortDay, t } from '../lib/i18n.js';
import { api, tasksUrl } from '../lib/api.js';
import { empty, fail, menu, problem, skeleton } from '../components/ui.js';
import { askTask } from '../components/minutes-dialogs.js';

const filter = { owner: '', state: 'open' }; // of this visit

export default function tasks(root, ctx) {
  ctx.title(t('nav.tasks'));
  const body = h('div.results');
  let list = [];
  const owner = h('select#task-who', { onchange: () => { filter.owner = owner.value; paint(); } });
  const state = h('select#task-state', { onchange: () => { filter.state = state.value; paint(); } }, ['open', 'done', 'all'].map((v) => h('option', { value: v, selected: v === filter.state }, t(`tasks.${v}`))));
  fill(root, h('header.head', h('h1', t('tasks.title')),
    menu('download', t('export'), () => [
      { label: t('tasks.ics'), icon: 'calendar', href: tasksUrl('ics'), download: '' },
      { label: t('tasks.csv'), icon: 'download', href: tasksUrl('csv'), download: '' }], { words: true, class: 'plain' })),
  h('div.task-filters', h('div.field', h('label', { for: 'task-who' }, t('task.owner')), owner), h('div.field', h('label', { for: 'task-state' }, t('tasks.state')), state)), body);

  const load = async (quiet) => {
    if (!quiet) fill(body, skeleton(6));
    try {
      list = (await api.tasks({ limit: 10000 }, ctx.signal)).tasks;
      const names = [...new Set(list.map((x) => x.owner).filter(Boolean))].sort();
      if (!names.includes(filter.owner)) filter.owner = '';
      fill(owner, h('option', { value: '' }, t('tasks.everyone')), names.map((n) => h('option', { value: n, selected: n === filter.owner }, n)));
      paint();
    } catch (e) {
      if (!ctx.signal.aborted && !quiet) fill(body, problem(e, () => load()));
    }
  };

  function paint() {
    const shown = list.filter((x) => (!filter.owner || x.owner === filter.owner) && (filter.state === 'all' || Boolean(x.done) === (filter.state === 'done')));
    if (!shown.length) return fill(body, list.length ? empty(t('tasks.nothing'), t('tasks.nothing.how')) : empty(t('tasks.none'), t('tasks.none.how')));
    const focus = document.activeElement?.closest?.('[data-task]')?.dataset.task;
    fill(body, groups(shown).map(([name, items, late]) => h('section', h(late ? 'h2.month.bad' : 'h2.month', name), h('ul.tasks', items.map((x) => row(x, send, plan))))));
    if (focus) body.querySelector(`[data-task="${focus}"] input`)?.focus();
  }

  async function send(x, what) {
    const before = { ...x };
    Object.assign(x, what);
    paint();
    try {
      await api.changeTask(x.id, what, before.etag);
    } catch (e) {
      Object.assign(x, before);
      fail(e);
    }
    load(true);
  }
  async function plan(x) {
    const people = [...new Set(list.map((y) => y.owner).filter(Boolean))].map((name, i) => ({ number: i + 1, name }));
    const what = await askTask(x, { speakers: people });
    if (what) send(x, what);
  }

  const soon = debounce(300, () => load(true));
  ctx.on('meeting', soon);
  ctx.on('resync', soon);
  load();
}

// One task: its tick, its words, who and when, where it was said.
function row(x, send, plan) {
  return h(`li.task${x.done ? '.done' : ''}`, { data: { task: x.id } },
    h('label.tick-field', h('input.tick', { type: 'checkbox', checked: Boolean(x.done), 'aria-label': t('task.done', { text: x.text }), onchange: (e) => send(x, { done: e.target.checked }) })),
    h('div.item-body', h('span.item-text', x.text),
      h('span.duty', x.owner && h('b', x.owner), (x.due_date || x.due) && h('span', x.due_date ? shortDay(new Date(`${x.due_date}T00:00`)) : x.due)),
      h('a.source', { href: `#/m/${x.meeting}?t=${x.start ?? 0}${x.evidence?.[0] ? `&s=${x.evidence[0]}` : ''}` }, h('span', x.title || t('rec.untitled')), x.started_at && h('span', ` · ${day(new Date(x.started_at))}`), x.start !== undefined && h('span.num', ` · ${clock(x.start)}`))),
    iconButton('edit', t('task.edit', { text: x.text }), () => plan(x), { class: 'small' }));
}

// By when: late, today, this week, later, without a day; what is done comes last.
function groups(list) {
  const today = localDay(Date.now());
  const week = localDay(Date.now() + 7 * 86400000);
  const bucket = (x) => (x.done ? 5 : !x.due_date ? 4 : x.due_date < today ? 0 : x.due_date === today ? 1 : x.due_date <= week ? 2 : 3);
  const names = ['tasks.late', 'task.today', 'tasks.week', 'tasks.later', 'task.undated', 'tasks.done'];
  const out = names.map((key, i) => [t(key), list.filter((x) => bucket(x) === i).sort((a, b) => (a.due_date ?? '').localeCompare(b.due_date ?? '')), i === 0]);
  return out.filter(([, items]) => items.length);
}
