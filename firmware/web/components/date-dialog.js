// When a meeting was: its day and time, in the time zone of this browser.
import { h } from '../lib/dom.js';
import { localDay, t, time } from '../lib/i18n.js';
import { dialog } from './ui.js';

// Resolves with an ISO 8601 instant, or undefined.
export const askDate = (iso) => dialog(t('date.edit'), (close) => {
  const day = h('input#date-day', { type: 'date', required: true, value: localDay(iso) });
  const at = h('input#date-time', { type: 'time', required: true, value: time(new Date(iso)) });
  return h('form', {
    method: 'dialog', onsubmit: (e) => {
      e.preventDefault();
      const d = new Date(`${day.value}T${at.value}`);
      close(Number.isNaN(d.getTime()) ? undefined : d.toISOString());
    },
  },
  h('div.field', h('label', { for: 'date-day' }, t('date.day')), day),
  h('div.field', h('label', { for: 'date-time' }, t('date.time')), at),
  h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')), h('button.primary', { type: 'submit' }, t('save'))));
});
