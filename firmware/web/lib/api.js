// The recorder's HTTP interface (docs/openapi.yaml), and nothing else: no other module makes a request or knows a path.
import { language, t } from './i18n.js';

const BASE = '/api/v1';

// retry: the same request may succeed later (no connection, or the recorder is busy).
export class ApiError extends Error {
  // current: how what was to be changed stands now, where somebody else changed it meanwhile (code "changed").
  constructor(status, code, message, retryAfter = 0, current = null) {
    super(message);
    Object.assign(this, { status, code, retryAfter, current, retry: status === 0 || status === 408 || status === 503 || status === 502 });
  }
}

const unpaired = new Set();
export const onUnpaired = (fn) => unpaired.add(fn);

// One line for a person, in the page's language where the page knows the case.
export function explain(e) {
  // A part of the page that could not be loaded.
  if (/import/.test(e?.message)) return t('error.offline');
  if (!(e instanceof ApiError)) return t('error.page', { detail: e?.message ?? e });
  if (e.status === 0) return t('error.offline');
  const known = t(`error.${e.code}`);
  if (known !== `error.${e.code}`) return known;
  // The recorder's own line is English: said where the page speaks it, else only that it was refused.
  return language() === 'en' ? e.message : t('error.refused', { code: e.status });
}

// Names one change: whoever sends the same change again, having heard no answer, sends the same key, and the recorder does it once.
export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');

// body: an object (sent as JSON) or a Blob (sent as it is). key: of a change that may be sent again. Answers the JSON, or
// null for 204. match: the etag of what is changed, as it was seen: when it is another by now the change is refused.
export async function request(method, path, { query, body, timeout = 20000, signal, match, key = newKey() } = {}) {
  const url = BASE + path + queryString(query);
  const headers = method === 'GET' ? {} : { 'X-Moim': '1', 'Idempotency-Key': key };
  if (match) headers['If-Match'] = match;
  if (body && !(body instanceof Blob)) headers['Content-Type'] = 'application/json';
  const signals = [signal, timeout && AbortSignal.timeout(timeout)].filter(Boolean);
  let response;
  try {
    response = await fetch(url, {
      method, headers, credentials: 'same-origin', cache: 'no-store',
      body: body === undefined ? undefined : body instanceof Blob ? body : JSON.stringify(body),
      signal: anyOf(signals),
    });
    if (response.ok) return response.status === 204 ? null : await response.json();
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new ApiError(0, 'offline', t('error.offline'));
  }
  throw await failure(response);
}

// An answer that comes as events: onprogress gets those on the way, the last one is the answer. Unbounded in time.
async function stream(path, body, onprogress) {
  let response;
  try {
    response = await fetch(BASE + path, { method: 'POST', headers: { 'X-Moim': '1', 'Content-Type': 'application/json' }, credentials: 'same-origin', cache: 'no-store', body: JSON.stringify(body) });
    if (!response.ok) throw await failure(response);
    const reader = response.body.getReader();
    const text = new TextDecoder();
    let buffer = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      buffer += text.decode(part.value, { stream: true });
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        const [, type, data] = /^event: (\w+)\ndata: (.*)$/m.exec(buffer.slice(0, end)) ?? [];
        buffer = buffer.slice(end + 2);
        if (type === 'progress') onprogress(JSON.parse(data));
        if (type === 'answer') return JSON.parse(data);
        if (type === 'error') {
          const e = JSON.parse(data);
          throw new ApiError(e.status, e.error?.code ?? 'internal', e.error?.message ?? '');
        }
      }
    }
  } catch (e) {
    if (e instanceof ApiError) throw e;
  }
  throw new ApiError(0, 'offline', t('error.offline'));
}

// AbortSignal.any where the browser has it.
function anyOf(signals) {
  if (signals.length < 2) return signals[0];
  if (AbortSignal.any) return AbortSignal.any(signals);
  const all = new AbortController();
  for (const x of signals) {
    if (x.aborted) all.abort(x.reason);
    x.addEventListener('abort', () => all.abort(x.reason));
  }
  return all.signal;
}

