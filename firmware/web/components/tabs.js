// The parts of a meeting: on narrow screens one at a time, on wide ones the transcript stays and the others take turns beside it.
import { h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';

const WIDE = matchMedia('(min-width: 62.5rem)');

// items: [[name, label]], the first being the one that stays. Returns the bar with choose(name) and wide().
export function tabList(items) {
  const shown = () => [...bar.children].filter((b) => !(WIDE.matches && b.dataset.tab === items[0][0]));
  const choose = (name, focus) => {
    const to = WIDE.matches && name === items[0][0] ? (document.body.dataset.tab && document.body.dataset.tab !== name ? document.body.dataset.tab : items[1][0]) : name;
    document.body.dataset.tab = to;
    for (const b of bar.children) {
      const on = b.dataset.tab === to;
      b.setAttribute('aria-selected', on);
      b.tabIndex = on ? 0 : -1;
      if (on && focus) b.focus();
    }
  };
  const bar = h('div.tabs', {
    role: 'tablist', 'aria-label': t('meeting.parts'),
    onkeydown: (e) => {
      const list = shown();
      const i = list.indexOf(document.activeElement);
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1 + list.length }[e.key];
      if (to === undefined) return;
      e.preventDefault();
      choose(list[to % list.length].dataset.tab, true);
    },
  }, items.map(([name, label]) => h('button', { type: 'button', role: 'tab', 'aria-controls': `tab-${name}`, data: { tab: name }, onclick: () => choose(name) }, label)));
  const changed = () => (bar.isConnected ? choose(document.body.dataset.tab) : WIDE.removeEventListener('change', changed));
  WIDE.addEventListener('change', changed);
  bar.choose = choose;
  bar.wide = () => WIDE.matches;
  delete document.body.dataset.tab;
  choose(items[0][0]);
  return bar;
}
