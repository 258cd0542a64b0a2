// Single-key shortcuts: never while typing, never on a control that takes the key itself, and they can be turned off.
export const shortcutsOn = () => { try { return localStorage.getItem('moim.keys') !== 'off'; } catch { return true; } };
export const setShortcuts = (yes) => { try { localStorage.setItem('moim.keys', yes ? 'on' : 'off'); } catch { /* for this page */ } };

// map: {key: fn}; a key may be 'Ctrl+z'. Returns what takes them away.
export function shortcuts(map) {
  const listener = (e) => {
    if (e.defaultPrevented || e.isComposing || e.altKey || document.querySelector('dialog[open]')) return;
    const modified = e.ctrlKey || e.metaKey;
    if (!modified && !shortcutsOn()) return;
    if (e.target.closest?.('input, textarea, select, [contenteditable]')) return;
    if (e.key === 'Enter' && e.target.closest?.('button, a, summary')) return;
    // The space bar belongs to whatever has the focus; only where nothing has it, or a line of the transcript, it is a shortcut.
    if (e.key === ' ' && !e.target.matches?.('body, main, .seg')) return;
    if (e.key.startsWith('Arrow') && e.target.closest?.('[role=slider], [role=menu], [role=tablist], .transcript')) return;
    const fn = map[(modified ? 'Ctrl+' : '') + (e.key.length === 1 ? e.key.toLowerCase() : e.key)];
    if (!fn) return;
    e.preventDefault();
    fn(e);
  };
  addEventListener('keydown', listener);
  return () => removeEventListener('keydown', listener);
}
