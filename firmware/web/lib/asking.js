// Questions on their way, whichever view is open. Answers stay in the recorder; nothing of a meeting is kept in the browser.
import { api } from './api.js';

// {question, meeting (0: all), since, state: 'asked' | 'failed', stage, error, cancelled}, the newest first.
export const asking = [];
const target = new EventTarget();
// detail: the question that was answered, or null.
const tell = (answered) => target.dispatchEvent(new CustomEvent('change', { detail: answered ?? null }));
export const onAsking = (fn, options) => target.addEventListener('change', (e) => fn(e.detail), options);

export function ask(question, meeting = 0) {
  const a = { question, meeting };
  asking.unshift(a);
  send(a);
}

export const retryQuestion = (a) => send(a);

export function forgetQuestion(a) {
  a.cancelled = true;
  drop(a);
  tell();
}

function drop(a) {
  const i = asking.indexOf(a);
  if (i >= 0) asking.splice(i, 1);
}

async function send(a) {
  Object.assign(a, { since: Date.now(), state: 'asked', stage: '', error: null });
  tell();
  try {
    const answered = await api.ask(a.question, a.meeting, ({ stage }) => { a.stage = stage; tell(); });
    drop(a);
    // Who no longer wants the answer does not find it kept.
    if (a.cancelled) await api.forgetQuestion(answered.id);
    else tell(answered);
  } catch (e) {
    Object.assign(a, { state: 'failed', error: e });
    tell();
  }
}
