// One meeting: waveform and player, the transcript, and beside it the minutes or the people (on a phone one at a time).
import { debounce, fill, h, icon, iconButton } from '../lib/dom.js';
import { about, clock, day, spoken, t, time } from '../lib/i18n.js';
import { api, audioUrl, download, exportUrl } from '../lib/api.js';
import { jobOf } from '../lib/event-stream.js';
import { change, pending, pendingFor } from '../lib/outbox.js';
import { noteText, reason, stageText } from '../lib/server-text.js';
import { empty, fail, menu, openMenu, problem, prompt, progress, say, skeleton, toast } from '../components/ui.js';
import { shortcuts } from '../lib/shortcuts.js';
import { Player } from '../components/player.js';
import { Waveform } from '../components/waveform.js';
import { Transcript } from '../components/transcript.js';
import { lineRange } from '../components/line-range.js';
import { transcriptBar } from '../components/transcript-bar.js';
import { MinutesPanel } from '../components/minutes.js';
import { SpeakerActions, speakersPanel } from '../components/speakers.js';
import { askDate } from '../components/date-dialog.js';
import { deleteMeetings } from '../components/meeting-actions.js';
import { askConflict } from '../components/minutes-dialogs.js';
import { questionsPanel } from '../components/questions.js';
import { copyPlain } from '../components/copy.js';
import { tabList } from '../components/tabs.js';

const FORMATS = ['docx', 'hwpx', 'pdf', 'md', 'obsidian', 'txt', 'html', 'srt', 'vtt', 'csv', 'ics', 'json'];

export default function meeting(root, ctx) {
  const id = Number(ctx.params[0]);
  let page = null;
  fill(root, skeleton(9));
  const soon = debounce(250, () => load(true));
  const load = async (quiet) => {
    try {
      const m = await api.meeting(id, ctx.signal);
      if (m.recording) return ctx.go('/record');
      overlay(m);
      if (page) page.renew(m);
      else page = new Page(root, ctx, m, soon);
    } catch (e) {
      if (ctx.signal.aborted || quiet) return;
      fill(root, e.status === 404 ? [h('h1.sr', t('meeting.gone')), empty(t('meeting.gone'), t('meeting.gone.how'), h('a.button.plain', { href: '#/' }, t('nav.meetings')))] : problem(e, () => load(), true));
    }
  };
  ctx.on('meeting', (e) => {
    if (e.id !== id) return;
    if (e.change === 'deleted') return ctx.go('/');
    soon();
  });
  ctx.on('resync', soon);
  ctx.on('job', (j) => {
    if (j.meeting !== id) return;
    page?.paintWork();
    if (j.state !== 'running' && j.state !== 'queued') soon();
    // A stretch that fails leaves the meeting as it was: nothing else would say so.
    if (j.state === 'failed' && j.end) toast(t('line.again.failed', { why: reason(j.error) }), { bad: true, seconds: 15 });
  });
  ctx.on('state', () => page?.paintWork());
  load();
  return () => page?.end();
}

// What the user changed and the recorder has not taken yet stands over what the recorder says.
function overlay(m) {
  for (const s of pending() ? m.segments : []) {
    const c = pendingFor(`seg:${s.id}`);
    if (c?.method === 'PATCH') Object.assign(s, { text: c.body.text, edited: true });
  }
  const c = pendingFor(`meeting:${m.id}`);
  if (c) Object.assign(m, c.body);
}

