// The whole recording as a waveform in its speakers' colours, with bookmarks as flags; a slider for hands and keys.
import { h } from '../lib/dom.js';
import { clock, spoken, t } from '../lib/i18n.js';
import { colour, fitted, speakerToken } from '../lib/canvas.js';
import { lastAt } from '../lib/align.js';

const TOP = 10; // room for the flags
const STEP = 3; // a bar and its gap

export class Waveform {
  constructor(duration, onseek) {
    Object.assign(this, { duration: duration || 1, onseek, peaks: null, segments: [], bookmarks: [], at: 0, version: 0 });
    this.canvas = h('canvas');
    this.tip = h('span.tip.num', { hidden: true });
    this.el = h('div.wave', {
      role: 'slider', tabIndex: 0, 'aria-label': t('wave'), 'aria-valuemin': 0, 'aria-valuemax': Math.round(this.duration),
      onkeydown: (e) => this.onkey(e),
    }, this.canvas, this.tip);
    this.fit = fitted(this.canvas, (c, w, hgt) => this.draw(c, w, hgt));
    let held = false;
    const at = (e) => {
      const box = this.canvas.getBoundingClientRect();
      return Math.max(0, Math.min(1, (e.clientX - box.left) / box.width)) * this.duration;
    };
    this.el.addEventListener('pointerdown', (e) => {
      if (e.button) return;
      held = true;
      this.el.setPointerCapture(e.pointerId);
      onseek(at(e));
    });
    this.el.addEventListener('pointermove', (e) => {
      if (held) onseek(at(e));
      this.tip.hidden = e.pointerType === 'touch' && !held;
      this.tip.textContent = clock(at(e));
      this.tip.style.setProperty('--x', `${(at(e) / this.duration) * 100}%`);
    });
    for (const type of ['pointerup', 'pointercancel']) this.el.addEventListener(type, () => { held = false; });
    this.el.addEventListener('pointerleave', () => { this.tip.hidden = true; });
    this.time(0);
  }

  set(what) {
    Object.assign(this, what);
    this.version++;
    this.fit.redraw();
  }

  time(at) {
    this.at = at;
    const whole = Math.round(at);
    if (this.told !== whole) {
      this.told = whole;
      this.el.setAttribute('aria-valuenow', whole);
      this.el.setAttribute('aria-valuetext', spoken(at));
    }
    this.fit.redraw();
  }

  onkey(e) {
    const to = {
      ArrowLeft: this.at - 5, ArrowDown: this.at - 5, ArrowRight: this.at + 5, ArrowUp: this.at + 5,
      PageUp: this.at + 30, PageDown: this.at - 30, Home: 0, End: this.duration,
    }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    this.onseek(Math.max(0, Math.min(this.duration, to)));
  }

  speakerAt(time) {
    const s = this.segments[lastAt(this.segments, time)];
    return s && time <= s.end + 0.3 ? s.speaker_number ?? 0 : 0;
  }

  // The bars change seldom and the head every frame: the bars are drawn once, aside.
  bars(w, hgt) {
    const ratio = devicePixelRatio || 1;
    const key = [w, hgt, ratio, colour('--ink'), this.version].join();
    if (this.layerKey === key) return this.layer;
    this.layerKey = key;
    this.layer = document.createElement('canvas');
    this.layer.width = Math.round(w * ratio);
    this.layer.height = Math.round(hgt * ratio);
    const c = this.layer.getContext('2d');
    c.scale(ratio, ratio);
    const mid = TOP + (hgt - TOP) / 2;
    const n = Math.floor(w / STEP);
    for (let i = 0; i < n; i++) {
      const tall = Math.max(1, this.peak(i / n, (i + 1) / n) * (mid - TOP));
      c.fillStyle = colour(speakerToken(this.speakerAt(((i + 0.5) / n) * this.duration)));
      c.fillRect(i * STEP, mid - tall, STEP - 1, tall * 2);
    }
    return this.layer;
  }

  draw(c, w, hgt) {
    const layer = this.bars(w, hgt);
    const head = (this.at / this.duration) * w;
    const cut = Math.round((head / w) * layer.width);
    c.globalAlpha = 0.45;
    c.drawImage(layer, 0, 0, w, hgt);
    c.globalAlpha = 1;
    if (cut) c.drawImage(layer, 0, 0, cut, layer.height, 0, 0, (cut / layer.width) * w, hgt);
    for (const b of this.bookmarks) {
      const x = Math.round((b.at / this.duration) * w);
      c.fillStyle = colour(b.note?.startsWith('(') ? '--edge' : '--mark');
      c.fillRect(x, 0, 1.5, hgt);
      c.fillRect(x, 0, 8, 6);
    }
    c.fillStyle = colour('--ink');
    c.fillRect(Math.min(w - 2, Math.round(head)), TOP - 4, 2, hgt - TOP + 4);
  }

  // Loudest between two fractions of the whole, 0..1, lifted so that quiet speech can be seen.
  peak(from, to) {
    const { peaks } = this;
    if (!peaks) return 0.02;
    const a = Math.floor(from * peaks.length);
    const b = Math.max(a + 1, Math.floor(to * peaks.length));
    let most = 0;
    for (let i = a; i < b && i < peaks.length; i++) most = Math.max(most, peaks[i]);
    this.loudest ??= Math.max(...peaks, 1);
    return Math.sqrt(most / this.loudest);
  }

  end() {
    this.fit.end();
  }
}
