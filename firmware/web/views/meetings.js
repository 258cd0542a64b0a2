// The meetings: newest first by month, or what a search finds in them.
import { $, debounce, fill, h, icon, iconButton } from '../lib/dom.js';
import { clock, day, month, spoken, t, time } from '../lib/i18n.js';
import { api, explain, upload } from '../lib/api.js';
import { jobOf, now } from '../lib/event-stream.js';
import { empty, fail, loadInto, problem, progress, say, skeleton, toast } from '../components/ui.js';
import { shortcuts } from '../lib/shortcuts.js';

const PAGE = 100;

export default function meetings(root, ctx) {
  ctx.title(t('nav.meetings'));
  const filter = Object.fromEntries(['q', 'from', 'to', 'tag', 'speaker'].map((k) => [k, ctx.query.get(k) ?? '']));
  const body = h('div.results');
  const search = h('input#search', {
    type: 'search', value: filter.q, placeholder: t('search.hint'), 'aria-label': t('search'), maxLength: 500, enterKeyHint: 'search',
    oninput: debounce(250, () => { filter.q = search.value.trim(); changed(); }),
  });
  const picker = h('input', { type: 'file', multiple: true, accept: 'audio/*,video/*,.flac,.opus,.m4a,.mp3,.wav,.ogg,.mp4', hidden: true, onchange: () => { send([...picker.files]); picker.value = ''; } });
  const sending = h('div.sending');
  const filters = filterBox(filter, () => changed());
  fill(root,
    h('header.head', h('h1', t('nav.meetings')),
      iconButton('upload', t('upload'), () => picker.click(), { words: true, class: 'plain' }), picker),
    h('div.search', { role: 'search' }, icon('search'), search, filters.button),
    filters.panel, sending, body);

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
      if (filter.q) {
        const { hits } = await api.search({ ...filter, limit: 200 }, signal);
        fill(body, hitList(hits, filter.q));
        say(t('search.found', { n: hits.length }));
      } else {
        await fillList(body, filter, signal);
      }
    } catch (e) {
      if (signal.aborted) return;
      if (quiet) return;
      fill(body, problem(e, () => refresh()));
    }
  }

  async function send(files) {
    for (const file of files) {
      const stop = new AbortController();
      const bar = progress(0, t('upload.sending', { name: file.name }));
      const line = h('div.upload', h('span', file.name), bar, iconButton('close', t('cancel'), () => stop.abort()));
      sending.append(line);
      try {
        const m = await upload(file, (p) => { bar.value = p; }, stop.signal);
        toast(t('upload.done', { name: file.name }), { action: t('open'), onaction: () => ctx.go(`/m/${m.id}`) });
        refresh(true);
      } catch (e) {
        if (e.name !== 'AbortError') toast(`${file.name}: ${explain(e)}`, { bad: true, seconds: 15 });
      }
      line.remove();
    }
  }
  dropTarget(root, ctx, send);

  const soon = debounce(300, () => { if (!filter.q) refresh(true); });
  ctx.on('meeting', soon);
  ctx.on('resync', soon);
  ctx.on('state', debounce(300, () => paintJobs(body)));
  ctx.on('job', () => paintJobs(body));
  refresh();
  const unkey = shortcuts({ '/': () => search.focus() });
  return () => { load?.abort(); unkey(); };
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
  const any = () => ['from', 'to', 'tag', 'speaker'].some((k) => filter[k]);
  const panel = h('div.filters#filters', { hidden: !any() },
    input('from', { type: 'date' }), input('to', { type: 'date' }), input('tag', { list: 'tag-list', maxLength: 60 }), input('speaker', { maxLength: 100 }), tags,
    h('button.text', {
      type: 'button', onclick: () => {
        for (const k of ['from', 'to', 'tag', 'speaker']) { filter[k] = ''; $(`#filter-${k}`).value = ''; }
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

const localDay = (iso) => {
  const d = new Date(iso);
  return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`;
};

async function fillList(body, filter, signal) {
  let offset = 0;
  const list = h('div');
  const next = async () => {
    const { meetings: rows, total } = await api.meetings({ limit: PAGE, offset, tag: filter.tag }, signal);
    offset += rows.length;
    const shown = rows.filter((m) => (!filter.from || localDay(m.started_at) >= filter.from) && (!filter.to || localDay(m.started_at) <= filter.to));
    return { shown, rest: rows.length ? total - offset : 0, total };
  };
  let page = await next();
  if (!page.total && !filter.tag) {
    fill(body, empty(t('list.empty'), t('list.empty.how'), h('a.button.seal', { href: '#/record' }, t('rec.first'))));
    return;
  }
  let heading = '';
  const addRows = (rows) => {
    for (const m of rows) {
      const name = month(new Date(m.started_at));
      if (name !== heading) { heading = name; list.append(h('h2.month', name), h('ul.meetings')); }
      list.lastChild.append(row(m));
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

function row(m) {
  const d = new Date(m.started_at);
  return h('li', { data: { id: m.id } }, h('a.meeting', { href: m.recording ? '#/record' : `#/m/${m.id}` },
    h('span.when', h('b.num', String(d.getDate())), h('span', day(d).match(/\(?([^\s,()]+)\)?$/)?.[1] ?? '')),
    h('span.what',
      h('strong', m.title || t('rec.untitled')),
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
        h('span.job')))));
}

function paintJobs(body) {
  for (const li of body.querySelectorAll('li[data-id]')) {
    const slot = $('.job', li);
    const job = jobOf(Number(li.dataset.id));
    if (!job) { slot.replaceChildren(); continue; }
    const text = job.state === 'queued' ? t('job.queued') : `${t('job.working')} ${Math.round(job.progress * 100)}%`;
    if (slot.textContent !== text) fill(slot, h('span.badge.busy', text));
  }
}

// ---- what a search found ----

function hitList(hits, q) {
  if (!hits.length) return empty(t('search.none', { q }), t('search.none.how'));
  const groups = new Map();
  for (const hit of hits) {
    if (!groups.has(hit.meeting)) groups.set(hit.meeting, []);
    groups.get(hit.meeting).push(hit);
  }
  return h('div', h('p.quiet', t('search.found', { n: hits.length })), [...groups.values()].map((list) => h('section.hits',
    h('h2', h('a', { href: `#/m/${list[0].meeting}` }, list[0].title || t('rec.untitled')),
      list[0].started_at && h('span.quiet', day(new Date(list[0].started_at)))),
    h('ul', list.map((hit) => h('li', h('a.hit', { href: `#/m/${hit.meeting}?t=${hit.start}${hit.segment ? `&s=${hit.segment}` : ''}&q=${encodeURIComponent(q)}` },
      h('time.num', clock(hit.start)),
      h('span', hit.where === 'minutes' ? h('span.badge', t('minutes')) : hit.speaker && h('b', hit.speaker), ' ', marked(hit.text, q)))))))));
}

// The text with each searched word marked.
export function marked(text, q) {
  const needles = q.split(/\s+/).filter(Boolean).map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (!needles.length) return [text];
  return text.split(new RegExp(`(${needles.join('|')})`, 'iu')).map((part, i) => (i % 2 ? h('mark', part) : part));
}
