// What can be done with a meeting from wherever it is listed.
import { t } from '../lib/i18n.js';
import { api, ApiError, explain, exportUrl } from '../lib/api.js';
import { change } from '../lib/outbox.js';
import { confirm, fail, prompt, say, toast } from './ui.js';
import { askDate } from './date-dialog.js';

export const patchMeeting = (id, what) => change(`meeting:${id}:${Object.keys(what)}`, 'PATCH', `/meetings/${id}`, what);

// Asks for a tag and gives it to all; resolves with false when nothing was chosen.
export async function tagMeetings(list) {
  const known = await api.tags().catch(() => []);
  const tag = await prompt(t('tag.add'), t('tag'), '', { maxLength: 60, options: known.map((x) => x.tag) });
  if (!tag) return false;
  await all(list, 'tag', { tags: [tag] });
  return true;
}

// To the trash, with a way back. Where the disk has no room even for that, deleting for good makes room, if the user says so.
export async function deleteMeetings(list) {
  const { done, failed } = await api.bulk(list.map((m) => m.id), 'trash');
  const full = failed.filter((f) => f.code === 'disk_full').map((f) => f.id);
  tell(list, failed.filter((f) => f.code !== 'disk_full'));
  if (full.length && await confirm(t('delete.full'), t('delete.full.text'), t('delete.do'), { danger: true })) {
    const gone = await api.bulk(full, 'delete');
    tell(list, gone.failed);
    if (gone.done.length) say(t('deleted.gone'));
    return done.length + gone.done.length > 0;
  }
  if (!done.length) return false;
  toast(done.length > 1 ? t('deleted.many', { n: done.length }) : t('deleted', { title: list.find((m) => m.id === done[0]).title || t('rec.untitled') }), {
    seconds: 20, action: t('undo'), onaction: () => api.bulk(done, 'restore').then(() => say(t('undone')), fail),
  });
  return true;
}

// One change to many, each on its own; what could not be done is said. Resolves with the ids of those that were.
async function all(list, action, options) {
  const { done, failed } = await api.bulk(list.map((m) => m.id), action, options);
  tell(list, failed);
  return done;
}

function tell(list, failed) {
  for (const f of failed.slice(0, 3)) toast(`${list.find((m) => m.id === f.id)?.title || t('rec.untitled')}: ${explain(new ApiError(409, f.code, f.message))}`, { bad: true, seconds: 10 });
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
