// The first two minutes: hear the microphone, get what is missing, choose languages and how long audio is kept, connect a phone.
// Recording works from the start; nothing here has to be done.
import { fill, h, icon } from '../lib/dom.js';
import { bytes, setLanguage, storedLanguage, t } from '../lib/i18n.js';
import { api } from '../lib/api.js';
import { change } from '../lib/outbox.js';
import { now } from '../lib/event-stream.js';
import { download, downloading, errors, onDownloads } from '../lib/downloads.js';
import { fail, loadInto, progress, select, toast } from '../components/ui.js';
import { microphoneTest } from '../components/microphone-test.js';

const RATE = 4e6; // bytes a second that a download is assumed to bring

export default function setup(root, ctx) {
  ctx.title(t('setup.title'));
  const mic = microphoneTest(ctx);
  const missing = h('div');
  const choices = h('div.setup-choices');
  fill(root, h('header.head', h('h1', t('setup.title'))), h('p', t('setup.how')),
    h('ol.setup',
      step(t('setup.mic'), t('setup.mic.how'), mic.el),
      step(t('setup.models'), t('setup.models.how'), missing),
      step(t('setup.choices'), '', choices),
      step(t('setup.pair'), t('setup.pair.how'), h('p', h('code', 'moim pair')))),
    h('div.row', h('a.button.seal', { href: '#/record' }, t('rec.start')), h('a.button.plain', { href: '#/' }, t('setup.end'))));
  const paint = lacking(missing);
  ctx.on('state', paint);
  ctx.on('model', paint);
  ctx.signal.addEventListener('abort', onDownloads(paint));
  const timer = setInterval(() => missing.querySelector('progress') && paint(), 2000);
  paint();
  wishes(choices);
  return () => { clearInterval(timer); mic.end(); };
}

const step = (title, how, ...content) => h('li', h('h2', title), how && h('p.quiet', how), content);

// What is missing, why it matters, and one button that brings all of it.
function lacking(el) {
  return async () => {
    const [state, models] = await Promise.all([api.state().catch(() => now.state), api.models().catch(() => [])]);
    const list = state?.missing ?? [];
    const wanted = list.filter((x) => x.model).map((x) => models.find((m) => m.name === x.model)).filter(Boolean).filter((m, i, all) => all.indexOf(m) === i);
    const todo = wanted.filter((m) => !downloading(m.name) && !m.fetching);
    const size = todo.reduce((sum, m) => sum + m.bytes, 0);
    fill(el,
      list.length ? h('ul.lacking', list.map((x) => h('li', icon('warn'), h('div', h('b', t(`missing.${x.code}`)), h('span.quiet', t(`missing.${x.code}.how`)))))) : h('p.ready-line', icon('check'), t('setup.complete')),
      h('ul.lacking', models.filter((m) => m.fetching || downloading(m.name)).map((m) => h('li', h('div.fetching', h('span', t('models.fetching', { name: m.name })),
        progress(m.fetched_bytes && m.bytes ? m.fetched_bytes / m.bytes : null, t('models.fetching', { name: m.name })),
        h('span.num.quiet', m.fetched_bytes ? `${bytes(m.fetched_bytes)} / ${bytes(m.bytes)}` : t('models.waiting')))))),
      [...errors.keys()].map((name) => h('p.bad', icon('warn'), t('models.failed', { name }))),
      todo.length > 0 && h('button.primary', { type: 'button', onclick: () => download(todo.map((m) => m.name)) }, icon('download'),
        h('span', t('setup.download', { size: bytes(size), minutes: Math.max(1, Math.round(size / RATE / 60)) }))),
      todo.length > 0 && h('p.hint', t('models.how')));
  };
}

function wishes(el) {
  const put = (patch) => change(`set:${Object.keys(patch)}`, 'PATCH', '/settings', patch).then((ok) => ok && toast(t('saved'), { seconds: 2 })).catch(fail);
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
