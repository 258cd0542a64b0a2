// Earlier versions of the minutes: what has changed since, and the way back.
import { h } from '../lib/dom.js';
import { day, t, time } from '../lib/i18n.js';
import { api } from '../lib/api.js';
import { KINDS } from './minutes.js';
import { dialog, empty, fail, loadInto } from './ui.js';

const textOf = (x) => [x.text, x.owner, x.due_date].filter(Boolean).join(' · ');
const linesOf = (doc) => KINDS.flatMap((k) => (doc?.[k] ?? []).map((x) => ({ kind: k, text: textOf(x) })));

// Lines that only one of the two has; the rest is common.
function compare(then, now) {
  const key = (x) => `${x.kind}\n${x.text}`;
  const a = linesOf(then);
  const b = linesOf(now);
  const inB = new Set(b.map(key));
  const inA = new Set(a.map(key));
  return { gone: a.filter((x) => !inB.has(key(x))), added: b.filter((x) => !inA.has(key(x))) };
}

const changes = (title, list, mark) => list.length > 0 && h('section', h('h3', title), h('ul', list.map((x) => h('li', h(mark, x.text), h('span.quiet', ` ${t(`minutes.${x.kind}`)}`)))));

// Resolves with the document that was restored, or undefined.
export const showVersions = (meeting, now) => dialog(t('minutes.versions'), (close) => {
  const detail = h('div.version-detail');
  const restore = h('button.primary', { type: 'submit', disabled: true }, t('versions.restore'));
  let chosen = null;
  const choose = (v) => {
    chosen = v;
    restore.disabled = true;
    loadInto(detail, () => api.minutesVersion(meeting.id, v.number), (doc) => {
      const { gone, added } = compare(doc, now);
      restore.disabled = Boolean(v.current);
      if (!gone.length && !added.length) return h('p.quiet', t('versions.same'));
      return h('div', changes(t('versions.then'), gone, 'del'), changes(t('versions.now'), added, 'ins'));
    }, 3);
  };
  const list = h('ul.versions');
  loadInto(list, () => api.minutesVersions(meeting.id), (versions) => (versions.length ? versions.map((v) => {
    const d = new Date(v.created_at);
    return h('li', h('label.choice', h('input', { type: 'radio', name: 'version', disabled: Boolean(v.current), onchange: () => choose(v) }),
      h('span', `${day(d)} ${time(d)}`), h('span.badge', v.current ? t('versions.current') : t(v.edited ? 'versions.edited' : 'versions.written'))));
  }) : empty(t('versions.none'))), 3);
  return h('form', {
    method: 'dialog', onsubmit: async (e) => {
      e.preventDefault();
      try { close(await api.restoreMinutes(meeting.id, chosen.number)); } catch (error) { fail(error); }
    },
  },
  list, detail, h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('close')), restore));
}, { wide: true });
