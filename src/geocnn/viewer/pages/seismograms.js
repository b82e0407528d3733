// The window: components one below the other with picks over them, zoomed with the wheel and moved with the mouse.

import { colour, fitted, inner } from "./axes.js";
import { timeAxis } from "./clock.js";
import { FINE } from "./edits.js";
import { drawPicks } from "./picks.js";
import { amplitudes, drawWave, power, scales } from "./waves.js";

const EDGE = { left: 74, right: 32, top: 60, bottom: 40 };
const ROW = 13; // pixels above those of the picks, for origins
const APART = 10; // pixels between components
const BEYOND = 0.15; // of the window that is read on either side
const NEAR = 6; // pixels from a pick at which the pointer is on it
const STILL = 3; // pixels that a hand moves while it clicks

const raised = (number) =>
  [...String(number)]
    .map((c) => "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[c] ?? "\u207b")
    .join("");

export class Seismograms {
  constructor(panel, view, edits) {
    this.view = view;
    this.edits = edits;
    this.panel = panel;
    this.canvas = panel.querySelector("canvas");
    this.wave = null;
    this.x = null; // of the pointer on the canvas
    this.held = null; // what the mouse has hold of
    this.#listen();
  }

  /** The time under the pointer, which stays where it is while the window moves on; null beside the seismograms. */
  get pointer() {
    const { x, width } = this.box();
    return this.x !== null && this.x >= x && this.x <= x + width ? { time: this.time(this.x) } : null;
  }

  query() {
    const { station, start, stop, settings, about } = this.view;
    const record = about.stations[station];
    const more = BEYOND * (stop - start);
    const [first, last] = [Math.max(start - more, record.start), Math.min(stop + more, record.stop)];
    const seen = [Math.max(start, record.start), Math.min(stop, record.stop)];
    const share = Math.max(0, last - first) / (stop - start);
    const pixels = this.box().width * Math.min(2, window.devicePixelRatio || 1);
    const columns = Math.max(2, Math.min(about.most, Math.round(pixels * share)));
    return {
      station,
      components: "all",
      start: first,
      stop: Math.max(first, last),
      columns,
      filter: settings.filter ? 1 : 0,
      seen,
    };
  }

  needs() {
    const query = this.query();
    if (query.seen[1] <= query.seen[0]) return false;
    return !this.wave || !this.wave.serves(query) || this.wave.read < 1;
  }

  take(wave) {
    this.wave = wave;
  }

  box() {
    const { length } = this.view.about.events;
    return inner(this.canvas, length ? { ...EDGE, top: EDGE.top + ROW } : EDGE);
  }

  boxes() {
    const whole = this.box();
    const count = this.view.record.channels.length;
    const height = (whole.height - APART * (count - 1)) / count;
    return this.view.record.channels.map((_, k) => ({ ...whole, y: whole.y + k * (height + APART), height }));
  }

  at = (time) => {
    const box = this.box();
    return box.x + ((time - this.view.start) / (this.view.stop - this.view.start)) * box.width;
  };

  time(x) {
    const box = this.box();
    return this.view.start + ((x - box.x) / box.width) * (this.view.stop - this.view.start);
  }

  get waveHere() {
    const { station, settings } = this.view;
    const own =
      this.wave && this.wave.query.station === station && this.wave.query.filter === (settings.filter ? 1 : 0);
    return own ? this.wave : null;
  }

  draw() {
    const { context } = fitted(this.canvas);
    const { start, stop, settings, record, picks, inks } = this.view;
    const [ink, soft, grid] = ["ink", "soft", "line"].map(colour);
    const whole = this.box();
    const wave = this.waveHere;
    timeAxis(context, whole, this.view.clock, { start, stop }, this.at, { ink: soft, line: grid });
    const found = wave && scales(wave, start, stop, settings.common);
    const names = [];
    this.boxes().forEach((box, k) => {
      const scale = found ? found[k] : { middle: 0, half: 1 };
      const half = scale.half / settings.gain / 0.94;
      const level = (value) => box.y + box.height / 2 - ((value - scale.middle) / half) * (box.height / 2);
      if (found) amplitudes(context, box, { middle: scale.middle, half }, level, soft, grid);
      if (wave) drawWave(context, box, wave, wave.components[k], { start, stop, at: this.at, level, ink });
      this.#beyond(context, box, k === 0);
      context.strokeStyle = soft;
      context.lineWidth = 1;
      context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
      const exponent = power(half);
      names.push([box, record.channels[k] + (exponent ? `  \u00d7 10${raised(exponent)}` : "")]);
    });
    this.#unit(context, whole, soft);
    context.save();
    context.beginPath();
    context.rect(whole.x, 0, whole.width, whole.y + whole.height);
    context.clip();
    this.#origins(context, whole, ink);
    drawPicks(context, whole, picks.between(start - 1, stop), this.at, inks, this.view.marked);
    context.restore();
    names.forEach(([box, name]) => this.#name(context, box, name, ink)); // over lines of picks
    this.#cross(context, whole, soft);
    const waiting = !wave || wave.read < 1;
    this.panel.querySelector(".busy").textContent =
      wave && wave.read > 0.005 ? `reading, ${Math.floor(100 * wave.read)} %` : "reading";
    this.panel.classList.toggle("waiting", waiting);
  }

  /** Before the first and behind the last sample. */
  #beyond(context, box, says) {
    const { record, start, stop } = this.view;
    const [first, last] = [Math.max(box.x, this.at(record.start)), Math.min(box.x + box.width, this.at(record.stop))];
    context.fillStyle = colour("no-data");
    if (record.start > start)
      context.fillRect(box.x + 1, box.y + 1, Math.min(first - box.x, box.width) - 1, box.height - 2);
    if (record.stop < stop)
      context.fillRect(
        Math.max(last, box.x + 1),
        box.y + 1,
        box.x + box.width - Math.max(last, box.x) - 1,
        box.height - 2,
      );
    if (says && (record.start >= stop || record.stop <= start)) {
      context.fillStyle = colour("soft");
      [context.textAlign, context.textBaseline] = ["center", "middle"];
      context.fillText(`${record.name} has no data here`, box.x + box.width / 2, box.y + box.height / 2);
    }
  }

  #name(context, box, name, ink) {
    [context.textAlign, context.textBaseline] = ["left", "top"];
    context.save();
    context.font = `600 ${context.font}`;
    context.fillStyle = colour("card");
    context.globalAlpha = 0.8;
    context.fillRect(box.x + 4, box.y + 4, context.measureText(name).width + 8, 16);
    context.globalAlpha = 1;
    context.fillStyle = ink;
    context.fillText(name, box.x + 8, box.y + 6);
    context.restore();
  }

  /** Files of records do not tell their unit: counts or m/s. */
  #unit(context, box, soft) {
    context.save();
    context.translate(11, box.y + box.height / 2);
    context.rotate(-Math.PI / 2);
    context.fillStyle = soft;
    [context.textAlign, context.textBaseline] = ["center", "middle"];
    context.fillText(
      this.view.settings.filter ? "amplitude above 1 Hz (data units)" : "amplitude (data units from the first sample)",
      0,
      0,
    );
    context.restore();
  }

  /** Origins of earthquakes, with their magnitudes in a row of their own where there is room before the next one. */
  #origins(context, box, ink) {
    const { start, stop, events } = this.view;
    const there = events.filter((event) => event.time >= start && event.time < stop);
    if (there.length > box.width / 12) return;
    there.sort((one, other) => other.time - one.time);
    context.fillStyle = context.strokeStyle = ink;
    [context.textAlign, context.textBaseline] = ["left", "top"];
    const row = box.y - 32 - ROW;
    let end = box.x + box.width;
    for (const event of there) {
      const x = Math.round(this.at(event.time)) + 0.5;
      context.setLineDash([4, 4]);
      context.beginPath();
      context.moveTo(x, row + 1);
      context.lineTo(x, box.y + box.height);
      context.stroke();
      context.setLineDash([]);
      const size = event.magnitude === null ? "" : `${event.kind} ${event.magnitude.toFixed(1)}`.trim();
      const room = end - x - 10;
      const label = [`origin ${size}`.trim(), size].find((words) => context.measureText(words).width <= room);
      context.fillText(label ?? "", x + 4, row);
      end = x;
    }
  }

  #cross(context, box, soft) {
    if (!this.pointer) return;
    context.fillStyle = soft;
    context.globalAlpha = 0.6;
    context.fillRect(Math.round(this.x), box.y, 1, box.height);
    context.globalAlpha = 1;
  }

  /** Values at the pointer: of each component what its column holds. */
  values() {
    const wave = this.waveHere;
    const column = wave && this.pointer ? wave.at(this.pointer.time) : -1;
    return this.view.record.channels.map((name, k) => {
      if (column < 0) return { name, low: NaN, high: NaN };
      const { low, high } = wave.components[k];
      return { name, low: low[column], high: high[column] };
    });
  }

  pickHere() {
    const second = (this.view.stop - this.view.start) / this.box().width;
    return this.pointer ? this.view.picks.nearest(this.pointer.time, NEAR * second) : null;
  }

  /** The pick under the pointer, where a pixel is little enough of time to move it. */
  movable() {
    return this.view.stop - this.view.start <= FINE ? this.pickHere() : null;
  }

  originHere() {
    const second = (this.view.stop - this.view.start) / this.box().width;
    const near = (event) => Math.abs(event.time - this.pointer.time) <= NEAR * second;
    return this.pointer ? this.view.events.find(near) : null;
  }

  /** Let go of a pick, and put it back. */
  leave() {
    if (this.held && this.held.id !== null) this.edits.leave();
    this.#release();
  }

  #release() {
    this.held = null;
    this.canvas.classList.remove("held");
  }

  #listen() {
    const { canvas, view } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.x = event.offsetX;
      const pick = this.movable();
      if (pick) view.select(pick);
      this.held = { x: this.x, start: view.start, stop: view.stop, id: pick?.id ?? null, still: true };
      this.held.off = pick ? pick.time - this.time(this.x) : 0;
      canvas.setPointerCapture(event.pointerId);
      if (!pick) canvas.classList.add("held");
    });
    canvas.addEventListener("pointermove", (event) => {
      const { held } = this;
      this.x = event.offsetX;
      if (held) {
        held.still &&= Math.abs(this.x - held.x) <= STILL;
        if (held.id === null) {
          const moved = ((held.x - this.x) / this.box().width) * (held.stop - held.start);
          view.show(held.start + moved, held.stop + moved);
        } else if (!held.still) this.edits.drag(held.id, this.time(this.x) + held.off);
      } else canvas.classList.toggle("movable", this.movable() !== null);
      view.pointed();
    });
    canvas.addEventListener("pointerup", () => {
      const { held } = this;
      if (held?.still) view.select(this.pickHere());
      else if (held && held.id !== null) this.edits.drop(held.id, this.time(this.x) + held.off);
      this.#release();
    });
    canvas.addEventListener("pointercancel", () => this.leave());
    canvas.addEventListener("pointerleave", () => {
      this.x = null;
      view.pointed();
    });
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const pixels = event.deltaMode === 1 ? 30 * event.deltaY : event.deltaY;
        if (event.shiftKey) view.set("gain", view.settings.gain * 1.0015 ** -(pixels || event.deltaX));
        else if (Math.abs(event.deltaX) > Math.abs(pixels)) view.pan(event.deltaX / this.box().width);
        else view.zoom(1.0015 ** pixels, this.time(event.offsetX));
      },
      { passive: false },
    );
    canvas.addEventListener("dblclick", () => view.all());
  }
}
