// Taking files in: in which language they speak, how many people, when and under which title; then they join the queue.
import { h } from '../lib/dom.js';
import { localDay, t, time } from '../lib/i18n.js';
import { addUploads } from '../lib/uploads.js';
import { dialog, select } from './ui.js';

const TEXT = /\.(txt|srt|vtt|json|md)$/i;

export async function importFiles(files) {
  const one = files.length === 1 ? files[0] : null;
  const options = await dialog(t('import.title'), (close) => {
    const answer = {};
    const title = h('input#import-title', { maxLength: 500, placeholder: t('rec.title.hint'), autocomplete: 'off' });
    const people = h('input#import-speakers', { type: 'number', min: 1, max: 20, inputMode: 'numeric', placeholder: t('import.speakers.hint') });
    const dated = one?.lastModified && !TEXT.test(one.name) ? new Date(one.lastModified) : null;
    const day = h('input#import-day', { type: 'date', value: dated ? localDay(dated) : '' });
    const at = h('input#import-time', { type: 'time', value: dated ? time(dated) : '' });
    return h('form', {
      method: 'dialog', onsubmit: (e) => {
        e.preventDefault();
        if (title.value.trim()) answer.title = title.value.trim();
        if (people.value) answer.speakers = people.value;
        if (day.value) answer.started_at = new Date(`${day.value}T${at.value || '00:00'}`).toISOString();
        close(answer);
      },
    },
    h('ul.import-files', files.slice(0, 6).map((f) => h('li', f.name)), files.length > 6 && h('li.quiet', t('import.more', { n: files.length - 6 }))),
    one && h('div.field', h('label', { for: 'import-title' }, t('rec.title')), title),
    select('import-language', t('set.speech'), [['', t('lang.auto')], ['ko', t('lang.ko')], ['en', t('lang.en')]], '', (v) => { answer.language = v; }),
    h('div.field', h('label', { for: 'import-speakers' }, t('import.speakers')), people),
    one && h('div.pair-fields', h('div.field', h('label', { for: 'import-day' }, t('date.day')), day), h('div.field', h('label', { for: 'import-time' }, t('date.time')), at)),
    h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')), h('button.primary', { type: 'submit', autofocus: true }, t('import.do'))));
  });
  if (options) addUploads(files, options);
}
