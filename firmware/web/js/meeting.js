// One meeting: waveform and player above, transcript and minutes side by side (on a phone one at a time).
import { $, debounce, fill, h, icon, iconButton } from './dom.js';
import { clock, day, spoken, t, time } from './i18n.js';
import { api, audioUrl, download, exportUrl } from './api.js';
import { jobOf } from './live.js';
import { change, pendingFor } from './outbox.js';
import { confirm, empty, fail, menu, problem, progress, prompt, say, skeleton, toast } from './ui.js';
import { shortcuts } from './keys.js';
import { Player } from './player.js';
import { Wave } from './wave.js';
import { Transcript } from './transcript.js';
import { minutesPanel } from './minutes.js';
import { askMerge, askName, speakersPanel } from './speakers.js';

const FORMATS = ['docx', 'md', 'txt', 'html', 'srt', 'vtt', 'json'];

export default function meeting(root, ctx) {
  const id = Number(ctx.params[0]);
  let page = null;
  fill(root, skeleton(9));
  const load = async (quiet) => {
    try {
      const m = await api.meeting(id, ctx.signal);
      if (m.recording) return ctx.go('/record');
      overlay(m);
      if (page) page.renew(m);
      else page = build(root, ctx, m);
    } catch (e) {
      if (ctx.signal.aborted || quiet) return;
      fill(root, e.status === 404 ? empty(t('meeting.gone'), t('meeting.gone.how'), h('a.button.plain', { href: '#/' }, t('nav.meetings'))) : problem(e, () => load()));
    }
  };
  const soon = debounce(250, () => load(true));
  ctx.on('meeting', (e) => {
    if (e.id !== id) return;
    if (e.change === 'deleted') return ctx.go('/');
    soon();
  });
  ctx.on('resync', soon);
  ctx.on('job', (j) => {
    if (j.meeting !== id) return;
    page?.job();
    if (j.state === 'done' || j.state === 'failed') soon();
  });
  ctx.on('state', () => page?.job());
  load();
  return () => page?.end();
}

// What the user changed and the box has not taken yet stands over what the box says.
function overlay(m) {
  for (const s of m.segments) {
    const c = pendingFor(`seg:${s.id}`);
    if (c?.method === 'PATCH') Object.assign(s, { text: c.body.text, edited: true });
  }
  const c = pendingFor(`meeting:${m.id}`);
  if (c) Object.assign(m, c.body);
}

