// The files on their way, on every view: the whole above, each file with its key to cancel or try again below.
import { fill, h, iconButton } from '../lib/dom.js';
import { bytes, t } from '../lib/i18n.js';
import { explain } from '../lib/api.js';
import { cancelAll, cancelUpload, forget, onUploads, retryUpload, unfinished, uploads, wholeShare } from '../lib/uploads.js';
import { progress, toast } from './ui.js';

function line(x) {
  const state = x.state === 'waiting' ? t('job.queued') : x.state === 'done' ? t('upload.stored') : x.state === 'failed' ? explain(x.error) : `${Math.round(x.share * 100)}%`;
  return h(`li.upload.${x.state}`, h('span.upload-name', x.name), h('span.num.quiet', bytes(x.bytes)), h(x.state === 'failed' ? 'span.bad' : 'span.num', state),
    x.state === 'failed' && iconButton('redo', t('retry'), () => retryUpload(x), { class: 'small' }),
    x.state === 'done' ? h('a.text', { href: `#/m/${x.meeting.id}` }, t('open'))
      : iconButton('close', t('upload.cancel', { name: x.name }), () => (x.state === 'failed' ? forget(x) : cancelUpload(x)), { class: 'small' }));
}

function build() {
  const bar = progress(0, t('upload.whole'));
  const text = h('span');
  const list = h('ul.upload-list');
  const cancel = h('button.text', { type: 'button', onclick: cancelAll }, t('upload.cancel.all'));
  const head = h('summary', text, bar);
  const el = h('div.uploads', { hidden: true }, h('details', head, list), cancel);
  const paint = () => {
    const left = unfinished();
    const failed = uploads.some((x) => x.state === 'failed');
    el.hidden = !left.length && !failed;
    bar.value = wholeShare();
    bar.setAttribute('aria-label', t('upload.whole'));
    bar.hidden = cancel.hidden = !left.length;
    cancel.textContent = t('upload.cancel.all');
    const sending = uploads.find((x) => x.state === 'sending');
    text.textContent = left.length ? t('upload.state', { done: uploads.length - left.length + 1, all: uploads.length, name: sending?.name ?? left[0].name }) : t('upload.failed');
    if (!list.contains(document.activeElement) || list.children.length !== uploads.length) fill(list, uploads.map(line));
  };
  onUploads((x) => {
    paint();
    if (x?.state === 'failed') { el.firstChild.open = true; toast(`${x.name}: ${explain(x.error)}`, { bad: true, seconds: 15 }); }
    if (x?.state === 'done' && !unfinished().length) toast(uploads.length > 1 ? t('upload.done.all', { n: uploads.filter((u) => u.state === 'done').length }) : t('upload.done', { name: x.name }), { action: t('open'), onaction: () => { location.hash = `#/m/${x.meeting.id}`; } });
  });
  return { el, paint };
}

export const uploadQueue = build();
