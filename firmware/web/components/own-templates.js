// The user's own kinds of minutes: written and removed here, chosen wherever minutes are written.
import { fill, h, icon, iconButton } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { api, explain } from '../lib/api.js';
import { confirm, dialog, fail, say } from './ui.js';

export function ownTemplates(changed) {
  const list = h('ul.entries');
  const paint = ({ templates }) => {
    fill(list, templates.length ? templates.map(row) : h('li.quiet', t('templates.none')));
    changed(templates.map((x) => x.name));
  };
  const row = (x) => h('li', h('span', x.name), h('span.row', iconButton('edit', t('templates.edit', { name: x.name }), () => edit(x), { class: 'small' }),
    iconButton('trash', t('templates.remove', { name: x.name }), () => remove(x), { class: 'small' })));
  async function edit(x) {
    const answer = await ask(x);
    if (!answer) return;
    try {
      const all = await api.putTemplate(answer.name, answer.text);
      paint(x && x.name !== answer.name ? await api.removeTemplate(x.name) : all);
      say(t('saved'));
    } catch (e) { fail(e); }
  }
  async function remove(x) {
    if (!await confirm(t('templates.remove', { name: x.name }), t('templates.remove.text'), t('delete'), { danger: true })) return;
    try { paint(await api.removeTemplate(x.name)); } catch (e) { fail(e); }
  }
  api.templates().then(paint, (e) => fill(list, h('li.bad', explain(e))));
  return [h('h3', t('templates')), list, h('button.plain', { type: 'button', onclick: () => edit(null) }, icon('plus'), h('span', t('templates.add')))];
}

const SECTIONS = ['summary', 'topics', 'points', 'decisions', 'actions', 'questions', 'to confirm', 'suggestions'];

// The recorder's form of a template: "sections:", "tags:" and "speakers:" lines, the rest is what the model is told.
function read(text) {
  const out = { sections: new Set(SECTIONS), tags: '', who: false, rest: [] };
  for (const line of (text ?? '').split('\n')) {
    const [, key, value] = /^\s*(tags|sections|speakers)\s*:\s*(.*)$/.exec(line) ?? [];
    if (key === 'tags') out.tags = value;
    else if (key === 'sections') out.sections = new Set(value.split(',').map((x) => x.trim()));
    else if (key === 'speakers') out.who = value.trim() === 'yes';
    else out.rest.push(line);
  }
  return { ...out, rest: out.rest.join('\n').trim() };
}

const ask = (x) => dialog(t(x ? 'templates.change' : 'templates.add'), (close) => {
  const was = read(x?.text);
  const name = h('input#template-name', { value: x?.name ?? '', maxLength: 60, required: true, autocomplete: 'off', autofocus: true });
  const rest = h('textarea#template-text', { rows: 5, maxLength: 1500, value: was.rest, placeholder: t('templates.text.hint') });
  const tags = h('input#template-tags', { value: was.tags, maxLength: 200, placeholder: t('templates.tags.hint'), autocomplete: 'off' });
  const who = h('input#template-who', { type: 'checkbox', checked: was.who });
  const boxes = SECTIONS.map((s, i) => [s, h(`input#template-s${i}`, { type: 'checkbox', checked: was.sections.has(s) })]);
  return h('form', {
    method: 'dialog', onsubmit: (e) => {
      e.preventDefault();
      const chosen = boxes.filter(([, box]) => box.checked).map(([s]) => s);
      close({
        name: name.value.trim(), text: [`sections: ${(chosen.length ? chosen : ['summary']).join(', ')}`, tags.value.trim() && `tags: ${tags.value.trim()}`, who.checked && 'speakers: yes', rest.value.trim()].filter(Boolean).join('\n'),
      });
    },
  },
  h('div.field', h('label', { for: 'template-name' }, t('templates.name')), name),
  h('div.field', h('label', { for: 'template-text' }, t('templates.text')), rest),
  h('fieldset.sections', h('legend', t('templates.sections')), boxes.map(([s, box], i) => h('div.field.check', box, h('label', { for: `template-s${i}` }, t(`templates.s.${s}`))))),
  h('div.field', h('label', { for: 'template-tags' }, t('templates.tags')), tags),
  h('div.field.check', who, h('label', { for: 'template-who' }, t('templates.who'))),
  h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')), h('button.primary', { type: 'submit' }, t('save'))));
}, { wide: true });
