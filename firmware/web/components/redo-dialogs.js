// What to do again with a meeting, and how: minutes by another template or model, a transcript in another language.
import { h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { api } from '../lib/api.js';
import { dialog, select } from './ui.js';

export const TEMPLATES = ['plain', 'weekly', 'one-on-one', 'interview', 'lecture', 'brainstorming'];

const form = (close, hint, fields, yes, answer) => h('form', { method: 'dialog', onsubmit: (e) => { e.preventDefault(); close(answer); } },
  h('p.hint', hint), fields,
  h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')), h('button.primary', { type: 'submit' }, yes)));

// Resolves with {template, model?, language?}, or undefined.
export async function askMinutes() {
  const [s, models, own] = await Promise.all([api.settings(), api.models(), api.templates()]);
  const names = [...TEMPLATES.map((x) => [x, t(`template.${x}`)]), ...own.templates.map((x) => [x.name, x.name])];
  const answer = { template: s.minutes_template ?? 'plain', ...(s.minutes_language && { language: s.minutes_language }) };
  const installed = models.filter((m) => m.installed && m.role.startsWith('minutes'));
  return dialog(t('minutes.rewrite'), (close) => form(close, t('minutes.rewrite.hint'), [
    select('redo-template', t('set.template'), names, answer.template, (v) => { answer.template = v; }),
    select('redo-model', t('set.model'), [['', t('set.model.largest')], ...installed.map((m) => [m.name, m.name])], '', (v) => { if (v) answer.model = v; else delete answer.model; }),
    select('redo-minutes-language', t('set.minutes.language'), [['', t('set.minutes.as')], ['ko', t('lang.ko')], ['en', t('lang.en')]], s.minutes_language ?? '', (v) => { if (v) answer.language = v; else delete answer.language; }),
  ], t('minutes.write'), answer));
}

// Resolves with {again, language}, or undefined.
export const askTranscript = (language) => dialog(t('process.again'), (close) => {
  const answer = { again: true, language: language || 'auto' };
  return form(close, t('process.again.hint'), [
    select('redo-language', t('set.speech'), [['auto', t('lang.auto')], ['ko', t('lang.ko')], ['en', t('lang.en')]], answer.language, (v) => { answer.language = v; }),
  ], t('process.again.do'), answer);
});

// One line, or all that its speaker says before anybody else does; resolves with {from, to, language, recogniser?}, or undefined.
export const askStretch = (m, s) => dialog(t('line.again'), (close) => {
  const from = m.segments.indexOf(s);
  let last = from;
  while (m.segments[last + 1] && m.segments[last + 1].speaker_number === s.speaker_number) last++;
  const answer = { from: s.start, to: s.end, language: m.language || 'auto' };
  return form(close, t('line.again.hint'), [
    last > from && select('stretch-to', t('line.again.range'), [[String(from), t('line.again.line')], [String(last), t('line.again.turn', { n: last - from + 1 })]], String(from), (v) => { answer.to = m.segments[v].end; }),
    select('stretch-language', t('set.speech'), [['auto', t('lang.auto')], ['ko', t('lang.ko')], ['en', t('lang.en')]], answer.language, (v) => { answer.language = v; }),
    select('stretch-model', t('line.again.model'), [['', t('line.again.model.same')], ['whisper', t('line.again.model.whisper')], ['conformer', t('line.again.model.conformer')]], '', (v) => { if (v) answer.recogniser = v; else delete answer.recogniser; }),
  ], t('process.again.do'), answer);
});
