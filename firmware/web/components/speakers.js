// Who spoke how long, and who is who.
import { h, iconButton } from '../lib/dom.js';
import { clock, spoken, t } from '../lib/i18n.js';
import { dialog, prompt } from './ui.js';
import { speakerToken } from '../lib/canvas.js';

export function speakersPanel(meeting, { rename, merge }) {
  const list = [...meeting.speakers].filter((s) => s.number > 0).sort((a, b) => b.seconds - a.seconds);
  if (!list.length) return h('p.quiet', t('speakers.none'));
  const whole = list.reduce((sum, s) => sum + s.seconds, 0) || 1;
  return h('ul.talk', list.map((s) => {
    const share = Math.round((s.seconds / whole) * 100);
    return h('li', { vars: { '--who': `var(${speakerToken(s.number)})`, '--share': `${(s.seconds / list[0].seconds) * 100}%` } },
      h('span.talk-name', s.name),
      h('span.talk-time.num', { 'aria-label': `${spoken(s.seconds)}, ${share}%` }, `${clock(s.seconds)} · ${share}%`),
      h('span.talk-tools', iconButton('edit', t('speaker.rename', { name: s.name }), () => rename(s), { class: 'small' }),
        list.length > 1 && iconButton('merge', t('speaker.merge', { name: s.name }), () => merge(s), { class: 'small' })),
      h('span.talk-bar', { 'aria-hidden': 'true' }));
  }));
}

// Resolves with a name ('' takes the given one back), or undefined.
export const askName = (s, names) => prompt(t('speaker.rename', { name: s.name }), t('speaker.name'), s.named ? s.name : '',
  { maxLength: 100, hint: t('speaker.name.hint'), options: names });

// Resolves with the number of the speaker that s is the same person as, or undefined.
export const askMerge = (s, others) => dialog(t('speaker.merge', { name: s.name }), (close) => h('form', {
  method: 'dialog', onsubmit: (e) => { e.preventDefault(); close(Number(new FormData(e.target).get('into'))); },
},
h('fieldset', h('legend', t('speaker.merge.who', { name: s.name })), others.map((o, i) => h('label.choice', { vars: { '--who': `var(${speakerToken(o.number)})` } },
  h('input', { type: 'radio', name: 'into', value: o.number, checked: i === 0 }), h('span', o.name), h('span.num.quiet', clock(o.seconds))))),
h('p.hint', t('speaker.merge.hint')),
h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')),
  h('button.primary', { type: 'submit' }, t('speaker.merge.do')))));
