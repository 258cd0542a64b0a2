// A meeting as a sealed file: only who knows the passphrase opens it, in moim on another device.
import { h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { api } from '../lib/api.js';
import { dialog, fail, toast } from './ui.js';

export async function shareSealed(m) {
  const answer = await dialog(t('share.sealed'), (close) => {
    const word = h('input#share-word', { type: 'text', minLength: 8, maxLength: 200, required: true, autocomplete: 'off', autofocus: true });
    const audio = h('input#share-audio', { type: 'checkbox', checked: m.has_audio, disabled: !m.has_audio });
    return h('form', { method: 'dialog', onsubmit: (e) => { e.preventDefault(); close({ word: word.value, audio: audio.checked }); } },
      h('p.hint', t('share.sealed.hint')),
      h('div.field', h('label', { for: 'share-word' }, t('share.word')), word, h('p.hint', t('share.word.hint'))),
      h('div.field.check', audio, h('label', { for: 'share-audio' }, t('share.with.audio'))),
      h('div.row.end', h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')), h('button.primary', { type: 'submit' }, t('share.do'))));
  });
  if (!answer) return;
  const done = toast(t('share.working'), { seconds: 600 });
  try {
    const url = URL.createObjectURL(await api.share(m.id, answer.word, answer.audio));
    const name = (m.title || `moim-${m.id}`).replace(/[\\/:*?"<>|]+/g, ' ').slice(0, 80);
    const a = h('a', { href: url, download: `${name}.moim` });
    document.body.append(a);
    a.click();
    a.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  } catch (e) { fail(e); }
  done();
}
