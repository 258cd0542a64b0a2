// Questions about lines of the minutes: who does a task and until when, and which of two changes holds.
import { h } from '../lib/dom.js';
import { localDay, t } from '../lib/i18n.js';
import { dialog } from './ui.js';

const ahead = (days) => localDay(Date.now() + days * 86400000);

// Resolves with {owner, due_date}, or undefined.
export const askTask = (x, meeting) => dialog(t('task.plan'), (close) => {
  const names = [...new Set(meeting.speakers.filter((s) => s.number > 0).map((s) => s.name))];
  const owner = h('input#task-owner', { value: x.owner ?? '', maxLength: 100, list: 'task-owners', autocomplete: 'off', autofocus: true });
  const due = h('input#task-due', { type: 'date', value: x.due_date ?? '' });
  const day = (label, value) => h('button.plain', { type: 'button', onclick: () => { due.value = value; } }, label);
  return h('form', { method: 'dialog', onsubmit: (e) => { e.preventDefault(); close({ owner: owner.value.trim(), due_date: due.value }); } },
    h('p.quiet', x.text),
    h('div.field', h('label', { for: 'task-owner' }, t('task.owner')), owner, h('datalist#task-owners', names.map((n) => h('option', { value: n })))),
    names.length > 0 && h('div.row.picks', names.slice(0, 8).map((n) => h('button.plain', { type: 'button', onclick: () => { owner.value = n; } }, n))),
    h('div.field', h('label', { for: 'task-due' }, t('task.due')), due),
    h('div.row.picks', day(t('task.today'), ahead(0)), day(t('task.tomorrow'), ahead(1)), day(t('task.week'), ahead(7)), day(t('task.undated'), '')),
    h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')), h('button.primary', { type: 'submit' }, t('save'))));
});

// Somebody changed the same words meanwhile: both are shown. Resolves with true to keep mine.
export const askConflict = (mine, theirs) => dialog(t('conflict.title'), (close) => h('form', {
  method: 'dialog', onsubmit: (e) => { e.preventDefault(); close(false); },
},
h('p', t('conflict.text')),
h('div.two', h('div', h('h3', t('conflict.mine')), h('p', mine)), h('div', h('h3', t('conflict.theirs')), h('p', theirs ?? t('conflict.gone')))),
h('div.row.end', h('button.plain', { type: 'button', onclick: () => close(true) }, t('conflict.keep.mine')), h('button.primary', { type: 'submit' }, t('conflict.keep.theirs')))), { wide: true });
