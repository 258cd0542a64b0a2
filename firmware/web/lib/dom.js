// Building nodes without a framework, and without ever parsing text as HTML.

const SVG = 'http://www.w3.org/2000/svg';

// h('button.primary#go', {onclick, 'aria-label': '...'}, 'text', node, [more])
export function h(spec, ...rest) {
  const [, tag, tail] = /^([a-z0-9]*)(.*)$/i.exec(spec);
  const el = document.createElement(tag || 'div');
  for (const m of tail.matchAll(/([.#])([\w-]+)/g)) {
    if (m[1] === '.') el.classList.add(m[2]);
    else el.id = m[2];
  }
  const props = rest.length && isProps(rest[0]) ? rest.shift() : null;
  if (props) set(el, props);
  add(el, rest);
  return el;
}

const isProps = (x) => x && typeof x === 'object' && !(x instanceof Node) && !Array.isArray(x);

export function set(el, props) {
  for (const [k, v] of Object.entries(props)) {
    if (v === undefined || v === null || v === false) {
      if (v === false && k in el && typeof el[k] === 'boolean') el[k] = false;
      continue;
    }
    if (k.startsWith('on')) el.addEventListener(k.slice(2), v);
    else if (k === 'class') el.className += ` ${v}`;
    else if (k === 'vars') for (const [n, x] of Object.entries(v)) el.style.setProperty(n, x);
    else if (k === 'data') Object.assign(el.dataset, v);
    else if (k.includes('-') || k === 'role' || k === 'for' || k === 'list') el.setAttribute(k, v === true ? '' : v);
    else if (k in el) el[k] = v;
    else el.setAttribute(k, v === true ? '' : v);
  }
}

export function add(el, children) {
  for (const c of children) {
    if (c === null || c === undefined || c === false) continue;
    if (Array.isArray(c)) add(el, c);
    else el.append(c);
  }
  return el;
}

export function fill(el, ...children) {
  el.replaceChildren();
  return add(el, children);
}

// Icons: 24-unit strokes, one path each; an icon is decoration, its control carries the name.
const PATHS = {
  play: 'M8 5.5v13l10-6.5z',
  pause: 'M8 5.5v13M16 5.5v13',
  stop: 'M6.5 6.5h11v11h-11z',
  back: 'M11 6 5 12l6 6M5 12h14',
  next: 'M13 6l6 6-6 6M19 12H5',
  rewind: 'M4.5 5v5h5M5 10a8 8 0 1 1-1 4',
  forward: 'M19.5 5v5h-5M19 10a8 8 0 1 0 1 4',
  flag: 'M6 21V4M6 4.5h11l-2.5 4 2.5 4H6',
  note: 'M5 4h14v11l-5 5H5zM14 20v-5h5',
  edit: 'm5 16-1 4 4-1L19 8l-3-3zM13.5 7.5l3 3',
  undo: 'M8 5 4 9l4 4M4 9h9.5a5.5 5.5 0 0 1 0 11H9',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5 20 20',
  filter: 'M4 6h16M7 12h10M10 18h4',
  upload: 'M12 16V4M7 9l5-5 5 5M4 20h16',
  download: 'M12 4v12M7 11l5 5 5-5M4 20h16',
  share: 'M12 15V4M8.5 7.5 12 4l3.5 3.5M7 11H5v9h14v-9h-2',
  trash: 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10.5 11v5M13.5 11v5',
  more: 'M4.5 12a.5.5 0 1 0 1 0 .5.5 0 0 0-1 0M11.5 12a.5.5 0 1 0 1 0 .5.5 0 0 0-1 0M18.5 12a.5.5 0 1 0 1 0 .5.5 0 0 0-1 0',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  plus: 'M12 5v14M5 12h14',
  merge: 'M6 4v3c0 5 6 5 6 9v4M18 4v3c0 5-6 5-6 9',
  tag: 'M4 4h8l8 8-8 8-8-8zM8 8h.01',
  mic: 'M12 4a2.5 2.5 0 0 0-2.5 2.5v5a2.5 2.5 0 0 0 5 0v-5A2.5 2.5 0 0 0 12 4M6 11.5a6 6 0 0 0 12 0M12 17.5V21',
  muted: 'M4 4l16 16M9.5 9.5v2a2.5 2.5 0 0 0 4 2M14.5 11V6.5a2.5 2.5 0 0 0-4.800-1M6 11.5a6 6 0 0 0 9.5 4.900M12 17.5V21',
  disk: 'M4 6h16v12H4zM8 14h.01M12 14h4',
  warn: 'M12 4 2.5 20h19zM12 10v5M12 17.5v.01',
  down: 'M12 5v14M6 13l6 6 6-6',
  up: 'M12 19V5M6 11l6-6 6 6',
  calendar: 'M5 6h14v14H5zM5 10h14M9 3.5V7M15 3.5V7',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  people: 'M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M3.5 19c0-3.500 2.500-5 5.500-5s5.500 1.500 5.500 5M16 6a2.500 2.500 0 0 1 0 5M17 14.500c2 .5 3.500 2 3.500 4.500',
  split: 'M12 20v-6L6 8V4M12 14l6-6V4',
  history: 'M4.500 5v5h5M5 10a8 8 0 1 1-1 4M12 8v4.500l3 2',
  skip: 'M5 6v12l7-6zM13 6v12l7-6z',
  clean: 'M4 7h16M4 12h6M14 12h6M4 17h9M17 15.500l3 3M20 15.500l-3 3',
  marker: 'm5 15 8-8 4 4-8 8H5zM13 7l2.500-2.500 4 4L17 11M4 21h9',
  keyboard: 'M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M8 14.500h8',
  drag: 'M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01',
  redo: 'M20 5v5h-5M20 10a8 8 0 1 0 .5 4',
};

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('icon');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

// A button with an icon; words only for ears unless `words` says to show them.
export function iconButton(name, label, onclick, props = {}) {
  const { words, ...rest } = props;
  const b = h('button.ib', { type: 'button', onclick, ...rest }, icon(name), h(words ? 'span' : 'span.sr', label));
  if (!words) b.title = label;
  return b;
}

export const $ = (sel, root = document) => root.querySelector(sel);

export function debounce(ms, fn) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...args), ms);
  };
}