class Page {
  // reload(): read the meeting again.
  constructor(root, ctx, m, reload) {
    Object.assign(this, { root, ctx, m, reload, path: `/meetings/${m.id}`, edits: [], player: null });
    this.head = h('header.meeting-head');
    this.work = h('div.work', { role: 'status' });
    this.wave = new Waveform(m.duration_s, (at) => this.player?.seek(at));
    this.deck = h('section.playback', { 'aria-label': t('playback') });
    this.scroller = h('div.scroller');
    this.text = new Transcript(m, {
      play: (at) => (this.player ? this.player.seek(at, true) : toast(t('play.gone'))),
      edit: (s, text) => this.correct(s, text), split: (s, text, at) => this.split(s, text, at), highlight: (s) => this.highlight(s), undo: (s) => this.takeBack(s), speaker: (n) => this.people.rename(n), doubt: (s, at) => this.askWho(s, at),
      actions: (s, row) => this.lineItems(s, row), range: this.range = lineRange(this),
    }, this.scroller);
    this.people = new SpeakerActions(this);
    this.bar = transcriptBar(this);
    this.minutes = new MinutesPanel(this);
    this.draft = h('p.notice.draft', { role: 'status' }, t('transcript.draft'));
    this.left = h('section.col.words#tab-transcript', { 'aria-label': t('transcript') });
    this.right = h('section.col.side.mins#tab-minutes', { 'aria-label': t('minutes') }, h('h2.sr', t('minutes')), this.minutes.el);
    this.third = h('section.col.side.people#tab-people', { 'aria-label': t('people') });
    this.asks = questionsPanel({ meeting: m.id, signal: ctx.signal, jump: (c) => this.jump(c.segment, c.start) });
    this.fourth = h('section.col.side.asks#tab-asks', { 'aria-label': t('ask.label') }, h('h2.sr', t('ask.label')), this.asks.el);
    this.asks.load();
    this.tabs = tabList([['transcript', t('transcript')], ['minutes', t('minutes')], ['people', t('people')], ['asks', t('nav.ask')]]);
    fill(root, h('div.meeting-page', this.head, this.work, this.deck, h('div.columns', this.left, this.tabs, this.right, this.third, this.fourth)));
    this.paintHead();
    this.paintWork();
    this.paintDeck();
    this.paintText();
    this.paintPeople();
    this.minutes.set(m);
    this.arrive();
    this.unkey = shortcuts({
      ' ': () => this.player?.toggle(), ArrowLeft: () => this.player?.seek(this.player.time - 5), ArrowRight: () => this.player?.seek(this.player.time + 5),
      '<': () => this.player?.changeRate(-1), '>': () => this.player?.changeRate(1), ',': () => this.player?.changeRate(-1), '.': () => this.player?.changeRate(1),
      b: () => this.bookmark(), e: () => this.text.current && this.text.edit(this.text.current), '/': () => this.find(),
      'Ctrl+f': () => this.find(), 'Ctrl+h': () => this.find(true),
      'Ctrl+z': () => this.edits.length && this.takeBack(this.edits.at(-1)),
    });
  }

  find(replace) {
    this.tabs.choose('transcript');
    this.bar.focus(replace);
  }

  // The address may name a moment: a search hit, a citation.
  arrive() {
    const { query } = this.ctx;
    if (!query.has('t')) return;
    const at = Number(query.get('t')) || 0;
    const segment = Number(query.get('s')) || this.text.at(at)?.id;
    this.player?.seek(at);
    if (query.get('q')) this.bar.find(query.get('q'));
    if (segment) requestAnimationFrame(() => this.text.show(segment, true));
  }

  renew(next) {
    // A correction that is being typed is not swept away by news.
    if (this.text.busy()) return;
    // Only what differs is painted, so that news close no menu and take no focus.
    const was = this.m;
    const differs = (...keys) => keys.some((k) => (k === 'segments' ? others : JSON.stringify(was[k]) !== JSON.stringify(next[k])));
    const others = was.segments.length !== next.segments.length || was.segments.some((s, i) => s.id !== next.segments[i].id || s.etag !== next.segments[i].etag || Boolean(s.highlighted) !== Boolean(next.segments[i].highlighted) || s.speaker_certainty !== next.segments[i].speaker_certainty);
    this.m = next;
    this.paintWork();
    if (differs('has_audio')) this.paintDeck();
    if (differs('title', 'tags', 'language', 'duration_s', 'has_audio', 'started_at')) this.paintHead();
    if (differs('segments', 'speakers', 'state')) this.paintText();
    if (differs('bookmarks')) this.wave.set({ bookmarks: next.bookmarks });
    if (differs('speakers', 'bookmarks')) this.paintPeople();
    if (differs('segments', 'speakers', 'minutes', 'state', 'error')) this.minutes.set(next);
  }

  end() {
    this.text.end();
    this.minutes.end();
    this.player?.end();
    this.wave.end();
    this.unkey();
  }

  // ---- painting ----

  paintHead() {
    const { m } = this;
    const title = m.title || t('rec.untitled');
    const d = new Date(m.started_at);
    this.ctx.title(title);
    fill(this.head,
      h('a.ib.backlink', { href: '#/', title: t('nav.meetings') }, icon('back'), h('span.sr', t('nav.meetings'))),
      h('div.titles',
        h('h1', h('button.title-edit', { type: 'button', title: t('title.edit'), onclick: () => this.retitle() }, h('span', title), icon('edit'))),
        h('p.facts', h('button.text.when-edit', { type: 'button', title: t('date.edit'), onclick: () => this.redate() }, h('span', day(d)), h('span.num', time(d))), h('span.num', { 'aria-label': spoken(m.duration_s) }, clock(m.duration_s)),
          m.language && h('span.wide-only', t(`lang.${m.language}`)),
          (m.tags ?? []).map((x) => h('span.badge.tag', x, iconButton('close', t('tag.remove', { tag: x }), () => this.setTags(m.tags.filter((y) => y !== x)), { class: 'tiny' }))),
          h('button.text.tag-add', { type: 'button', onclick: () => this.addTag() }, icon('tag'), h('span', t('tag.add'))))),
      h('div.row.acts',
        menu('download', t('export'), () => this.exportItems(), { words: true, class: 'plain' }),
        menu('more', t('more'), () => this.otherItems())));
  }

