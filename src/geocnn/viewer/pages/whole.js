// The whole record of a station as a strip, with the window in it that is seen below.

import { colour, fitted, inner } from "./axes.js";
import { timeAxis } from "./clock.js";
import { drawTicks } from "./picks.js";
import { drawWave } from "./waves.js";

const EDGE = { left: 74, right: 32, top: 40, bottom: 38 };
const LEAST = 6; // pixels of the window

export class Whole {
  constructor(panel, view) {
    this.view = view;
    this.panel = panel;
    this.canvas = panel.querySelector("canvas");
    this.kept = new Map(); // by station and filter
    this.#listen();
  }

  key(query) {
    return `${query.station} ${query.filter} ${query.columns}`;
  }

  /** What is asked of the server: the vertical component from the first to the last sample. */
  query() {
    const { station, settings, about } = this.view;
    const { start, stop } = about.stations[station];
    const columns = Math.max(2, Math.min(about.most, Math.round(this.box().width)));
    return { station, components: "first", start, stop, columns, filter: settings.filter ? 1 : 0, seen: [start, stop] };
  }

  get wave() {
    return this.kept.get(this.key(this.query()));
  }

  needs() {
    return !this.wave || this.wave.read < 1;
  }

  take(wave) {
    this.kept.set(this.key(wave.query), wave);
  }

  box() {
    return inner(this.canvas, EDGE);
  }

  at = (time) => {
    const { start, stop } = this.span();
    const box = this.box();
    return box.x + ((time - start) / (stop - start)) * box.width;
  };

  span() {
    return this.view.about.stations[this.view.station];
  }

  draw() {
    const { context } = fitted(this.canvas);
    const [box, wave, { start, stop }] = [this.box(), this.wave, this.span()];
    const busy = this.panel.querySelector(".busy");
    const read = wave ? wave.read : 0;
    busy.textContent = read > 0.005 ? `reading, ${Math.floor(100 * read)} %` : "reading";
    this.panel.classList.toggle("waiting", read < 1);
    timeAxis(context, box, this.view.clock, { start, stop }, this.at, {
      ink: colour("soft"),
      line: colour("line"),
      grid: false,
    });
    if (wave) {
      const half = loud(wave);
      const level = (value) =>
        box.y + box.height / 2 - (Math.max(-1, Math.min(1, (value - half.middle) / half.size)) * box.height) / 2;
      drawWave(context, box, wave, wave.components[0], { start, stop, at: this.at, level, ink: colour("ink") });
    }
    context.strokeStyle = colour("soft");
    context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
    this.#picks(context, box);
    this.#window(context, box);
  }

  #picks(context, box) {
    if (!this.view.picks.every.length) return;
    drawTicks(context, box, this.view.picks.shown, this.at, this.view.inks, [box.y - 15, box.y - 8]);
    [context.textAlign, context.textBaseline] = ["right", "middle"];
    for (const [which, row] of [
      ["P", 0],
      ["S", 1],
    ]) {
      context.fillStyle = this.view.inks[which];
      context.fillText(which, box.x - 6, box.y - 12 + 7 * row * 1.3);
    }
  }

  /** Left and right edge of the window on the screen, never so near that it is not seen. */
  edges() {
    const box = this.box();
    const { start, stop } = this.view;
    let [left, right] = [this.at(start), this.at(stop)];
    if (right - left < LEAST) [left, right] = [(left + right - LEAST) / 2, (left + right + LEAST) / 2];
    return [Math.max(box.x, left), Math.min(box.x + box.width, right)];
  }

  #window(context, box) {
    const [left, right] = this.edges();
    if (right <= left) return;
    context.fillStyle = colour("accent");
    context.globalAlpha = 0.16;
    context.fillRect(left, box.y - 17, right - left, box.height + 17);
    context.globalAlpha = 1;
    context.strokeStyle = colour("accent");
    context.lineWidth = 1.5;
    context.strokeRect(left, box.y - 17, right - left, box.height + 17);
  }

  #listen() {
    const time = (event) => {
      const { start, stop } = this.span();
      const box = this.box();
      return start + ((event.offsetX - box.x) / box.width) * (stop - start);
    };
    let held = null; // from the pointer to the begin of the window, s
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const at = time(event);
      const [left, right] = this.edges();
      if (event.offsetX < left || event.offsetX > right) this.view.centre(at);
      held = at - this.view.start;
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (held === null) return;
      const start = time(event) - held;
      this.view.show(start, start + this.view.stop - this.view.start);
    });
    for (const name of ["pointerup", "pointercancel"])
      this.canvas.addEventListener(name, () => {
        held = null;
      });
    this.canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.view.zoom(1.0015 ** event.deltaY, (this.view.start + this.view.stop) / 2);
      },
      { passive: false },
    );
    this.canvas.addEventListener("dblclick", () => this.view.all());
  }
}

/** Amplitude that most of a record stays below: one large earthquake does not make all others vanish. */
function loud(wave) {
  const { low, high } = wave.components[0];
  const found = [];
  let [sum, count] = [0, 0];
  for (let k = 0; k < wave.size; k++) {
    if (!Number.isFinite(low[k])) continue;
    sum += (low[k] + high[k]) / 2;
    count += 1;
  }
  const middle = wave.query.filter || !count ? 0 : sum / count;
  for (let k = 0; k < wave.size; k++)
    if (Number.isFinite(low[k])) found.push(Math.max(high[k] - middle, middle - low[k]));
  found.sort((a, b) => a - b);
  return { middle, size: found[Math.floor(0.98 * (found.length - 1))] || 1 };
}
