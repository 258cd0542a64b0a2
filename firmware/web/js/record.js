// Recording: one big key, a clock, a strip of the last minute's sound, captions that turn from grey to ink.
import { $, fill, h, icon, iconButton } from './dom.js';
import { clock, spoken, t, time } from './i18n.js';
import { api } from './api.js';
import { now } from './live.js';
import { empty, fail, say, select, skeleton, problem, toast } from './ui.js';
import { Strip } from './strip.js';
import { shortcuts } from './keys.js';

export default function record(root, ctx) {
  ctx.title(t('nav.record'));
  fill(root, skeleton(4));
  let screen = null;
  const paint = (state) => {
    const r = state.recording;
    if (r && screen?.id === r.id) return screen.update(r);
    if (!r && screen?.id === 0) return screen.update(state);
    screen?.end?.();
    screen = r ? running(root, ctx, r) : idle(root, ctx, state);
  };
  const load = () => api.state().then((s) => { now.state = s; paint(s); })
    .catch((e) => { if (!screen) fill(root, problem(e, load)); });
  ctx.on('state', paint);
  ctx.on('resync', load);
  load();
  return () => screen?.end?.();
}

// ---- before ----

function idle(root, ctx, state) {
  const title = h('input#rec-title', { maxLength: 500, placeholder: t('rec.title.hint'), autocomplete: 'off' });
  let language, device;
  const key = h('button.key', { type: 'button', onclick: begin }, h('i.key-dot', { 'aria-hidden': 'true' }), h('span.sr', t('rec.start')));
  const hint = h('p.key-hint', t('rec.hint'));
  const room = h('p.quiet');
  const more = h('div.rec-options');
  async function begin() {
    key.disabled = true;
    key.classList.add('pressed');
    try {
      const r = await api.start({ ...(title.value.trim() && { title: title.value.trim() }), ...(language && { language }), ...(device !== undefined && { device }) });
      say(t('rec.started'));
      now.level = null;
      if (now.state) now.state.recording = r;
      ctx.again();
    } catch (e) {
      fail(e);
      key.disabled = false;
      key.classList.remove('pressed');
    }
  }
  function update(s) {
    // 16-bit mono at 16 kHz before FLAC: no hour needs more.
    const hours = Math.floor(s.disk_free_bytes / (16000 * 2 * 3600));
    fill(room, s.muted ? [icon('muted'), t('rec.muted')] : [icon('mic'), s.simulated ? t('rec.simulated') : s.microphone || t('rec.no.mic'), ' · ',
      hours > 999 ? t('rec.room.plenty') : t('rec.room', { n: hours })]);
    room.classList.toggle('bad', Boolean(s.muted) || hours < 2);
  }
  fill(root, h('section.deck', h('h1.sr', t('nav.record')), key, hint, h('div.rec-form',
    h('div.field', h('label', { for: 'rec-title' }, t('rec.title')), title), more), room));
  update(state);
  Promise.all([api.devices().catch(() => []), api.settings().catch(() => ({}))]).then(([devices, s]) => {
    if (ctx.signal.aborted) return;
    language = s.speech_language ?? 'auto';
    const chosen = devices.find((d) => d.chosen) ?? devices.find((d) => d.default);
    fill(more,
      select('rec-lang', t('set.speech'), [['auto', t('lang.auto')], ['ko', '한국어'], ['en', 'English']], language, (v) => { language = v; }),
      devices.length > 0 && select('rec-mic', t('set.mic'), devices.map((d) => [String(d.index), d.name]), chosen && String(chosen.index), (v) => { device = v; }));
  });
  return { id: 0, update };
}

// ---- while it runs ----