  paintWork() {
    const { m, work } = this;
    const job = jobOf(m.id);
    const left = job && timeLeft(job);
    const now = job ? `${job.state}${job.stage}${Math.round(job.progress * 100)}${left}` : `-${m.error ?? ''}`;
    if (work.dataset.now === now) return;
    work.dataset.now = now;
    if (job) {
      fill(work, h('div.notice', h('i.spin', { 'aria-hidden': 'true' }), h('span', stageText(job)), progress(job.state === 'queued' ? null : job.progress, t('job.progress')),
        left && h('span.quiet.num', left),
        h('button.text', { type: 'button', onclick: () => api.cancelJob(job.id).catch(fail) }, t('cancel'))));
    } else if (m.error) {
      fill(work, h('div.notice.failed', icon('warn'), h('span', t('meeting.failed', { why: reason(m.error, m.error_code) })),
        h('button.text', { type: 'button', onclick: () => this.process({}) }, t('retry'))));
    } else fill(work);
  }

  paintDeck() {
    const { m, deck } = this;
    if (!m.has_audio) {
      this.player?.end();
      this.player = null;
      fill(deck, h('p.quiet.nosound', icon('muted'), t('play.gone')));
      return;
    }
    this.player ??= new Player(audioUrl(m.id), m.duration_s, (at, playing) => {
      this.wave.time(at);
      this.text.time(at, playing);
    });
    if (deck.contains(this.player.el)) return;
    fill(deck, this.wave.el, h('div.playrow', this.player.el,
      iconButton('flag', t('bookmark.here'), () => this.bookmark(), { words: true, class: 'plain flagkey' })));
    api.peaks(m.id, 2000, this.ctx.signal).then((p) => this.wave.set({ peaks: p.peaks })).catch(() => {});
  }

  paintText() {
    const { m } = this;
    this.wave.set({ segments: m.segments, bookmarks: m.bookmarks });
    if (this.player) this.player.speech = m.segments;
    if (m.segments.length) {
      this.text.set(m.segments);
      this.bar.paint();
      this.draft.hidden = !m.draft;
      if (this.scroller.isConnected) return;
      fill(this.left, h('h2.sr', t('transcript')), this.draft, this.bar.el, fill(this.scroller, this.text.el), this.range.el);
    } else {
      const later = jobOf(m.id) || (m.state === 'recorded' && !m.error);
      fill(this.left, later ? empty(t('transcript.later'), t('transcript.later.how')) : empty(t('transcript.none'), t('transcript.none.how')));
    }
  }

  paintPeople() {
    const { m } = this;
    fill(this.third, h('h2.sr', t('people')), speakersPanel(m, this.people, (n) => { this.tabs.choose('transcript'); this.bar.person(n); }),
      m.bookmarks.length > 0 && h('div', h('h3', t('bookmarks')), h('ul.bookmarks', m.bookmarks.map((b) => {
        const note = noteText(b.note);
        return h('li',
          h('button.chip.num', { type: 'button', onclick: () => this.jump(null, b.at), 'aria-label': t('play.from', { at: spoken(b.at) }) }, icon(note.kind ? 'warn' : b.note ? 'note' : 'flag'), clock(b.at)),
          h('span', note.text || t('bookmark.here')),
          iconButton('trash', t('bookmark.remove', { at: clock(b.at) }), () => this.unmark(b), { class: 'small' }));
      }))));
  }

  jump(segment, at) {
    const found = segment ?? this.text.at(at)?.id;
    if (!this.tabs.wide()) this.tabs.choose('transcript');
    if (found) this.text.show(found, true);
    this.player?.seek(at, true);
  }

  // ---- changing the words ----

