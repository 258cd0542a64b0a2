// What a search found, by meeting: in a meeting in the order of its time, with the words marked, and guesses by meaning called so.
import { h } from '../lib/dom.js';
import { clock, day, t } from '../lib/i18n.js';
import { empty } from './ui.js';

// answer: {hits, total, more} as the recorder gives it.
export function searchResults(answer, q) {
  const { hits } = answer;
  if (!hits.length) return empty(q ? t('search.none', { q }) : t('list.none'), t('search.none.how'));
  const groups = new Map();
  for (const hit of hits) {
    if (!groups.has(hit.meeting)) groups.set(hit.meeting, []);
    groups.get(hit.meeting).push(hit);
  }
  return h('div', h('p.quiet', found(answer)), [...groups.values()].map((list) => group(list, q)));
}

export const found = ({ hits, total = hits.length, more }) => [t(more ? 'search.found.more' : 'search.found', { n: total }), total > hits.length && t('search.shown', { n: hits.length })].filter(Boolean).join(' ');

// What a meeting is known by comes first, then what was said in it, by time.
const RANK = { title: 0, speaker: 1, tag: 2 };
const rank = (x) => RANK[x.where] ?? 3;

function group(list, q) {
  const first = list[0];
  const title = list.find((x) => x.where === 'title');
  const rest = list.filter((x) => x.where !== 'title').sort((a, b) => rank(a) - rank(b) || (a.start ?? 0) - (b.start ?? 0));
  return h('section.hits',
    h('h2', h('a', { href: `#/m/${first.meeting}` }, title ? marked(first.title || title.text, q, title.highlights) : first.title || t('rec.untitled')),
      first.started_at && h('span.quiet', day(new Date(first.started_at)))),
    rest.length > 0 && h('ul', rest.map((hit) => row(hit, q))));
}

const LABEL = { minutes: 'minutes', speaker: 'people', tag: 'tag', note: 'note' };

function row(hit, q) {
  const guess = hit.guess ?? (hit.found?.length > 0 && !hit.found.includes('words'));
  return h('li', h('a.hit', { href: hitLink(hit, q) },
    h('time.num', rank(hit) < 3 ? '' : clock(hit.start)),
    h('span', LABEL[hit.where] ? h('span.badge', t(LABEL[hit.where])) : hit.speaker && h('b', hit.speaker),
      guess && h('span.badge.guess', t('search.meaning')), ' ', guess ? hit.text : marked(hit.text, q, hit.highlights))));
}

export const hitLink = (hit, q) => `#/m/${hit.meeting}?t=${hit.start ?? 0}${hit.segment ? `&s=${hit.segment}` : ''}${q ? `&q=${encodeURIComponent(q)}` : ''}`;

// The text with what was searched marked: by the places that the recorder names ([from, to] in code points), else each word.
export function marked(text, q, places) {
  if (places?.length) {
    const points = [...text];
    const out = [];
    let at = 0;
    for (const [from, to] of [...places].sort((a, b) => a[0] - b[0])) {
      if (from < at) continue;
      out.push(points.slice(at, from).join(''), h('mark', points.slice(from, to).join('')));
      at = to;
    }
    return [...out, points.slice(at).join('')];
  }
  const needles = q.split(/\s+/).filter(Boolean).map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (!needles.length) return [text];
  return text.split(new RegExp(`(${needles.join('|')})`, 'iu')).map((part, i) => (i % 2 ? h('mark', part) : part));
}
