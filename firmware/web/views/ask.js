// Questions to everything that was said, each answer with the moments it rests on.
import { fill, h, icon } from '../lib/dom.js';
import { clock, day, t } from '../lib/i18n.js';
import { api, explain } from '../lib/api.js';

// Answers of this visit; nothing of a meeting is kept in the browser.
const asked = [];

export default function ask(root, ctx) {
  ctx.title(t('nav.ask'));
  const field = h('textarea#question', {
    rows: 2, maxLength: 1000, placeholder: t('ask.hint'), 'aria-label': t('ask.label'),
    onkeydown: (e) => { if (e.key === 'Enter' && !e.shiftKey && !e.isComposing && e.keyCode !== 229) { e.preventDefault(); send(); } },
  });
  const list = h('ol.answers', { 'aria-live': 'polite' });
  fill(root, h('header.head', h('h1', t('ask.title'))),
    h('form.ask', { onsubmit: (e) => { e.preventDefault(); send(); } }, field, h('button.primary', { type: 'submit' }, t('ask.do'))),
    h('p.quiet', t('ask.how')),
    !asked.length && h('div.examples', ['ask.example.1', 'ask.example.2', 'ask.example.3'].map((k) => h('button.plain', {
      type: 'button', onclick: () => { field.value = t(k); field.focus(); },
    }, t(k)))),
    list);
  for (const a of asked) list.append(answerRow(a));

  async function send() {
    const question = field.value.trim();
    if (!question) return field.focus();
    field.value = '';
    const stop = new AbortController();
    ctx.signal.addEventListener('abort', () => stop.abort());
    const since = Date.now();
    const passed = h('span.num', '0:00');
    const row = h('li.answer', h('h2', question), h('p.thinking', h('i.spin', { 'aria-hidden': 'true' }), t('ask.thinking'), ' ', passed,
      h('button.text', { type: 'button', onclick: () => stop.abort() }, t('cancel'))));
    const tick = setInterval(() => { passed.textContent = clock((Date.now() - since) / 1000); }, 1000);
    list.prepend(row);
    try {
      const a = { question, ...await api.ask(question, stop.signal) };
      asked.unshift(a);
      row.replaceWith(answerRow(a));
    } catch (e) {
      if (stop.signal.aborted) row.remove();
      else fill(row, h('h2', question), h('p.bad', { role: 'alert' }, icon('warn'), explain(e)));
      if (!field.value) field.value = question;
    }
    clearInterval(tick);
  }
}

function answerRow(a) {
  return h('li.answer', h('h2', a.question), h(a.known ? 'p.reply' : 'p.reply.unknown', a.answer || t('ask.unknown')),
    a.citations?.length > 0 && h('ul.sources', a.citations.map((c) => h('li', h('a.hit', { href: `#/m/${c.meeting}?t=${c.start}${c.segment ? `&s=${c.segment}` : ''}` },
      h('time.num', clock(c.start)),
      h('span', c.speaker && h('b', `${c.speaker} `), c.text,
        h('span.quiet', ` ${c.title}${c.started_at ? `, ${day(new Date(c.started_at))}` : ''}`)))))));
}