function build(root, ctx, first) {
  let m = first;
  const path = `/meetings/${m.id}`;
  const edits = []; // segments corrected in this visit, for Ctrl+Z
  let player = null;

  const head = h('header.meeting-head');
  const work = h('div.work', { role: 'status' });
  const wave = new Wave(m.duration_s, (at) => player?.seek(at));
  const deck = h('section.playback', { 'aria-label': t('playback') });
  const text = new Transcript(m, {
    play: (at) => (player ? player.seek(at, true) : toast(t('play.gone'))),
    edit: correct, undo: takeBack, speaker: rename,
  });
  const left = h('section.col.words#tab-transcript', { 'aria-label': t('transcript') });
  const minutes = h('section.col.mins#tab-minutes', { 'aria-label': t('minutes') });
  const people = h('section.col.people#tab-people', { 'aria-label': t('people') });
  const tabs = tabList([['transcript', t('transcript')], ['minutes', t('minutes')], ['people', t('people')]]);
  fill(root, head, work, deck, tabs, h('div.columns', left, h('div.side', minutes, people)));

  // ---- painting ----

  function paintHead() {
    ctx.title(m.title || t('rec.untitled'));
    const d = new Date(m.started_at);
    fill(head,
      h('a.ib.backlink', { href: '#/', title: t('nav.meetings') }, icon('back'), h('span.sr', t('nav.meetings'))),
      h('div.titles',
        h('h1', h('button.title-edit', { type: 'button', title: t('title.edit'), onclick: retitle }, h('span', m.title || t('rec.untitled')), icon('edit'))),
        h('p.facts', h('span', day(d)), h('span.num', time(d)), h('span.num', { 'aria-label': spoken(m.duration_s) }, clock(m.duration_s)),
          m.language && h('span', t(`lang.${m.language}`)),
          (m.tags ?? []).map((x) => h('span.badge.tag', x, iconButton('close', t('tag.remove', { tag: x }), () => setTags(m.tags.filter((y) => y !== x)), { class: 'tiny' }))),
          h('button.text', { type: 'button', onclick: addTag }, icon('tag'), h('span', t('tag.add'))))),
      h('div.row.acts',
        menu('download', t('export'), exports_, { words: true, class: 'plain' }),
        menu('more', t('more'), others)));
  }

  function paintWork() {
    const job = jobOf(m.id);
    const text_ = job && `${job.state}${job.stage}${Math.round(job.progress * 100)}`;
    if (job && work.dataset.now === text_) return;
    work.dataset.now = text_ ?? '';
    if (job) {
      fill(work, h('div.notice', h('i.spin', { 'aria-hidden': 'true' }),
        h('span', job.state === 'queued' ? t('job.queued') : job.stage ? t(`stage.${job.stage}`, {}).replace(/^stage\./, '') : t('job.working')),
        progress(job.state === 'queued' ? null : job.progress, t('job.progress'))));
    } else if (m.error) {
      fill(work, h('div.notice.bad', icon('warn'), h('span', t('meeting.failed', { why: m.error })),
        h('button.text', { type: 'button', onclick: () => process({}) }, t('retry'))));
    } else fill(work);
  }

  function paintDeck() {
    if (!m.has_audio) {
      player?.end();
      player = null;
      fill(deck, h('p.quiet.nosound', icon('muted'), t('play.gone')));
      return;
    }
    player ??= new Player(audioUrl(m.id), m.duration_s, (at, playing) => {
      wave.time(at);
      text.time(at, playing);
    });
    if (deck.contains(player.el)) return;
    fill(deck, wave.el, h('div.row.playrow', player.el,
      iconButton('flag', t('bookmark.here'), bookmark, { words: true, class: 'plain flagkey' })));
    api.peaks(m.id, 2000, ctx.signal).then((p) => wave.set({ peaks: p.peaks })).catch(() => {});
  }

  function paintText() {
    wave.set({ segments: m.segments, bookmarks: m.bookmarks });
    if (m.segments.length) {
      text.set(m.segments);
      fill(left, h('h2.sr', t('transcript')), text.el);
    } else {
      fill(left, jobOf(m.id) || m.state === 'recorded' && !m.error ? empty(t('transcript.later'), t('transcript.later.how')) : empty(t('transcript.none'), t('transcript.none.how')));
    }
  }

  function paintSide() {
    fill(minutes, h('h2', t('minutes')), minutesPanel(m, jump, () => rewrite({})));
    fill(people, h('h2', t('people')), speakersPanel(m, { rename: (s) => rename(s.number), merge }), bookmarksPanel());
  }

  function bookmarksPanel() {
    if (!m.bookmarks.length) return null;
    return h('div', h('h3', t('bookmarks')), h('ul.bookmarks', m.bookmarks.map((b) => h('li',
      h('button.chip.num', { type: 'button', onclick: () => jump(null, b.at), 'aria-label': t('play.from', { at: spoken(b.at) }) }, icon('flag'), clock(b.at)),
      h('span', b.note || ''),
      iconButton('trash', t('bookmark.remove', { at: clock(b.at) }), () => unmark(b), { class: 'small' })))));
  }

  // ---- going places ----

  function jump(segment, at) {
    const found = segment ?? text.at(at)?.id;
    if (!tabs.hidden && getComputedStyle(tabs).display !== 'none') tabs.choose('transcript');
    if (found) text.show(found, true);
    player?.seek(at, true);
  }

  // ---- changing ----

  async function correct(s, now_) {
    const was = s.text;
    text.update({ id: s.id, text: now_, edited: true });
    edits.push(s);
    toast(t('edited'), { action: t('undo'), onaction: () => takeBack(s) });
    try {
      const fresh = await change(`seg:${s.id}`, 'PATCH', `${path}/segments/${s.id}`, { text: now_ });
      if (fresh && !pendingFor(`seg:${s.id}`)) text.update(fresh);
    } catch (e) {
      text.update({ id: s.id, text: was });
      fail(e);
    }
  }

  async function takeBack(s) {
    try {
      const fresh = await change(`seg:${s.id}`, 'POST', `${path}/segments/${s.id}/undo`, {});
      const i = edits.lastIndexOf(s);
      if (i >= 0) edits.splice(i, 1);
      if (fresh) { text.update(fresh); say(t('undone')); } else toast(t('undo.waits'));
    } catch (e) { fail(e); }
  }

  async function retitle() {
    const title = await prompt(t('title.edit'), t('rec.title'), m.title);
    if (!title || title === m.title) return;
    m.title = title;
    paintHead();
    change(`meeting:${m.id}`, 'PATCH', path, { title, tags: m.tags ?? [] }).catch(fail);
  }

  function setTags(tags) {
    m.tags = [...new Set(tags)];
    paintHead();
    change(`meeting:${m.id}`, 'PATCH', path, { title: m.title || undefined, tags: m.tags }).catch(fail);
  }

  async function addTag() {
    const known = await api.tags().catch(() => []);
    const tag = await prompt(t('tag.add'), t('tag'), '', { maxLength: 60, options: known.map((x) => x.tag) });
    if (tag) setTags([...(m.tags ?? []), tag]);
  }

  async function rename(number) {
    const s = m.speakers.find((x) => x.number === number);
    if (!s) return;
    const name = await askName(s, m.speakers.filter((x) => x.named).map((x) => x.name));
    if (name === undefined || name === (s.named ? s.name : '')) return;
    if (name) named(number, name);
    try {
      const list = await change(`speaker:${m.id}:${number}`, 'PATCH', `${path}/speakers/${number}`, { name });
      if (list) takeSpeakers(list);
    } catch (e) { fail(e); }
  }

  function named(number, name) {
    for (const s of m.segments) if (s.speaker_number === number) s.speaker = name;
    for (const s of m.speakers) if (s.number === number) Object.assign(s, { name, named: true });
    paintText();
    paintSide();
  }

  function takeSpeakers(list) {
    m.speakers = list;
    const names = new Map(list.map((s) => [s.number, s.name]));
    for (const s of m.segments) if (names.has(s.speaker_number)) s.speaker = names.get(s.speaker_number);
    paintText();
    paintSide();
  }

  async function merge(s) {
    const into = await askMerge(s, m.speakers.filter((x) => x.number > 0 && x.number !== s.number).sort((a, b) => b.seconds - a.seconds));
    if (!into) return;
    try {
      const list = await change(`merge:${m.id}:${s.number}`, 'POST', `${path}/speakers/${s.number}/merge`, { into });
      for (const x of m.segments) if (x.speaker_number === s.number) x.speaker_number = into;
      takeSpeakers(list ?? m.speakers.filter((x) => x.number !== s.number));
      toast(t('speaker.merged'));
    } catch (e) { fail(e); }
  }

  async function bookmark() {
    const at = player?.time ?? 0;
    const note = await prompt(t('bookmark.at', { at: clock(at) }), t('bookmark.note'), '');
    if (note === undefined) return;
    try {
      const list = await change(`mark:${m.id}:${at}`, 'POST', `${path}/bookmarks`, { at, note });
      m.bookmarks = list ?? [...m.bookmarks, { id: 0, at, note }].sort((a, b) => a.at - b.at);
      wave.set({ bookmarks: m.bookmarks });
      paintSide();
      say(t('rec.marked', { at: spoken(at) }));
    } catch (e) { fail(e); }
  }

  function unmark(b) {
    m.bookmarks = m.bookmarks.filter((x) => x !== b);
    wave.set({ bookmarks: m.bookmarks });
    paintSide();
    change(`unmark:${b.id}`, 'DELETE', `${path}/bookmarks/${b.id}`).catch(fail);
  }

  async function process(options) {
    try { await api.process(m.id, options); m.error = ''; paintWork(); } catch (e) { fail(e); }
  }
  async function rewrite(options) {
    try { await api.rewrite(m.id, options); paintWork(); } catch (e) { fail(e); }
  }

  async function remove() {
    if (!await confirm(t('delete.title'), t('delete.text', { title: m.title || t('rec.untitled') }), t('delete.do'), { danger: true })) return;
    try {
      player?.end();
      player = null;
      await api.remove(m.id);
      toast(t('deleted'));
      ctx.go('/');
    } catch (e) { fail(e); paintDeck(); }
  }

  // ---- menus ----

  const fileName = () => (m.title || `moim-${m.id}`).replace(/[\\/:*?"<>|]+/g, ' ').slice(0, 80);
  function exports_() {
    return [...FORMATS.map((f) => ({ label: t(`export.${f}`), icon: 'download', href: exportUrl(m.id, f) })),
      m.has_audio && { label: t('export.audio'), icon: 'download', href: audioUrl(m.id, true) },
      canShare('text/plain') && { label: t('share.text'), icon: 'share', onclick: () => share(exportUrl(m.id, 'txt'), `${fileName()}.txt`) },
      m.has_audio && canShare('audio/flac') && { label: t('share.audio'), icon: 'share', onclick: () => share(audioUrl(m.id), `${fileName()}.flac`) }];
  }
  async function share(url, name) {
    try { await navigator.share({ files: [await download(url, name)], title: m.title }); } catch (e) { fail(e); }
  }
  function others() {
    return [
      { label: t('minutes.rewrite'), icon: 'redo', onclick: () => rewrite({}) },
      m.has_audio && { label: t('process.again'), icon: 'redo', onclick: () => process({ again: true }) },
      { label: t('delete'), icon: 'trash', danger: true, onclick: remove }];
  }

  const paint = () => { paintHead(); paintWork(); paintDeck(); paintText(); paintSide(); };
  paint();
  // The address may name a moment: a search hit, a shared link.
  const at = Number(ctx.query.get('t'));
  if (ctx.query.has('t')) {
    const segment = Number(ctx.query.get('s')) || text.at(at)?.id;
    player?.seek(at);
    if (segment) requestAnimationFrame(() => text.show(segment, true));
  }
  const unkey = shortcuts({
    ' ': () => player?.toggle(), ArrowLeft: () => player?.seek(player.time - 5), ArrowRight: () => player?.seek(player.time + 5),
    b: bookmark, e: () => text.current && text.edit(text.current), 'Ctrl+z': () => edits.length && takeBack(edits.at(-1)),
  });
  return {
    renew(next) {
      // A correction that is being typed is not swept away by news.
      if ([...text.rows.values()].some((row) => row.editing)) return;
      const same = JSON.stringify(next.segments) === JSON.stringify(m.segments) && next.speakers.length === m.speakers.length;
      m = next;
      paintHead();
      paintWork();
      paintDeck();
      wave.set({ bookmarks: m.bookmarks });
      if (!same) paintText();
      paintSide();
    },
    job: paintWork,
    end() {
      text.end();
      player?.end();
      wave.end();
      unkey();
    },
  };
}

function canShare(type) {
  try { return navigator.canShare?.({ files: [new File(['x'], 'x', { type })] }) ?? false; } catch { return false; }
}

// Tabs for narrow screens; on wide ones CSS shows all columns and hides the tabs.
function tabList(items) {
  const choose = (name, focus) => {
    document.body.dataset.tab = name;
    for (const b of bar.children) {
      const on_ = b.dataset.tab === name;
      b.setAttribute('aria-selected', on_);
      b.tabIndex = on_ ? 0 : -1;
      if (on_ && focus) b.focus();
    }
  };
  const bar = h('div.tabs', {
    role: 'tablist', 'aria-label': t('meeting.parts'),
    onkeydown: (e) => {
      const i = [...bar.children].indexOf(document.activeElement);
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1 + items.length }[e.key];
      if (to !== undefined) { e.preventDefault(); choose(items[to % items.length][0], true); }
    },
  }, items.map(([name, label]) => h('button', { type: 'button', role: 'tab', 'aria-controls': `tab-${name}`, data: { tab: name }, onclick: () => choose(name) }, label)));
  bar.choose = choose;
  choose('transcript');
  return bar;
}
