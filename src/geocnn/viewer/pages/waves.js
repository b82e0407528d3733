// Components of a station one below the other: what the server sends of them, and how it is drawn.

import { colour, text, ticks } from "./axes.js";

const DOTS = 6; // pixels between two samples from which on each has a dot

/** What came from the server for a question. */
export class Wave {
  constructor(query, buffer, headers) {
    this.query = query;
    this.samples = headers.get("kind") === "samples";
    [this.start, this.step, this.read] = ["start", "step", "read"].map((name) => Number(headers.get(name)));
    this.size = Number(headers.get("size"));
    const rows = new Float32Array(buffer);
    const each = this.samples ? 1 : 2;
    this.components = [];
    for (let k = 0; k < rows.length; k += each * this.size) {
      const low = rows.subarray(k, k + this.size);
      this.components.push({ low, high: this.samples ? low : rows.subarray(k + this.size, k + 2 * this.size) });
    }
  }

  /** Whether there are columns of which nothing has been read, but for some beside gaps. */
  get patchy() {
    const unread = (low) => low.reduce((count, value) => count + (value === Infinity), 0);
    return this.read < 1 && this.components.some(({ low }) => unread(low) > 0.02 * this.size);
  }

  /** Numbers of the first column between two times and of the one behind the last. */
  range(start, stop) {
    const half = this.samples ? 1 : 0;
    const first = Math.max(0, Math.floor((start - this.start) / this.step) - half);
    return [first, Math.min(this.size, Math.ceil((stop - this.start) / this.step) + 1 + half)];
  }

  /** Column at a time, or -1. */
  at(time) {
    const place = (time - this.start) / this.step;
    const column = this.samples ? Math.round(place) : Math.floor(place);
    return column >= 0 && column < this.size ? column : -1;
  }

  /** Whether it can be drawn for another question: it reaches as far, and has columns that are not much wider. */
  serves(query) {
    const own = this.query;
    if (own.station !== query.station || own.filter !== query.filter) return false;
    if (own.start > query.seen[0] || own.stop < query.seen[1]) return false;
    return this.samples || (own.stop - own.start) / own.columns <= (1.3 * (query.stop - query.start)) / query.columns;
  }
}

/** The middle of what is seen of each component, and how far it goes to either side. */
export function scales(wave, start, stop, common) {
  const [first, last] = wave.range(start, stop);
  const found = wave.components.map(({ low, high }) => {
    let [sum, count, least, most] = [0, 0, Infinity, -Infinity];
    for (let k = first; k < last; k++) {
      if (!Number.isFinite(low[k])) continue;
      sum += (low[k] + high[k]) / 2;
      count += 1;
      least = Math.min(least, low[k]);
      most = Math.max(most, high[k]);
    }
    const middle = wave.query.filter || !count ? 0 : sum / count;
    return { middle, half: count ? Math.max(most - middle, middle - least) || 1 : 0 };
  });
  const largest = Math.max(...found.map((one) => one.half));
  return found.map(({ middle, half }) => ({ middle, half: (common ? largest : half) || 1 }));
}

/** Spans of columns without data. */
function gaps({ low }, first, last, draw) {
  for (let k = first; k < last; k++) {
    if (!Number.isNaN(low[k])) continue;
    const begin = k;
    while (k + 1 < last && Number.isNaN(low[k + 1])) k++;
    draw(begin, k + 1);
  }
}

/** A component in a box; `at` says where on the screen a time is, `level` where an amplitude is. */
export function drawWave(context, box, wave, component, { start, stop, at, level, ink }) {
  const [first, last] = wave.range(start, stop);
  const time = (column) => wave.start + column * wave.step;
  const shift = wave.samples ? 0.5 : 0; // a sample that is missing takes half a step on both sides
  context.save();
  context.beginPath();
  context.rect(box.x, box.y, box.width, box.height);
  context.clip();
  gaps(component, first, last, (begin, end) => {
    const [left, right] = [
      Math.max(box.x, at(time(begin - shift))),
      Math.min(box.x + box.width, at(time(end - shift))),
    ];
    context.fillStyle = colour("no-data");
    context.fillRect(left, box.y, Math.max(1, right - left), box.height);
    if (right - left > 64 && box.height > 30) {
      context.fillStyle = colour("soft");
      [context.textAlign, context.textBaseline] = ["center", "middle"];
      context.fillText("no data", (left + right) / 2, box.y + box.height / 2);
    }
  });
  context.fillStyle = context.strokeStyle = ink;
  if (wave.samples) line(context, component, first, last, (k) => at(time(k)), level);
  else bars(context, component, first, last, (k) => at(time(k)), level);
  context.restore();
}

/** Samples that are joined; with dots where there is room for them. */
function line(context, { low }, first, last, x, level) {
  const dots = x(1) - x(0) >= DOTS;
  context.lineWidth = 1;
  context.lineJoin = "round";
  context.beginPath();
  let joined = false;
  for (let k = first; k < last; k++) {
    const known = Number.isFinite(low[k]);
    if (known) context[joined ? "lineTo" : "moveTo"](x(k), level(low[k]));
    joined = known;
  }
  context.stroke();
  if (!dots) return;
  context.beginPath();
  for (let k = first; k < last; k++) {
    if (!Number.isFinite(low[k])) continue;
    context.moveTo(x(k) + 2, level(low[k]));
    context.arc(x(k), level(low[k]), 2, 0, 7);
  }
  context.fill();
}

/** Columns from the smallest to the largest sample, each reaching to its neighbour, as the trace between them does. */
function bars(context, { low, high }, first, last, x, level) {
  context.beginPath();
  let before = null;
  for (let k = first; k < last; k++) {
    if (!Number.isFinite(low[k])) {
      before = null;
      continue;
    }
    const [bottom, top] = before ? [Math.min(low[k], before[1]), Math.max(high[k], before[0])] : [low[k], high[k]];
    const [left, upper] = [x(k), level(top)];
    context.rect(left, upper - 0.5, Math.max(1, x(k + 1) - left + 0.05), level(bottom) - upper + 1);
    before = [low[k], high[k]];
  }
  context.fill();
}

/** Power of ten by which the amplitudes of an axis are divided, so that their numbers are short. */
export function power(half) {
  const digits = Math.floor(Math.log10(half));
  return digits >= 5 || digits < -2 ? 3 * Math.floor(digits / 3) : 0;
}

/** Amplitudes beside a component, and lines at them. */
export function amplitudes(context, box, { middle, half }, level, ink, line) {
  [context.textAlign, context.textBaseline] = ["right", "middle"];
  const most = Math.max(2, Math.min(7, Math.floor(box.height / 28)));
  const unit = 10 ** power(half);
  for (const value of ticks(middle - half, middle + half, most)) {
    const y = Math.round(level(value));
    if (y < box.y + 5 || y > box.y + box.height - 5) continue;
    context.fillStyle = line;
    context.fillRect(box.x + 1, y, box.width - 2, 1);
    context.fillStyle = ink;
    context.fillRect(box.x - 4, y, 4, 1);
    context.fillText(text(value / unit), box.x - 7, y);
  }
}
