// The whole recording as a waveform in its speakers' colours, with bookmarks as flags; a slider for hands and keys.
import { h } from './dom.js';
import { clock, spoken, t } from './i18n.js';
import { colour, fitted, speakerToken } from './paint.js';
import { lastAt } from './align.js';

export class Wave {
  constructor(duration, onseek) {
    Object.assign(this, { duration: duration || 1, onseek, peaks: null, segments: [], bookmarks: [], at: 0 });
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

  draw(c, w, hgt) {
    const top = 10;
    const mid = top + (hgt - top) / 2;
    const step = 3;
    const n = Math.floor(w / step);
    const head = (this.at / this.duration) * w;
    for (let i = 0; i < n; i++) {
      const peak = this.peaks ? this.peak(i / n, (i + 1) / n) : 0.02;
      const tall = Math.max(1, peak * (mid - top));
      c.fillStyle = colour(speakerToken(this.speakerAt(((i + 0.5) / n) * this.duration)));
      c.globalAlpha = i * step < head ? 1 : 0.45;
      c.fillRect(i * step, mid - tall, step - 1, tall * 2);
    }
    c.globalAlpha = 1;
    for (const b of this.bookmarks) {
      const x = Math.round((b.at / this.duration) * w);
      c.fillStyle = colour(b.note?.startsWith('(') ? '--edge' : '--mark');
      c.fillRect(x, 0, 1.5, hgt);
      c.fillRect(x, 0, 8, 6);
    }
    c.fillStyle = colour('--ink');
    c.fillRect(Math.min(w - 2, Math.round(head)), top - 4, 2, hgt - top + 4);
  }

  // Loudest between two fractions of the whole, 0..1, lifted so that quiet speech can be seen.
  peak(from, to) {
    const { peaks } = this;
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
