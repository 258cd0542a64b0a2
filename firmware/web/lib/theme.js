// Light, dark, or as the system has it: data-theme of the root says which is shown (lib/theme-boot.js sets it first).
const KEY = 'moim.theme';
const root = document.documentElement;

export const storedTheme = () => {
  try { return localStorage.getItem(KEY) ?? 'auto'; } catch { return 'auto'; }
};

// choice: 'light', 'dark' or 'auto'; keep: remember it in this browser.
export function setTheme(choice, keep = true) {
  try {
    if (keep && choice === 'auto') localStorage.removeItem(KEY);
    else if (keep) localStorage.setItem(KEY, choice);
  } catch { /* the choice then lasts as long as the page */ }
  if (choice === 'auto') delete root.dataset.choice;
  else root.dataset.choice = choice;
  dispatchEvent(new Event('moim:theme'));
}
