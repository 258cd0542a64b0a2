// The first two minutes: hear the microphone, get what is missing, choose languages and how long audio is kept, connect a phone.
// Recording works from the start; nothing here has to be done.
import { fill, h, icon } from '../lib/dom.js';
import { bytes, setLanguage, storedLanguage, t } from '../lib/i18n.js';
import { api } from '../lib/api.js';
import { change } from '../lib/outbox.js';
import { reason, roleText } from '../lib/server-text.js';
import { fail, loadInto, progress, select, toast } from '../components/ui.js';
import { microphoneTest } from '../components/microphone-test.js';

const RATE = 4e6; // bytes a second that a download is assumed to bring

export default function setup(root, ctx) {
  ctx.title(t('setup.title'));
  const mic = microphoneTest(ctx);
  const missing = h('div.setup-missing');
  const choices = h('div.setup-choices');
  fill(root, h('header.head', h('h1', t('setup.title'))), h('p', t('setup.how')),
    h('ol.setup',
      step(t('setup.mic'), t('setup.mic.how'), mic.el),
      step(t('setup.models'), t('setup.models.how'), missing),
      step(t('setup.choices'), '', choices),
      step(t('setup.pair'), t('setup.pair.how'), h('p', h('code', 'moim pair')))),
    h('div.row', h('a.button.seal', { href: '#/record' }, t('rec.start')), h('a.button.plain', { href: '#/', onclick: () => change('set:setup', 'PATCH', '/settings', { setup_done: true }).catch(fail) }, t('setup.end'))));
  const paint = lacking(missing);
  ctx.on('model', paint);
  ctx.on('resync', paint);
  const timer = setInterval(() => missing.querySelector('progress') && paint(), 2000);
  paint();
  wishes(choices);
  return () => { clearInterval(timer); mic.end(); };
}

const step = (title, how, ...content) => h('li', h('h2', title), how && h('p.quiet', how), content);

// What is missing, why it matters, and one button that brings all that this machine is to have.
function lacking(el) {
  const list = (missing) => {
    const codes = [...new Set(missing.map((x) => x.code))].filter((code) => code !== 'microphone'); // the step before says it
    return codes.length ? h('ul.lacking', codes.map((code) => h('li', icon('warn'), h('div', h('b', t(`missing.${code}`)), h('span.quiet', t(`missing.${code}.how`)))))) : h('p.ready-line', icon('check'), t('setup.complete'));
  };
  // The first look at the machine takes a while; what is missing is known before.
  if (!el.children.length) api.state().then(({ missing }) => { if (!el.children.length) fill(el, list(missing), h('p.quiet.ready-line', h('i.spin', { 'aria-hidden': 'true' }), t('setup.looking'))); }, fail);
  return async () => {
    let s;
    try { s = await api.setup(); } catch (e) { return fail(e); }
    const todo = s.models.filter((m) => m.recommended && !m.installed);
    const busy = todo.some((m) => m.fetching);
    fill(el,
      h('p.quiet', t('setup.machine', { memory: bytes(s.machine.memory_bytes), cores: s.machine.cores, free: bytes(s.disk_free_bytes) })),
      list(s.missing),
      todo.length > 0 && h('ul.lacking', todo.map((m) => h('li', h('div', h('span', `${roleText(m.role)} `, h('span.quiet.num', bytes(m.bytes))),
        m.fetching && progress(m.fetched_bytes && m.bytes ? m.fetched_bytes / m.bytes : null, t('models.fetching', { name: m.name })),
        m.fetch_error && h('span.bad', reason(m.fetch_error, 'network')))))),
      todo.length > 0 && !s.fetch_fits && h('p.bad', icon('warn'), t('error.disk_full')),
      todo.length > 0 && (busy ? h('p.quiet', t('setup.fetching'))
        : h('button.primary', { type: 'button', disabled: !s.fetch_fits, onclick: () => api.fetchRecommended().then(() => lacking(el)(), fail) }, icon('download'),
          h('span', t('setup.download', { size: bytes(s.fetch_bytes), minutes: Math.max(1, Math.round(s.fetch_bytes / RATE / 60)) })))),
      todo.length > 0 && h('p.hint', t('models.how')));
  };
}

function wishes(el) {
  const put = (patch) => change(`set:${Object.keys(patch)}`, 'PATCH', '/settings', patch).then((ok) => ok && toast(t('saved'), { seconds: 2 })).catch((e) => { fail(e); wishes(el); });
  loadInto(el, api.settings, (s) => {
    const days = [0, 7, 30, 90, 365];
    return [
      select('setup-ui', t('set.language'), [['auto', t('auto')], ['ko', '한국어'], ['en', 'English']], storedLanguage() !== 'auto' ? storedLanguage() : s.ui_language ?? 'auto', async (v) => {
        await setLanguage(v);
        put({ ui_language: v });
        dispatchEvent(new Event('moim:language'));
      }),
      select('setup-speech', t('set.speech'), [['auto', t('lang.auto')], ['ko', t('lang.ko')], ['en', t('lang.en')]], s.speech_language ?? 'auto', (v) => put({ speech_language: v })),
      select('setup-minutes', t('set.minutes.language'), [['', t('set.minutes.as')], ['ko', t('lang.ko')], ['en', t('lang.en')]], s.minutes_language ?? '', (v) => put({ minutes_language: v })),
      select('setup-days', t('set.days.label'), days.map((n) => [String(n), n ? t('set.days.n', { n }) : t('set.days.ever')]), String(s.keep_audio_days ?? 0), (v) => put({ keep_audio_days: Number(v) }))];
  }, 3);
}
