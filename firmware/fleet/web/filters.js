// What meetings are limited to: days, room, team, speaker, tag. Lists come from what the reader may see.
import { fill, h, icon } from './lib/dom.js';
import { t } from './lib/i18n.js';
import { fleet } from './lib/fleet.js';

export const FILTERS = ['from', 'to', 'room', 'team', 'person', 'tag'];
const LISTS = { room: 'rooms', team: 'teams', person: 'people', tag: 'tags' };
const CHOSEN = ['room', 'team']; // one of a list; the others may be typed

// filter: {from, to, ...}, which is changed; changed() is called then. Returns {button, panel}.
export function filterBox(filter, changed, signal) {
  const fields = {};
  const field = (k, control) => {
    fields[k] = control;
    control.addEventListener('change', () => { filter[k] = control.value.trim(); paint(); changed(); });
    return h('div.field', h('label', { for: control.id }, t(`filter.${k}`)), control);
  };
  const any = () => FILTERS.some((k) => filter[k]);
  const lists = Object.fromEntries(['person', 'tag'].map((k) => [k, h(`datalist#list-${k}`)]));
  const panel = h('div.filters#filters', { hidden: !any() },
    ['from', 'to'].map((k) => field(k, h(`input#filter-${k}`, { type: 'date', value: filter[k] ?? '' }))),
    CHOSEN.map((k) => field(k, h(`select#filter-${k}`, h('option', { value: '' }, t('filter.any'))))),
    ['person', 'tag'].map((k) => field(k, h(`input#filter-${k}`, { value: filter[k] ?? '', list: `list-${k}`, maxLength: 100, autocomplete: 'off' }))),
    Object.values(lists),
    h('button.text', {
      type: 'button', onclick: () => {
        for (const k of FILTERS) { filter[k] = ''; fields[k].value = ''; }
        paint();
        changed();
      },
    }, t('filter.clear')));
  const button = h('button.text', {
    type: 'button', 'aria-expanded': String(any()), 'aria-controls': 'filters',
    onclick: () => { panel.hidden = !panel.hidden; button.setAttribute('aria-expanded', String(!panel.hidden)); },
  }, icon('filter'), h('span', t('filter')));
  const paint = () => button.classList.toggle('on', any());
  paint();
  fleet.filters(signal).then((known) => {
    for (const k of CHOSEN) fields[k].append(...known[LISTS[k]].map((x) => h('option', { value: x, selected: filter[k] === x }, x)));
    for (const k of Object.keys(lists)) fill(lists[k], known[LISTS[k]].map((x) => h('option', { value: x })));
  }).catch(() => { /* the lists are a help, the fields work without them */ });
  return { button, panel };
}
