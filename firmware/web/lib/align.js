// Times for the words that are shown. The recogniser timed the words it heard; what is shown may differ from them
// (punctuation, figures, the user's corrections). Equal words anchor the text to the sound, the rest is spread
// between its neighbours by length.

const plain = (s) => s.normalize('NFC').toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

// text: as shown; words: [[start, end, confidence, "word"], ...]; start, end: of the segment, seconds.
// Returns [{from, to, start, end, confidence}], from and to being offsets into text.
export function alignWords(text, words, start, end) {
  const out = [];
  for (const m of text.matchAll(/\S+/g)) out.push({ from: m.index, to: m.index + m[0].length, start: NaN, end: NaN, confidence: 1, key: plain(m[0]) });
  if (!out.length) return out;
  const heard = (words || []).map(([s, e, c, w]) => ({ s, e, c, key: plain(w) })).filter((w) => w.key);
  for (const [i, j] of common(out, heard)) {
    out[i].start = heard[j].s;
    out[i].end = heard[j].e;
    out[i].confidence = heard[j].c;
  }
  spread(out, start, end);
  return out;
}

// Pairs of equal keys, in order: the longest common subsequence.
function common(a, b) {
  const n = a.length, m = b.length;
  if (!n || !m || n * m > 400000) return [];
  const row = m + 1;
  const len = new Uint16Array((n + 1) * row);
  for (let i = n - 1; i >= 0; i--)
    for (let j = m - 1; j >= 0; j--)
      len[i * row + j] = a[i].key && a[i].key === b[j].key
        ? len[(i + 1) * row + j + 1] + 1
        : Math.max(len[(i + 1) * row + j], len[i * row + j + 1]);
  const pairs = [];
  for (let i = 0, j = 0; i < n && j < m;) {
    if (a[i].key && a[i].key === b[j].key) pairs.push([i++, j++]);
    else if (len[(i + 1) * row + j] >= len[i * row + j + 1]) i++;
    else j++;
  }
  return pairs;
}

function spread(out, start, end) {
  for (let i = 0; i < out.length;) {
    if (!Number.isNaN(out[i].start)) { i++; continue; }
    let j = i;
    let chars = 0;
    while (j < out.length && Number.isNaN(out[j].start)) chars += out[j].to - out[j++].from;
    const t0 = i ? out[i - 1].end : start;
    const t1 = Math.max(t0, j < out.length ? out[j].start : end);
    let at = t0;
    for (; i < j; i++) {
      out[i].start = at;
      at += ((t1 - t0) * (out[i].to - out[i].from)) / chars;
      out[i].end = at;
    }
  }
}

// The last of sorted things that begins at or before time; -1 before the first.
export function lastAt(list, time, startOf = (x) => x.start) {
  let lo = 0, hi = list.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (startOf(list[mid]) <= time) lo = mid + 1;
    else hi = mid;
  }
  return lo - 1;
}

// A line is marked where the probability of its speaker is below this: docs/experiments.md, "How sure a line is of its speaker".
const SURE = 0.8;
export const speakerDoubted = ({ speaker_certainty: p }) => p > 0 && p < SURE; // absent: nothing is known
