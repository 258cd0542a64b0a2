// Who is signed in, and how the page looks here.
import { fill, h } from '../lib/dom.js';
import { setLanguage, storedLanguage, t } from '../lib/i18n.js';
import { setTheme, storedTheme } from '../lib/theme.js';
import { fleet } from '../lib/fleet.js';
import { fail, select } from '../components/ui.js';

export default function me(root, ctx) {
  const { person } = ctx;
  ctx.title(t('nav.me.title'));
  const fact = (key, text) => h('div', h('dt', t(key)), h('dd', text));
  fill(root, h('header.head', h('h1', t('nav.me.title'))),
    h('dl.facts-list', fact('me.name', person.name), fact('me.organisation', person.organisation), fact('me.teams', person.teams.join(', ') || t('me.none'))),
    person.admin && h('p', t('me.admin')),
    h('p.quiet', t('me.audit')),
    h('div.settings', h('section',
      select('language', t('me.language'), [['auto', t('auto')], ['ko', '한국어'], ['en', 'English']], storedLanguage(), async (v) => { await setLanguage(v); dispatchEvent(new Event('moim:language')); }),
      select('theme', t('me.theme'), [['auto', t('auto')], ['light', t('me.theme.light')], ['dark', t('me.theme.dark')]], storedTheme(), setTheme),
      h('button.plain#sign-out', { type: 'button', onclick: async () => { try { await fleet.signOut(); ctx.signedOut(); } catch (e) { fail(e); } } }, t('sign.out')))));
}
