// Runs before the first paint, so that nobody who chose dark sees a flash of light.
(() => {
  const root = document.documentElement;
  let scheme = 'auto';
  let density = 'comfortable';
  try {
    scheme = localStorage.getItem('mantine-color-scheme-value') || scheme;
    density = JSON.parse(localStorage.getItem('openwatch-prefs') || '{}').density || density;
  } catch {
    // Storage may be forbidden; the defaults do.
  }
  if (scheme === 'auto') {
    scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  }
  root.setAttribute('data-mantine-color-scheme', scheme);
  root.setAttribute('data-density', density);
})();
