// Taking files in: in which language they speak, whether people have channels of their own, when and under which title; then they join the queue.
import { h } from '../lib/dom.js';
import { localDay, t, time } from '../lib/i18n.js';
import { addUploads } from '../lib/uploads.js';
import { countSelect } from './speakers.js';
import { dialog, select } from './ui.js';

const TEXT = /\.(txt|srt|vtt|json|md)$/i;
const SEALED = /\.moim$/i;

export async function importFiles(files) {
  const one = files.length === 1 ? files[0] : null;
  const sound = files.some((f) => !TEXT.test(f.name) && !SEALED.test(f.name));
  const sealed = files.some((f) => SEALED.test(f.name));
  const word = h('input#import-word', { type: 'password', autocomplete: 'off', required: sealed });
  const options = await dialog(t('import.title'), (close) => {
    const answer = {};
    const title = h('input#import-title', { maxLength: 500, placeholder: t('rec.title.hint'), autocomplete: 'off' });
    const dated = one?.lastModified && !TEXT.test(one.name) ? new Date(one.lastModified) : null;
    const day = h('input#import-day', { type: 'date', value: dated ? localDay(dated) : '' });
    const at = h('input#import-time', { type: 'time', value: dated ? time(dated) : '' });
    return h('form', {
      method: 'dialog', onsubmit: (e) => {
        e.preventDefault();
        if (sealed) answer.passphrase = word.value;
        if (title.value.trim()) answer.title = title.value.trim();
        if (day.value) answer.date = `${day.value} ${at.value}`.trim();
        close(answer);
      },
    },
    h('ul.import-files', files.slice(0, 6).map((f) => h('li', f.name)), files.length > 6 && h('li.quiet', t('import.more', { n: files.length - 6 }))),
    sealed && h('div.field', h('label', { for: 'import-word' }, t('share.word')), word),
    one && h('div.field', h('label', { for: 'import-title' }, t('rec.title')), title),
    !(sealed && one) && select('import-language', t('set.speech'), [['', t('lang.auto')], ['ko', t('lang.ko')], ['en', t('lang.en')]], '', (v) => { answer.language = v; }),
    sound && select('import-channels', t('import.channels'), ['auto', 'mix', 'separate'].map((v) => [v, t(`import.channels.${v}`)]), 'auto', (v) => { answer.channels = v; }),
    sound && countSelect('import-speakers', 0, (v) => { if (v) answer.speakers = v; else delete answer.speakers; }),
    one && !sealed && h('div.pair-fields', h('div.field', h('label', { for: 'import-day' }, t('date.day')), day), h('div.field', h('label', { for: 'import-time' }, t('date.time')), at)),
    h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')), h('button.primary', { type: 'submit', autofocus: true }, t('import.do'))));
  });
  if (options) addUploads(files, options);
}
