// The minutes as a document: every line can be edited, moved, added and removed, and carries the moments it rests on.
import { fill, h, icon, iconButton } from '../lib/dom.js';
import { clock, language, shortDay, spoken, t } from '../lib/i18n.js';
import { jobOf } from '../lib/event-stream.js';
import { api } from '../lib/api.js';
import { empty, fail, menu, say, toast } from './ui.js';
import { copy, copyPlain } from './copy.js';
import { lineText, sectionsText } from './minutes-copy.js';
import { askConflict, askTask } from './minutes-dialogs.js';

export const KINDS = ['summary', 'decisions', 'actions', 'topics', 'key_points', 'questions', 'to_confirm', 'suggestions'];
// A section's name and that of its lines.
const KIND = { summary: 'summary', decisions: 'decision', actions: 'action', topics: 'topic', key_points: 'key_point', questions: 'question', to_confirm: 'to_confirm', suggestions: 'suggestion' };
const DOUBTFUL = new Set(['to_confirm', 'suggestions']);
const GUESSED = { decision: /결정|decision/i, action: /할 일|task|action/i, question: /질문|question/i };
const SHOWN = 6; // sources of one line

export class MinutesPanel {
  // page: the meeting's: {m, jump(segment, at), rewrite(options), again(ask, act)}
  constructor(page) {
    Object.assign(this, { page, doc: null, editing: null });
    this.bar = h('div.minutes-bar');
    this.body = h('div.minutes-body');
    this.el = h('div.minutes', this.bar, this.body);
    this.el.addEventListener('keydown', (e) => this.key(e));
  }

  set(meeting) {
    this.doc = meeting.minutes ?? null;
    this.paint();
  }

  sections() {
    return KINDS.filter((k) => this.doc?.[k]?.length).map((k) => [k, this.doc[k]]);
  }

  // Once there is a transcript there is a document, be it empty.
  editable() {
    return this.page.m.segments.length > 0;
  }

  paint() {
    // A line that is being written is not swept away by news.
    if (this.editing) return;
    const { m } = this.page;
    const sections = this.sections();
    this.starts = new Map(m.segments.map((s) => [s.id, s.start]));
    if (!sections.length) {
      fill(this.bar, this.editable() && this.addMenu());
      const busy = jobOf(m.id);
      fill(this.body, m.segments.length
        ? empty(t('minutes.none'), t('minutes.none.how'), !busy && h('button.plain', { type: 'button', onclick: () => this.page.again('askMinutes', 'rewrite') }, t('minutes.write')))
        : empty(t('minutes.none'), t('minutes.later')));
      return;
    }
    fill(this.bar,
      h('button.text', { type: 'button', onclick: () => this.copyAll() }, icon('copy'), h('span', t('copy.all'))),
      this.addMenu(),
      menu('more', t('minutes.more'), () => this.items()));
    const focus = document.activeElement?.closest?.('.item')?.dataset.item;
    fill(this.body, h('div', { lang: this.doc.language || m.language || undefined },
      this.doc.title && this.doc.title !== m.title && h('p.minutes-title', this.doc.title),
      sections.map(([k, list]) => h(`section.${k}`, { data: { kind: k } },
        h('h3', { lang: language() }, t(`minutes.${k}`), iconButton('copy', t('copy.section', { name: t(`minutes.${k}`) }), () => this.copySection(k), { class: 'small section-copy' })),
        h('ul', list.map((x) => this.line(k, x)))))));
    if (focus) this.body.querySelector(`[data-item="${focus}"]`)?.focus({ preventScroll: true });
  }

  addMenu() {
    return menu('plus', t('minutes.add'), () => KINDS.filter((k) => !DOUBTFUL.has(k)).map((k) => ({ label: t(`minutes.${k}`), icon: 'plus', onclick: () => this.write(k, null) })), { words: true, class: 'text' });
  }

  items() {
    return [
      { label: t('minutes.rewrite'), icon: 'redo', onclick: () => this.page.again('askMinutes', 'rewrite') },
      { label: t('minutes.versions'), icon: 'history', onclick: () => this.versions() },
      { label: t('copy.markdown'), icon: 'copy', onclick: () => copyPlain(sectionsText(this.page.m, this.sections(), true).text) }];
  }

  // ---- one line ----

