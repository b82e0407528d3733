// Axes around a picture: round numbers at places that do not collide.

/** Round values inside [low, high], at most `most` of them; whole numbers only where `whole`. */
export function ticks(low, high, most, whole = false) {
  const [from, to] = low < high ? [low, high] : [high, low];
  if (!(to > from)) return [from];
  const rough = (to - from) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= rough * (1 - 1e-9));
  if (whole) step = Math.max(1, Math.round(step));
  const found = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + 1e-9 * step; k++) found.push(k * step);
  return found;
}

/** A number without digits that mean nothing. */
export function text(value) {
  if (!Number.isFinite(value)) return "no data";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(3);
  return String(Number(value.toPrecision(6)));
}

/** A number of three digits, without zeros behind them: 2.57e+37 where there is little room. */
export const short = (value) => text(Number(value.toPrecision(3))).replace(/\.?0*e/, "e");

export const named = (axis) => (axis.unit ? `${axis.name} (${axis.unit})` : axis.name);

/** A colour of the style sheet, which knows whether the surroundings are dark. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A canvas as large as its place on the screen, in true pixels; returns its context, scaled to CSS pixels. */
export function fitted(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const box = canvas.getBoundingClientRect();
  const [width, height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, box.width, box.height);
  context.font = "11px system-ui, 'DejaVu Sans', sans-serif";
  return { context, width: box.width, height: box.height };
}

/** The rectangle inside of margins of a canvas, CSS pixels. */
export function inner(canvas, margin) {
  const { width, height } = canvas.getBoundingClientRect();
  return {
    x: margin.left,
    y: margin.top,
    width: Math.max(10, width - margin.left - margin.right),
    height: Math.max(10, height - margin.top - margin.bottom),
  };
}

/** Ticks, numbers and names to the left of and below a rectangle.
 *  `across` and `down` have `name`, `at(value)` (place on the screen), `low`, `high` and `whole`. */
export function frame(context, box, across, down) {
  context.strokeStyle = colour("soft");
  context.fillStyle = colour("soft");
  context.lineWidth = 1;
  context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const value of ticks(across.low, across.high, box.width / 80, across.whole)) {
    const x = across.at(value);
    if (x < box.x - 1 || x > box.x + box.width + 1) continue;
    context.fillRect(Math.round(x), box.y + box.height, 1, 4);
    context.fillText(text(value), x, box.y + box.height + 6);
  }
  context.fillText(across.name, box.x + box.width / 2, box.y + box.height + 20);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of ticks(down.low, down.high, box.height / 45, down.whole)) {
    const y = down.at(value);
    if (y < box.y - 1 || y > box.y + box.height + 1) continue;
    context.fillRect(box.x - 4, Math.round(y), 4, 1);
    context.fillText(text(value), box.x - 7, y);
  }
  context.save();
  context.translate(12, box.y + box.height / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(down.name, 0, 0);
  context.restore();
}