  // quietly: one of many, about which something is said together.
  async correct(s, text, quietly) {
    const { text: was, edited } = s;
    this.text.update({ id: s.id, text, edited: true });
    this.edits.push(s);
    const said = quietly ? null : toast(t('edited'), { action: t('undo'), onaction: () => this.takeBack(s) });
    try {
      const fresh = await change(`seg:${s.id}`, 'PATCH', `${this.path}/segments/${s.id}`, { text }, { match: s.etag });
      if (fresh && !pendingFor(`seg:${s.id}`)) this.text.update(fresh);
    } catch (e) {
      // Somebody else corrected the line meanwhile: both are shown.
      if (e.code === 'changed' && e.current) {
        this.text.update(e.current);
        if (e.current.text !== text && await askConflict(text, e.current.text)) return this.correct(s, text, quietly);
        return;
      }
      this.text.update({ id: s.id, text: was, edited });
      this.edits = this.edits.filter((x) => x !== s);
      said?.();
      fail(e);
    }
  }

  async takeBack(s) {
    try {
      const fresh = await change(`seg:${s.id}`, 'POST', `${this.path}/segments/${s.id}/undo`, {});
      const i = this.edits.lastIndexOf(s);
      if (i >= 0) this.edits.splice(i, 1);
      if (!fresh) return toast(t('undo.waits'));
      this.text.update(fresh);
      say(t('undone'));
    } catch (e) { fail(e); }
  }

  // Changes of lines that need the recorder at once; the meeting is read again.
  async lines(act, undo) {
    try {
      const fresh = await act();
      this.reload();
      if (undo) toast(t('line.changed'), { action: t('undo'), onaction: () => this.lines(() => undo(fresh)) });
      return fresh;
    } catch (e) {
      fail(e);
      this.reload();
    }
  }

  async split(s, text, at) {
    if (text !== s.text) await this.correct(s, text, true);
    return this.lines(() => api.splitLine(this.m.id, s.id, at), (first) => api.joinLine(this.m.id, first.id));
  }

  join(s) {
    const at = [...s.text].length + 1;
    return this.lines(() => api.joinLine(this.m.id, s.id), (whole) => api.splitLine(this.m.id, whole.id, at));
  }

  async highlightAll(list, yes) {
    for (const s of list) if (Boolean(s.highlighted) !== yes) await this.highlight(s);
  }

  async highlight(s) {
    this.text.update({ id: s.id, highlighted: !s.highlighted });
    try {
      await change(`mark:${s.id}`, 'PATCH', `${this.path}/segments/${s.id}`, { highlighted: s.highlighted });
      this.bar.paint();
    } catch (e) {
      this.text.update({ id: s.id, highlighted: !s.highlighted });
      fail(e);
    }
  }

  async stretch(s) {
    try {
      const options = await (await import('../components/redo-dialogs.js')).askStretch(this.m, s);
      if (options) this.process(options);
    } catch (e) { fail(e); }
  }

  // ---- changing what stands about it ----

  async retitle() {
    const title = await prompt(t('title.edit'), t('rec.title'), this.m.title);
    if (title && title !== this.m.title) this.patch({ title });
  }

  async redate() {
    const at = await askDate(this.m.started_at);
    if (at) this.patch({ started_at: at });
  }

  setTags(tags) {
    this.patch({ tags: [...new Set(tags)] });
  }

  // What is refused is shown as it was.
  patch(what) {
    const was = Object.fromEntries(Object.keys(what).map((k) => [k, this.m[k]]));
    Object.assign(this.m, what);
    this.paintHead();
    // Whole, so that a newer change may replace one that waits.
    const { title, tags } = this.m;
    change(`meeting:${this.m.id}`, 'PATCH', this.path, { ...(title && { title }), ...(tags && { tags }), ...what }).catch((e) => {
      Object.assign(this.m, was);
      this.paintHead();
      fail(e);
    });
  }

  async addTag() {
    const known = await api.tags().catch(() => []);
    const tag = await prompt(t('tag.add'), t('tag'), '', { maxLength: 60, options: known.map((x) => x.tag) });
    if (tag) this.setTags([...(this.m.tags ?? []), tag]);
  }

  takeSpeakers(list) {
    this.m.speakers = list;
    const names = new Map(list.map((s) => [s.number, s.name]));
    for (const s of this.m.segments) if (names.has(s.speaker_number)) s.speaker = names.get(s.speaker_number);
    this.paintText();
    this.paintPeople();
    this.minutes.paint();
  }

  async bookmark() {
    const at = this.player?.time ?? 0;
    const note = await prompt(t('bookmark.at', { at: clock(at) }), t('bookmark.note'), '', { maxLength: 1000 });
    if (note === undefined) return;
    try {
      const list = await change(`mark:${this.m.id}:${at}`, 'POST', `${this.path}/bookmarks`, { at, note });
      this.takeBookmarks(list ?? [...this.m.bookmarks, { id: 0, at, note }].sort((a, b) => a.at - b.at));
      say(t('rec.marked', { at: spoken(at) }));
    } catch (e) { fail(e); }
  }

