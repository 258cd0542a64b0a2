// The frame of the page: which view stands where, what the box is doing now, what the connection is like.
import { $, fill, h, icon } from './lib/dom.js';
import { clock, setLanguage, storedLanguage, t } from './lib/i18n.js';
import { api, onUnpaired, explain } from './lib/api.js';
import { connect, disconnect, now, on } from './lib/event-stream.js';
import { onOutbox, pending, retryNow } from './lib/outbox.js';
import { problem, toast } from './components/ui.js';
import meetings from './views/meetings.js';
import record from './views/record.js';
import meeting from './views/meeting.js';

// What is of no use without the box is loaded when it is asked for.
const later = (name) => async (root, context) => {
  try {
    const view = (await import(`./views/${name}.js`)).default;
    if (!context.signal.aborted) return view(root, context);
  } catch (e) {
    if (!context.signal.aborted) fill(root, problem(e, context.again));
  }
};

const ROUTES = [
  [/^\/?$/, 'meetings', meetings],
  [/^\/record$/, 'record', record],
  [/^\/m\/(\d+)$/, 'meetings', meeting],
  [/^\/ask$/, 'ask', later('ask')],
  [/^\/vocabulary$/, 'vocabulary', later('vocabulary')],
  [/^\/settings(?:\/(\w+))?$/, 'settings', later('settings')],
];

let current = null;
let paired = true;

// A view is a function of (root, context); it may return what ends it. The context's signal is aborted then.
function show(view, nav, params, query, keepFocus) {
  current?.controller.abort();
  const last = current?.end;
  if (last?.then) last.then((end) => end?.());
  else last?.();
  const controller = new AbortController();
  const root = h('div.view');
  const context = {
    params, query, signal: controller.signal,
    go: (path) => { location.hash = `#${path}`; },
    title: (text) => { document.title = text ? `${text} · moim` : 'moim'; },
    on: (type, fn) => controller.signal.addEventListener('abort', on(type, fn)),
    again: () => route(true),
  };
  current = { controller, end: null, nav };
  document.body.dataset.view = nav;
  for (const a of document.querySelectorAll('[data-nav]')) {
    if (a.dataset.nav === nav) a.setAttribute('aria-current', 'page');
    else a.removeAttribute('aria-current');
  }
  fill($('#main'), root);
  scrollTo(0, 0);
  current.end = view(root, context);
  paintRecording();
  if (!keepFocus) $('#main').focus({ preventScroll: true });
}

function route(keepFocus) {
  if (!paired) return show(later('pair'), 'pair', [], new URLSearchParams(), keepFocus);
  const hash = location.hash.startsWith('#/') ? location.hash.slice(1) : '/';
  const [path, search] = hash.split('?');
  for (const [pattern, nav, view] of ROUTES) {
    const m = pattern.exec(path);
    if (m) return show(view, nav, m.slice(1), new URLSearchParams(search), keepFocus);
  }
  location.replace('#/');
}

// ---- the recording, wherever one is on the page ----

function paintRecording() {
  const r = now.state?.recording;
  const bar = $('#recbar');
  bar.hidden = !r || current?.nav === 'record';
  document.body.classList.toggle('recording', Boolean(r));
  document.body.classList.toggle('with-recbar', !bar.hidden);
  if (!r) return;
  const seconds = Math.max(r.duration_s, now.level?.duration_s ?? 0);
  fill(bar, h(r.paused ? 'i.lamp.paused' : 'i.lamp', { 'aria-hidden': 'true' }),
    h('span', r.paused ? t('rec.paused') : t('rec.running')), h('b.num', clock(seconds)));
}

function paintBox() {
  const s = now.state;
  const box = $('#box');
  box.hidden = !s;
  if (!s) return;
  const busy = s.jobs.find((j) => j.state === 'running');
  const low = s.disk_free_bytes < 1e9;
  const lost = now.connection === 'lost';
  fill(box, lost ? [icon('warn'), h('span', t('box.lost'))] : s.muted ? [icon('muted'), h('span', t('box.muted'))]
    : busy ? [h('i.spin', { 'aria-hidden': 'true' }), h('span', `${t(`job.${busy.kind}`)} ${Math.round(busy.progress * 100)}%`)]
      : low ? [icon('disk'), h('span', t('box.low'))]
        : [h('i.ok', { 'aria-hidden': 'true' }), h('span', t('box.ready'))]);
  box.classList.toggle('bad', Boolean(lost || s.muted || low));
}

// ---- the connection and what waits for it ----

function paintBanner() {
  const lost = now.connection === 'lost';
  const n = pending();
  const text = lost ? (n ? t('lost.pending', { n }) : t(now.state?.recording ? 'lost.recording' : 'lost')) : n ? t('pending', { n }) : '';
  const banner = $('#banner');
  if (banner.dataset.text === text) return;
  banner.dataset.text = text;
  fill(banner, text && h('p', icon(lost ? 'warn' : 'upload'), h('span', text),
    h('button.text', { type: 'button', onclick: () => { if (lost) connect(); retryNow(); } }, t('retry.now'))));
}

async function start() {
  await setLanguage(storedLanguage());
  fill($('#main'));
  try {
    paired = (await api.hello()).paired;
  } catch (e) {
    // Without the box the page still stands; the stream's patience brings it back.
    fill($('#main'), problem(e, start));
    setTimeout(() => $('#main .problem') && start(), 5000);
    return;
  }
  route(true);
  if (!paired) return;
  connect();
  retryNow();
  followSettings();
}

// What was chosen for the box holds where this browser has not chosen for itself.
async function followSettings() {
  try {
    const s = await api.settings();
    if (storedLanguage() === 'auto' && s.ui_language && s.ui_language !== 'auto' && s.ui_language !== document.documentElement.lang) {
      await setLanguage(s.ui_language, false);
      route(true);
    }
    if (!localStorage.getItem('moim.theme') && (s.theme === 'light' || s.theme === 'dark')) document.documentElement.dataset.theme = s.theme;
  } catch { /* the browser's own language and theme stay */ }
}

addEventListener('hashchange', () => { if (location.hash.startsWith('#/') || !location.hash) route(); });
addEventListener('moim:paired', start);
addEventListener('moim:language', () => { route(true); paintBox(); paintBanner(); });
onUnpaired(() => {
  if (!paired) return;
  paired = false;
  disconnect();
  route();
});
on('state', () => { paintRecording(); paintBox(); });
on('job', paintBox);
on('level', paintRecording);
on('connection', () => { paintBanner(); paintBox(); });
// A view that could not be loaded is tried again when the box is back.
on('resync', () => $('#main .problem') && route(true));
onOutbox('change', paintBanner);
onOutbox('refused', (e) => toast(t('refused', { why: explain(e.detail.error), what: e.detail.change.body?.text ?? e.detail.change.body?.title ?? '' }), { bad: true, seconds: 60 }));
addEventListener('click', (e) => {
  if (!e.target.closest?.('.skip')) return;
  e.preventDefault();
  $('#main').focus();
});
start();
