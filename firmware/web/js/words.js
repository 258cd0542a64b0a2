// Vocabulary: the names and terms the recogniser should expect, and what corrections suggest.
import { fill, h, icon, iconButton } from './dom.js';
import { t } from './i18n.js';
import { api } from './api.js';
import { change } from './outbox.js';
import { empty, fail, loadInto, toast } from './ui.js';

export default function words(root, ctx) {
  ctx.title(t('nav.words'));
  const word = h('input#word', { maxLength: 100, required: true, autocomplete: 'off' });
  const sounds = h('input#sounds', { maxLength: 200, autocomplete: 'off' });
  const body = h('div');
  let v = { words: [], suggestions: [] };
  fill(root, h('header.head', h('h1', t('words.title'))), h('p.quiet', t('words.how')),
    h('form.word-form', { onsubmit: submit },
      h('div.field', h('label', { for: 'word' }, t('words.word')), word),
      h('div.field', h('label', { for: 'sounds' }, t('words.sounds')), sounds),
      h('button.primary', { type: 'submit' }, icon('plus'), h('span', t('words.add')))),
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
    toast(t('words.removed', { word: x.word }), { action: t('undo'), onaction: () => put(x.word, x.sounds_like) });
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
      v.suggestions.length > 0 && h('section', h('h2', t('words.suggested')), h('ul.wordlist.suggested', v.suggestions.map((x) => h('li',
        h('b', x.word), h('span.quiet', x.instead_of ? t('words.instead', { word: x.instead_of }) : '', x.times > 1 ? ` ${t('words.times', { n: x.times })}` : ''),
        iconButton('check', t('words.accept', { word: x.word }), () => put(x.word, ''), { class: 'small' }),
        iconButton('close', t('words.dismiss', { word: x.word }), () => dismiss(x), { class: 'small' }))))),
      v.words.length
        ? h('section', h('h2', t('words.mine', { n: v.words.length })), h('ul.wordlist', v.words.map((x) => h('li',
          h('b', x.word), h('span.quiet', x.sounds_like),
          iconButton('trash', t('words.remove', { word: x.word }), () => drop(x), { class: 'small' })))))
        : empty(t('words.none'), t('words.none.how')));
  }
  const loadAll = () => loadInto(body, api.vocabulary, (fresh) => { v = fresh; paint(); return [...body.childNodes]; }, 4);
  loadAll();
}
