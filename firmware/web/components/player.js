// Playback of one recording: the audio element, its keys, and the time of now for whoever follows it.
import { h, fill, icon, iconButton } from '../lib/dom.js';
import { clock, spoken, t } from '../lib/i18n.js';
import { toast } from './ui.js';

const RATES = [0.75, 1, 1.25, 1.5, 2];

export class Player {
  // ontime(seconds, playing) comes every frame while playing, and after each seek.
  constructor(url, duration, ontime) {
    this.duration = duration;
    this.ontime = ontime;
    this.audio = h('audio', { preload: 'metadata', src: url });
    this.wanted = 0;
    this.frame = 0;
    this.key = iconButton('play', t('play'), () => this.toggle(), { class: 'play' });
    this.clock = h('span.num.position', clock(0));
    this.rate = h('select', { 'aria-label': t('play.rate'), onchange: () => { this.audio.playbackRate = Number(this.rate.value); } },
      RATES.map((r) => h('option', { value: r, selected: r === 1 }, `${r}×`)));
    this.el = h('div.player', this.key,
      iconButton('rewind', t('play.back'), () => this.seek(this.time - 5)),
      iconButton('forward', t('play.on'), () => this.seek(this.time + 5)),
      h('span.times', this.clock, h('span.num.quiet', ` / ${clock(duration)}`)), this.rate, this.audio);
    const a = this.audio;
    a.addEventListener('play', () => this.playing(true));
    a.addEventListener('pause', () => this.playing(false));
    a.addEventListener('ended', () => this.playing(false));
    a.addEventListener('seeked', () => this.tell());
    a.addEventListener('error', () => { if (a.error && a.src) toast(t('play.failed'), { bad: true }); });
  }

  get time() {
    return this.audio.readyState ? this.audio.currentTime : this.wanted;
  }

  toggle() {
    if (this.audio.paused) this.play();
    else this.audio.pause();
  }

  play() {
    this.audio.play().catch((e) => { if (e.name === 'NotAllowedError') toast(t('play.tap')); });
  }

  seek(seconds, play) {
    this.wanted = Math.max(0, Math.min(seconds, this.duration));
    this.audio.currentTime = this.wanted;
    this.tell(this.wanted);
    if (play) this.play();
  }

  playing(yes) {
    fill(this.key, icon(yes ? 'pause' : 'play'), h('span.sr', t(yes ? 'pause' : 'play')));
    this.key.title = t(yes ? 'pause' : 'play');
    cancelAnimationFrame(this.frame);
    const step = () => {
      this.tell();
      if (!this.audio.paused) this.frame = requestAnimationFrame(step);
    };
    step();
  }

  tell(at = this.time) {
    this.clock.textContent = clock(at);
    this.clock.setAttribute('aria-label', spoken(at));
    this.ontime(at, !this.audio.paused);
  }

  end() {
    cancelAnimationFrame(this.frame);
    this.audio.pause();
    this.audio.removeAttribute('src');
    this.audio.load();
  }
}