async function failure(response) {
  let error = {}, current = null;
  try { ({ error = {}, current = null } = await response.json()); } catch { /* a proxy's page, or nothing */ }
  if (response.status === 401) for (const fn of unpaired) fn();
  const after = Number(response.headers.get('Retry-After')) || 0;
  return new ApiError(response.status, error.code ?? 'internal', error.message ?? `HTTP ${response.status}`, after, current);
}

function queryString(query) {
  const p = new URLSearchParams();
  for (const [k, v] of Object.entries(query ?? {})) if (v !== undefined && v !== null && v !== '') p.set(k, v);
  const s = p.toString();
  return s ? `?${s}` : '';
}

const get = (path, query, signal) => request('GET', path, { query, signal });
const post = (path, body, options) => request('POST', path, { body: body ?? {}, ...options });

export const api = {
  hello: () => get('/hello'),
  pair: (code) => post('/pair', { code }),
  unpair: () => request('DELETE', '/pair'),
  state: () => get('/state'),
  devices: () => get('/devices'),
  outputs: () => get('/outputs'),
  sound: (meeting, at, body) => request('POST', '/recording/sound', { query: { meeting, at }, body }),
  recording: () => get('/recording'),
  start: (options, key) => post('/recording', options, { timeout: 60000, key }),
  stop: (key) => post('/recording/stop', {}, { timeout: 120000, key }),
  pause: () => post('/recording/pause'),
  resume: () => post('/recording/resume'),
  bookmarkNow: (note, key) => post('/recording/bookmark', note ? { note } : {}, { key }),
  memo: (text, key) => post('/recording/memo', { text }, { key }),
  meetings: (query, signal) => get('/meetings', query, signal),
  meeting: (id, signal) => get(`/meetings/${id}`, null, signal),
  minutes: (id, version) => get(`/meetings/${id}/minutes`, { version }),
  addLine: (id, line) => post(`/meetings/${id}/minutes/lines`, line),
  changeLine: (id, line, what, match) => request('PATCH', `/meetings/${id}/minutes/lines/${line}`, { body: what, match }),
  minutesVersions: (id) => get(`/meetings/${id}/minutes/versions`),
  minutesDiff: (id, from) => get(`/meetings/${id}/minutes/diff`, { from }),
  restoreMinutes: (id, version) => post(`/meetings/${id}/minutes/versions/${version}/restore`),
  undoSpeakers: (id) => post(`/meetings/${id}/speakers/undo`),
  giveLines: (id, segments, speaker) => post(`/meetings/${id}/segments/speaker`, { segments, speaker }),
  splitSpeaker: (id, number) => post(`/meetings/${id}/speakers/${number}/split`, {}, { timeout: 1800000 }),
  share: (id, passphrase, audio) => shared(id, { passphrase, audio }),
  templates: () => get('/templates'),
  putTemplate: (name, text) => post('/templates', { name, text }),
  removeTemplate: (name) => request('DELETE', '/templates', { query: { name } }),
  rememberVoice: (id, number) => post(`/meetings/${id}/speakers/${number}/remember`, { consent: true }, { timeout: 600000 }),
  findSpeakers: (id, count) => post(`/meetings/${id}/speakers/find`, { count }, { timeout: 1800000 }),
  voices: () => get('/voices'),
  forgetVoice: (name) => request('DELETE', '/voices', { query: { name } }),
  splitLine: (id, segment, at) => post(`/meetings/${id}/segments/${segment}/split`, { at }),
  joinLine: (id, segment) => post(`/meetings/${id}/segments/${segment}/join`),
  tasks: (query, signal) => get('/tasks', query, signal),
  changeTask: (id, what, match) => request('PATCH', `/tasks/${id}`, { body: what, match }),
  trash: (signal) => get('/trash', null, signal),
  purge: (id) => request('DELETE', `/meetings/${id}`, { query: { forever: 1 }, timeout: 60000 }),
  emptyTrash: () => request('DELETE', '/trash', { timeout: 60000 }),
  bulk: (ids, action, options) => post('/meetings/bulk', { ids, action, ...options }, { timeout: 60000 }),
  restore: (id) => post(`/meetings/${id}/restore`),
  remove: (id) => request('DELETE', `/meetings/${id}`, { timeout: 60000 }),
  peaks: (id, n, signal) => get(`/meetings/${id}/peaks`, { n }, signal),
  rewrite: (id, options) => post(`/meetings/${id}/minutes`, options),
  process: (id, options) => post(`/meetings/${id}/process`, options),
  search: (query, signal) => get('/search', query, signal),
  ask: (question, meeting, onprogress) => stream('/ask', { question, stream: true, ...(meeting && { meeting }) }, onprogress),
  questions: (meeting, signal) => get('/questions', { meeting: meeting || null, limit: 100 }, signal),
  forgetQuestion: (id) => request('DELETE', `/questions/${id}`),
  forgetQuestions: (meeting) => request('DELETE', '/questions', { query: { meeting: meeting || null } }),
  tags: () => get('/tags'),
  vocabulary: () => get('/vocabulary'),
  settings: () => get('/settings'),
  setup: () => request('GET', '/setup', { timeout: 180000 }),
  fetchRecommended: () => post('/setup/fetch'),
  models: () => get('/models'),
  fetchModel: (name) => post(`/models/${encodeURIComponent(name)}/fetch`),
  cancelJob: (id) => request('DELETE', `/jobs/${id}`),
  jobs: () => get('/jobs'),
  device: () => get('/device'),
};

