// Recording: one big key to start; then captions in the middle, the clock and the level above, bookmarks and notes below.
import { $, fill, h, icon, iconButton } from '../lib/dom.js';
import { clock, spoken, t, time } from '../lib/i18n.js';
import { api, explain, newKey } from '../lib/api.js';
import { keepMark, keepRecording, now } from '../lib/event-stream.js';
import { change, onOutbox, pending } from '../lib/outbox.js';
import { deviceName, noteText, reason } from '../lib/server-text.js';
import { fail, problem, say, select, skeleton, toast } from '../components/ui.js';
import { LevelMeter } from '../components/level-meter.js';
import { beginPhone, closePhone, endPhone, keptSeconds, openPhone, pausePhone, phone, phoneCan } from '../lib/phone.js';
import { shortcuts } from '../lib/shortcuts.js';

const UNHEARD_S = 5;
const MAY_CHANGE_S = 120;

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
  const load = () => api.state().then((s) => { now.state = s; keepRecording(s.recording); paint(s); })
    .catch((e) => { if (!screen) fill(root, problem(e, load, true)); });
  ctx.on('state', paint);
  ctx.on('resync', load);
  load();
  return () => screen?.end?.();
}

// ---- before ----

function idle(root, ctx, state) {
  const title = h('input#rec-title', { maxLength: 500, placeholder: t('rec.title.hint'), autocomplete: 'off' });
  let language, device, call = '', devices = null, outputs = [], trouble = '';
  let latest = state;
  const key = h('button.key', { type: 'button', onclick: begin }, h('i.key-dot', { 'aria-hidden': 'true' }), h('span.sr', t('rec.start')));
  const hint = h('p.key-hint', t('rec.hint'));
  const room = h('p.quiet.ready-line');
  const lacking = h('p.quiet.ready-line');
  const more = h('div.rec-options');
  const both = h('div.rec-call');
  async function begin() {
    key.disabled = true;
    key.classList.add('pressed');
    const own = device === 'phone';
    try {
      if (own) await openPhone().catch((e) => { throw e.name === 'NotAllowedError' ? Object.assign(new Error(t('rec.phone.refused')), { told: true }) : e; });
      const r = await api.start({ ...(title.value.trim() && { title: title.value.trim() }), ...(language && { language }), ...(own ? { remote: true } : { ...(device !== undefined && { device }), ...(outputs.length > 0 && { call }) }) });
      if (own) beginPhone(r.id);
      say(t('rec.started'));
      if (now.state) now.state.recording = r;
      keepRecording(r);
      ctx.again();
    } catch (e) {
      if (own) closePhone();
      trouble = e.told ? e.message : explain(e);
      if (e.told) toast(e.message, { bad: true, seconds: 10 });
      else fail(e);
      update(latest);
      key.disabled = false;
      key.classList.remove('pressed');
    }
  }
  // What the recorder would hear with; what it was not asked for yet is not claimed.
  function heard(s) {
    if (device === 'phone') return trouble ? [icon('warn'), trouble] : [icon('mic'), t('rec.phone')];
    if (s.muted) return [icon('muted'), t('rec.muted')];
    if (s.simulated) return [icon('mic'), t('rec.simulated')];
    const chosen = devices?.find((d) => String(d.index) === device) ?? devices?.find((d) => d.chosen) ?? devices?.find((d) => d.default) ?? devices?.[0];
    if (chosen || s.microphone) return [icon('mic'), chosen ? deviceName(chosen) : s.microphone];
    if (trouble) return [icon('warn'), trouble];
    return devices ? [icon('warn'), t('rec.no.mic')] : [];
  }
  function update(s) {
    latest = s;
    // 16-bit mono at 16 kHz before FLAC: no hour needs more.
    const hours = Math.floor(s.disk_free_bytes / (16000 * 2 * 3600));
    const parts = heard(s);
    fill(room, parts, hours < 10 ? [parts.length > 0 && ' · ', t('rec.room', { n: hours })] : '');
    room.classList.toggle('bad', Boolean(s.muted) || hours < 2 || Boolean(devices && !devices.length && !s.simulated));
    fill(lacking, s.missing?.some((x) => x.blocks === 'transcript') && [icon('warn'), h('a', { href: '#/setup' }, t('setup.lacking'))]);
  }
  fill(root, h('section.deck', h('h1.sr', t('nav.record')), key, hint, h('div.rec-form',
    h('div.field', h('label', { for: 'rec-title' }, t('rec.title')), title), more, both), room, lacking));
  update(state);
  // Without one of its own the recorder hears what this device's microphone does, where the browser gives it.
  function microphones() {
    const list = (devices ?? []).map((d) => [String(d.index), deviceName(d)]);
    if (devices && !list.length && phoneCan()) device ??= 'phone';
    return phoneCan() ? [...list, ['phone', t('rec.phone')]] : list;
  }
  const paintMore = () => {
    if (ctx.signal.aborted) return;
    const chosen = devices?.find((d) => d.chosen) ?? devices?.find((d) => d.default);
    fill(more,
      select('rec-lang', t('set.speech'), [['auto', t('lang.auto')], ['ko', t('lang.ko')], ['en', t('lang.en')]], language ?? 'auto', (v) => { language = v; }),
      (devices?.length > 0 || phoneCan()) && select('rec-mic', t('set.mic'), microphones(), device ?? (chosen && String(chosen.index)), (v) => { device = v; trouble = ''; paintCall(); update(latest); }));
    paintCall();
    update(latest);
  };
  // The switch is there where the recorder can hear an output; what is chosen holds for later recordings too.
  function paintCall() {
    const choose = (v) => {
      call = v;
      change('set:call', 'PATCH', '/settings', { call }).catch(fail);
      paintCall();
    };
    const names = [['default', t('rec.call.default')], ...outputs.map((d) => [d.name, deviceName(d)])];
    if (call && !names.some(([v]) => v === call)) names.push([call, call]);
    const on = h('input#rec-call', { type: 'checkbox', checked: call !== '', onchange: () => choose(on.checked ? 'default' : '') });
    fill(both, outputs.length > 0 && device !== 'phone' && [
      h('div.field.check', on, h('label', { for: 'rec-call' }, t('rec.call')), h('p.hint', t('rec.call.hint'))),
      call && select('rec-call-from', t('rec.call.from'), names, call, choose)]);
  }
  api.settings().then((s) => { language ??= s.speech_language; call = s.call ?? ''; }, () => {}).then(paintMore);
  api.devices().then((list) => { devices = list; }, (e) => { trouble = explain(e); devices = []; }).then(paintMore);
  api.outputs().then((list) => { outputs = list; }, () => {}).then(paintMore);
  return { id: 0, update };
}

