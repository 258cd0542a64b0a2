// Who spoke how long, and who is who: naming, merging, whose line it is.
import { h, icon, iconButton } from '../lib/dom.js';
import { speakerDoubted } from '../lib/align.js';
import { clock, spoken, t } from '../lib/i18n.js';
import { api } from '../lib/api.js';
import { change } from '../lib/outbox.js';
import { speakerToken } from '../lib/canvas.js';
import { confirm, dialog, fail, menu, prompt, say, select, toast } from './ui.js';

// actions: SpeakerActions; only(number): show this person's lines.
export function speakersPanel(meeting, actions, only) {
  const list = [...meeting.speakers].filter((s) => s.number > 0).sort((a, b) => b.seconds - a.seconds);
  if (!list.length) return h('p.quiet', t('speakers.none'));
  const whole = list.reduce((sum, s) => sum + s.seconds, 0) || 1;
  return [h('ul.talk', list.map((s) => {
    const share = Math.round((s.seconds / whole) * 100);
    return h('li', { vars: { '--who': `var(${speakerToken(s.number)})`, '--share': `${(s.seconds / (list[0].seconds || 1)) * 100}%` } },
      h('span.talk-name', s.name),
      h('span.talk-time.num', { 'aria-label': `${spoken(s.seconds)}, ${share}%` }, `${clock(s.seconds)} · ${share}%`),
      h('span.talk-tools', iconButton('edit', t('speaker.rename', { name: s.name }), () => actions.rename(s.number), { class: 'small' }),
        menu('more', t('speaker.actions', { name: s.name }), () => [
          { label: t('filter.only', { name: s.name }), icon: 'filter', onclick: () => only(s.number) },
          list.length > 1 && { label: t('speaker.merge', { name: s.name }), icon: 'merge', onclick: () => actions.merge(s) },
          meeting.has_audio && { label: t('speaker.split', { name: s.name }), icon: 'split', onclick: () => actions.split(s) },
          meeting.has_audio && s.named && { label: t('voice.remember'), icon: 'mic', onclick: () => actions.remember(s) }], { class: 'small' })),
      h('span.talk-bar', { 'aria-hidden': 'true' }),
      s.sounds_like && h('p.offer', h('span', t('voice.offer', { name: s.sounds_like })), h('button.text', { type: 'button', onclick: () => actions.call(s, s.sounds_like) }, t('voice.offer.do'))));
  })), meeting.has_audio && h('button.text.again', { type: 'button', onclick: () => actions.findAgain() }, icon('people'), h('span', t('speakers.again'))),
  meeting.speaker_undo && h('button.text.again', { type: 'button', onclick: () => actions.undo() }, icon('undo'), h('span', t(`speaker.undo.${meeting.speaker_undo.kind}`)))];
}

export class SpeakerActions {
  // page: the meeting's: {m, path, takeSpeakers(list)}
  constructor(page) {
    this.page = page;
  }

  async rename(number) {
    const { m, path } = this.page;
    const s = m.speakers.find((x) => x.number === number);
    if (!s) return;
    const name = await askName(s, m.speakers.filter((x) => x.named).map((x) => x.name));
    if (name === undefined || name === (s.named ? s.name : '')) return;
    return this.call(s, name);
  }

  async call(s, name) {
    const { m, path } = this.page;
    const { number } = s;
    const was = m.speakers;
    if (name) this.page.takeSpeakers(was.map((x) => (x === s ? { ...s, name, named: true } : x)));
    try {
      const list = await change(`speaker:${m.id}:${number}`, 'PATCH', `${path}/speakers/${number}`, { name });
      if (list) this.page.takeSpeakers(list);
      this.page.reload();
    } catch (e) {
      this.page.takeSpeakers(was);
      fail(e);
    }
  }

  async merge(s) {
    const { m, path } = this.page;
    const answer = await askMerge(s, m.speakers.filter((x) => x.number > 0 && x.number !== s.number).sort((a, b) => b.seconds - a.seconds));
    if (!answer) return;
    const { into, name } = answer;
    try {
      await change(`merge:${m.id}:${s.number}`, 'POST', `${path}/speakers/${s.number}/merge`, { into });
      const kept = m.speakers.find((x) => x.number === into);
      if (name && name !== kept?.name) await change(`speaker:${m.id}:${into}`, 'PATCH', `${path}/speakers/${into}`, { name });
      this.page.reload();
      toast(t('speaker.merged', { name: name || kept.name }), { seconds: 20, action: t('undo'), onaction: () => this.undo() });
    } catch (e) { fail(e); }
  }

  // Two voices that were taken for one.
  async split(s) {
    const { m } = this.page;
    if (!s.can_split) return toast(t('error.too_short'), { bad: true });
    if (!await confirm(t('speaker.split', { name: s.name }), t('speaker.split.hint'), t('speaker.split.do'))) return;
    const done = toast(t('speakers.working'), { seconds: 600 });
    try {
      await api.splitSpeaker(m.id, s.number);
      this.page.reload();
      toast(t('speaker.parted', { name: s.name }), { seconds: 20, action: t('undo'), onaction: () => this.undo() });
    } catch (e) { fail(e); }
    done();
  }

