// Vocabulary: the names and terms the recogniser should expect, and what corrections suggest.
import { fill, h, icon, iconButton } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { api } from '../lib/api.js';
import { change } from '../lib/outbox.js';
import { empty, fail, loadInto, toast } from '../components/ui.js';

export default function vocabulary(root, ctx) {
  ctx.title(t('nav.vocabulary'));
  const word = h('input#word', { maxLength: 100, required: true, autocomplete: 'off' });
  const sounds = h('input#sounds', { maxLength: 200, autocomplete: 'off' });
  const body = h('div');
  let v = { words: [], suggestions: [] };
  fill(root, h('header.head', h('h1', t('vocabulary.title'))), h('p.quiet', t('vocabulary.how')),
    h('form.word-form', { onsubmit: submit },
      h('div.field', h('label', { for: 'word' }, t('vocabulary.word')), word),
      h('div.field', h('label', { for: 'sounds' }, t('vocabulary.sounds')), sounds),
      h('button.primary', { type: 'submit' }, icon('plus'), h('span', t('vocabulary.add')))),
    body);

  function submit(e) {
    e.preventDefault();
    const w = word.value.trim();
    if (!w) return;
    put(w, sounds.value.trim());
    word.value = sounds.value = '';
    word.focus();
  }
  function put(w, s) {
    v.words = [{ word: w, sounds_like: s }, ...v.words.filter((x) => x.word !== w)];
    v.suggestions = v.suggestions.filter((x) => x.word !== w);
    paint();
    send(`word:${w}`, 'POST', '/vocabulary', { word: w, ...(s && { sounds_like: s }) });
  }
  function drop(x) {
    v.words = v.words.filter((y) => y !== x);
    paint();
    send(`word:${x.word}`, 'DELETE', `/vocabulary?word=${encodeURIComponent(x.word)}`);
    toast(t('vocabulary.removed', { word: x.word }), { action: t('undo'), onaction: () => put(x.word, x.sounds_like) });
  }
  function dismiss(x) {
    v.suggestions = v.suggestions.filter((y) => y !== x);
    paint();
    send(`dismiss:${x.word}`, 'POST', '/vocabulary/dismiss', { word: x.word });
  }
  async function send(...args) {
    try {
      const fresh = await change(...args);
      if (fresh) { v = fresh; paint(); }
    } catch (e) { fail(e); loadAll(); }
  }
  function paint() {
    fill(body,
      v.suggestions.length > 0 && h('section', h('h2', t('vocabulary.suggested')), h('ul.wordlist.suggested', v.suggestions.map((x) => h('li',
        h('b', x.word), h('span.quiet', x.instead_of ? t('vocabulary.instead', { word: x.instead_of }) : '', x.times > 1 ? ` ${t('vocabulary.times', { n: x.times })}` : ''),
        iconButton('check', t('vocabulary.accept', { word: x.word }), () => put(x.word, ''), { class: 'small' }),
        iconButton('close', t('vocabulary.dismiss', { word: x.word }), () => dismiss(x), { class: 'small' }))))),
      v.words.length
        ? h('section', h('h2', t('vocabulary.mine', { n: v.words.length })), h('ul.wordlist', v.words.map((x) => h('li',
          h('b', x.word), h('span.quiet', x.sounds_like),
          iconButton('trash', t('vocabulary.remove', { word: x.word }), () => drop(x), { class: 'small' })))))
        : empty(t('vocabulary.none'), t('vocabulary.none.how')));
  }
  const loadAll = () => loadInto(body, api.vocabulary, (fresh) => { v = fresh; paint(); return [...body.childNodes]; }, 4);
  loadAll();
}
