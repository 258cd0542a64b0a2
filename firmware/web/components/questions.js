// Questions to one meeting or to all, each answer with the moments it rests on; what was asked before stays.
import { fill, h, icon, iconButton } from '../lib/dom.js';
import { clock, day, t, time } from '../lib/i18n.js';
import { api, explain } from '../lib/api.js';
import { ask, asking, forgetQuestion, onAsking, retryQuestion } from '../lib/asking.js';
import { stageText } from '../lib/server-text.js';
import { confirm, fail, problem, say } from './ui.js';
import { hitLink } from './search-results.js';

const drafts = new Map(); // what is being typed, by meeting: it outlives the view

// meeting: 0 for all. jump(source): shows a moment of the meeting that is open. signal: aborted when the view ends.
export function questionsPanel({ meeting = 0, signal, jump }) {
  let kept = [];
  let error = null;
  const H = meeting ? 'h3' : 'h2';
  const name = meeting ? 'question-here' : 'question';
  const field = h('textarea', {
    id: name, rows: 2, maxLength: 1000, value: drafts.get(meeting) ?? '', placeholder: t('ask.hint'), 'aria-label': t('ask.label'),
    oninput: () => drafts.set(meeting, field.value),
    onkeydown: (e) => { if (e.key === 'Enter' && !e.shiftKey && !e.isComposing && e.keyCode !== 229) { e.preventDefault(); submit(); } },
  });
  const put = (text) => { field.value = text; drafts.set(meeting, text); field.focus(); };
  const examples = h('div.examples', (meeting ? ['here.1', 'here.2', 'here.3'] : ['1', '2', '3']).map((k) => h('button.plain', {
    type: 'button', onclick: () => put(t(`ask.example.${k}`)),
  }, t(`ask.example.${k}`))));
  const list = h('ol.answers', { 'aria-live': 'polite' });
  const clear = h('button.text', { type: 'button', onclick: forgetAll }, t('ask.clear'));
  const el = h('div.questions',
    h('form.ask', { onsubmit: (e) => { e.preventDefault(); submit(); } }, field, h('button.primary', { type: 'submit' }, t('ask.do'))),
    h('p.quiet', t(meeting ? 'ask.how.here' : 'ask.how')), examples, list, h('div.row.end', clear));

  function submit() {
    const question = field.value.trim();
    if (!question) return field.focus();
    field.value = '';
    drafts.delete(meeting);
    ask(question, meeting);
  }
  const mine = () => asking.filter((a) => !meeting || a.meeting === meeting);
  function paint() {
    const waiting = mine();
    examples.hidden = waiting.length + kept.length > 0;
    clear.hidden = !kept.length;
    fill(list, waiting.map((a) => h('li.answer', h(H, a.question), a.state === 'failed' ? failed(a) : thinking(a))),
      kept.map((q) => h('li.answer', head(q), ...reply(q))), error && h('li', problem(error, load)));
  }
  const head = (q) => h('div.answer-head', h(H, q.question),
    h('p.quiet', h('span', `${day(new Date(q.asked_at))} ${time(new Date(q.asked_at))}`), !meeting && q.meeting && h('a', { href: `#/m/${q.meeting}` }, q.title || t('rec.untitled'))),
    h('span.answer-tools', iconButton('redo', t('ask.again'), () => put(q.question), { class: 'small' }),
      iconButton('trash', t('ask.forget', { question: q.question.slice(0, 40) }), () => forget(q), { class: 'small' })));
  const reply = (q) => [h(q.known ? 'p.reply' : 'p.reply.unknown', q.known ? q.answer : t(q.meeting ? 'ask.unknown.here' : 'ask.unknown')),
    q.citations.length > 0 && places(q.citations), q.near?.length > 0 && h('p.quiet', t('ask.near')), q.near?.length > 0 && places(q.near)];
  const places = (list) => h('ul.sources', list.map((c) => h('li', source(c))));
  const source = (c) => h('a.hit', { href: hitLink(c), onclick: (e) => { if (jump && c.meeting === meeting) { e.preventDefault(); jump(c); } } },
    h('time.num', clock(c.start)),
    h('span', c.speaker && h('b', `${c.speaker} `), c.text || t('ask.source.gone'),
      !meeting && h('span.quiet', ` ${c.title}${c.started_at ? `, ${day(new Date(c.started_at))}` : ''}`)));

  async function load() {
    try {
      kept = (await api.questions(meeting, signal)).questions;
      error = null;
    } catch (e) {
      if (signal.aborted) return;
      error = e;
    }
    paint();
  }
  async function forget(q) {
    try {
      await api.forgetQuestion(q.id);
      kept = kept.filter((x) => x !== q);
      paint();
      say(t('deleted.gone'));
    } catch (e) { fail(e); }
  }
  async function forgetAll() {
    if (!await confirm(t('ask.clear'), t(meeting ? 'ask.clear.here' : 'ask.clear.all'), t('delete'), { danger: true })) return;
    try {
      await api.forgetQuestions(meeting);
      kept = [];
      paint();
    } catch (e) { fail(e); }
  }
  onAsking((answered) => {
    if (answered && (!meeting || answered.meeting === meeting)) kept = [answered, ...kept.filter((q) => q.id !== answered.id)];
    paint();
  }, { signal });
  const tick = setInterval(() => {
    const at = mine().filter((a) => a.state === 'asked');
    list.querySelectorAll('.passed').forEach((e, i) => { if (at[i]) e.textContent = passed(at[i]); });
  }, 1000);
  signal.addEventListener('abort', () => clearInterval(tick));
  paint();
  return { el, load };
}

const passed = (a) => clock((Date.now() - a.since) / 1000);

const thinking = (a) => h('p.thinking', h('i.spin', { 'aria-hidden': 'true' }), a.stage ? stageText({ stage: a.stage }) : t('ask.thinking'), ' ', h('span.num.passed', passed(a)),
  h('button.text', { type: 'button', onclick: () => forgetQuestion(a) }, t('cancel')));

const failed = (a) => h('p.bad', { role: 'alert' }, icon('warn'), explain(a.error), h('button.text', { type: 'button', onclick: () => retryQuestion(a) }, t('retry')),
  h('button.text', { type: 'button', onclick: () => forgetQuestion(a) }, t('close')));
