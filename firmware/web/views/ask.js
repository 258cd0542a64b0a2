// Questions to everything that was said.
import { fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { questionsPanel } from '../components/questions.js';

export default function ask(root, ctx) {
  ctx.title(t('nav.ask'));
  const panel = questionsPanel({ signal: ctx.signal });
  fill(root, h('header.head', h('h1', t('ask.title'))), panel.el);
  panel.load();
}
