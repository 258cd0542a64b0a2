// Copying: as rich text where the browser can, always as plain text besides.
import { t } from '../lib/i18n.js';
import { say, toast } from './ui.js';

export async function copyPlain(text) {
  await copy(text, null);
}

// html may be null.
export async function copy(text, html) {
  try {
    if (html && navigator.clipboard?.write && window.ClipboardItem) {
      await navigator.clipboard.write([new ClipboardItem({ 'text/plain': new Blob([text], { type: 'text/plain' }), 'text/html': new Blob([html], { type: 'text/html' }) })]);
    } else if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
    } else {
      byHand(text, html);
    }
    toast(t('copied'), { seconds: 3 });
    say(t('copied'));
  } catch {
    try { byHand(text, html); toast(t('copied'), { seconds: 3 }); } catch { toast(t('copy.failed'), { bad: true }); }
  }
}

// A page that came over plain HTTP has no clipboard of its own.
function byHand(text, html) {
  const put = (e) => {
    e.preventDefault();
    e.clipboardData.setData('text/plain', text);
    if (html) e.clipboardData.setData('text/html', html);
  };
  document.addEventListener('copy', put, { once: true });
  if (!document.execCommand('copy')) {
    document.removeEventListener('copy', put);
    throw new Error('copy');
  }
}

export const escapeHtml = (s) => s.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }[c]));
