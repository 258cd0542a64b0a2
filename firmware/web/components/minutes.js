// The minutes beside the transcript: every statement carries the moments it rests on.
import { h, icon } from '../lib/dom.js';
import { clock, spoken, t } from '../lib/i18n.js';
import { empty } from './ui.js';

const KINDS = ['summary', 'decisions', 'actions', 'topics', 'key_points', 'questions', 'to_confirm', 'suggestions'];

// jump(segment id or null, seconds)
export function minutesPanel(meeting, jump, write) {
  const m = meeting.minutes;
  const any = m && KINDS.some((k) => m[k]?.length);
  if (!any) {
    return meeting.segments.length
      ? empty(t('minutes.none'), t('minutes.none.how'), h('button.plain', { type: 'button', onclick: write }, t('minutes.write')))
      : empty(t('minutes.none'), t('minutes.later'));
  }
  const starts = new Map(meeting.segments.map((s) => [s.id, s.start]));
  starts.sound = meeting.has_audio;
  return h('div.minutes', { lang: meeting.language || undefined },
    m.title && h('p.minutes-title', m.title),
    KINDS.filter((k) => m[k]?.length).map((k) => h(`section.${k}`, h('h3', t(`minutes.${k}`)),
      k === 'actions' ? actions(m[k], starts, jump) : h('ul', m[k].map((x) => h('li', h('span', x.text), evidence(x, starts, jump)))))));
}

function actions(list, starts, jump) {
  return h('ul', list.map((x) => h('li',
    h('span', x.text),
    (x.owner || x.due || x.due_date) && h('span.duty', x.owner && h('b', x.owner), (x.due || x.due_date) && h('span', due(x))),
    evidence(x, starts, jump))));
}

const due = (x) => (x.due && x.due_date ? `${x.due} (${x.due_date})` : x.due || x.due_date);

function evidence(item, starts, jump) {
  const ids = item.evidence.filter((id) => starts.has(id));
  const chips = ids.length ? ids.map((id) => [id, starts.get(id)]) : [[null, item.start]];
  return h('span.evidence', chips.slice(0, 6).map(([id, at]) => h('button.chip.num', {
    type: 'button', onclick: () => jump(id, at), 'aria-label': t('minutes.evidence', { at: spoken(at) }),
  }, starts.sound && icon('play'), clock(at))));
}
