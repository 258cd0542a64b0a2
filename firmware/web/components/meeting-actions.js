// What can be done with a meeting from wherever it is listed.
import { t } from '../lib/i18n.js';
import { api, exportUrl } from '../lib/api.js';
import { change } from '../lib/outbox.js';
import { confirm, fail, prompt, toast } from './ui.js';
import { askDate } from './date-dialog.js';

export const patchMeeting = (id, what) => change(`meeting:${id}:${Object.keys(what)}`, 'PATCH', `/meetings/${id}`, what);

// Asks for a tag and gives it to all; resolves with false when nothing was chosen.
export async function tagMeetings(list) {
  const known = await api.tags().catch(() => []);
  const tag = await prompt(t('tag.add'), t('tag'), '', { maxLength: 60, options: known.map((x) => x.tag) });
  if (!tag) return false;
  await Promise.all(list.map((m) => patchMeeting(m.id, { tags: [...new Set([...(m.tags ?? []), tag])] })));
  return true;
}

// To the trash, with a way back; resolves with false when it was not meant.
export async function deleteMeetings(list) {
  if (!await confirm(t('delete.title'), list.map((m) => t('delete.text', { title: m.title || t('rec.untitled') })).join(' '), t('delete.do'), { danger: true })) return false;
  await Promise.all(list.map((m) => api.remove(m.id)));
  toast(t('deleted.gone'));
  return true;
}

async function retitle(m) {
  const title = await prompt(t('title.edit'), t('rec.title'), m.title);
  if (title && title !== m.title) patchMeeting(m.id, { title }).catch(fail);
}

async function redate(m) {
  const at = await askDate(m.started_at);
  if (at) patchMeeting(m.id, { started_at: at }).catch(fail);
}

export const meetingItems = (m) => [
  { label: t('open'), icon: 'play', href: `#/m/${m.id}` },
  { label: t('title.edit'), icon: 'edit', onclick: () => retitle(m) },
  { label: t('date.edit'), icon: 'calendar', onclick: () => redate(m) },
  { label: t('tag.add'), icon: 'tag', onclick: () => tagMeetings([m]).catch(fail) },
  { label: t('export.docx'), icon: 'download', href: exportUrl(m.id, 'docx'), download: '' },
  { label: t('delete'), icon: 'trash', danger: true, onclick: () => deleteMeetings([m]).catch(fail) },
];