export const audioUrl = (id, download) => `${BASE}/meetings/${id}/audio${download ? '?download=1' : ''}`;
export const exportUrl = (id, format) => `${BASE}/meetings/${id}/export?format=${format}`;
export const tasksUrl = (format) => `${BASE}/tasks?format=${format}`;
export const eventsUrl = `${BASE}/events`;

// A document or recording as a File, for sharing.
export async function download(url, name) {
  const response = await fetch(url, { credentials: 'same-origin' });
  if (!response.ok) throw await failure(response);
  const blob = await response.blob();
  return new File([blob], name, { type: blob.type.split(';')[0] });
}

// A sealed file of a meeting, as a Blob.
async function shared(id, body) {
  let response;
  try {
    response = await fetch(`${BASE}/meetings/${id}/share`, { method: 'POST', headers: { 'X-Moim': '1', 'Content-Type': 'application/json' }, credentials: 'same-origin', body: JSON.stringify(body) });
    if (response.ok) return await response.blob();
  } catch { throw new ApiError(0, 'offline', t('error.offline')); }
  throw await failure(response);
}

// Sends a recording; fetch cannot report how much has gone, XMLHttpRequest can. options: {title, language ...} of the meeting.
export function upload(file, { passphrase, ...options }, onprogress, signal) {
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    x.open('POST', `${BASE}/meetings${queryString({ name: file.name, ...options })}`);
    x.setRequestHeader('X-Moim', '1');
    x.setRequestHeader('Idempotency-Key', newKey());
    x.setRequestHeader('Content-Type', 'application/octet-stream');
    if (passphrase) x.setRequestHeader('X-Moim-Passphrase', encodeURIComponent(passphrase));
    x.responseType = 'json';
    x.upload.onprogress = (e) => e.lengthComputable && onprogress(e.loaded / e.total);
    x.onload = () => {
      if (x.status < 300) return resolve(x.response);
      const e = x.response?.error ?? {};
      reject(new ApiError(x.status, e.code ?? 'internal', e.message ?? `HTTP ${x.status}`));
    };
    x.onerror = () => reject(new ApiError(0, 'offline', t('error.offline')));
    x.onabort = () => reject(new DOMException('aborted', 'AbortError'));
    signal?.addEventListener('abort', () => x.abort());
    x.send(file);
  });
}