// ---- while it runs ----

class Running {
  constructor(root, ctx, r) {
    Object.assign(this, { root, ctx, r, id: r.id, base: { at: performance.now(), seconds: r.duration_s }, follow: true, busy: false, shown: '' });
    this.build();
    this.update(r);
    now.marks.forEach((m) => this.showMark(m));
    ctx.on('level', (l) => {
      this.base = { at: performance.now(), seconds: l.duration_s };
      this.meter.update(l.duration_s, l.peak_db, l.rms_db);
    });
    ctx.on('caption', (c) => this.caption(c));
    ctx.on('mark', (m) => { this.showMark(m); this.meter.fit.redraw(); });
    ctx.on('connection', () => this.paintStatus());
    ctx.on('resync', () => this.catchUp());
    ctx.signal.addEventListener('abort', onOutbox('change', () => pending() || this.sent()));
    this.catchUp();
    this.tick = setInterval(() => this.paintClock(), 100);
    this.unkey = shortcuts({ ' ': () => this.pause(), b: () => this.mark(), m: () => this.memo.focus() });
  }

  build() {
    this.face = h('div.clock.num', { role: 'timer', 'aria-live': 'off', 'aria-label': t('rec.running') });
    this.lamp = h('i.lamp', { 'aria-hidden': 'true' });
    this.what = h('span');
    this.meter = new LevelMeter(now.levels, now.marks);
    this.log = h('ol.captions', { role: 'log', 'aria-live': 'polite', 'aria-label': t('rec.captions') });
    this.partial = h('p.partial', { 'aria-hidden': 'true' });
    this.waiting = h('p.quiet.waiting', t('rec.listening'));
    this.scroller = h('div.caption-box', { tabIndex: 0, role: 'region', 'aria-label': t('rec.captions') }, this.log, this.partial, this.waiting);
    this.toEnd = h('button.text.to-end', { type: 'button', hidden: true, onclick: () => { this.follow = true; this.stick(); } }, icon('down'), h('span', t('rec.to.end')));
    this.marks = h('ol.marks', { 'aria-label': t('rec.marks') });
    this.memo = h('input#memo', { maxLength: 1000, placeholder: t('rec.memo.hint'), autocomplete: 'off', 'aria-label': t('rec.memo'), enterKeyHint: 'send' });
    this.pauseKey = iconButton('pause', t('rec.pause'), () => this.pause(), { words: true, class: 'big' });
    this.stopKey = h('button.key.stop', { type: 'button', title: t('rec.stop'), onclick: () => this.stop() }, h('i.key-square', { 'aria-hidden': 'true' }), h('span.sr', t('rec.stop')));
    const flag = iconButton('flag', t('rec.bookmark'), () => this.mark(), { words: true, class: 'big' });
    this.section = h('section.live',
      h('header.live-head', h('div', h('h1', this.r.title || t('rec.untitled')), h('p.status', this.lamp, this.what)), this.face, this.meter.el),
      this.scroller, this.toEnd, this.marks,
      h('form.memo', { onsubmit: (e) => { e.preventDefault(); this.note(); } }, this.memo, h('button.plain', { type: 'submit' }, icon('note'), h('span', t('rec.memo.add')))),
      h('div.controls', flag, this.stopKey, this.pauseKey));
    fill(this.root, this.section);
    this.scroller.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.scroller;
      this.follow = scrollHeight - scrollTop - clientHeight < 60;
      this.toEnd.hidden = this.follow;
    });
  }

  // Where the recording stands, as far as is known: without a connection the clock rests at what was heard last.
  seconds() {
    if (this.r.paused || now.connection === 'lost') return this.base.seconds;
    return this.base.seconds + Math.min((performance.now() - this.base.at) / 1000, UNHEARD_S);
  }

  // Levels come four times a second: where none comes the recorder is as good as gone.
  unheard() {
    return now.connection === 'lost' || (!this.r.paused && performance.now() - this.base.at > UNHEARD_S * 1000);
  }

  paintClock() {
    if (this.unheard() !== this.lost || phone.meeting === this.id) this.paintStatus(true);
    const text = clock(this.seconds(), true);
    if (text === this.shown) return;
    this.shown = text;
    this.face.textContent = text;
  }

  paintStatus(fromClock = false) {
    const lost = this.lost = this.unheard();
    const { r } = this;
    this.lamp.className = `lamp${lost ? ' lost' : r.paused ? ' paused' : ''}`;
    const own = phone.meeting === this.id;
    const text = own && phone.error ? t('rec.phone.failed', { why: explain(phone.error) })
      : own && (lost || phone.waiting) ? t('rec.phone.kept', { n: Math.round(keptSeconds()) })
        : lost ? t('rec.unknown.at', { at: clock(this.base.seconds) })
          : r.paused ? t('rec.paused')
            : [t('rec.since', { at: time(new Date(r.started_at)) }), r.call && t('rec.call.on'), own && t('rec.phone.on')].filter(Boolean).join(' · ');
    if (this.what.textContent !== text) this.what.textContent = text;
    this.section.classList.toggle('is-paused', r.paused || lost);
    this.pauseKey.disabled = this.stopKey.disabled = now.connection === 'lost';
    if (!fromClock) this.paintClock();
  }

  update(next) {
    const r = this.r = { ...this.r, ...next };
    this.base = { at: performance.now(), seconds: r.duration_s };
    fill(this.pauseKey, icon(r.paused ? 'play' : 'pause'), h('span', r.paused ? t('rec.resume') : t('rec.pause')));
    if (r.captions === false) this.waiting.textContent = r.captions_note ? t('rec.captions.not', { why: reason(r.captions_note, r.captions_code) }) : t('rec.captions.off');
    this.paintStatus();
  }

  // ---- captions and marks ----

  stick() {
    if (this.follow) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.toEnd.hidden = this.follow;
  }

  caption(c) {
    if (c.meeting !== this.id) return;
    if (c.kind === 'speakers') return this.relabel(c);
    this.waiting.hidden = true;
    this.partial.textContent = c.kind === 'partial' ? c.text : '';
    if (c.kind === 'final' && c.text.trim()) this.log.append(this.line(c, c.line));
    this.stick();
  }

  // A line, or what one speaker says of it; whoever speaks alone needs no label.
  line(c, number) {
    const who = h('b.who');
    const li = h('li', { 'data-line': number, 'data-end': c.end }, h('time.num', clock(c.start)), h('span', who, c.text));
    this.label(who, c);
    return li;
  }

  label(el, c) {
    const text = !c.speaker ? '' : `${c.speaker}${c.offer ? ` (${t('rec.maybe', { name: c.offer })})` : ''} `;
    if (el.textContent !== text) el.textContent = text;
    el.classList.add('may-change');
    if (c.speaker_number > 1 || c.offer) this.log.dataset.many = '';
  }

  // Who speaks comes after the words, may divide a line, and may be seen differently for two minutes.
  relabel(c) {
    const old = [...this.log.children].filter((li) => Number(li.dataset.line) === c.line);
    if (!old.length) return;
    if (old.length === c.parts.length) c.parts.forEach((p, i) => this.label($('.who', old[i]), p));
    else {
      old[0].before(...c.parts.map((p) => this.line(p, c.line)));
      old.forEach((li) => li.remove());
    }
    for (const li of this.log.children) if (li.dataset.end < c.end - MAY_CHANGE_S) $('.who', li).classList.remove('may-change');
    this.stick();
  }

  // After a lost connection, or for a page that comes late.
  async catchUp() {
    try {
      const { recording, captions, bookmarks } = await api.recording();
      if (recording?.id !== this.id || this.ctx.signal.aborted) return;
      this.log.replaceChildren();
      captions.forEach((c) => this.caption(c));
      for (const b of bookmarks ?? [])
        if (!now.marks.some((m) => Math.abs(m.at - b.at) < 0.5)) keepMark({ at: b.at, text: b.note, kind: noteText(b.note).kind ? 'notice' : b.note ? 'memo' : 'flag' });
      this.update(recording);
    } catch { /* the stream brings the next ones */ }
  }

  showMark(m) {
    const text = noteText(m.text).text;
    this.marks.append(h(`li.${m.kind}`, icon(m.kind === 'notice' ? 'warn' : m.kind === 'memo' ? 'note' : 'flag'), h('time.num', clock(m.at)), text && h('span', text), m.waits && h('span.quiet.waits', t('rec.waits'))));
    this.marks.scrollLeft = this.marks.scrollWidth;
  }

  // Everything that waited has gone.
  sent() {
    for (const m of now.marks) m.waits = false;
    for (const e of this.marks.querySelectorAll('.waits')) e.remove();
  }

  // A bookmark or note that the recorder did not answer is kept in this browser and sent when it is back: to the recording
  // under the same key, or, when that has ended, to its meeting.
  async send(path, body, text, kind) {
    const id = newKey();
    const at = this.seconds();
    try {
      const m = await (kind === 'memo' ? api.memo(text, id) : api.bookmarkNow(text, id));
      keepMark({ at: m.at, text, kind });
    } catch (e) {
      if (!e.retry) throw e;
      change(`mark:${id}`, 'POST', path, body, { id, otherwise: { method: 'POST', path: `/meetings/${this.id}/bookmarks`, body: { at, note: text } } }).catch(fail);
      keepMark({ at, text, kind, waits: true });
    }
  }

  async mark() {
    try {
      await this.send('/recording/bookmark', {}, '', 'flag');
      say(t('rec.marked', { at: spoken(now.marks.at(-1).at) }));
    } catch (e) { fail(e); }
  }

  async note() {
    const text = this.memo.value.trim();
    if (!text) return this.memo.focus();
    this.memo.value = '';
    try {
      await this.send('/recording/memo', { text }, text, 'memo');
    } catch (e) {
      // What was refused stands in the field again, before what was typed since.
      this.memo.value = `${text} ${this.memo.value}`.trim();
      fail(e);
    }
  }

  // ---- the keys ----

  async once(fn) {
    if (this.busy) return;
    this.busy = true;
    try { await fn(); } catch (e) { fail(e); }
    this.busy = false;
  }

  pause() {
    this.once(async () => {
      const paused = !this.r.paused;
      if (phone.meeting === this.id) pausePhone(paused);
      this.update(await (paused ? api.pause() : api.resume()));
    });
  }

  stop() {
    this.once(async () => {
      this.stopKey.disabled = true;
      this.what.textContent = t('rec.stopping');
      try {
        if (phone.meeting === this.id) await endPhone();
        this.stopId ??= newKey();
        const m = await api.stop(this.stopId);
        say(t('rec.stopped'));
        if (now.state) now.state.recording = null;
        keepRecording(null);
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
