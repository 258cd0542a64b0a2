// The frame of the page: which view stands where, what the recorder is doing now, what the connection is like.
import { $, fill, h, icon } from './lib/dom.js';
import { clock, setLanguage, storedLanguage, t } from './lib/i18n.js';
import { setTheme, storedTheme } from './lib/theme.js';
import { api, onUnpaired, explain } from './lib/api.js';
import { connect, disconnect, keepRecording, now, on } from './lib/event-stream.js';
import { change, onOutbox, pending, retryNow } from './lib/outbox.js';
import { shortcuts } from './lib/shortcuts.js';
import { stageText } from './lib/server-text.js';
import { fail, problem, toast } from './components/ui.js';
import { uploadQueue } from './components/upload-queue.js';
import meetings from './views/meetings.js';
import record from './views/record.js';
import meeting from './views/meeting.js';

// What is of no use without the recorder is loaded when it is asked for.
const later = (name) => async (root, context) => {
  try {
    const view = (await import(`./views/${name}.js`)).default;
    if (!context.signal.aborted) return view(root, context);
  } catch (e) {
    if (!context.signal.aborted) fill(root, problem(e, context.again, true));
  }
};

const ROUTES = [
  [/^\/?$/, 'meetings', meetings],
  [/^\/record$/, 'record', record],
  [/^\/m\/(\d+)$/, 'meetings', meeting, 'meeting'],
  [/^\/tasks$/, 'tasks', later('tasks')],
  [/^\/trash$/, 'meetings', later('trash')],
  [/^\/calendar$/, 'meetings', later('calendar')],
  [/^\/ask$/, 'ask', later('ask')],
  [/^\/vocabulary$/, 'vocabulary', later('vocabulary')],
  [/^\/setup$/, 'settings', later('setup')],
  [/^\/settings(?:\/(\w+))?$/, 'settings', later('settings')],
];

let current = null;
let paired = true;

// A view is a function of (root, context); it may return what ends it. The context's signal is aborted then.
function show(view, nav, params, query, keepFocus, name = nav) {
  current?.controller.abort();
  const last = current?.end;
  if (last?.then) last.then((end) => end?.());
  else last?.();
  const controller = new AbortController();
  const root = h('div.view');
  const context = {
    params, query, signal: controller.signal,
    go: (path) => { location.hash = `#${path}`; },
    title: (text) => { current.title = text; paintTitle(); },
    on: (type, fn) => controller.signal.addEventListener('abort', on(type, fn)),
    again: () => route(true),
  };
  current = { controller, end: null, nav, title: '' };
  document.body.dataset.view = name;
  for (const a of document.querySelectorAll('[data-nav]')) {
    if (a.dataset.nav === nav) a.setAttribute('aria-current', 'page');
    else a.removeAttribute('aria-current');
  }
  fill($('#main'), root);
  $('#main').scrollTop = 0;
  current.end = view(root, context);
  paintRecording();
  if (!keepFocus) $('#main').focus({ preventScroll: true });
}

function route(keepFocus) {
  if (!paired) return show(later('pair'), 'pair', [], new URLSearchParams(), keepFocus);
  const hash = location.hash.startsWith('#/') ? location.hash.slice(1) : '/';
  const [path, search] = hash.split('?');
  for (const [pattern, nav, view, name] of ROUTES) {
    const m = pattern.exec(path);
    if (m) return show(view, nav, m.slice(1), new URLSearchParams(search), keepFocus, name);
  }
  location.replace('#/');
}

// ---- the recording, wherever one is on the page ----

const seconds = (r) => Math.max(r.duration_s, now.level?.duration_s ?? 0);

function paintRecording() {
  const r = now.state?.recording;
  const lost = now.connection === 'lost';
  const bar = $('#recbar');
  bar.hidden = !r || current?.nav === 'record';
  paintTitle();
  if (!r) return;
  fill(bar, h(`i.lamp${lost ? '.lost' : r.paused ? '.paused' : ''}`, { 'aria-hidden': 'true' }),
    h('span', t(lost ? 'rec.unknown' : r.paused ? 'rec.paused' : 'rec.running')), h('b.num', clock(seconds(r))));
}

