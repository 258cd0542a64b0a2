// A box that is not this machine wants to know whom it talks to: the code that it shows.
import { fill, h, icon } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { api, explain } from '../lib/api.js';

export default function pair(root, ctx) {
  ctx.title(t('pair.title'));
  const wrong = h('p.bad', { role: 'alert' });
  const code = h('input#code', { autocomplete: 'one-time-code', autocapitalize: 'characters', spellcheck: false, maxLength: 100, required: true, autofocus: true });
  const go = h('button.primary', { type: 'submit' }, t('pair.do'));
  fill(root, h('form.pair', { onsubmit: submit },
    h('h1', t('pair.title')), h('p', t('pair.how')),
    h('label', { for: 'code' }, t('pair.code')), code, wrong, go));
  async function submit(e) {
    e.preventDefault();
    go.disabled = true;
    fill(wrong);
    try {
      await api.pair(code.value.replace(/[\s-]/g, ''));
      dispatchEvent(new Event('moim:paired'));
      return;
    } catch (error) {
      const after = error.retryAfter;
      fill(wrong, icon('warn'), error.status === 429 && after ? t('pair.wait', { n: after }) : error.status === 401 || error.status === 403 ? t('pair.wrong') : explain(error));
      code.select();
    }
    go.disabled = false;
    code.focus();
  }
}
