// Settings of the box and of this browser, the models, the state of the device.
import { fill, h, icon, iconButton } from '../lib/dom.js';
import { about, bytes, clock, setLanguage, storedLanguage, t } from '../lib/i18n.js';
import { setTheme, storedTheme } from '../lib/theme.js';
import { aboutModel, checkText, deviceName, reason, roleText, stageText } from '../lib/server-text.js';
import { now } from '../lib/event-stream.js';
import { api, explain } from '../lib/api.js';
import { change } from '../lib/outbox.js';
import { confirm, fail, loadInto, progress, select, toast } from '../components/ui.js';
import { TEMPLATES } from '../components/redo-dialogs.js';
import { ownTemplates } from '../components/own-templates.js';
import { setShortcuts, shortcutsOn } from '../lib/shortcuts.js';

const PARTS = { '': general, models, device };
const LINKS = [['/settings', 'set.part.general', ''], ['/settings/models', 'set.part.models', 'models'], ['/settings/device', 'set.part.device', 'device'], ['/vocabulary', 'nav.vocabulary', null], ['/setup', 'set.part.setup', null]];

export default function settings(root, ctx) {
  const part = PARTS[ctx.params[0] ?? ''] ? ctx.params[0] ?? '' : '';
  ctx.title(t('nav.settings'));
  const body = h('div.settings');
  fill(root, h('header.head', h('h1', t('nav.settings'))),
    h('nav.tabs.links', { 'aria-label': t('nav.settings') }, LINKS.map(([path, label, p]) => h('a', { href: `#${path}`, 'aria-current': p === part && 'page' }, t(label)))),
    body);
  return PARTS[part](body, ctx);
}

// ---- choices ----

function general(body, ctx) {
  const put = (patch) => change(`set:${Object.keys(patch)}`, 'PATCH', '/settings', patch).then((ok) => ok && toast(t('saved'), { seconds: 2 })).catch((e) => { fail(e); ctx.again(); });
  const setLang = async (v) => {
    await setLanguage(v);
    put({ ui_language: v });
    dispatchEvent(new Event('moim:language'));
  };
  loadInto(body, () => Promise.all([api.settings(), api.devices().catch(() => []), api.models().catch(() => [])]), ([s, devices, list]) => {
    const minutesModels = list.filter((x) => x.role.startsWith('minutes') && x.installed);
    const days = h('input#set-days', { type: 'number', min: 0, max: 36500, inputMode: 'numeric', value: s.keep_audio_days ?? 0, onchange: () => days.reportValidity() && put({ keep_audio_days: Number(days.value) || 0 }) });
    const name = h('input#set-name', { value: s.name ?? '', maxLength: 60, onchange: () => name.value.trim() && put({ name: name.value.trim() }) });
    const templateChoice = h('div');
    const paintTemplates = (own) => fill(templateChoice, select('set-template', t('set.template'), [...TEMPLATES.map((x) => [x, t(`template.${x}`)]), ...own.map((x) => [x, x])], [...TEMPLATES, ...own].includes(s.minutes_template) ? s.minutes_template : 'plain', (v) => { s.minutes_template = v; put({ minutes_template: v }); }));
    paintTemplates([]);
    return [
      h('section', h('h2', t('set.page')),
        select('set-lang', t('set.language'), [['auto', t('auto')], ['ko', '한국어'], ['en', 'English']], storedLanguage() !== 'auto' ? storedLanguage() : s.ui_language ?? 'auto', setLang),
        select('set-theme', t('set.theme'), [['auto', t('auto')], ['light', t('theme.light')], ['dark', t('theme.dark')]], storedTheme() !== 'auto' ? storedTheme() : s.theme ?? 'auto', (v) => { setTheme(v); put({ theme: v }); }),
        check('set-keys', t('set.keys'), shortcutsOn(), setShortcuts, t('set.keys.hint'))),
      h('section', h('h2', t('set.recording')),
        select('set-speech', t('set.speech'), [['auto', t('lang.auto')], ['ko', t('lang.ko')], ['en', t('lang.en')]], s.speech_language ?? 'auto', (v) => put({ speech_language: v })),
        select('set-mic', t('set.mic'), [['', t('set.mic.default')], ...devices.map((d) => [d.name, deviceName(d)])], s.microphone ?? '', (v) => put({ microphone: v })),
        check('set-captions', t('set.captions'), s.captions !== false, (v) => put({ captions: v }), t('set.captions.hint')),
        h('div.field', h('label', { for: 'set-days' }, t('set.days')), days, h('p.hint', t('set.days.hint')))),
      h('section', h('h2', t('minutes')),
        templateChoice,
        select('set-model', t('set.model'), [['', t('set.model.largest')], ...minutesModels.map((x) => [x.name, x.name])], s.minutes_model ?? '', (v) => put({ minutes_model: v })),
        select('set-minutes-language', t('set.minutes.language'), [['', t('set.minutes.as')], ['ko', t('lang.ko')], ['en', t('lang.en')]], s.minutes_language ?? '', (v) => put({ minutes_language: v })),
        ownTemplates(paintTemplates)),
      voicesSection(),
      h('section', h('h2', t('set.box')), h('div.field', h('label', { for: 'set-name' }, t('set.name')), name))];
  }, 8);
}

// ---- remembered voices ----

