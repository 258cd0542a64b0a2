// Questions to everything that was said, each answer with the moments it rests on.
import { fill, h, icon } from '../lib/dom.js';
import { clock, day, t } from '../lib/i18n.js';
import { api, explain } from '../lib/api.js';
import { hitLink } from '../components/search-results.js';

// Questions of this visit, the newest first, answered or not: they outlive the view. Nothing of a meeting is kept in the browser.
// {question, since, state: 'asked' | 'answered' | 'failed', answer, error, stop}
const asked = [];
const changed = new EventTarget();
const tell = () => changed.dispatchEvent(new Event('change'));

async function send(a) {
  Object.assign(a, { since: Date.now(), state: 'asked', stop: new AbortController() });
  tell();
  try {
    a.answer = await api.ask(a.question, a.stop.signal);
    a.state = 'answered';
  } catch (e) {
    if (a.stop.signal.aborted) asked.splice(asked.indexOf(a), 1);
    else Object.assign(a, { state: 'failed', error: e });
  }
  tell();
}

let draft = '';

export default function ask(root, ctx) {
  ctx.title(t('nav.ask'));
  const field = h('textarea#question', {
    rows: 2, maxLength: 1000, value: draft, placeholder: t('ask.hint'), 'aria-label': t('ask.label'),
    oninput: () => { draft = field.value; },
    onkeydown: (e) => { if (e.key === 'Enter' && !e.shiftKey && !e.isComposing && e.keyCode !== 229) { e.preventDefault(); submit(); } },
  });
  const examples = h('div.examples', ['ask.example.1', 'ask.example.2', 'ask.example.3'].map((k) => h('button.plain', {
    type: 'button', onclick: () => { field.value = draft = t(k); field.focus(); },
  }, t(k))));
  const list = h('ol.answers', { 'aria-live': 'polite' });
  fill(root, h('header.head', h('h1', t('ask.title'))),
    h('form.ask', { onsubmit: (e) => { e.preventDefault(); submit(); } }, field, h('button.primary', { type: 'submit' }, t('ask.do'))),
    h('p.quiet', t('ask.how')), examples, list);

  function submit() {
    const question = field.value.trim();
    if (!question) return field.focus();
    field.value = draft = '';
    const a = { question };
    asked.unshift(a);
    send(a);
  }
  const paint = () => {
    examples.hidden = asked.length > 0;
    fill(list, asked.map(row));
  };
  changed.addEventListener('change', paint, { signal: ctx.signal });
  paint();
  const tick = setInterval(() => {
    const waiting = list.querySelectorAll('.passed');
    asked.filter((a) => a.state === 'asked').forEach((a, i) => { if (waiting[i]) waiting[i].textContent = clock((Date.now() - a.since) / 1000); });
  }, 1000);
  return () => clearInterval(tick);
}

const ROWS = {
  asked: (a) => h('p.thinking', h('i.spin', { 'aria-hidden': 'true' }), t('ask.thinking'), ' ', h('span.num.passed', clock((Date.now() - a.since) / 1000)),
    h('button.text', { type: 'button', onclick: () => a.stop.abort() }, t('cancel'))),
  failed: (a) => h('p.bad', { role: 'alert' }, icon('warn'), explain(a.error), h('button.text', { type: 'button', onclick: () => send(a) }, t('retry'))),
  answered: ({ answer: a }) => [h(a.known ? 'p.reply' : 'p.reply.unknown', a.known ? a.answer : t('ask.unknown')),
    a.citations?.length > 0 && h('ul.sources', a.citations.map((c) => h('li', h('a.hit', { href: hitLink(c) },
      h('time.num', clock(c.start)),
      h('span', c.speaker && h('b', `${c.speaker} `), c.text,
        h('span.quiet', ` ${c.title}${c.started_at ? `, ${day(new Date(c.started_at))}` : ''}`))))))],
};

const row = (a) => h('li.answer', h('h2', a.question), ROWS[a.state](a));
