// Words of the page. t('key', {n: 3}) looks up the current language; "{n}" in a text is replaced.
let lang = document.documentElement.lang === 'en' ? 'en' : 'ko';
let words = await dictionary(lang);

// Only the language in use is loaded.
async function dictionary(name) {
  return (await import(`./${name}.js`)).default;
}

// Another page that shares these modules has words of its own, or others for the same keys: {ko: {}, en: {}}.
let own = {};
export const addWords = (texts) => { own = texts; };

export const language = () => lang;

export function t(key, vars) {
  const text = own[lang]?.[key] ?? words[key] ?? key;
  return vars ? text.replace(/\{(\w+)(?::([^/}]+)\/([^}]+))?\}([”"']?)/g, (_, name, closed, open, quote) => {
    const value = String(vars[name] ?? '');
    return value + quote + (closed ? (endsClosed(value, closed) ? closed : open) : '');
  }) : text;
}

const RIEUL = 8; // after this final consonant it is 로, not 으로

// Whether a word ends in a consonant, which decides its Korean particle: "{name:은/는}".
function endsClosed(word, particle) {
  const last = word.replace(/[^\p{L}\p{N}]+$/u, '').at(-1) ?? '';
  const code = last.charCodeAt(0);
  if (code >= 0xac00 && code <= 0xd7a3) {
    const coda = (code - 0xac00) % 28;
    return coda > 0 && !(particle === '으로' && coda === RIEUL);
  }
  return /[013678lmnr]/i.test(last);
}

// choice: 'ko', 'en' or 'auto' (the browser's); keep: remember it in this browser.
export async function setLanguage(choice, keep = true) {
  const next = choice === 'ko' || choice === 'en' ? choice : /^ko\b/i.test(navigator.language || '') ? 'ko' : 'en';
  try {
    if (!keep) { /* the box's choice */ }
    else if (choice === 'auto') localStorage.removeItem('moim.lang');
    else localStorage.setItem('moim.lang', choice);
  } catch { /* the choice then lasts as long as the page */ }
  if (next !== lang) words = await dictionary(next);
  lang = next;
  document.documentElement.lang = next;
  for (const el of document.querySelectorAll('[data-i18n]')) el.textContent = t(el.dataset.i18n);
  for (const el of document.querySelectorAll('[data-i18n-label]')) el.setAttribute('aria-label', t(el.dataset.i18nLabel));
}

export const storedLanguage = () => {
  try { return localStorage.getItem('moim.lang') ?? 'auto'; } catch { return 'auto'; }
};

// ---- numbers and times as people read them ----

const two = (n) => String(n).padStart(2, '0');

export function clock(seconds, alwaysHours = false) {
  const s = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(s / 3600);
  const rest = `${alwaysHours || hours ? two(Math.floor(s / 60) % 60) : Math.floor(s / 60)}:${two(s % 60)}`;
  return alwaysHours || hours ? `${hours}:${rest}` : rest;
}

// For ears: "12 minutes 3 seconds" instead of "12 colon 03".
export function spoken(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const parts = [[Math.floor(s / 3600), 'time.h'], [Math.floor(s / 60) % 60, 'time.m'], [s % 60, 'time.s']];
  return parts.filter(([n], i) => n || i === 2).map(([n, key]) => t(key, { n })).join(' ');
}

const formats = {};
function dateFormat(name, options) {
  const key = lang + name;
  return formats[key] ??= new Intl.DateTimeFormat(lang === 'ko' ? 'ko-KR' : 'en-GB', options);
}
export const weekday = (d) => dateFormat('weekday', { weekday: 'short' }).format(d);
export const day = (d) => (lang === 'ko'
  ? `${dateFormat('day', { year: 'numeric', month: 'long', day: 'numeric' }).format(d)} (${weekday(d)})`
  : dateFormat('day', { weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' }).format(d));
export const shortDay = (d) => dateFormat('shortDay', { month: 'short', day: 'numeric' }).format(d);
export const time = (d) => dateFormat('time', { hour: '2-digit', minute: '2-digit', hour12: false }).format(d);
export const month = (d) => dateFormat('month', { year: 'numeric', month: 'long' }).format(d);

// The day of an instant here, as date fields have it.
export const localDay = (iso) => {
  const d = new Date(iso);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
};

// "about 3 min", for what is left of a job.
export const about = (seconds) => t('time.about', { time: seconds < 90 ? t('time.s', { n: Math.max(5, Math.round(seconds / 5) * 5) }) : t('time.m', { n: Math.round(seconds / 60) }) });

export function bytes(n) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) { n /= 1000; i++; }
  return `${n >= 100 || i === 0 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}