  line(kind, x) {
    const edit = this.editable();
    const task = kind === 'actions';
    const text = h('span.item-text', x.text);
    return h(`li.item${x.done ? '.done' : ''}`, { tabIndex: edit ? 0 : undefined, data: { item: x.id ?? '', kind } },
      task && edit && h('input.tick', { type: 'checkbox', checked: Boolean(x.done), 'aria-label': t('task.done', { text: x.text }), onchange: (e) => this.change(x, { done: e.target.checked }) }),
      h('div.item-body', text,
        task && this.duty(x, edit),
        h('span.evidence', { lang: language() }, this.chips(x), (x.edited || x.own) && h('span.hint', t('minutes.edited')))),
      h('div.item-tools', { lang: language() },
        edit && DOUBTFUL.has(kind) && [
          iconButton('check', t('suggestion.accept'), () => this.accept(kind, x), { class: 'small' }),
          iconButton('close', t('suggestion.reject'), () => this.remove(x, true), { class: 'small' })],
        edit && iconButton('edit', t('edit'), () => this.write(kind, x), { class: 'small' }),
        menu('more', t('minutes.line.more'), () => this.lineMenu(kind, x), { class: 'small' })));
  }

  duty(x, edit) {
    const parts = [x.owner && h('b', x.owner), (x.due_date || x.due) && h('span.num', x.due_date ? shortDay(new Date(`${x.due_date}T00:00`)) : x.due)].filter(Boolean);
    if (!edit) return parts.length > 0 && h('span.duty', parts);
    return h('button.duty.text', { type: 'button', 'aria-label': t('task.edit', { text: x.text }), onclick: () => this.plan(x) }, icon('people'), parts.length ? parts : h('span', t('task.plan')));
  }

  chips(x) {
    const ids = (x.evidence ?? []).filter((id) => this.starts.has(id));
    const chips = ids.length ? ids.map((id) => [id, this.starts.get(id)]) : x.start !== undefined && x.start !== null && !x.own ? [[null, x.start]] : [];
    return chips.slice(0, SHOWN).map(([id, at]) => h('button.chip.num', {
      type: 'button', onclick: () => this.page.jump(id, at), 'aria-label': t('minutes.evidence', { at: spoken(at) }),
    }, this.page.m.has_audio && icon('play'), clock(at)));
  }

  lineMenu(kind, x) {
    const list = this.doc[kind];
    const i = list.indexOf(x);
    const edit = this.editable();
    return [
      { label: t('copy'), icon: 'copy', onclick: () => copyPlain(lineText(kind, x)) },
      edit && i > 0 && { label: t('move.up'), icon: 'up', onclick: () => this.move(kind, x, -1) },
      edit && i < list.length - 1 && { label: t('move.down'), icon: 'down', onclick: () => this.move(kind, x, 1) },
      edit && kind === 'actions' && { label: t('task.plan'), icon: 'people', onclick: () => this.plan(x) },
      edit && { label: t('delete'), icon: 'trash', danger: true, onclick: () => this.remove(x) }];
  }