  async undo() {
    try {
      await api.undoSpeakers(this.page.m.id);
      this.page.reload();
      say(t('undone'));
    } catch (e) { fail(e); }
  }

  // Only with its owner's consent, and by a name.
  async remember(s) {
    const yes = await dialog(t('voice.remember.title', { name: s.name }), (close) => h('form', { method: 'dialog', onsubmit: (e) => { e.preventDefault(); close(true); } },
      h('p', t('voice.remember.text')),
      h('div.field.check', h('input#voice-consent', { type: 'checkbox', required: true }), h('label', { for: 'voice-consent' }, t('voice.consent', { name: s.name }))),
      h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')), h('button.primary', { type: 'submit' }, t('voice.remember')))));
    if (!yes) return;
    const done = toast(t('voice.working'), { seconds: 600 });
    try {
      await api.rememberVoice(this.page.m.id, s.number);
      toast(t('voice.remembered', { name: s.name }));
    } catch (e) { fail(e); }
    done();
  }

  async findAgain() {
    const known = this.page.m.speakers.filter((s) => s.number > 0).length;
    const count = await dialog(t('speakers.again'), (close) => {
      let n = known;
      return h('form', { method: 'dialog', onsubmit: (e) => { e.preventDefault(); close(n); } },
        h('p.hint', t('speakers.again.hint')), countSelect('speakers-count', n, (v) => { n = v; }),
        h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')), h('button.primary', { type: 'submit' }, t('speakers.again.do'))));
    });
    if (count === undefined) return;
    const done = toast(t('speakers.working'), { seconds: 600 });
    try {
      await api.findSpeakers(this.page.m.id, count);
      this.page.reload();
      toast(t('speakers.found'));
    } catch (e) { fail(e); }
    done();
  }

  // Whose line this is: who was heard, if that is not sure, another of the meeting, or someone new.
  lineItems(s, others) {
    return [speakerDoubted(s) && { label: t('line.speaker.right', { name: s.speaker }), icon: 'check', onclick: () => this.give([s], s.speaker_number) },
      ...others.slice(0, 8).map((o) => ({ label: t('line.speaker', { name: o.name }), icon: 'people', onclick: () => this.give([s], o.number) })),
      { label: t('line.speaker.new'), icon: 'plus', onclick: () => this.give([s], 0) }];
  }

  // list: segments; number 0: somebody new.
  async give(list, number) {
    try {
      await api.giveLines(this.page.m.id, list.map((s) => s.id), number);
      this.page.reload();
      toast(t('range.given', { n: list.length }), { seconds: 15, action: t('undo'), onaction: () => this.undo() });
    } catch (e) { fail(e); }
  }
}

// Resolves with a name ('' takes the given one back), or undefined.
const askName = (s, names) => prompt(t('speaker.rename', { name: s.name }), t('speaker.name'), s.named ? s.name : '',
  { maxLength: 100, hint: t('speaker.name.hint'), options: names });

// Resolves with {into, name}: with whom s is the same person, and which name stays; undefined when left. Nothing is chosen beforehand.
const askMerge = (s, others) => dialog(t('speaker.merge', { name: s.name }), (close) => {
  const names = h('fieldset', { hidden: true });
  const yes = h('button.primary', { type: 'submit', disabled: true }, t('speaker.merge.do'));
  const choose = (o) => {
    const both = [o, s].filter((x, i, all) => all.findIndex((y) => y.name === x.name) === i);
    names.hidden = both.length < 2;
    names.replaceChildren(h('legend', t('speaker.merge.stays')), ...both.map((x) => h('label.choice', { vars: { '--who': `var(${speakerToken(x.number)})` } },
      h('input', { type: 'radio', name: 'name', value: x.name, required: true, checked: x.named && both.filter((y) => y.named).length === 1 }), h('span', x.name))));
    yes.disabled = false;
  };
  return h('form', {
    method: 'dialog', onsubmit: (e) => {
      e.preventDefault();
      const data = new FormData(e.target);
      close({ into: Number(data.get('into')), name: data.get('name') ?? '' });
    },
  },
  h('fieldset', h('legend', t('speaker.merge.who', { name: s.name })), others.map((o) => h('label.choice', { vars: { '--who': `var(${speakerToken(o.number)})` } },
    h('input', { type: 'radio', name: 'into', value: o.number, required: true, onchange: () => choose(o) }), h('span', o.name), h('span.num.quiet', clock(o.seconds))))),
  names, h('p.hint', t('speaker.merge.hint')),
  h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')), yes));
});

// How many people speak; 0: not known.
export const countSelect = (id, value, onchange) => select(id, t('speakers.count'), [['0', t('speakers.count.auto')], ...Array.from({ length: 10 }, (_, i) => [String(i + 1), t('speakers.count.n', { n: i + 1 })])], String(Math.min(value, 10)), (v) => onchange(Number(v)));
