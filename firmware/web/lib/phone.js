// This device's microphone for the recorder: samples are kept here, by number, until the recorder says that it has them. A lost
// connection costs nothing: what was kept meanwhile follows. It goes on whichever view is open.
import { api } from './api.js';

const RATE = 16000;
const LEAST = RATE / 2; // samples worth a request
const MOST = RATE * 20;
const AGAIN_MS = 1000;

// waiting: the recorder did not answer, and is asked again.
export const phone = { meeting: 0, paused: false, waiting: false, error: null };
let stream, context, node, wake, flushed;
let parts = []; // kept, in order; the first sample is number `from`
let from = 0;
let have = 0;
let sending = null;
let ending = false;

// A microphone is given to a page over HTTPS (moim serve --tls) or on the recorder itself alone.
export const phoneCan = () => isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia) && 'AudioWorkletNode' in window;

export const keptSeconds = () => have / RATE;

// Asks for the microphone; nothing is kept before begin.
export async function openPhone() {
  stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
  try {
    context = new AudioContext({ sampleRate: RATE });
    await context.audioWorklet.addModule('/lib/phone-worklet.js');
    node = new AudioWorkletNode(context, 'moim-phone');
    node.port.onmessage = (e) => take(e.data);
    context.createMediaStreamSource(stream).connect(node).connect(context.destination); // its output is silent; what leads nowhere is not run
  } catch (e) {
    closePhone();
    throw e;
  }
}

export function closePhone() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  context?.close();
  wake?.release();
  stream = context = node = wake = null;
  Object.assign(phone, { meeting: 0, paused: false, waiting: false });
}

export function beginPhone(meeting) {
  parts = [];
  from = have = 0;
  ending = false;
  Object.assign(phone, { meeting, paused: false, error: null });
  navigator.wakeLock?.request('screen').then((lock) => { wake = lock; }, () => {}); // a phone that sleeps hears nothing
}

// Sound while paused is none of the recording's.
export function pausePhone(paused) {
  phone.paused = paused;
}

// Everything that was heard is with the recorder when this is done.
export async function endPhone() {
  if (!phone.meeting) return;
  const last = new Promise((done) => { flushed = done; });
  node.port.postMessage(null);
  await last;
  ending = true;
  await send();
  const { error } = phone;
  closePhone();
  if (error) throw error;
}

function take(pcm) {
  if (!pcm) return flushed?.();
  if (!phone.meeting || phone.paused || ending) return undefined;
  parts.push(pcm);
  have += pcm.length;
  if (have >= LEAST) send();
  return undefined;
}

// The first samples kept, up to MOST, in whole parts.
function nextChunk() {
  const chunk = [];
  for (let n = 0, i = 0; i < parts.length && n + parts[i].length <= MOST; i++) {
    chunk.push(parts[i]);
    n += parts[i].length;
  }
  return new Blob(chunk);
}

// The recorder has all before number `next`.
function drop(next) {
  while (parts.length && from + parts[0].length <= next) {
    from += parts[0].length;
    have -= parts.shift().length;
  }
  if (parts.length && next > from) {
    have -= next - from;
    parts[0] = parts[0].subarray(next - from);
    from = next;
  }
}

const send = () => { sending ??= sendAll().finally(() => { sending = null; }); return sending; };

async function sendAll() {
  while (phone.meeting && !phone.error && have > 0 && (have >= LEAST || ending)) {
    try {
      drop((await api.sound(phone.meeting, from, nextChunk())).next);
      phone.waiting = false;
    } catch (e) {
      if (e.code === 'changed' && e.current?.next > from) drop(e.current.next);
      else if (e.retry) {
        phone.waiting = true;
        await new Promise((done) => { setTimeout(done, AGAIN_MS); });
      }
      else phone.error = e;
    }
  }
}

// Leaving the page would end what only it hears.
addEventListener('beforeunload', (e) => { if (phone.meeting) e.preventDefault(); });
