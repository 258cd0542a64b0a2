// What to do again with a meeting, and how: minutes by another template or model, a transcript in another language.
import { h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { api } from '../lib/api.js';
import { dialog, select } from './ui.js';

export const TEMPLATES = ['plain', 'weekly', 'one-on-one', 'interview', 'lecture', 'brainstorming'];

const form = (close, hint, fields, yes, answer) => h('form', { method: 'dialog', onsubmit: (e) => { e.preventDefault(); close(answer); } },
  h('p.hint', hint), fields,
  h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')), h('button.primary', { type: 'submit' }, yes)));

// Resolves with {template, model?}, or undefined.
export async function askMinutes() {
  const [s, models] = await Promise.all([api.settings(), api.models()]);
  const answer = { template: s.minutes_template ?? 'plain' };
  const installed = models.filter((m) => m.installed && m.role.startsWith('minutes'));
  return dialog(t('minutes.rewrite'), (close) => form(close, t('minutes.rewrite.hint'), [
    select('again-template', t('set.template'), TEMPLATES.map((x) => [x, t(`template.${x}`)]), answer.template, (v) => { answer.template = v; }),
    select('again-model', t('set.model'), [['', t('set.model.largest')], ...installed.map((m) => [m.name, m.name])], '', (v) => { if (v) answer.model = v; else delete answer.model; }),
  ], t('minutes.write'), answer));
}

// Resolves with {again, language}, or undefined.
export const askTranscript = (language) => dialog(t('process.again'), (close) => {
  const answer = { again: true, language: language || 'auto' };
  return form(close, t('process.again.hint'), [
    select('again-language', t('set.speech'), [['auto', t('lang.auto')], ['ko', t('lang.ko')], ['en', t('lang.en')]], answer.language, (v) => { answer.language = v; }),
  ], t('process.again.do'), answer);
});
