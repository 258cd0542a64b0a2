// The last minute of a running recording as a moving strip: one bar a level event, loud ones red, bookmarks as flags.
import { h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { colour, fitted } from '../lib/canvas.js';

const SPAN = 60; // seconds across
const FLOOR = -60; // dB at the bottom

const height = (db) => Math.max(0, Math.min(1, (db - FLOOR) / -FLOOR));

export class LevelMeter {
  // bars: [{at, peak, rms}] and marks: [{at}] are kept by whoever made them; the meter draws what they hold.
  constructor(bars = [], marks = []) {
    Object.assign(this, { bars, marks, end_s: bars.at(-1)?.at ?? 0 });
    this.canvas = h('canvas');
    this.el = h('div.level-meter', { role: 'meter', 'aria-label': t('rec.level'), 'aria-valuemin': FLOOR, 'aria-valuemax': 0, 'aria-valuenow': FLOOR, 'aria-valuetext': t('rec.level.silent') }, this.canvas);
    this.fit = fitted(this.canvas, (c, w, hgt) => this.draw(c, w, hgt));
  }

  update(at, peak, rms) {
    this.end_s = at;
    this.el.setAttribute('aria-valuenow', Math.round(Math.max(FLOOR, Math.min(0, rms))));
    this.el.setAttribute('aria-valuetext', levelText(peak, rms));
    this.fit.redraw();
  }

  draw(c, w, hgt) {
    const x = (at) => w - ((this.end_s - at) / SPAN) * w;
    const mid = hgt / 2;
    c.fillStyle = colour('--line');
    c.fillRect(0, mid - 0.5, w, 1);
    const wide = Math.max(1.5, w / (SPAN * 4) - 1.5);
    for (const b of this.bars) {
      const peak = Math.max(1, height(b.peak) * mid);
      const rms = Math.max(1, height(b.rms) * mid);
      c.fillStyle = colour(b.peak > -1 ? '--seal' : '--celadon');
      c.globalAlpha = 0.35;
      c.fillRect(x(b.at) - wide, mid - peak, wide, peak * 2);
      c.globalAlpha = 1;
      c.fillRect(x(b.at) - wide, mid - rms, wide, rms * 2);
    }
    c.fillStyle = colour('--mark');
    for (const { at } of this.marks) {
      c.fillRect(x(at) - 1, 0, 2, hgt);
      c.fillRect(x(at) - 1, 0, 9, 7);
    }
  }

  end() {
    this.fit.end();
  }
}

export const levelText = (peak, rms) => t(peak > -1 ? 'rec.level.loud' : rms < -55 ? 'rec.level.silent' : 'rec.level.good');
