// Files on their way into the store: one after another, whichever view is open. Views listen with onUploads.
import { upload } from './api.js';

const target = new EventTarget();
let nextId = 1;
let busy = false;

// {id, name, bytes, state: 'waiting' | 'sending' | 'done' | 'failed', share: 0..1, error, meeting, stop}
export const uploads = [];

const tell = (x) => target.dispatchEvent(new CustomEvent('change', { detail: x }));
export const onUploads = (fn) => {
  const listener = (e) => fn(e.detail);
  target.addEventListener('change', listener);
  return () => target.removeEventListener('change', listener);
};

export const unfinished = () => uploads.filter((x) => x.state === 'waiting' || x.state === 'sending');

// How much of everything that was asked for together has gone, 0..1.
export function wholeShare() {
  const bytes = uploads.reduce((sum, x) => sum + x.bytes, 0);
  return bytes ? uploads.reduce((sum, x) => sum + x.bytes * (x.state === 'sending' || x.state === 'waiting' ? x.share : 1), 0) / bytes : 0;
}

export function addUploads(files, options = {}) {
  if (!unfinished().length) uploads.splice(0, uploads.length, ...uploads.filter((x) => x.state === 'failed'));
  for (const file of files)
    uploads.push({ id: nextId++, file, options, name: file.name, bytes: file.size || 1, state: 'waiting', share: 0, stop: new AbortController() });
  tell(null);
  work();
}

export function cancelUpload(x) {
  x.stop.abort();
  forget(x);
}

export function cancelAll() {
  for (const x of unfinished()) x.stop.abort();
  uploads.splice(0, uploads.length);
  tell(null);
}

export function forget(x) {
  const i = uploads.indexOf(x);
  if (i >= 0) uploads.splice(i, 1);
  tell(x);
}

export function retryUpload(x) {
  Object.assign(x, { state: 'waiting', share: 0, error: null, stop: new AbortController() });
  tell(x);
  work();
}

async function work() {
  if (busy) return;
  busy = true;
  for (let x = next(); x; x = next()) await send(x);
  busy = false;
}

const next = () => uploads.find((x) => x.state === 'waiting');

async function send(x) {
  x.state = 'sending';
  tell(x);
  try {
    x.meeting = await upload(x.file, x.options, (share) => { x.share = share; tell(x); }, x.stop.signal);
    x.state = 'done';
  } catch (e) {
    if (x.stop.signal.aborted) return forget(x);
    x.state = 'failed';
    x.error = e;
  }
  tell(x);
}

// Leaving the page would break off what is being sent.
addEventListener('beforeunload', (e) => { if (unfinished().length) e.preventDefault(); });
