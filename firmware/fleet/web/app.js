// The frame of the page over the fleet: who is signed in, and which view stands where.
import { $, fill, h } from './lib/dom.js';
import { addWords, setLanguage, storedLanguage, t } from './lib/i18n.js';
import { onUnpaired } from './lib/api.js';
import { fleet } from './lib/fleet.js';
import { problem } from './components/ui.js';
import { words } from './words.js';
import signin from './views/sign-in.js';
import meetings from './views/meetings.js';
import meeting from './views/meeting.js';
import ask from './views/ask.js';
import me from './views/me.js';

const ROUTES = [
  [/^\/?$/, 'meetings', meetings],
  [/^\/m\/(\d+)$/, 'meetings', meeting, 'meeting'],
  [/^\/ask$/, 'ask', ask],
  [/^\/me$/, 'me', me],
];

let current = null;
let person = null;

// A view is a function of (root, context); the context's signal is aborted when another takes its place.
function show(view, nav, params, query, keepFocus, name = nav) {
  current?.abort();
  current = new AbortController();
  const root = h('div.view');
  document.body.dataset.view = name;
  for (const a of document.querySelectorAll('[data-nav]')) {
    if (a.dataset.nav === nav) a.setAttribute('aria-current', 'page');
    else a.removeAttribute('aria-current');
  }
  fill($('#main'), root);
  $('#main').scrollTop = 0;
  view(root, {
    params, query, person, signal: current.signal,
    title: (text) => { document.title = [text, 'moim'].filter(Boolean).join(' · '); },
    again: () => route(true), signedIn: start, signedOut: () => signOut(),
  });
  if (!keepFocus) $('#main').focus({ preventScroll: true });
}

function route(keepFocus) {
  $('.rail nav').hidden = !person;
  if (!person) return show(signin, 'sign-in', [], new URLSearchParams(), keepFocus);
  const hash = location.hash.startsWith('#/') ? location.hash.slice(1) : '/';
  const [path, search] = hash.split('?');
  for (const [pattern, nav, view, name] of ROUTES) {
    const m = pattern.exec(path);
    if (m) return show(view, nav, m.slice(1), new URLSearchParams(search), keepFocus, name);
  }
  location.replace('#/');
}

async function start() {
  try {
    person = await fleet.me();
  } catch (e) {
    if (e.status !== 401) return fill($('#main'), problem(e, start));
    person = null;
  }
  route(true);
}

// What was read does not stay on the screen, nor in the address.
function signOut() {
  person = null;
  history.replaceState(null, '', '#/');
  route();
}

addWords(words);
// Who types a token is not disturbed.
addEventListener('hashchange', () => { if (person && (location.hash.startsWith('#/') || !location.hash)) route(); });
addEventListener('moim:language', () => route(true));
onUnpaired(() => { if (person) { person = null; route(); } });
addEventListener('click', (e) => {
  if (!e.target.closest?.('.skip')) return;
  e.preventDefault();
  $('#main').focus();
});
await setLanguage(storedLanguage(), false);
start();
