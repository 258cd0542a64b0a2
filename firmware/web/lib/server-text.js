// What the recorder says in its own English words (stages, notices, reasons), in the language of the page.
import { language, t } from './i18n.js';

const known = (key) => {
  const text = t(key);
  return text === key ? null : text;
};

export const stageText = (job) => (job.state === 'queued' ? t('job.queued') : (job.stage && known(`stage.${job.stage}`)) || known(`job.${job.kind}`) || t('job.working'));

// A file that stands in for a microphone has no name of its own.
export const deviceName = (d) => (d.name === 'simulated' ? t('mic.file') : d.name === 'remote' ? t('rec.phone') : d.name);

export const roleText = (role) => known(`role.${role}`) ?? role;

// What a model is for. The manifest's own line is English.
export const aboutModel = (x) => (language() === 'en' ? x.about : known(`about.${x.name}`) ?? known(`about.${x.role}`) ?? '');

const REASONS = [
  [/no (usable )?(model|recogni[sz]er)|model.*(missing|not installed)|is missing; get it/i, 'model'],
  [/no space|disk (is )?(nearly )?full/i, 'disk'],
  [/out of memory|cannot allocate/i, 'memory'],
  [/cannot be (read|opened)|no recording|damaged|unreadable|not a (sound|audio)/i, 'damaged'],
  [/microphone|no (input )?device|PortAudio|capture/i, 'microphone'],
  [/network|connect|resolve|timed? ?out|https?:/i, 'network'],
  [/no speech/i, 'no_speech'],
  [/cancel/i, 'cancelled'],
];

// Why something failed. code: the recorder's word for it, where there is one.
export function reason(text, code) {
  const named = code && known(`why.${code}`);
  if (named) return named;
  if (language() === 'en') return text;
  const found = REASONS.find(([pattern]) => pattern.test(text ?? ''));
  return t(found ? `why.${found[1]}` : 'why.other');
}

// A note that the recorder itself made stands in brackets: "(clipped) ...". Returns {kind, text}; kind '' is the user's own.
export function noteText(note) {
  const kind = /^\(([\w-]+)\)/.exec(note ?? '')?.[1];
  if (!kind) return { kind: '', text: note ?? '' };
  const far = /^\([\w-]+\) the far side: /.test(note);
  return { kind, text: (far && known(`mark.far.${kind}`)) || known(`mark.${kind}`) || (language() === 'en' ? note.replace(/^\([\w-]+\)\s*/, '') : t('mark.other')) };
}

// A check of the device: what it found.
export function checkText(c, device) {
  if (language() === 'en') return c.detail;
  if (c.check === 'disk') return t('check.disk.free', { size: (device.disk.free_bytes / 1e9).toFixed(1) });
  if (c.check === 'model') return t(c.ok ? 'check.model.ok' : 'check.model.missing', { name: c.detail.split(' ')[0] });
  return t(c.ok ? 'check.ok' : 'check.bad');
}
