// Recording: one big key, a clock, a strip of the last minute's sound, captions that turn from grey to ink.
import { fill, h, icon, iconButton } from '../lib/dom.js';
import { clock, spoken, t, time } from '../lib/i18n.js';
import { api, newKey } from '../lib/api.js';
import { now } from '../lib/event-stream.js';
import { fail, problem, say, select, skeleton } from '../components/ui.js';
import { LevelMeter } from '../components/level-meter.js';
import { shortcuts } from '../lib/shortcuts.js';

export default function record(root, ctx) {
  ctx.title(t('nav.record'));
  fill(root, skeleton(4));
  let screen = null;
  const paint = (state) => {
    const r = state.recording;
    if (r && screen?.id === r.id) return screen.update(r);
    if (!r && screen?.id === 0) return screen.update(state);
    screen?.end?.();
    screen = r ? new Running(root, ctx, r) : idle(root, ctx, state);
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

class Running {
  constructor(root, ctx, r) {
    Object.assign(this, { root, ctx, r, id: r.id, base: { at: performance.now(), seconds: r.duration_s }, follow: true, busy: false, shown: -1 });
    this.build();
    this.update(r);
    ctx.on('level', (l) => {
      this.base = { at: performance.now(), seconds: l.duration_s };
      this.meter.push(l.duration_s, l.peak_db, l.rms_db, l.paused);
    });
    ctx.on('caption', (c) => this.caption(c));
    ctx.on('notice', (n) => n.meeting === r.id && this.addMark(n.at, n.text, 'notice'));
    ctx.on('resync', () => this.catchUp());
    this.catchUp();
    this.tick = setInterval(() => this.paintClock(), 100);
    this.unkey = shortcuts({ ' ': () => this.pause(), b: () => this.mark(), m: () => this.memo.focus() });
  }

  build() {
    this.face = h('div.clock.num', { role: 'timer', 'aria-live': 'off', 'aria-label': t('rec.running') });
    this.lamp = h('i.lamp', { 'aria-hidden': 'true' });
    this.what = h('span');
    this.meter = new LevelMeter();
    this.log = h('ol.captions', { role: 'log', 'aria-live': 'polite', 'aria-label': t('rec.captions') });
    this.partial = h('p.partial', { 'aria-hidden': 'true' });
    this.waiting = h('p.quiet.waiting', t('rec.listening'));
    this.scroller = h('div.caption-box', { tabIndex: 0, role: 'region', 'aria-label': t('rec.captions') }, this.log, this.partial, this.waiting);
    this.toEnd = h('button.to-end', { type: 'button', hidden: true, onclick: () => { this.follow = true; this.stick(); } }, t('rec.to.end'));
    this.marks = h('ol.marks', { 'aria-label': t('rec.marks') });
    this.memo = h('input#memo', { maxLength: 1000, placeholder: t('rec.memo.hint'), autocomplete: 'off', 'aria-label': t('rec.memo'), enterKeyHint: 'send' });
    this.pauseKey = iconButton('pause', t('rec.pause'), () => this.pause(), { words: true, class: 'big' });
    this.stopKey = h('button.key.stop', { type: 'button', title: t('rec.stop'), onclick: () => this.stop() }, h('i.key-square', { 'aria-hidden': 'true' }), h('span.sr', t('rec.stop')));
    const flag = iconButton('flag', t('rec.bookmark'), () => this.mark(), { words: true, class: 'big' });
    this.section = h('section.live',
      h('header.live-head', h('h1', this.r.title || t('rec.untitled')), h('p.status', this.lamp, this.what)),
      this.face, this.meter.el, h('div.caption-wrap', this.scroller, this.toEnd), this.marks,
      h('form.memo', { onsubmit: (e) => { e.preventDefault(); this.note(); } }, this.memo, h('button.plain', { type: 'submit' }, icon('note'), h('span', t('rec.memo.add')))),
      h('div.controls', flag, this.stopKey, this.pauseKey));
    fill(this.root, this.section);
    this.scroller.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.scroller;
      this.follow = scrollHeight - scrollTop - clientHeight < 60;
      this.toEnd.hidden = this.follow;
    });
  }

  paintClock() {
    const s = Math.floor(this.r.paused ? this.base.seconds : this.base.seconds + (performance.now() - this.base.at) / 1000);
    if (s === this.shown) return;
    this.shown = s;
    this.face.textContent = clock(s, true);
  }

  update(next) {
    const r = this.r = { ...this.r, ...next };
    this.base = { at: performance.now(), seconds: r.duration_s };
    this.lamp.classList.toggle('paused', r.paused);
    this.what.textContent = r.paused ? t('rec.paused') : t('rec.since', { at: time(new Date(r.started_at)) });
    fill(this.pauseKey, icon(r.paused ? 'play' : 'pause'), h('span', r.paused ? t('rec.resume') : t('rec.pause')));
    this.section.classList.toggle('is-paused', r.paused);
    if (r.captions === false) this.waiting.textContent = r.captions_note || t('rec.captions.off');
    this.paintClock();
  }

  // ---- captions and marks ----

  stick() {
    if (this.follow) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.toEnd.hidden = this.follow;
  }

  caption(c) {
    if (c.meeting !== this.id) return;
    this.waiting.hidden = true;
    this.partial.textContent = c.kind === 'partial' ? c.text : '';
    if (c.kind === 'final' && c.text.trim()) this.log.append(h('li', h('time.num', clock(c.start)), h('span', c.text)));
    this.stick();
  }

  // After a lost connection, or for a page that comes late.
  async catchUp() {
    try {
      const { recording, captions } = await api.recording();
      if (recording?.id !== this.id || this.ctx.signal.aborted) return;
      this.log.replaceChildren();
      captions.forEach((c) => this.caption(c));
      this.update(recording);
    } catch { /* the stream brings the next ones */ }
  }

  addMark(at, text, kind) {
    this.marks.append(h(`li.${kind}`, icon(kind === 'notice' ? 'warn' : kind === 'memo' ? 'note' : 'flag'), h('time.num', clock(at)), text && h('span', text)));
    this.marks.scrollLeft = this.marks.scrollWidth;
    this.meter.mark(at);
  }

  async mark() {
    try {
      const m = await api.bookmarkNow();
      this.addMark(m.at, '', 'flag');
      say(t('rec.marked', { at: spoken(m.at) }));
    } catch (e) { fail(e); }
  }

  async note() {
    const text = this.memo.value.trim();
    if (!text) return this.memo.focus();
    // The same line sent again after no answer came is the same memo.
    if (this.sent?.text !== text) this.sent = { text, key: newKey() };
    try {
      const m = await api.memo(text, this.sent.key);
      this.sent = null;
      // Only what the box has is taken from the field: a lost connection loses no line.
      this.memo.value = '';
      this.addMark(m.at, text, 'memo');
    } catch (e) { fail(e); }
  }

  // ---- the keys ----

  async once(fn) {
    if (this.busy) return;
    this.busy = true;
    try { await fn(); } catch (e) { fail(e); }
    this.busy = false;
  }

  pause() {
    this.once(async () => this.update(await (this.r.paused ? api.resume() : api.pause())));
  }

  stop() {
    this.once(async () => {
      this.stopKey.disabled = true;
      this.what.textContent = t('rec.stopping');
      try {
        this.stopId ??= newKey();
        const m = await api.stop(this.stopId);
        say(t('rec.stopped'));
        if (now.state) now.state.recording = null;
        this.ctx.go(`/m/${m.id}`);
      } catch (e) {
        this.stopKey.disabled = false;
        this.update({});
        throw e;
      }
    });
  }

  end() {
    clearInterval(this.tick);
    this.unkey();
    this.meter.end();
  }
}
