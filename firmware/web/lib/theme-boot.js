// Runs before the first paint, so that the page never flashes in the wrong theme or language.
(function () {
  var root = document.documentElement;
  var system = matchMedia('(prefers-color-scheme: dark)');
  var lang = null;
  function kept(key) {
    try { return localStorage.getItem(key); } catch (e) { return null; /* storage may be forbidden */ }
  }
  function apply() {
    var theme = root.dataset.choice || kept('moim.theme');
    root.dataset.theme = theme === 'light' || theme === 'dark' ? theme : system.matches ? 'dark' : 'light';
  }
  apply();
  if (system.addEventListener) system.addEventListener('change', apply);
  addEventListener('moim:theme', apply);
  lang = kept('moim.lang');
  root.lang = lang === 'ko' || lang === 'en' ? lang : /^ko\b/i.test(navigator.language || '') ? 'ko' : 'en';
})();
