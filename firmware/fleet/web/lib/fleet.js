// What the page asks its server for (docs/fleet.md).
import { request } from './api.js';

const get = (path, query, signal) => request('GET', path, { query, signal, timeout: 40000 });

export const fleet = {
  me: () => get('/me'),
  signIn: (user, token) => request('POST', '/session', { body: { user, token } }),
  signOut: () => request('DELETE', '/session'),
  filters: (signal) => get('/filters', null, signal),
  meetings: (query, signal) => get('/meetings', query, signal),
  meeting: (id, signal) => get(`/meetings/${id}`, null, signal),
  search: (query, signal) => get('/search', query, signal),
  ask: (question, filter, signal) => request('POST', '/ask', { body: { question, ...filter }, timeout: 0, signal }),
};

// Days are those of the reader: from the beginning of one to the end of the other.
const begins = (day, after = 0) => { const d = new Date(`${day}T00:00`); d.setDate(d.getDate() + after); return d.toISOString(); };

// A filter as the server takes it: what is not set is left out.
export const asked = ({ from, to, ...rest }) => Object.fromEntries(Object.entries({
  ...(from && { from: begins(from) }), ...(to && { to: begins(to, 1) }), ...rest,
}).filter(([, v]) => v));