function voicesSection() {
  const list = h('ul.entries.voices');
  const paint = ({ voices }) => fill(list, voices.length ? voices.map((v) => h('li', h('span', v.name), iconButton('trash', t('voice.forget', { name: v.name }), () => forget(v.name), { class: 'small' }))) : h('li.quiet', t('voice.none')));
  async function forget(name) {
    if (!await confirm(t('voice.forget', { name }), t('voice.forget.text'), t('delete'), { danger: true })) return;
    try {
      paint(await api.forgetVoice(name));
      toast(t('voice.forgotten', { name }));
    } catch (e) { fail(e); }
  }
  api.voices().then(paint, (e) => fill(list, h('li.bad', explain(e))));
  return h('section', h('h2', t('voices')), h('p.hint', t('voices.hint')), list);
}

const check = (id, label, value, onchange, hint) => h('div.field.check',
  h('input', { id, type: 'checkbox', checked: value, onchange: (e) => onchange(e.target.checked), 'aria-describedby': `${id}-hint` }),
  h('label', { for: id }, label), h('p.hint', { id: `${id}-hint` }, hint));

// ---- models ----

function models(body, ctx) {
  const rows = new Map();
  function row(x) {
    const li = rows.get(x.name) ?? h('li.model');
    rows.set(x.name, li);
    return fill(li,
      h('div', h('b', x.name), h('span.quiet', aboutModel(x))),
      h('p.facts', h('span', roleText(x.role)), h('span.num', bytes(x.bytes)), h('span', x.licence)),
      x.fetching ? h('div.fetching', progress(x.fetched_bytes && x.bytes ? x.fetched_bytes / x.bytes : null, t('models.fetching', { name: x.name })), h('span.num.quiet', x.fetched_bytes ? `${bytes(x.fetched_bytes)} / ${bytes(x.bytes)}` : t('models.waiting')))
        : x.installed ? h('span.badge.good', icon('check'), t('models.installed'))
          : h('button.plain', { type: 'button', onclick: () => get(x) }, icon('download'), h('span', t('models.fetch'))),
      x.fetch_error && h('p.bad', icon('warn'), reason(x.fetch_error)));
  }
  async function get(x) {
    if (!await confirm(t('models.ask'), t('models.ask.text', { name: x.name, size: bytes(x.bytes), licence: x.licence }), t('models.fetch'))) return;
    try { row(await api.fetchModel(x.name)); } catch (e) { fail(e); }
  }
  const load = () => loadInto(body, api.models, (list) => h('section', h('p.quiet', t('models.how')), h('ul.models', list.map(row))), 6);
  const refresh = () => api.models().then((list) => list.forEach((x) => rows.has(x.name) && row(x))).catch(() => {});
  ctx.on('model', refresh);
  ctx.on('resync', refresh);
  // While something is being fetched its size on disk is asked for.
  const timer = setInterval(() => body.querySelector('.fetching') && refresh(), 1500);
  load();
  return () => clearInterval(timer);
}

// ---- the device ----

function device(body, ctx) {
  const load = () => api.device();
  const jobs = jobList(ctx);
  const show = (d) => {
    const used = d.disk.total_bytes - d.disk.free_bytes;
    const fact = (label, value, bad) => h(bad ? 'div.bad' : 'div', h('dt', label), h('dd.num', value));
    return [
      h('section', h('h2', d.name),
        h('dl.facts-grid',
          fact(t('dev.version'), d.version),
          fact(t('dev.up'), clock(d.uptime_s, true)),
          fact(t('dev.memory'), bytes(d.memory_bytes)),
          d.temperature_c !== null && d.temperature_c !== undefined && fact(t('dev.temperature'), `${Math.round(d.temperature_c)} °C`, d.temperature_c > 80),
          d.battery_percent !== null && d.battery_percent !== undefined && fact(t('dev.battery'), `${Math.round(d.battery_percent)} %`, d.battery_percent < 15),
          fact(t('dev.free'), bytes(d.disk.free_bytes), d.disk.free_bytes < 1e9),
          d.disk.audio_bytes !== undefined && fact(t('dev.audio'), bytes(d.disk.audio_bytes))),
        h('p.quiet.num', t('dev.disk.used', { used: bytes(used), total: bytes(d.disk.total_bytes) })), progress(used / d.disk.total_bytes, t('dev.disk'))),
      h('section', h('h2', t('dev.checks')), h('ul.checks', d.checks.map((c) => h(c.ok ? 'li' : 'li.bad', icon(c.ok ? 'check' : 'warn'), h('b', t(`check.${c.check}`).replace(/^check\./, '')), h('span', checkText(c, d)))))),
      h('section', h('h2', t('dev.jobs')), jobs.el),
      h('section', h('h2', t('dev.pairing')), h('button.plain', { type: 'button', onclick: () => api.unpair().then(() => location.reload(), fail) }, t('dev.unpair')), h('p.hint', t('dev.unpair.hint')))];
  };
  loadInto(body, load, show, 6);
  const timer = setInterval(() => load().then((d) => { if (!ctx.signal.aborted && !body.contains(document.activeElement)) fill(body, show(d)); }).catch(() => {}), 10000);
  return () => clearInterval(timer);
}

// What the recorder is at: of which meeting, how far, with a way to cancel.
function jobList(ctx) {
  const el = h('ul.jobs');
  const paint = () => {
    const list = (now.state?.jobs ?? []).filter((j) => j.state === 'running' || j.state === 'queued');
    fill(el, list.length ? list.map((j) => h('li', h('div.item-body', h('b', j.title || t('rec.untitled')), h('span.quiet', ` ${stageText(j)}${j.remaining_s > 0 ? ` · ${about(j.remaining_s)}` : ''}`), progress(j.state === 'queued' ? null : j.progress, t('job.progress'))),
      h('button.text', { type: 'button', onclick: () => api.cancelJob(j.id).catch(fail) }, t('cancel')))) : h('li.quiet', t('dev.jobs.none')));
  };
  ctx.on('job', paint);
  ctx.on('state', paint);
  paint();
  return { el };
}
