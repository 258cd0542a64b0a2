// The keys of the page, shown on "?".
import { h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { dialog } from './ui.js';

const KEYS = [
  ['keys.everywhere', [['?', 'keys.map'], ['/', 'keys.search'], ['Tab', 'keys.tab'], ['Esc', 'keys.escape']]],
  ['nav.record', [['Space', 'keys.pause'], ['B', 'keys.bookmark'], ['M', 'keys.memo']]],
  ['transcript', [['Space', 'keys.play'], ['← →', 'keys.seek'], ['< >', 'keys.rate'], ['↑ ↓', 'keys.rows'], ['Enter', 'keys.from'], ['E', 'keys.edit'], ['H', 'line.highlight'], ['Ctrl+Enter', 'keys.split'], ['Ctrl+F', 'keys.find'], ['Ctrl+H', 'keys.replace'], ['Shift+↑ ↓', 'keys.range'], ['Ctrl+Z', 'keys.undo'], ['B', 'keys.bookmark']]],
  ['minutes', [['E', 'keys.line.edit'], ['Alt+↑ ↓', 'keys.line.move'], ['Del', 'keys.line.delete']]],
];

export const keyboardMap = () => dialog(t('keys.title'), (close) => h('form', { method: 'dialog', class: 'key-map', onsubmit: () => close() },
  KEYS.map(([title, rows]) => h('section', h('h3', t(title)), h('dl', rows.map(([key, what]) => h('div', h('dt', h('kbd', key)), h('dd', t(what))))))),
  h('div.row.end', h('button.primary', { type: 'submit', autofocus: true }, t('close')))), { wide: true });
