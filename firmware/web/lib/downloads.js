// Models being downloaded one after another, whichever view is open. The recorder fetches; the page only asks for the next.
import { api } from './api.js';
import { on } from './event-stream.js';

const target = new EventTarget();
const queue = [];
let current = '';

export const errors = new Map(); // model -> error of the last try
export const downloading = (name) => current === name || queue.includes(name);
export const onDownloads = (fn) => {
  target.addEventListener('change', fn);
  return () => target.removeEventListener('change', fn);
};
const tell = () => target.dispatchEvent(new Event('change'));

export function download(names) {
  for (const name of names) {
    errors.delete(name);
    if (!downloading(name)) queue.push(name);
  }
  next();
}

async function next() {
  if (current || !queue.length) return tell();
  current = queue.shift();
  tell();
  try {
    await api.fetchModel(current);
  } catch (e) {
    done(e);
  }
}

function done(error) {
  if (error) errors.set(current, error);
  current = '';
  next();
}

on('model', (m) => {
  if (m.name === current && m.state === 'installed') done(null);
  else if (m.name === current && m.state === 'failed') done(new Error(m.name));
  else tell();
});
// What was missed while the connection was away is asked for.
on('resync', async () => {
  if (!current) return;
  try {
    const m = (await api.models()).find((x) => x.name === current);
    if (!m?.fetching) done(m?.installed ? null : new Error(current));
  } catch { /* the next resync */ }
});
