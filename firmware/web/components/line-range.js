// Several lines of the transcript at once: from one line to another, and what is done with them.
import { fill, h, icon, iconButton } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { say, openMenu } from './ui.js';
import { copyPlain } from './copy.js';

// page: {text: Transcript, m: meeting, people: SpeakerActions, highlightAll(list, yes)}.
// Returns {el, begin(s), take(s, far): whether a click or key on a line was meant for it, end()}.
export function lineRange(page) {
  let first = 0; // ids of the lines it runs between, as they were chosen
  let last = 0;
  const el = h('div.bulk.range', { hidden: true, role: 'group', 'aria-label': t('range.label'), onkeydown: (e) => { if (e.key === 'Escape') { e.stopPropagation(); end(); } } });

  const shown = () => page.m.segments.filter((s) => !page.text.hides(s));
  function list() {
    const all = shown();
    const [a, b] = [first, last].map((id) => all.findIndex((s) => s.id === id)).sort((x, y) => x - y);
    return a < 0 ? all.slice(b, b + 1) : all.slice(a, b + 1);
  }
  function paint() {
    const some = list();
    page.text.choose(new Set(some.map((s) => s.id)));
    el.hidden = !some.length;
    if (!some.length) return;
    const bright = some.every((s) => s.highlighted);
    const speaker = h('button.plain.ib', { type: 'button', 'aria-haspopup': 'menu', onclick: () => openMenu(speaker, t('range.speaker'), speakers(some)) }, icon('people'), h('span', t('range.speaker')));
    fill(el, h('span.num', t('range.chosen', { n: some.length })), speaker,
      iconButton('marker', t(bright ? 'line.plain' : 'line.highlight'), () => { page.highlightAll(some, !bright); end(); }, { words: true, class: 'plain' }),
      iconButton('copy', t('copy'), () => { copyPlain(some.map((s) => `${s.speaker ? `${s.speaker}: ` : ''}${s.text}`).join('\n')); end(); }, { words: true, class: 'plain' }),
      iconButton('close', t('bulk.end'), end));
  }
  const give = (some, number) => { page.people.give(some, number); end(); };
  const speakers = (some) => [...page.m.speakers.filter((x) => x.number > 0).map((x) => ({ label: x.name, icon: 'people', onclick: () => give(some, x.number) })),
    { label: t('range.speaker.new'), icon: 'plus', onclick: () => give(some, 0) }];

  function end() {
    if (!first) return;
    const to = last;
    first = last = 0;
    paint();
    page.text.row(to)?.el.focus({ preventScroll: true });
  }
  function begin(s) {
    first = last = s.id;
    paint();
    say(t('range.how'));
  }
  // far: the line is to be the other end even where nothing has begun; from: where it begins then.
  function take(s, far, from) {
    if (!first && !far) return false;
    if (!first) first = (from ?? s).id;
    last = s.id;
    paint();
    say(t('range.chosen', { n: list().length }));
    return true;
  }
  return { el, begin, take, end, on: () => first > 0 };
}
