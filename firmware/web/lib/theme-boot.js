// Runs before the first paint, so that the page never flashes in the wrong theme or language.
(function () {
  var root = document.documentElement;
  var theme = null, lang = null;
  try {
    theme = localStorage.getItem('moim.theme');
    lang = localStorage.getItem('moim.lang');
  } catch (e) { /* storage may be forbidden: the system's theme and language do */ }
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  root.lang = lang === 'ko' || lang === 'en' ? lang : /^ko\b/i.test(navigator.language || '') ? 'ko' : 'en';
})();
