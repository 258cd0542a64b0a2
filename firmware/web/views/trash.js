// What was deleted: kept for some days, then gone for good; it can come back until then.
import { debounce, fill, h, icon } from '../lib/dom.js';
import { clock, day, t } from '../lib/i18n.js';
import { api } from '../lib/api.js';
import { confirm, empty, fail, loadInto, toast } from '../components/ui.js';

export default function trash(root, ctx) {
  ctx.title(t('trash'));
  const body = h('div.results');
  const all = h('button.plain', { type: 'button', hidden: true, onclick: empties }, icon('trash'), h('span', t('trash.empty')));
  fill(root, h('header.head', h('h1', t('trash')), h('div.row', all, h('a.button.plain', { href: '#/' }, icon('back'), h('span', t('nav.meetings'))))), h('p.quiet', t('trash.how')), body);
  const load = () => loadInto(body, () => api.trash(ctx.signal), ({ meetings: list }) => {
    all.hidden = !list.length;
    return list.length ? h('ul.meetings.trash', list.map(row)) : empty(t('trash.none'), t('trash.none.how'));
  }, 4);
  const row = (m) => {
    const title = m.title || t('rec.untitled');
    return h('li', h('div.what', h('strong', title), h('span.facts', h('span', day(new Date(m.started_at))), h('span.num', clock(m.duration_s)), m.deleted_at && h('span', t('trash.until', { day: day(new Date(m.deleted_at)) })))),
      h('div.row', h('button.plain', { type: 'button', onclick: () => act(() => api.restore(m.id), t('trash.restored', { title })) }, t('trash.restore')),
        h('button.text.bad', { type: 'button', onclick: () => purge(m, title) }, t('delete.do'))));
  };
  async function act(fn, text) {
    try { await fn(); toast(text); load(); } catch (e) { fail(e); }
  }
  async function empties() {
    if (await confirm(t('trash.empty'), t('trash.empty.text'), t('delete.do'), { danger: true })) act(() => api.emptyTrash(), t('deleted.gone'));
  }
  async function purge(m, title) {
    if (await confirm(t('delete.title'), t('delete.text', { title }), t('delete.do'), { danger: true })) act(() => api.purge(m.id), t('deleted.gone'));
  }
  ctx.on('meeting', debounce(300, () => { if (!document.querySelector('dialog')) load(); }));
  load();
}
