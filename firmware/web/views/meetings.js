// The meetings: newest first by month, or what a search finds in them; several at once may be tagged, exported or deleted.
import { $, debounce, fill, h, icon, iconButton } from '../lib/dom.js';
import { clock, localDay, month, spoken, t, time, weekday } from '../lib/i18n.js';
import { api } from '../lib/api.js';
import { jobOf } from '../lib/event-stream.js';
import { stageText } from '../lib/server-text.js';
import { onUploads } from '../lib/uploads.js';
import { empty, fail, menu, problem, say, skeleton } from '../components/ui.js';
import { shortcuts } from '../lib/shortcuts.js';
import { found, searchResults } from '../components/search-results.js';
import { selection } from '../components/selection.js';
import { meetingItems } from '../components/meeting-actions.js';

const PAGE = 100;
const HITS = 500;
const ACCEPT = 'audio/*,video/*,.flac,.opus,.m4a,.mp3,.wav,.ogg,.mp4,.mkv,.webm,.mka,.amr,.wma,.txt,.md,.docx,.hwpx,.html,.pdf,.srt,.vtt,.json,.moim';
const FILTERS = ['from', 'to', 'tag', 'speaker'];

export default function meetings(root, ctx) {
  ctx.title(t('nav.meetings'));
  const filter = Object.fromEntries(['q', ...FILTERS].map((k) => [k, ctx.query.get(k) ?? '']));
  const body = h('div.results');
  const chosen = selection(() => refresh(true));
  const search = h('input#search', {
    type: 'search', value: filter.q, placeholder: t('search.hint'), 'aria-label': t('search'), maxLength: 500, enterKeyHint: 'search',
    oninput: debounce(250, () => { filter.q = search.value.trim(); changed(); }),
  });
  const picker = h('input', { type: 'file', multiple: true, accept: ACCEPT, hidden: true, onchange: () => { send([...picker.files]); picker.value = ''; } });
  const filters = filterBox(filter, () => changed());
  fill(root,
    h('header.head', h('h1', t('nav.meetings')), h('div.row', chosen.toggle,
      iconButton('upload', t('upload'), () => picker.click(), { words: true, class: 'plain' }), picker,
      menu('more', t('more'), () => [{ label: t('calendar'), icon: 'calendar', href: '#/calendar' }, { label: t('trash'), icon: 'trash', href: '#/trash' }]))),
    h('div.search', { role: 'search' }, icon('search'), search, filters.button),
    filters.panel, chosen.bar, body);

  // A person alone is looked for as well: all that was said by them.
  const searching = () => filter.q || filter.speaker;
  let load = null;
  function changed() {
    const query = new URLSearchParams(Object.entries(filter).filter(([, v]) => v)).toString();
    history.replaceState(null, '', `#/${query ? `?${query}` : ''}`);
    filters.paint();
    refresh();
  }
  async function refresh(quiet) {
    load?.abort();
    load = new AbortController();
    const { signal } = load;
    if (!quiet) fill(body, skeleton(7));
    try {
      if (searching()) {
        const answer = await api.search({ ...filter, limit: HITS, order: 'meeting' }, signal);
        fill(body, searchResults(answer, filter.q));
        say(found(answer));
      } else {
        await fillList(body, filter, chosen, signal);
      }
    } catch (e) {
      if (signal.aborted || quiet) return;
      fill(body, problem(e, () => refresh()));
    }
  }

  dropTarget(root, ctx, send);

  const soon = debounce(300, () => { if (!searching() && !chosen.on()) refresh(true); });
  ctx.on('meeting', soon);
  ctx.on('resync', soon);
  ctx.on('state', debounce(300, () => paintJobs(body)));
  ctx.on('job', () => paintJobs(body));
  ctx.signal.addEventListener('abort', onUploads((x) => x?.state === 'done' && soon()));
  refresh();
  const unkey = shortcuts({ '/': () => search.focus() });
  return () => { load?.abort(); unkey(); };
}

async function send(files) {
  if (!files.length) return;
  const { importFiles } = await import('../components/import-dialog.js');
  importFiles(files);
}

// Files dropped anywhere on the page.
function dropTarget(root, ctx, send) {
  const options = { signal: ctx.signal };
  addEventListener('dragover', (e) => {
    if (![...e.dataTransfer.types].includes('Files')) return;
    e.preventDefault();
    root.classList.add('dropping');
  }, options);
  addEventListener('dragleave', (e) => { if (!e.relatedTarget) root.classList.remove('dropping'); }, options);
  addEventListener('drop', (e) => {
    e.preventDefault();
    root.classList.remove('dropping');
    send([...e.dataTransfer.files]);
  }, options);
}

