// Minutes as text to paste elsewhere: Markdown, and the same as HTML for mail and documents.
import { clock, day, t } from '../lib/i18n.js';
import { escapeHtml } from './copy.js';

const duty = (x) => [x.owner, x.due_date ?? x.due].filter(Boolean).join(', ');
const time = (x) => (x.start === undefined || x.start === null || !x.evidence?.length ? '' : ` [${clock(x.start)}]`);

export function lineText(kind, x) {
  const box = kind === 'actions' ? `[${x.done ? 'x' : ' '}] ` : '';
  return `- ${box}${x.text}${duty(x) ? ` (${duty(x)})` : ''}${time(x)}`;
}

const lineHtml = (kind, x) => `<li>${kind === 'actions' ? (x.done ? '☑ ' : '☐ ') : ''}${escapeHtml(x.text)}${duty(x) ? ` <b>(${escapeHtml(duty(x))})</b>` : ''}</li>`;

// sections: [[kind, items]]. Returns {text, html}.
export function sectionsText(meeting, sections, whole) {
  const title = meeting.title || t('rec.untitled');
  const when = day(new Date(meeting.started_at));
  const people = meeting.speakers.filter((s) => s.number > 0).map((s) => s.name).join(', ');
  const text = [];
  const html = [];
  if (whole) {
    text.push(`# ${title}`, [when, people].filter(Boolean).join(' · '), '');
    html.push(`<h1>${escapeHtml(title)}</h1><p>${escapeHtml([when, people].filter(Boolean).join(' · '))}</p>`);
  }
  for (const [kind, items] of sections) {
    text.push(`## ${t(`minutes.${kind}`)}`, ...items.map((x) => lineText(kind, x)), '');
    html.push(`<h2>${escapeHtml(t(`minutes.${kind}`))}</h2><ul>${items.map((x) => lineHtml(kind, x)).join('')}</ul>`);
  }
  return { text: `${text.join('\n').trim()}\n`, html: html.join('') };
}