function running(root, ctx, first) {
  let r = first;
  let base = { at: performance.now(), seconds: r.duration_s };
  let follow = true;
  let busy = false;
  const face = h('div.clock.num', { role: 'timer', 'aria-live': 'off' });
  const lamp = h('i.lamp', { 'aria-hidden': 'true' });
  const what = h('span');
  const strip = new Strip();
  const log = h('ol.captions', { role: 'log', 'aria-live': 'polite', 'aria-label': t('rec.captions'), tabIndex: 0 });
  const partial = h('p.partial', { 'aria-hidden': 'true' });
  const waiting = h('p.quiet.waiting', t('rec.listening'));
  const scroller = h('div.caption-box', log, partial, waiting);
  const toEnd = h('button.pill.to-end', { type: 'button', hidden: true, onclick: () => { follow = true; stick(); } }, t('rec.to.end'));
  const marks = h('ol.marks', { 'aria-label': t('rec.marks') });
  const memo = h('input#memo', { maxLength: 500, placeholder: t('rec.memo.hint'), autocomplete: 'off', 'aria-label': t('rec.memo'), enterKeyHint: 'send' });
  const pauseKey = iconButton('pause', t('rec.pause'), pause, { words: true, class: 'big' });
  const stopKey = h('button.key.stop', { type: 'button', onclick: stop }, h('i.key-square', { 'aria-hidden': 'true' }), h('span.sr', t('rec.stop')));
  const flagKey = iconButton('flag', t('rec.bookmark'), mark, { words: true, class: 'big' });
  fill(root, h('section.live',
    h('header.live-head', h('h1', r.title || t('rec.untitled')), h('p.status', lamp, what)),
    face, strip.el,
    h('div.caption-wrap', scroller, toEnd),
    marks,
    h('form.memo', { onsubmit: (e) => { e.preventDefault(); note(); } }, memo, h('button.plain', { type: 'submit' }, icon('note'), h('span', t('rec.memo.add')))),
    h('div.controls', flagKey, stopKey, pauseKey)));

  const seconds = () => r.paused ? base.seconds : base.seconds + (performance.now() - base.at) / 1000;
  let shown = -1;
  const tick = setInterval(() => {
    const s = Math.floor(seconds());
    if (s === shown) return;
    shown = s;
    face.textContent = clock(s, true);
  }, 100);
  function stick() {
    if (follow) scroller.scrollTop = scroller.scrollHeight;
    toEnd.hidden = follow;
  }
  scroller.addEventListener('scroll', () => {
    follow = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
    toEnd.hidden = follow;
  });
  function caption(c) {
    if (c.meeting !== r.id) return;
    waiting.hidden = true;
    partial.textContent = c.kind === 'partial' ? c.text : '';
    if (c.kind === 'final' && c.text.trim()) log.append(h('li', h('time.num', clock(c.start)), h('span', c.text)));
    stick();
  }
  function addMark(at, text, kind) {
    marks.append(h(`li.${kind}`, icon(kind === 'notice' ? 'warn' : kind === 'memo' ? 'note' : 'flag'), h('time.num', clock(at)), text && h('span', text)));
    marks.scrollLeft = marks.scrollWidth;
    strip.mark(at);
  }
  const act = async (fn) => {
    if (busy) return;
    busy = true;
    try { await fn(); } catch (e) { fail(e); } finally { busy = false; }
  };
  function pause() {
    act(async () => update(await (r.paused ? api.resume() : api.pause())));
  }
  async function mark() {
    try {
      const m = await api.bookmarkNow();
      addMark(m.at, '', 'flag');
      say(t('rec.marked', { at: spoken(m.at) }));
    } catch (e) { fail(e); }
  }
  async function note() {
    const text = memo.value.trim();
    if (!text) return memo.focus();
    try {
      const m = await api.memo(text);
      // Only what the box has is taken from the field: a lost connection loses no line.
      memo.value = '';
      addMark(m.at, text, 'memo');
    } catch (e) { fail(e); }
  }
  function stop() {
    act(async () => {
      stopKey.disabled = true;
      what.textContent = t('rec.stopping');
      try {
        const m = await api.stop();
        say(t('rec.stopped'));
        if (now.state) now.state.recording = null;
        ctx.go(`/m/${m.id}`);
      } finally { stopKey.disabled = false; }
    });
  }
  function update(next) {
    r = { ...r, ...next };
    base = { at: performance.now(), seconds: Math.max(r.duration_s, r.paused ? 0 : seconds()) };
    if (next.duration_s !== undefined) base.seconds = next.duration_s;
    lamp.classList.toggle('paused', r.paused);
    what.textContent = r.paused ? t('rec.paused') : t('rec.since', { at: time(new Date(r.started_at)) });
    fill(pauseKey, icon(r.paused ? 'play' : 'pause'), h('span', r.paused ? t('rec.resume') : t('rec.pause')));
    root.firstChild.classList.toggle('is-paused', r.paused);
    if (r.captions === false) waiting.textContent = r.captions_note || t('rec.captions.off');
  }
  update(r);
  ctx.on('level', (l) => {
    base = { at: performance.now(), seconds: l.duration_s };
    strip.push(l.duration_s, l.peak_db, l.rms_db, l.paused);
  });
  ctx.on('caption', caption);
  ctx.on('notice', (n) => n.meeting === r.id && addMark(n.at, n.text, 'notice'));
  const catchUp = () => api.recording().then(({ recording, captions }) => {
    if (recording?.id !== r.id || ctx.signal.aborted) return;
    log.replaceChildren();
    captions.forEach(caption);
  }).catch(() => {});
  ctx.on('resync', catchUp);
  catchUp();
  const unkey = shortcuts({
    ' ': pause, b: mark, m: () => memo.focus(),
  });
  return { id: r.id, update, end: () => { clearInterval(tick); unkey(); strip.end(); } };
}
