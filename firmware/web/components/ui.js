// Pieces that several views share: toasts, dialogs, menus, states of a view that has nothing to show.
import { h, fill, icon, iconButton, $ } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { explain } from '../lib/api.js';

// For ears only.
export function say(text) {
  $('#say').textContent = text;
}

export function toast(text, { action, onaction, bad, seconds = 6 } = {}) {
  const close = () => el.remove();
  const el = h(bad ? 'div.toast.bad' : 'div.toast', bad && icon('warn'), h('span', text),
    action && h('button.text', { type: 'button', onclick: () => { close(); onaction(); } }, action),
    iconButton('close', t('close'), close));
  const box = $('#toasts');
  while (box.children.length > 2) box.firstChild.remove();
  box.append(el);
  let timer = setTimeout(close, seconds * 1000);
  // A toast that is being read or reached for stays.
  el.addEventListener('pointerenter', () => clearTimeout(timer));
  el.addEventListener('focusin', () => clearTimeout(timer));
  el.addEventListener('pointerleave', () => { timer = setTimeout(close, 3000); });
  return close;
}

export const fail = (e) => {
  if (e?.name !== 'AbortError') toast(explain(e), { bad: true, seconds: 10 });
};

// A modal question. build(close) gives its content; resolves with what close was called with, undefined on Escape.
export function dialog(title, build, { danger, wide } = {}) {
  return new Promise((resolve) => {
    const el = h('dialog', { class: danger ? 'danger' : wide ? 'wide' : '', 'aria-labelledby': 'dialog-title' });
    const back = document.activeElement;
    let answer;
    const close = (value) => { answer = value; el.close(); };
    el.append(h('h2#dialog-title', title), build(close));
    el.addEventListener('close', () => { el.remove(); back?.focus?.(); resolve(answer); });
    el.addEventListener('click', (e) => { if (e.target === el) close(); });
    document.body.append(el);
    el.showModal();
    // From its beginning, wherever the focus is.
    el.scrollTop = 0;
  });
}

export const confirm = (title, text, yes, options) => dialog(title, (close) => h('form', {
  method: 'dialog', onsubmit: (e) => { e.preventDefault(); close(true); },
},
h('p', text),
h('div.row.end',
  h('button.plain', { type: 'button', autofocus: true, onclick: () => close(false) }, t('cancel')),
  h(options?.danger ? 'button.seal' : 'button.primary', { type: 'submit' }, yes))), options);

export const prompt = (title, label, value, { maxLength = 500, hint, options } = {}) => dialog(title, (close) => {
  const input = h('input#prompt', { value: value ?? '', maxLength, autocomplete: 'off', autofocus: true, list: options ? 'prompt-list' : undefined });
  requestAnimationFrame(() => input.select());
  return h('form', { method: 'dialog', onsubmit: (e) => { e.preventDefault(); close(input.value.trim()); } },
    h('label', { for: 'prompt' }, label), input, hint && h('p.hint', hint),
    options && h('datalist#prompt-list', options.map((o) => h('option', { value: o }))),
    h('div.row.end',
      h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')),
      h('button.primary', { type: 'submit' }, t('save'))));
});

// A button that opens a list of actions: [{label, icon, onclick | href, download, danger}].
export function menu(name, label, items, props = {}) {
  const button = iconButton(name, label, () => (list ? shut() : open()), { 'aria-haspopup': 'menu', 'aria-expanded': 'false', ...props });
  let list = null;
  function open() {
    list = openMenu(button, label, items().filter(Boolean), () => {
      list = null;
      button.setAttribute('aria-expanded', 'false');
    });
    button.setAttribute('aria-expanded', 'true');
  }
  const shut = () => list?.close();
  return button;
}

