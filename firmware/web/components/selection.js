// Choosing several meetings of the list, and what is done with all of them.
import { fill, h, icon, iconButton } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { deleteMeetings, tagMeetings } from './meeting-actions.js';
import { fail } from './ui.js';

// changed(): the list is to be read again. Returns {toggle, bar, box(meeting, title), on()}.
export function selection(changed) {
  const chosen = new Map();
  let on = false;
  const bar = h('div.bulk', { hidden: true, role: 'group', 'aria-label': t('bulk.label') });
  const toggle = h('button.plain', { type: 'button', 'aria-pressed': 'false', onclick: () => turn(!on) }, icon('check'), h('span', t('bulk.select')));

  function turn(to) {
    on = to;
    chosen.clear();
    toggle.setAttribute('aria-pressed', String(on));
    bar.hidden = !on;
    document.body.classList.toggle('selecting', on);
    for (const b of document.querySelectorAll('.pick input')) b.checked = false;
    paint();
  }
  async function act(fn) {
    try {
      if (await fn([...chosen.values()]) === false) return;
      turn(false);
      changed();
    } catch (e) { fail(e); }
  }
  function paint() {
    const none = !chosen.size;
    fill(bar, h('span.num', { role: 'status' }, t('bulk.chosen', { n: chosen.size })),
      h('button.text', { type: 'button', onclick: () => { for (const b of document.querySelectorAll('.pick input:not(:checked)')) b.click(); } }, t('bulk.all')),
      iconButton('tag', t('tag.add'), () => act(tagMeetings), { words: true, class: 'plain', disabled: none }),
      iconButton('trash', t('delete'), () => act(deleteMeetings), { words: true, class: 'plain', disabled: none }),
      iconButton('close', t('bulk.end'), () => turn(false)));
  }
  const box = (m, title) => h('label.pick', h('input', {
    type: 'checkbox', 'aria-label': t('bulk.pick', { title }), checked: chosen.has(m.id), disabled: Boolean(m.recording),
    onchange: (e) => { if (e.target.checked) chosen.set(m.id, m); else chosen.delete(m.id); paint(); },
  }));
  document.body.classList.remove('selecting');
  return { toggle, bar, box, on: () => on };
}
