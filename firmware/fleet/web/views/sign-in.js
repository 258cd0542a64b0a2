// Who reads says who they are: with the token that `moim-fleet add member` printed.
import { fill, h, icon } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { explain } from '../lib/api.js';
import { fleet } from '../lib/fleet.js';

export default function signIn(root, ctx) {
  ctx.title(t('sign.title'));
  const wrong = h('p.bad', { role: 'alert' });
  const user = h('input#user', { autocomplete: 'username', autocapitalize: 'none', spellcheck: false, maxLength: 63, required: true, autofocus: true });
  const token = h('input#token', { type: 'password', autocomplete: 'current-password', maxLength: 255, required: true });
  const go = h('button.primary', { type: 'submit' }, t('sign.do'));
  fill(root, h('form.pair', { onsubmit: submit },
    h('h1', t('sign.title')), h('p', t('sign.how')),
    h('label', { for: 'user' }, t('sign.user')), user,
    h('label', { for: 'token' }, t('sign.token')), token, wrong, go));
  async function submit(e) {
    e.preventDefault();
    go.disabled = true;
    fill(wrong);
    try {
      await fleet.signIn(user.value.trim(), token.value.trim());
      token.value = '';
      ctx.signedIn();
      return;
    } catch (error) {
      fill(wrong, icon('warn'), error.status === 429 && error.retryAfter ? t('sign.wait', { n: error.retryAfter }) : error.code === 'wrong_token' ? t('sign.wrong') : explain(error));
      token.select();
    }
    go.disabled = false;
    token.focus();
  }
}