// The tab tells the state, so that one sees from another tab whether it records.
function paintTitle() {
  const r = now.state?.recording;
  const job = now.state?.jobs?.find((j) => j.state === 'running');
  const state = now.connection === 'lost' ? '⚠' : r ? `${r.paused ? '❚❚' : '●'} ${clock(seconds(r))}` : job ? `${Math.round(job.progress * 100)}%` : '';
  const title = [state, current?.title, 'moim'].filter(Boolean).join(' · ');
  if (document.title !== title) document.title = title;
}

function paintBox() {
  const s = now.state;
  const box = $('#box');
  box.hidden = !s;
  if (!s) return;
  const busy = s.jobs.find((j) => j.state === 'running');
  const low = s.disk_free_bytes < 1e9;
  const lost = now.connection === 'lost';
  const missing = s.missing?.some((x) => x.blocks === 'recording' || x.blocks === 'transcript');
  fill(box, lost ? [icon('warn'), h('span', t('box.lost'))] : s.muted ? [icon('muted'), h('span', t('box.muted'))]
    : busy ? [h('i.spin', { 'aria-hidden': 'true' }), h('span.box-job', h('span', `${stageText(busy)} ${Math.round(busy.progress * 100)}%`), busy.title && h('span.quiet', busy.title))]
      : low ? [icon('disk'), h('span', t('box.low'))]
        : missing ? [icon('warn'), h('span', t('box.setup'))]
          : [h('i.ok', { 'aria-hidden': 'true' }), h('span', t('box.ready'))]);
  box.href = missing && !busy && !lost ? '#/setup' : '#/settings/device';
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
    // Without the recorder the page still stands; the stream's patience brings it back.
    fill($('#main'), problem(e, start, true));
    setTimeout(() => $('#main .problem') && start(), 5000);
    return;
  }
  route(true);
  if (!paired) return;
  connect();
  retryNow();
  followSettings();
}

// What was chosen for the recorder holds where this browser has not chosen for itself.
async function followSettings() {
  try {
    const s = await api.settings();
    if (storedLanguage() === 'auto' && s.ui_language && s.ui_language !== 'auto' && s.ui_language !== document.documentElement.lang) {
      await setLanguage(s.ui_language, false);
      route(true);
    }
    if (storedTheme() === 'auto') setTheme(s.theme ?? 'auto', false);
  } catch { /* the browser's own language and theme stay */ }
}

const refusedWords = (c) => c.body?.text ?? c.body?.note ?? c.body?.title ?? c.body?.name ?? '';

addEventListener('hashchange', () => { if (location.hash.startsWith('#/') || !location.hash) route(); });
addEventListener('moim:paired', start);
addEventListener('moim:language', () => { route(true); paintBox(); paintBanner(); uploadQueue.paint(); });
onUnpaired(() => {
  if (!paired) return;
  paired = false;
  disconnect();
  route();
});
on('state', (s) => { keepRecording(s.recording); paintRecording(); paintBox(); });
on('job', () => { paintBox(); paintTitle(); });
on('level', paintRecording);
on('connection', () => { paintBanner(); paintBox(); paintRecording(); });
// A view that could not be loaded is tried again when the recorder is back.
on('resync', () => $('#main .problem') && route(true));
onOutbox('change', paintBanner);
onOutbox('refused', async ({ detail: { change: c, error } }) => {
  // Kept over a reload, and changed by somebody else meanwhile: both are shown.
  if (error.code === 'changed' && c.body?.text && error.current) {
    if (error.current.text === c.body.text) return;
    const { askConflict } = await import('./components/minutes-dialogs.js');
    if (await askConflict(c.body.text, error.current.text)) change(c.key, c.method, c.path, c.body, { match: error.current.etag }).catch(fail);
    return;
  }
  toast(t('refused', { why: explain(error), what: refusedWords(c) }), { bad: true, seconds: 60 });
});
shortcuts({ '?': async () => (await import('./components/keyboard-map.js')).keyboardMap() });
$('#queue').append(uploadQueue.el);
addEventListener('click', (e) => {
  if (!e.target.closest?.('.skip')) return;
  e.preventDefault();
  $('#main').focus();
});
start();
