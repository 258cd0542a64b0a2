// Hears a sentence and plays it back: a short recording of its own, deleted afterwards.
import { fill, h, icon } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { api, audioUrl, download, explain } from '../lib/api.js';
import { jobOf, now } from '../lib/event-stream.js';
import { deviceName } from '../lib/server-text.js';
import { LevelMeter, levelText } from './level-meter.js';
import { select } from './ui.js';

const LISTEN_S = 5;
const TRIES = 30;

export function microphoneTest(ctx) {
  const el = h('div.mic-test');
  let devices = null;
  let device;
  let meter = null;
  let meeting = 0;
  let audio = null;

  const button = (label) => h('button.plain', { type: 'button', onclick: listen }, icon('mic'), h('span', label));
  function paint(...content) {
    meter?.end();
    meter = null;
    const chosen = devices?.find((d) => d.chosen) ?? devices?.find((d) => d.default);
    fill(el, devices?.length > 1 && select('mic-device', t('set.mic'), devices.map((d) => [String(d.index), deviceName(d)]), device ?? (chosen && String(chosen.index)), (v) => { device = v; }), content);
  }
  const trouble = (text) => h('p.bad', { role: 'alert' }, icon('warn'), text);

  async function listen() {
    let loudest = -99, quietest = -99;
    const bars = [];
    try {
      if ((await api.state()).recording) return paint(trouble(t('setup.mic.busy')), button(t('setup.mic.try')));
      await forget();
      const r = await api.start({ title: t('setup.mic.trial'), captions: false, ...(device !== undefined && { device }) });
      meeting = r.id;
    } catch (e) {
      return paint(trouble(explain(e)), button(t('setup.mic.again')));
    }
    paint(h('p', h('i.lamp', { 'aria-hidden': 'true' }), ' ', t('setup.mic.speak')));
    meter = new LevelMeter(bars);
    el.append(meter.el);
    const stop = new AbortController();
    ctx.on('level', (l) => {
      if (stop.signal.aborted || !meter) return;
      bars.push({ at: l.duration_s, peak: l.peak_db, rms: l.rms_db });
      loudest = Math.max(loudest, l.peak_db);
      quietest = Math.max(quietest, l.rms_db);
      meter.update(l.duration_s, l.peak_db, l.rms_db);
    });
    await new Promise((done) => { setTimeout(done, LISTEN_S * 1000); });
    stop.abort();
    try {
      await api.stop();
    } catch (e) { return paint(trouble(explain(e)), button(t('setup.mic.again'))); }
    if (now.state) now.state.recording = null;
    const sound = await download(audioUrl(meeting), 'trial.flac').catch(() => null);
    forget();
    audio = h('audio', { controls: true, src: sound ? URL.createObjectURL(sound) : undefined, 'aria-label': t('setup.mic.play') });
    paint(h('p', icon(quietest < -55 ? 'warn' : 'check'), ' ', t('setup.mic.result', { level: levelText(loudest, quietest) })), quietest < -55 && h('p.quiet', t('setup.mic.silent')), audio, button(t('setup.mic.again')));
    audio.play().catch(() => { /* played by hand */ });
  }

  function forget() {
    const id = meeting;
    meeting = 0;
    return id ? purge(id) : undefined;
  }

  api.devices().then((list) => {
    devices = list;
    paint(list.length ? button(t('setup.mic.try')) : trouble(t('rec.no.mic')));
  }, (e) => { devices = []; paint(trouble(explain(e)), button(t('setup.mic.again'))); });
  return { el, end: () => { meter?.end(); audio?.pause(); forget(); } };
}

// The trial is no meeting: it is deleted for good as soon as its job has ended.
async function purge(id) {
  for (let i = 0; i < TRIES; i++) {
    const job = jobOf(id);
    if (job) await api.cancelJob(job.id).catch(() => {});
    try {
      await api.purge(id);
      return;
    } catch (e) { if (e.status === 404) return; }
    await new Promise((done) => { setTimeout(done, 1000); });
  }
}
