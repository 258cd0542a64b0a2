// Earlier versions of the minutes: what has changed since, and the way back.
import { h } from '../lib/dom.js';
import { day, t, time } from '../lib/i18n.js';
import { api } from '../lib/api.js';
import { dialog, empty, fail, loadInto } from './ui.js';

const textOf = (x) => [x.text, x.owner, x.due_date].filter(Boolean).join(' · ');

// What the current minutes have and the version had not, and the other way round.
function changes(list) {
  const shown = list.filter((d) => d.change !== 'same' && (!d.before || !d.after || textOf(d.before) !== textOf(d.after)));
  if (!shown.length) return h('p.quiet', t('versions.same'));
  return h('ul', shown.map((d) => h('li', h('span.badge', t(`kind.${d.kind}`)), ' ',
    d.before && h('del', textOf(d.before)), d.before && d.after && h('span', ' → '), d.after && h('ins', textOf(d.after)))));
}

// Resolves with the document that was restored, or undefined.
export const showVersions = (meeting) => dialog(t('minutes.versions'), (close) => {
  const detail = h('div.version-detail');
  const restore = h('button.primary', { type: 'submit', disabled: true }, t('versions.restore'));
  let chosen = null;
  const choose = (v) => {
    chosen = v;
    restore.disabled = true;
    loadInto(detail, () => api.minutesDiff(meeting.id, v.version), (list) => {
      restore.disabled = v.current;
      return changes(list);
    }, 3);
  };
  const list = h('ul.versions');
  loadInto(list, () => api.minutesVersions(meeting.id), (versions) => (versions.length ? [...versions].reverse().map((v) => {
    const d = new Date(v.changed_at);
    return h('li', h('label.choice', h('input', { type: 'radio', name: 'version', disabled: v.current, onchange: () => choose(v) }),
      h('span', `${day(d)} ${time(d)}`), h('span.badge', v.current ? t('versions.current') : t(v.author === 'user' ? 'versions.edited' : 'versions.written'))));
  }) : empty(t('versions.none'))), 3);
  return h('form', {
    method: 'dialog', onsubmit: async (e) => {
      e.preventDefault();
      try { close(await api.restoreMinutes(meeting.id, chosen.version)); } catch (error) { fail(error); }
    },
  },
  list, detail, h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('close')), restore));
}, { wide: true });
