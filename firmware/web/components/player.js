// Playback of one recording: the audio element, its keys, and the time of now for whoever follows it.
import { h, fill, icon, iconButton } from '../lib/dom.js';
import { clock, spoken, t } from '../lib/i18n.js';
import { lastAt } from '../lib/align.js';
import { toast } from './ui.js';

const RATES = [0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3];
const SILENCE_S = 1.2; // a pause that is longer is skipped, where that is wanted

const kept = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* for this page */ } };

export class Player {
  // ontime(seconds, playing) comes every frame while playing, and after each seek.
  constructor(url, duration, ontime) {
    this.duration = duration;
    this.ontime = ontime;
    this.speech = []; // [{start, end}] in order, for skipping what lies between
    this.skipping = kept('moim.skip') === 'on';
    this.audio = h('audio', { preload: 'metadata', src: url, preservesPitch: true });
    this.wanted = 0;
    this.frame = 0;
    this.key = iconButton('play', t('play'), () => this.toggle(), { class: 'play' });
    this.clock = h('span.num.position', clock(0));
    const rate = RATES.find((r) => r === Number(kept('moim.rate'))) ?? 1;
    this.audio.defaultPlaybackRate = this.audio.playbackRate = rate;
    this.rate = h('select', { 'aria-label': t('play.rate'), title: t('play.rate'), onchange: () => this.setRate(Number(this.rate.value)) },
      RATES.map((r) => h('option', { value: r, selected: r === rate }, `${r}×`)));
    this.skip = iconButton('skip', t('play.skip'), () => this.setSkip(!this.skipping), { 'aria-pressed': String(this.skipping), class: 'toggle' });
    this.el = h('div.player', this.key,
      iconButton('rewind', t('play.back'), () => this.seek(this.time - 5)),
      iconButton('forward', t('play.on'), () => this.seek(this.time + 5)),
      h('span.times', this.clock, h('span.num.quiet', ` / ${clock(duration)}`)), this.rate, this.skip, this.audio);
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

  setRate(rate) {
    this.audio.defaultPlaybackRate = this.audio.playbackRate = rate;
    this.rate.value = String(rate);
    keep('moim.rate', String(rate));
  }

  // step: 1 faster, -1 slower.
  changeRate(step) {
    const i = RATES.indexOf(this.audio.playbackRate) + step;
    if (RATES[i]) this.setRate(RATES[i]);
  }

  setSkip(yes) {
    this.skipping = yes;
    this.skip.setAttribute('aria-pressed', String(yes));
    keep('moim.skip', yes ? 'on' : 'off');
  }

  // In a long pause: to shortly before the next words.
  overSilence() {
    const at = this.audio.currentTime;
    const i = lastAt(this.speech, at);
    const next = this.speech[i + 1];
    if (!next || (i >= 0 && at < this.speech[i].end + 0.3) || next.start - at < SILENCE_S) return;
    this.audio.currentTime = next.start - 0.25;
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
      if (this.skipping && !this.audio.paused && !this.audio.seeking) this.overSilence();
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
