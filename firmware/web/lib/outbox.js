// Changes the user made. Each is sent at once; when the recorder cannot be reached it is kept in this browser, shown as
// waiting, and sent again, under the same key, until the recorder has it: it does it once. Changes go out in order; a newer one of the same thing replaces an
// older one that still waits.
import { newKey, request } from './api.js';

const KEY = 'moim.outbox';
const target = new EventTarget();
let queue = load();
let busy = false;
let timer = 0;
let delay = 1000;

function load() {
  try { return (JSON.parse(localStorage.getItem(KEY)) ?? []).map((c) => ({ id: newKey(), ...c })); } catch { return []; }
}

function save() {
  try { localStorage.setItem(KEY, JSON.stringify(queue.map(({ done, ...rest }) => rest))); } catch { /* kept in memory */ }
  target.dispatchEvent(new Event('change'));
}

export const onOutbox = (type, fn) => {
  target.addEventListener(type, fn);
  return () => target.removeEventListener(type, fn);
};
export const pending = () => queue.length;
export const pendingFor = (key) => queue.findLast((c) => c.key === key);

// Resolves with the recorder's answer, or with null when the change waits; rejects when the recorder refuses it.
// more: {match: the etag of what is changed, id: the key it was sent under before, otherwise: {method, path, body} to send when it is refused}.
export function change(key, method, path, body, more = {}) {
  return new Promise((resolve, reject) => {
    const last = queue.findLastIndex((c) => c.key === key);
    const waits = last >= 0 && !(busy && last === 0);
    if (waits && method === 'PATCH' && queue[last].method === method && queue[last].path === path) {
      more = { ...more, match: queue[last].match };
      queue.splice(last, 1)[0].done?.resolve(null);
    }
    queue.push({ id: newKey(), key, method, path, body, ...more, done: { resolve, reject } });
    save();
    flush();
  });
}

export async function flush() {
  if (busy) return;
  clearTimeout(timer);
  busy = true;
  while (queue.length) {
    const c = queue[0];
    try {
      const answer = await request(c.method, c.path, { body: c.body, key: c.id, match: c.match });
      queue.shift();
      delay = 1000;
      c.done?.resolve(answer);
      save();
    } catch (e) {
      if (e.retry || e.status === 401) {
        for (const w of queue) { w.done?.resolve(null); w.done = null; }
        if (e.status !== 401) timer = setTimeout(flush, delay);
        delay = Math.min(delay * 2, 30000);
        break;
      }
      queue.shift();
      if (c.otherwise) {
        queue.unshift({ id: newKey(), key: c.key, ...c.otherwise, done: c.done });
        save();
        continue;
      }
      save();
      if (c.done) c.done.reject(e);
      else target.dispatchEvent(new CustomEvent('refused', { detail: { change: c, error: e } }));
    }
  }
  busy = false;
  target.dispatchEvent(new Event('change'));
}

// The connection is back: do not wait for the timer.
export function retryNow() {
  delay = 1000;
  if (queue.length) flush();
}
addEventListener('online', retryNow);