  unmark(b) {
    const was = this.m.bookmarks;
    this.takeBookmarks(was.filter((x) => x !== b));
    change(`unmark:${b.id}`, 'DELETE', `${this.path}/bookmarks/${b.id}`).catch((e) => { this.takeBookmarks(was); fail(e); });
  }

  takeBookmarks(list) {
    this.m.bookmarks = list;
    this.wave.set({ bookmarks: list });
    this.paintPeople();
  }

  async process(options) {
    try {
      await api.process(this.m.id, options);
      this.m.error = '';
      this.paintWork();
    } catch (e) { fail(e); }
  }

  async rewrite(options) {
    try {
      await api.rewrite(this.m.id, options);
      this.paintWork();
    } catch (e) { fail(e); }
  }

  // How it is to be done is asked first; the questions load when they are asked.
  async again(ask, act) {
    try {
      const options = await (await import('../components/redo-dialogs.js'))[ask](this.m.language);
      if (options) this[act](options);
    } catch (e) { fail(e); }
  }

  async remove() {
    this.player?.audio.pause();
    try {
      if (await deleteMeetings([this.m])) this.ctx.go('/');
    } catch (e) { fail(e); }
  }

  // ---- menus ----

  speakerItems(s) {
    return this.people.lineItems(s, this.m.speakers.filter((x) => x.number > 0 && x.number !== s.speaker_number)).filter(Boolean);
  }

  // Pressing it once more closes the list.
  askWho(s, at) {
    const open = document.querySelector('.menu-list');
    return open ? open.close() : openMenu(at, t('speaker.doubt'), this.speakerItems(s));
  }

  lineItems(s, row) {
    return [
      { label: t('edit'), icon: 'edit', onclick: () => this.text.edit(row) },
      { label: t('copy'), icon: 'copy', onclick: () => copyPlain(`${s.speaker ? `${s.speaker}: ` : ''}${s.text}`) },
      { label: t(s.highlighted ? 'line.plain' : 'line.highlight'), icon: 'marker', onclick: () => this.highlight(s) },
      s !== this.m.segments.at(-1) && { label: t('line.join'), icon: 'merge', onclick: () => this.join(s) },
      this.m.has_audio && { label: t('line.again'), icon: 'redo', onclick: () => this.stretch(s) },
      { label: t('range.begin'), icon: 'check', onclick: () => this.range.begin(s) },
      ...this.speakerItems(s),
      ...this.minutes.lineItems(s)];
  }

  exportItems() {
    const { m } = this;
    const name = (m.title || `moim-${m.id}`).replace(/[\\/:*?"<>|]+/g, ' ').slice(0, 80);
    return [...FORMATS.map((f) => ({ label: t(`export.${f}`), icon: 'download', href: exportUrl(m.id, f), download: '' })),
      m.has_audio && { label: t('export.audio'), icon: 'download', href: audioUrl(m.id, true), download: '' },
      { label: t('share.sealed'), icon: 'share', onclick: async () => { try { await (await import('../components/share-dialog.js')).shareSealed(m); } catch (e) { fail(e); } } },
      canShare('text/plain') && { label: t('share.text'), icon: 'share', onclick: () => this.share(exportUrl(m.id, 'txt'), `${name}.txt`) },
      m.has_audio && canShare('audio/flac') && { label: t('share.audio'), icon: 'share', onclick: () => this.share(audioUrl(m.id), `${name}.flac`) }];
  }

  async share(url, name) {
    try { await navigator.share({ files: [await download(url, name)], title: this.m.title }); } catch (e) { fail(e); }
  }

  otherItems() {
    return [
      { label: t('print'), icon: 'share', onclick: () => print() },
      { label: t('minutes.rewrite'), icon: 'redo', onclick: () => this.again('askMinutes', 'rewrite') },
      this.m.has_audio && { label: t('process.again'), icon: 'redo', onclick: () => this.again('askTranscript', 'process') },
      { label: t('delete'), icon: 'trash', danger: true, onclick: () => this.remove() }];
  }
}

const timeLeft = (job) => (job.remaining_s > 0 ? about(job.remaining_s) : '');

function canShare(type) {
  try { return navigator.canShare?.({ files: [new File(['x'], 'x', { type })] }) ?? false; } catch { return false; }
}
