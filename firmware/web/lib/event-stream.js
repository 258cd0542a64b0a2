// What the box says by itself: one stream of server-sent events for the whole page, opened again with growing
// patience when it breaks. Views listen with on(type, fn) and get what they missed from `now` and a 'resync'.
import { api, eventsUrl } from './api.js';
import { retryNow } from './outbox.js';

const target = new EventTarget();
const TYPES = ['state', 'level', 'caption', 'notice', 'job', 'meeting', 'model'];
let source = null;
let timer = 0;
let tries = 0;
let lostAt = 0;

export const now = {
  connection: 'connecting', // 'open', 'lost'
  state: null, // the last State
  level: null,
  levels: [], // of the last minute of the running recording, {at, peak, rms}
  marks: [], // of the running recording, {at, text, kind}: bookmarks, notes and what the recorder noticed
  retryAt: 0,
};
const LEVELS_S = 60;

// Returns what stops listening.
export function on(type, fn) {
  const listener = (e) => fn(e.detail);
  target.addEventListener(type, listener);
  return () => target.removeEventListener(type, listener);
}

const emit = (type, detail) => target.dispatchEvent(new CustomEvent(type, { detail }));

export function connect() {
  clearTimeout(timer);
  source?.close();
  source = new EventSource(eventsUrl);
  source.onopen = () => {
    const again = lostAt > 0;
    tries = 0;
    lostAt = 0;
    setConnection('open');
    retryNow();
    if (again) emit('resync');
  };
  source.onerror = () => {
    source.close();
    lostAt ||= Date.now();
    // 1, 2, 4 ... 15 s, a little apart so that many pages do not knock together.
    const wait = Math.min(1000 * 2 ** tries++, 15000) * (0.8 + Math.random() * 0.4);
    now.retryAt = Date.now() + wait;
    setConnection('lost');
    timer = setTimeout(connect, wait);
    // EventSource hides the status: ask whether the box wants to be paired again.
    if (tries === 1) api.state().catch(() => {});
  };
  for (const type of TYPES) source.addEventListener(type, (e) => receive(type, e.data));
}

export function disconnect() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

function receive(type, data) {
  let detail;
  try { detail = JSON.parse(data); } catch { return; }
  // Events need not say all of it.
  if (type === 'state') detail = now.state = { ...now.state, ...detail };
  if (type === 'state') keepRecording(detail.recording);
  if (type === 'level') keepLevel(detail);
  if (type === 'notice' && detail.meeting === recorded) keepMark({ at: detail.at, text: detail.text, kind: 'notice' });
  if (type === 'job') keepJob(detail);
  emit(type, detail);
}

// What the screen of a recording shows outlives the screen: it is kept as long as the recording runs.
let recorded = 0;

export function keepRecording(recording) {
  const id = recording?.id ?? 0;
  if (id === recorded) return;
  recorded = id;
  now.level = null;
  now.levels = [];
  now.marks = [];
}

function keepLevel(l) {
  now.level = l;
  if (!l.paused) now.levels.push({ at: l.duration_s, peak: l.peak_db, rms: l.rms_db });
  while (now.levels.length && now.levels[0].at < l.duration_s - LEVELS_S) now.levels.shift();
}

export function keepMark(mark) {
  now.marks.push(mark);
  emit('mark', mark);
}

function keepJob(job) {
  const jobs = now.state?.jobs;
  if (!jobs) return;
  const i = jobs.findIndex((j) => j.id === job.id);
  if (i >= 0) jobs[i] = job;
  else jobs.push(job);
}

export const jobOf = (meeting) =>
  now.state?.jobs?.find((j) => j.meeting === meeting && (j.state === 'running' || j.state === 'queued'));

function setConnection(connection) {
  now.connection = connection;
  emit('connection', connection);
}

function knock() {
  if (now.connection === 'lost') { tries = 0; connect(); }
}
addEventListener('online', knock);
addEventListener('visibilitychange', () => document.visibilityState === 'visible' && knock());
