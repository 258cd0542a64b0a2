// Run in the page by browser.py; returns what is wrong, one line each. Our own checks in the spirit of axe: names,
// contrast, targets, structure. arguments[0]: {touch: true} also measures touch targets.
const options = arguments[0] ?? {};
const wrong = [];
const label = (el) => `${el.tagName.toLowerCase()}${el.id ? `#${el.id}` : ''}${[...el.classList].map((c) => `.${c}`).join('')} "${el.textContent.trim().slice(0, 30)}"`;
const shown = (el) => {
  if (!el.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true, contentVisibilityAuto: true })) return false;
  const r = el.getBoundingClientRect();
  return r.width > 1 && r.height > 1 && r.right > 0 && r.bottom > 0;
};

// ---- every control has a name ----
const text = (ids) => ids.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim();
function nameOf(el) {
  if (el.getAttribute('aria-labelledby')) return text(el.getAttribute('aria-labelledby'));
  return el.getAttribute('aria-label')?.trim() || [...(el.labels ?? [])].map((l) => l.textContent).join(' ').trim()
    || (/^(INPUT|SELECT|TEXTAREA)$/.test(el.tagName) ? '' : el.textContent.trim()) || el.title || '';
}
const controls = [...document.querySelectorAll('button, a[href], input, select, textarea, [role=button], [role=slider], [role=meter], [role=tab], [role=menuitem], progress, dialog')].filter(shown);
for (const el of controls) if (!nameOf(el)) wrong.push(`no name: ${label(el)}`);

// ---- contrast ----
const parse = (s) => {
  const n = s.match(/[\d.]+/g).map(Number);
  if (s.startsWith('color(srgb')) return [n[0] * 255, n[1] * 255, n[2] * 255, n[3] ?? 1];
  return [n[0], n[1], n[2], n[3] ?? 1];
};
const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
function backgroundOf(el) {
  const layers = [];
  for (let e = el; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor);
    if (c[3] > 0) layers.push(c);
    if (c[3] === 1) break;
  }
  return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
}
const light = (c) => {
  const [r, g, b] = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = new Set();
let texts = 0;
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const el = node.parentElement;
  if (!node.data.trim() || seen.has(el) || !shown(el) || el.closest('.sr, [disabled], svg, noscript, option')) continue;
  seen.add(el);
  texts++;
  const style = getComputedStyle(el);
  const back = backgroundOf(el);
  const fore = over(parse(style.color), back);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const r = ratio(fore, back);
  if (r < (large ? 3 : 4.5)) wrong.push(`contrast ${r.toFixed(2)}: ${label(el)}`);
}
for (const el of document.querySelectorAll('input, textarea')) {
  if (!shown(el) || !el.placeholder || el.value) continue;
  const back = backgroundOf(el);
  const r = ratio(over(parse(getComputedStyle(el, '::placeholder').color), back), back);
  if (r < 4.5) wrong.push(`contrast ${r.toFixed(2)}: placeholder of ${label(el)}`);
}

// ---- structure ----
const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) wrong.push(`id twice: ${id}`);
for (const el of document.querySelectorAll('[aria-controls], [aria-describedby], label[for]')) {
  for (const id of (el.getAttribute('aria-controls') ?? el.getAttribute('aria-describedby') ?? el.getAttribute('for')).split(/\s+/))
    if (!document.getElementById(id)) wrong.push(`${label(el)} names #${id}, which is not there`);
}
if (!/^(ko|en)$/.test(document.documentElement.lang)) wrong.push('html has no language');
if (document.querySelectorAll('main').length !== 1) wrong.push('not one main');
const headings = [...document.querySelectorAll('h1, h2, h3')].filter((e) => e.checkVisibility());
if (headings.filter((e) => e.tagName === 'H1').length !== 1) wrong.push(`${headings.filter((e) => e.tagName === 'H1').length} h1`);
headings.forEach((e, i) => { if (i && Number(e.tagName[1]) > Number(headings[i - 1].tagName[1]) + 1) wrong.push(`heading level skipped: ${label(e)}`); });
if (document.querySelector('[style*="display"], script:not([src]), style')) wrong.push('something inline that the policy forbids');
for (const e of document.querySelectorAll('main, .scroller, .col, .stage')) if (e.scrollWidth > e.clientWidth + 1 && e.checkVisibility()) wrong.push(`${label(e).slice(0, 40)} scrolls sideways: ${e.scrollWidth} in ${e.clientWidth}`);
if (document.documentElement.scrollWidth > innerWidth) wrong.push(`scrolls sideways: ${document.documentElement.scrollWidth} in ${innerWidth}`);

// ---- touch targets: 44 px high, 24 px wide at least, as the finger finds them ----
if (options.touch) {
  for (const el of controls) {
    if (!/^(BUTTON|A|SELECT|INPUT|TEXTAREA)$/.test(el.tagName) || el.closest('.skip')) continue;
    el.scrollIntoView({ block: 'center', inline: 'center' });
    const r = el.getBoundingClientRect();
    const target = el.matches('input[type=checkbox], input[type=radio]') ? el.closest('.field, label') ?? el : el;
    const x = r.left + r.width / 2, y = r.top + r.height / 2;
    const mine = (dx, dy) => { const hit = document.elementFromPoint(x + dx, y + dy); return hit && (target.contains(hit) || hit.contains(el)); };
    if (!(r.height >= 43.5 || (mine(0, -21) && mine(0, 21)))) wrong.push(`target ${Math.round(r.width)} x ${Math.round(r.height)}: ${label(el)}`);
    if (r.width < 24) wrong.push(`target ${Math.round(r.width)} wide: ${label(el)}`);
  }
  scrollTo(0, 0);
}
return { wrong, controls: controls.length, texts };
