// Questions to all meetings that the reader may see. Answers live as long as the page: nothing is kept in the browser.
import { fill, h, icon } from '../lib/dom.js';
import { clock, day, t } from '../lib/i18n.js';
import { explain } from '../lib/api.js';
import { asked, fleet } from '../lib/fleet.js';
import { hitLink } from '../components/search-results.js';
import { filterBox } from '../filters.js';

let draft = '';

export default function ask(root, ctx) {
  ctx.title(t('nav.ask'));
  const filter = {};
  const list = h('ol.answers', { 'aria-live': 'polite' });
  const filters = filterBox(filter, () => {}, ctx.signal);
  const field = h('textarea#question', {
    rows: 2, maxLength: 1000, value: draft, placeholder: t('ask.hint'), 'aria-label': t('ask.label'),
    oninput: () => { draft = field.value; },
    onkeydown: (e) => { if (e.key === 'Enter' && !e.shiftKey && !e.isComposing && e.keyCode !== 229) { e.preventDefault(); submit(); } },
  });
  fill(root, h('header.head', h('h1', t('ask.title'))),
    h('div.questions', h('form.ask', { onsubmit: (e) => { e.preventDefault(); submit(); } }, field, h('button.primary', { type: 'submit' }, t('ask.do'))),
      h('p.quiet', t('ask.how')), h('div.ask-filters', filters.button, filters.panel), list));

  function submit() {
    const question = field.value.trim();
    if (!question) return field.focus();
    field.value = draft = '';
    send(question, asked(filter));
  }
  async function send(question, where) {
    const since = Date.now();
    const stop = new AbortController();
    const li = h('li.answer');
    const passed = h('span.num.passed', clock(0));
    const put = (...more) => fill(li, h('h2', question), more);
    const tick = setInterval(() => { passed.textContent = clock((Date.now() - since) / 1000); }, 1000);
    const cancel = () => { stop.abort(); li.remove(); };
    ctx.signal.addEventListener('abort', () => stop.abort());
    put(h('p.thinking', h('i.spin', { 'aria-hidden': 'true' }), t('ask.thinking'), ' ', passed, h('button.text', { type: 'button', onclick: cancel }, t('cancel'))));
    list.prepend(li);
    try {
      put(reply(await fleet.ask(question, where, stop.signal)));
    } catch (e) {
      if (!stop.signal.aborted) put(h('p.bad', { role: 'alert' }, icon('warn'), explain(e), h('button.text', { type: 'button', onclick: () => { li.remove(); send(question, where); } }, t('retry'))));
    }
    clearInterval(tick);
  }
}

const reply = (r) => [h(r.known ? 'p.reply' : 'p.reply.unknown', r.known ? r.answer : t('ask.unknown')),
  r.citations.length > 0 && h('ul.sources', r.citations.map((c) => h('li', h('a.hit', { href: hitLink(c) }, h('time.num', clock(c.start)),
    h('span', c.speaker && h('b', `${c.speaker} `), c.text, h('span.quiet', ` ${c.title}, ${c.box}, ${day(new Date(c.started_at))}`))))))];