// The list itself stands in the body, so that no scrolling part cuts it; it opens where there is room.
export function openMenu(anchor, label, items, onclose) {
  const list = h('div.menu-list', { role: 'menu', 'aria-label': label }, items.map((item) => {
    const children = [icon(item.icon ?? 'check'), h('span', item.label)];
    const p = { role: 'menuitem', tabIndex: -1, class: item.danger ? 'danger' : '' };
    return item.href
      ? h('a', { ...p, href: item.href, download: item.download, onclick: () => close() }, children)
      : h('button', { ...p, type: 'button', onclick: () => { close(); item.onclick(); } }, children);
  }));
  const away = (e) => { if (!list.contains(e.target) && !anchor.contains(e.target)) close(); };
  function close() {
    if (!list.isConnected) return;
    const inside = list.contains(document.activeElement);
    list.remove();
    document.removeEventListener('pointerdown', away);
    removeEventListener('hashchange', close);
    removeEventListener('resize', close);
    onclose?.();
    if (inside) anchor.focus();
  }
  list.addEventListener('keydown', (e) => {
    const all = [...list.children];
    const i = all.indexOf(document.activeElement);
    const to = { ArrowDown: i + 1, ArrowUp: i - 1 + all.length, Home: 0, End: all.length - 1 }[e.key];
    if (to !== undefined) { e.preventDefault(); all[to % all.length]?.focus(); }
    if (e.key === 'Escape' || e.key === 'Tab') { e.stopPropagation(); e.preventDefault(); close(); }
  });
  (anchor.closest('dialog, main') ?? document.body).append(list);
  const a = anchor.getBoundingClientRect();
  const box = list.getBoundingClientRect();
  // From the anchor's left side where its column has the room, else up to its right side.
  const room = (anchor.closest('.col, dialog, main') ?? document.body).getBoundingClientRect();
  const left = a.left + box.width <= Math.min(room.right, innerWidth - 8) ? a.left : a.right - box.width;
  const below = a.bottom + 4 + box.height <= innerHeight || a.top < box.height + 8;
  list.style.setProperty('--x', `${Math.max(8, Math.min(left, innerWidth - box.width - 8))}px`);
  list.style.setProperty('--y', `${Math.max(8, Math.min(below ? a.bottom + 4 : a.top - box.height - 4, innerHeight - box.height - 8))}px`);
  document.addEventListener('pointerdown', away);
  addEventListener('hashchange', close);
  addEventListener('resize', close);
  list.firstChild?.focus();
  list.close = close;
  return list;
}

// Loading: grey lines in the shape of what comes; shown only when it takes a while (CSS delays them).
export const skeleton = (lines = 6) => h('div.skeleton', { role: 'status' }, h('span.sr', t('loading')),
  Array.from({ length: lines }, () => h('i', { 'aria-hidden': 'true' })));

export const empty = (title, text, ...actions) => h('div.empty', h('div.empty-mark', { 'aria-hidden': 'true' }),
  h('h2', title), text && h('p', text), actions.length > 0 && h('div.row.center', actions));

// whole: it stands for the view, whose heading it is then.
export const problem = (e, again, whole) => h('div.empty.problem', { role: 'alert' }, icon('warn'), h(whole ? 'h1' : 'h2', t('error.title')), h('p', explain(e)),
  again && h('div.row.center', h('button.plain', { type: 'button', onclick: again }, t('retry'))));

// Shows a skeleton in el, then what load() gives, or the problem with a way to try again.
export async function loadInto(el, load, show, lines) {
  fill(el, skeleton(lines));
  try {
    const data = await load();
    fill(el, show(data));
  } catch (e) {
    if (e?.name === 'AbortError') return;
    fill(el, problem(e, () => loadInto(el, load, show, lines)));
  }
}

export const progress = (value, label) => h('progress', value === null ? { 'aria-label': label } : { value, max: 1, 'aria-label': label });

// A labelled select: options [[value, label]].
export function select(id, label, options, value, onchange) {
  return h('div.field', h('label', { for: id }, label),
    h('select', { id, onchange: (e) => onchange(e.target.value) },
      options.map(([v, text]) => h('option', { value: v, selected: v === value }, text))));
}
