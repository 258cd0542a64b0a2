// Canvas helpers: token colours as the canvas understands them, and a canvas that keeps its element's size.

const cache = new Map();
let probe;

// '--sp1' as an rgb() string in the theme of now.
export function colour(token) {
  const key = token + document.documentElement.dataset.theme;
  if (!cache.has(key)) {
    probe ??= document.body.appendChild(Object.assign(document.createElement('i'), { className: 'sr' }));
    probe.style.color = `var(${token})`;
    cache.set(key, getComputedStyle(probe).color);
  }
  return cache.get(key);
}

export const speakerToken = (n) => (n > 0 ? `--sp${((n - 1) % 8) + 1}` : '--edge');

// Calls draw(context, width, height) at the screen's own resolution, once a frame at most. Returns {redraw, end}.
export function fitted(canvas, draw) {
  let queued = 0;
  const redraw = () => {
    if (queued) return;
    queued = requestAnimationFrame(() => {
      queued = 0;
      const ratio = devicePixelRatio || 1;
      const { clientWidth: w, clientHeight: hgt } = canvas;
      if (!w || !hgt) return;
      if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(hgt * ratio)) {
        canvas.width = Math.round(w * ratio);
        canvas.height = Math.round(hgt * ratio);
      }
      const c = canvas.getContext('2d');
      c.setTransform(ratio, 0, 0, ratio, 0, 0);
      c.clearRect(0, 0, w, hgt);
      draw(c, w, hgt);
    });
  };
  const watcher = new ResizeObserver(redraw);
  watcher.observe(canvas);
  const theme = new MutationObserver(redraw);
  theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return { redraw, end: () => { watcher.disconnect(); theme.disconnect(); cancelAnimationFrame(queued); } };
}