function filterBox(filter, changed) {
  const input = (k, props) => {
    const id = `filter-${k}`;
    return h('div.field', h('label', { for: id }, t(`filter.${k}`)),
      h(`input#${id}`, { value: filter[k], onchange: (e) => { filter[k] = e.target.value.trim(); changed(); }, ...props }));
  };
  const tags = h('datalist#tag-list');
  api.tags().then((list) => fill(tags, list.map((x) => h('option', { value: x.tag })))).catch(() => {});
  const any = () => FILTERS.some((k) => filter[k]);
  const panel = h('div.filters#filters', { hidden: !any() },
    input('from', { type: 'date' }), input('to', { type: 'date' }), input('tag', { list: 'tag-list', maxLength: 60 }), input('speaker', { maxLength: 100 }), tags,
    h('button.text', {
      type: 'button', onclick: () => {
        for (const k of FILTERS) { filter[k] = ''; $(`#filter-${k}`).value = ''; }
        changed();
      },
    }, t('filter.clear')));
  const button = h('button.text', {
    type: 'button', 'aria-expanded': String(any()), 'aria-controls': 'filters',
    onclick: () => { panel.hidden = !panel.hidden; button.setAttribute('aria-expanded', String(!panel.hidden)); },
  }, icon('filter'), h('span', t('filter')));
  const paint = () => button.classList.toggle('on', any());
  paint();
  return { button, panel, paint };
}

// ---- the list ----

async function fillList(body, filter, chosen, signal) {
  let offset = 0;
  const list = h('div');
  const next = async () => {
    const { meetings: rows, total } = await api.meetings({ limit: PAGE, offset, tag: filter.tag }, signal);
    offset += rows.length;
    const shown = rows.filter((m) => (!filter.from || localDay(m.started_at) >= filter.from) && (!filter.to || localDay(m.started_at) <= filter.to));
    return { shown, rest: rows.length ? total - offset : 0, total };
  };
  let page = await next();
  if (!page.total && !FILTERS.some((k) => filter[k])) {
    fill(body, empty(t('list.empty'), t('list.empty.how'), h('a.button.seal', { href: '#/record' }, t('rec.first')), h('a.button.plain', { href: '#/setup' }, t('setup.begin'))));
    return;
  }
  let heading = '';
  const addRows = (rows) => {
    for (const m of rows) {
      const name = month(new Date(m.started_at));
      if (name !== heading) { heading = name; list.append(h('h2.month', name), h('ul.meetings')); }
      list.lastChild.append(row(m, chosen));
    }
  };
  addRows(page.shown);
  const more = h('button.plain.more', {
    type: 'button', hidden: page.rest <= 0, onclick: async () => {
      more.disabled = true;
      try { page = await next(); addRows(page.shown); more.hidden = page.rest <= 0; } catch (e) { fail(e); }
      more.disabled = false;
    },
  }, t('list.more'));
  fill(body, list, !list.children.length && empty(t('list.none'), t('list.none.how')), more);
  paintJobs(body);
}

function row(m, chosen) {
  const d = new Date(m.started_at);
  const title = m.title || t('rec.untitled');
  return h('li', { data: { id: m.id } }, chosen.box(m, title), h('a.meeting', { href: m.recording ? '#/record' : `#/m/${m.id}` },
    h('span.when', h('b.num', String(d.getDate())), h('span', weekday(d))),
    h('span.what',
      h('strong', title),
      m.preview && h('span.preview', { lang: m.language || undefined }, m.preview)),
    h('span.side-facts',
      h('span.facts',
        h('span.num', time(d)),
        h('span.num', { 'aria-label': spoken(m.duration_s) }, clock(m.duration_s)),
        m.speakers > 1 && h('span', t('list.speakers', { n: m.speakers }))),
      h('span.facts',
        m.recording ? h('span.badge.seal', t('rec.running')) : null,
        m.error && h('span.badge.seal', t('list.failed')),
        (m.tags ?? []).map((x) => h('span.badge', x)),
        h('span.job')))),
  !m.recording && menu('more', t('list.actions', { title }), () => meetingItems(m), { class: 'row-menu' }));
}

function paintJobs(body) {
  for (const li of body.querySelectorAll('li[data-id]')) {
    const slot = $('.job', li);
    const job = jobOf(Number(li.dataset.id));
    if (!job) { slot.replaceChildren(); continue; }
    const text = job.state === 'queued' ? t('job.queued') : `${stageText(job)} ${Math.round(job.progress * 100)}%`;
    if (slot.textContent !== text) fill(slot, h('span.badge.busy', text));
  }
}