  key(e) {
    const li = e.target.closest('.item');
    if (!li || e.target !== li || !this.editable()) return;
    const kind = li.dataset.kind;
    const x = this.doc[kind].find((y) => String(y.id) === li.dataset.item);
    const all = [...this.body.querySelectorAll('.item')];
    const near = all[all.indexOf(li) + (e.key === 'ArrowDown' ? 1 : -1)];
    if (e.altKey && (e.key === 'ArrowUp' || e.key === 'ArrowDown')) this.move(kind, x, e.key === 'ArrowUp' ? -1 : 1);
    else if ((e.key === 'ArrowUp' || e.key === 'ArrowDown') && near) near.focus();
    else if (e.key === 'e' || e.key === 'F2' || e.key === 'Enter') this.write(kind, x);
    else if (e.key === 'Delete') this.remove(x);
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  // ---- changing ----

  // The form of a line: a new one at the end of its section, or x in its place.
  write(kind, x) {
    const area = h('textarea', { value: x?.text ?? '', maxLength: 4000, rows: 2, 'aria-label': t(x ? 'minutes.edit.label' : 'minutes.add.label', { kind: t(`minutes.${kind}`) }), spellcheck: true });
    const fit = () => { area.style.height = 'auto'; area.style.height = `${area.scrollHeight + 2}px`; };
    const finish = (keep) => {
      if (this.editing !== finish) return;
      this.editing = null;
      const text = area.value.replace(/\s+/g, ' ').trim();
      if (keep && text && text !== x?.text) {
        if (x) this.change(x, { text });
        else this.add(kind, { text });
      }
      this.paint();
      if (x) this.body.querySelector(`[data-item="${x.id}"]`)?.focus({ preventScroll: true });
    };
    const form = h('form.edit', { lang: language(), onsubmit: (e) => { e.preventDefault(); finish(true); } }, area, h('div.row',
      h('button.primary', { type: 'submit' }, icon('check'), h('span', t('save'))),
      h('button.plain', { type: 'button', onclick: () => finish(false) }, t('cancel')), h('span.quiet.keys', t('edit.keys'))));
    area.addEventListener('input', fit);
    area.addEventListener('keydown', (e) => {
      e.stopPropagation();
      if (e.isComposing || e.keyCode === 229) return;
      if (e.key === 'Enter' && !e.shiftKey) { e.preventDefault(); finish(true); }
      if (e.key === 'Escape') { e.preventDefault(); finish(false); }
    });
    this.editing?.(true);
    this.editing = finish;
    const li = x && this.body.querySelector(`[data-item="${x.id}"]`);
    if (li) fill(li, form);
    else this.place(kind, form);
    fit();
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }

  place(kind, form) {
    const section = this.body.querySelector(`[data-kind="${kind}"] ul`);
    const li = h('li.item', form);
    if (section) section.append(li);
    else this.body.append(h('section', h('h3', t(`minutes.${kind}`)), h('ul', li)));
    li.scrollIntoView({ block: 'nearest' });
  }

  // Sends one change of a line and takes what the document is then. When another page changed the line meanwhile both are shown
  // and the user decides. Resolves with whether it was taken.
  async send(x, what) {
    const { id } = this.page.m;
    try {
      this.take(await api.changeLine(id, x.id, what, x.etag));
      return true;
    } catch (e) {
      if (e.code !== 'changed') { fail(e); this.take(await api.minutes(id).catch(() => null)); return false; }
      const mine = what.text ?? x.text;
      if (what.text === undefined || await askConflict(mine, e.current?.text)) return this.send({ ...x, etag: e.current?.etag }, what);
      this.take(await api.minutes(id).catch(() => null));
      return false;
    }
  }

  take(doc) {
    if (doc) this.page.m.minutes = this.doc = doc;
    this.paint();
  }

  // What is refused is shown as it was.
  async change(x, what) {
    const line = { ...x };
    Object.assign(x, what);
    this.paint();
    const taken = await this.send(line, what);
    if (!taken) {
      for (const k of Object.keys(what)) x[k] = line[k];
      this.paint();
    }
    return taken;
  }

  async add(kind, what) {
    try {
      this.take(await api.addLine(this.page.m.id, { kind: KIND[kind], ...what }));
      return true;
    } catch (e) {
      fail(e);
      return false;
    }
  }

  async remove(x, rejected) {
    if (!await this.send(x, rejected ? { verdict: 'rejected' } : { removed: true })) return;
    toast(t(rejected ? 'suggestion.rejected' : 'minutes.removed'), { seconds: 10, action: t('undo'), onaction: () => this.send({ id: x.id, text: x.text }, { removed: false, ...(rejected && { verdict: 'none' }) }).then((ok) => ok && say(t('undone'))) });
  }

  // A doubtful line says what it may be before its colon.
  accept(kind, x) {
    const [, label, text] = /^([^:]{1,20}):\s*(.+)$/su.exec(x.text) ?? [];
    const as = Object.entries(GUESSED).find(([, pattern]) => pattern.test(label ?? ''))?.[0];
    return this.send(x, { verdict: 'accepted', ...(as && { kind: as, text }) });
  }

  move(kind, x, by) {
    const list = this.doc[kind];
    const i = list.indexOf(x);
    const to = i + by;
    if (to < 0 || to >= list.length) return;
    list.splice(i, 1);
    list.splice(to, 0, x);
    this.paint();
    this.body.querySelector(`[data-item="${x.id}"]`)?.focus();
    this.send(x, { after: to ? list[to - 1].id : 0 }).then((taken) => {
      if (taken || list[to] !== x) return;
      list.splice(to, 1);
      list.splice(i, 0, x);
      this.paint();
    });
  }

  async plan(x) {
    const what = await askTask(x, this.page.m);
    if (what) this.change(x, what);
  }

  // From the transcript: a line of it becomes a line of the minutes, with itself as its source.
  lineItems(s) {
    if (!this.editable()) return [];
    return ['actions', 'decisions'].map((kind) => ({ label: t(`line.to.${kind}`), icon: 'plus', onclick: () => this.add(kind, { text: s.text, evidence: [s.id], ...(kind === 'actions' && s.speaker && { owner: s.speaker }) }).then(() => this.page.tabs.choose('minutes')) }));
  }

  // ---- copying and versions ----

  copyAll() {
    const { text, html } = sectionsText(this.page.m, this.sections(), true);
    copy(text, html);
  }

  copySection(kind) {
    const { text, html } = sectionsText(this.page.m, [[kind, this.doc[kind]]], false);
    copy(text, html);
  }

  async versions() {
    try {
      const doc = await (await import('./minutes-versions.js')).showVersions(this.page.m);
      if (doc) { this.take(doc); toast(t('versions.restored')); }
    } catch (e) { fail(e); }
  }

  end() {
    this.editing?.(true);
  }
}
