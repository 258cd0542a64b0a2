// Meetings of the reader's teams: newest first by month, or what a search finds in them.
import { debounce, fill, h, icon } from '../lib/dom.js';
import { clock, month, spoken, t, time, weekday } from '../lib/i18n.js';
import { asked, fleet } from '../lib/fleet.js';
import { empty, fail, problem, say, skeleton } from '../components/ui.js';
import { found, searchResults } from '../components/search-results.js';
import { shortcuts } from '../lib/shortcuts.js';
import { FILTERS, filterBox } from '../filters.js';

export default function meetings(root, ctx) {
  ctx.title(t('nav.meetings'));
  const filter = Object.fromEntries(['q', ...FILTERS].map((k) => [k, ctx.query.get(k) ?? '']));
  const body = h('div.results');
  const search = h('input#search', {
    type: 'search', value: filter.q, placeholder: t('search.hint'), 'aria-label': t('search'), maxLength: 500, enterKeyHint: 'search',
    oninput: debounce(400, () => look()), onkeydown: (e) => { if (e.key === 'Enter' && !e.isComposing) look(); },
  });
  const filters = filterBox(filter, () => changed(), ctx.signal);
  fill(root, h('header.head', h('h1', t('nav.meetings'))), h('div.search', { role: 'search' }, icon('search'), search, filters.button), filters.panel, body);

  let load = null;
  function look() {
    const q = search.value.trim();
    if (q === filter.q) return;
    filter.q = q;
    changed();
  }
  function changed() {
    const query = new URLSearchParams(Object.entries(filter).filter(([, v]) => v)).toString();
    history.replaceState(null, '', `#/${query ? `?${query}` : ''}`);
    refresh();
  }
  async function refresh() {
    load?.abort();
    load = new AbortController();
    const { signal } = load;
    const { q, ...rest } = filter;
    fill(body, skeleton(7));
    try {
      if (q) {
        const answer = await fleet.search({ q, ...asked(rest) }, signal);
        // Where a hit comes from stands beside its meeting; a line of the minutes says so itself.
        fill(body, searchResults({ ...answer, hits: answer.hits.map((x) => ({ ...x, title: x.title && `${x.title} (${x.box})` })) }, q));
        say(found(answer));
      } else {
        await fillList(body, asked(rest), signal);
      }
    } catch (e) {
      if (!signal.aborted) fill(body, problem(e, refresh));
    }
  }
  refresh();
  const unkey = shortcuts({ '/': () => search.focus() });
  ctx.signal.addEventListener('abort', () => { load?.abort(); unkey(); });
}

async function fillList(body, filter, signal) {
  let last = 0;
  let heading = '';
  const list = h('div');
  const add = ({ meetings: rows, more: rest }) => {
    for (const m of rows) {
      const name = month(new Date(m.started_at));
      if (name !== heading) { heading = name; list.append(h('h2.month', name), h('ul.meetings')); }
      list.lastChild.append(row(m));
      last = m.id;
    }
    more.hidden = !rest;
  };
  const next = () => fleet.meetings({ ...filter, before: last || null }, signal);
  const more = h('button.plain.more', {
    type: 'button', hidden: true, onclick: async () => {
      more.disabled = true;
      try { add(await next()); } catch (e) { fail(e); }
      more.disabled = false;
    },
  }, t('list.more'));
  add(await next());
  if (list.children.length) fill(body, list, more);
  else fill(body, Object.keys(filter).length ? empty(t('list.none'), t('list.none.how')) : empty(t('list.empty'), t('list.empty.how')));
}

function row(m) {
  const d = new Date(m.started_at);
  return h('li', h('a.meeting', { href: `#/m/${m.id}` },
    h('span.when', h('b.num', String(d.getDate())), h('span', weekday(d))),
    h('span.what', h('strong', m.title || t('rec.untitled')), h('span.where', h('span', m.room), h('span', m.team)),
      m.preview && h('span.preview', { lang: m.language || undefined }, m.preview)),
    h('span.side-facts',
      h('span.facts', h('span.num', time(d)), h('span.num', { 'aria-label': spoken(m.duration_s) }, clock(m.duration_s)),
        m.speakers > 1 && h('span', t('list.speakers', { n: m.speakers }))),
      h('span.facts', m.tags.map((x) => h('span.badge', x))))));
}
