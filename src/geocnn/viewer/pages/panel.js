// One slice with its axes: zoomed with the wheel, moved by dragging, clicked to move the other slices there.

import { colour, fitted, frame, inner, named } from "./axes.js";
import { NO_DATA } from "./paint.js";
import { bytes, complain } from "./requests.js";

const MARGIN = { left: 62, right: 12, top: 26, bottom: 40 };
export const LINES = ["#d1495b", "#2a9d8f", "#d98e04"]; // of inlines, crosslines and times

export class Panel {
  /** `view` has `name`, `across`, `down`, `cut` (numbers of axes; null), `up` (the vertical axis points upward), and
   *  `aspect` (height over width of a sample on the map; null where it is free). */
  constructor(host, view, state) {
    Object.assign(this, { host, view, state, images: new Map(), imagesAt: null });
    this.reading = this.working = this.late = this.again = false;
    this.pointer = null; // place on the canvas
    const alone = view.cut === null ? "" : `<button title="Alone, or with the others (m)">&#x2922;</button>`;
    host.innerHTML = `<canvas></canvas><header><b></b><span class="hint"></span><span class="busy">reading ...</span>${alone}</header>`;
    this.canvas = host.querySelector("canvas");
    this.all();
    this.listen();
    new ResizeObserver(() => this.resized()).observe(host);
    state.listeners.push((what, axis) => {
      if (what === "slice" && axis !== this.view.cut) this.draw();
      else if (what === "slice") this.refresh();
      else if (what === "picture") this.refresh(true);
    });
  }

  get title() {
    const { cut } = this.view;
    if (cut === null) return "";
    const axis = this.state.axes[cut];
    return `${axis.name} ${+(axis.start + axis.step * this.state.at[cut]).toFixed(4)} ${axis.unit}`;
  }

  /** Number of the slice. */
  get at() {
    return this.view.cut === null ? null : this.state.at[this.view.cut];
  }

  /** What is seen elsewhere and not here. */
  get hint() {
    const { layers } = this.state.about;
    const lacking = this.state.seen.filter((k) => this.view.name === "map" && layers[k].network);
    return lacking.length ? `without ${lacking.map((k) => layers[k].name).join(" and ")}` : "";
  }

  /** What is drawn, from below; layers that are at work are not there yet. */
  get drawn() {
    this.pictures ??= this.state.pictures(this.images, this.view);
    return this.pictures;
  }

  get box() {
    return inner(this.canvas, MARGIN);
  }

  /** The whole slice. */
  all() {
    const [across, down] = [this.view.across, this.view.down].map((k) => this.state.axes[k].size);
    this.window = { left: 0, right: across, top: 0, bottom: down };
    this.whole = true;
    this.proportions();
  }

  /** A map keeps its proportions: the window is widened along one axis. */
  proportions() {
    const { aspect } = this.view;
    if (!aspect) return;
    const { box, window: w } = this;
    const [wide, tall] = [w.right - w.left, w.bottom - w.top];
    const wanted = (box.height / box.width) * (wide / aspect);
    if (tall < wanted) this.around(wide, wanted);
    else this.around((tall * aspect * box.width) / box.height, tall);
  }

  /** What was seen whole is seen whole; a map that was zoomed shows as much as before. */
  resized() {
    const { aspect } = this.view;
    if (this.whole) this.all();
    else if (aspect) {
      const { box, window: w } = this;
      const area = (w.right - w.left) * (w.bottom - w.top);
      const tall = Math.sqrt((area * box.height) / box.width / aspect);
      this.around(area / tall, tall);
      this.inside();
    }
    this.refresh();
  }

  /** Another size of the window, about its middle. */
  around(wide, tall) {
    const { window: w } = this;
    const [x, y] = [(w.left + w.right) / 2, (w.top + w.bottom) / 2];
    this.window = { left: x - wide / 2, right: x + wide / 2, top: y - tall / 2, bottom: y + tall / 2 };
  }

  x(edge) {
    const { box, window: w } = this;
    return box.x + ((edge - w.left) / (w.right - w.left)) * box.width;
  }

  y(edge) {
    const { box, window: w } = this;
    const share = (edge - w.top) / (w.bottom - w.top);
    return box.y + (this.view.up ? 1 - share : share) * box.height;
  }

  /** Edges of samples at a place of the screen, relative to the canvas. */
  edges(x, y) {
    const { box, window: w } = this;
    const down = (y - box.y) / box.height;
    return {
      across: w.left + ((x - box.x) / box.width) * (w.right - w.left),
      down: w.top + (this.view.up ? 1 - down : down) * (w.bottom - w.top),
    };
  }

  /** Samples and pixels that are asked for, of a slice. */
  query(layer, at) {
    const { box, window: w, view, state } = this;
    const ratio = window.devicePixelRatio || 1;
    const [wide, tall] = [state.axes[view.across].size, state.axes[view.down].size];
    // A little more than is seen, so that small movements need no reading.
    const spare = { x: (w.right - w.left) / 8, y: (w.bottom - w.top) / 8 };
    const limits = {
      left: Math.max(0, Math.floor(w.left - spare.x)),
      right: Math.min(wide, Math.ceil(w.right + spare.x)),
      top: Math.max(0, Math.floor(w.top - spare.y)),
      bottom: Math.min(tall, Math.ceil(w.bottom + spare.y)),
    };
    if (limits.right <= limits.left || limits.bottom <= limits.top) return null;
    const width = Math.ceil(((limits.right - limits.left) / (w.right - w.left)) * box.width * ratio);
    const height = Math.ceil(((limits.bottom - limits.top) / (w.bottom - w.top)) * box.height * ratio);
    return { layer, view: view.name, ...(view.cut === null ? {} : { at }), ...limits, width, height };
  }

  get busy() {
    return this.reading || this.working;
  }

  /** What is asked for to see the slice; null where nothing of it is in the window. */
  wanted() {
    const { state, at, view } = this;
    const { base, layers } = state.seenIn(view);
    // Until a network has done its work the survey is seen.
    const lowest = this.made(base) ? [base, state.first] : [base];
    const queries = new Map([...new Set([...layers, ...lowest])].map((layer) => [layer, this.query(layer, at)]));
    const inside = ![...queries.values()].includes(null);
    return inside ? { at, lowest, queries, key: JSON.stringify([...queries]), found: new Map(), refused: false } : null;
  }

  /** Whether a layer is made by a network when it is looked at. */
  made(layer) {
    return this.state.about.layers[layer].network;
  }

  /** Read what is to be seen, unless it is at hand; then draw. `same` where colours have changed alone.
   *  One request at a time: who drags a slider wants the last slice, not all of them. While a network is long at work
   *  on one slice, others are seen without it. */
  refresh(same = false) {
    if (this.host.hidden) return;
    if (same) this.pictures = null;
    this.draw();
    if (this.reading || (this.working && !this.late)) {
      this.again = true;
      return;
    }
    const round = this.wanted();
    if (!round || round.key === this.key || (this.working && round.key === this.round.key)) return;
    if (!this.working) this.timer = setTimeout(() => this.wait(), 150);
    [this.round, this.key] = [round, null];
    const layers = [...round.queries.keys()];
    const made = layers.filter((k) => this.made(k));
    if (made.length && !this.working) this.ask("working", round, made);
    this.ask(
      "reading",
      round,
      layers.filter((k) => !made.includes(k)),
    );
  }

  /** Some layers; `doing` is what the panel is busy with meanwhile. */
  async ask(doing, round, layers) {
    this[doing] = true;
    const answers = await Promise.allSettled(
      layers.map(async (k) => {
        round.found.set(k, await this.state.slice(round.queries.get(k), bytes));
        if (this.late) this.show(round);
      }),
    );
    this[doing] = false;
    const refused = answers.find((answer) => answer.status === "rejected");
    if (refused) complain(refused.reason.message);
    round.refused ||= refused !== undefined;
    if (!this.busy) {
      clearTimeout(this.timer);
      this.late = false;
      this.host.classList.remove("waiting");
      this.show(round);
      if (round === this.round && !round.refused) this.key = round.key;
    } else if (this.late) this.wait();
    if (round !== this.round) this.again = true; // which had to do without this network
    this.next();
  }

  /** What has been asked for meanwhile. */
  next() {
    if (!this.again || this.reading || (this.working && !this.late)) return;
    this.again = false;
    this.refresh();
  }

  /** What has come is shown by and by, for it takes its time. */
  wait() {
    this.late = true;
    const late = [...this.round.queries.keys()].filter((k) => !this.round.found.has(k));
    const network = late.find((k) => this.made(k));
    const words = network === undefined ? "reading ..." : `${this.state.about.layers[network].name} at work ...`;
    this.host.querySelector(".busy").textContent = words;
    this.host.classList.toggle("waiting", late.length > 0);
    this.show(this.round);
    this.next();
  }

  show(round) {
    if (round !== this.round || !round.lowest.some((k) => round.found.has(k))) return; // what is there stays until then
    this.images = round.found;
    this.imagesAt = round.at;
    this.pictures = null;
    this.draw();
  }

  draw() {
    if (this.host.hidden) return;
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = null;
      this.paint();
    });
  }

  paint() {
    const { context } = fitted(this.canvas);
    const { box, view, state } = this;
    this.host.querySelector("header b").textContent = this.title;
    this.host.querySelector("header .hint").textContent = this.hint;
    context.save();
    context.beginPath();
    context.rect(box.x, box.y, box.width, box.height);
    context.clip();
    const [wide, tall] = [state.axes[view.across].size, state.axes[view.down].size];
    context.fillStyle = colour("no-data");
    const ends = [this.y(0), this.y(tall)].sort((a, b) => a - b);
    context.fillRect(this.x(0), ends[0], this.x(wide) - this.x(0), ends[1] - ends[0]);
    for (const { canvas, image, opacity, smooth } of this.drawn) this.place(context, canvas, image, opacity, smooth);
    if (view.name !== "map") this.horizons(context);
    this.picking(context, box);
    this.crossing(context, box);
    context.restore();
    const of = (k, low, high, at) => ({
      name: named(state.axes[k]),
      low: state.value(k, Math.max(0.5, low)),
      high: state.value(k, Math.min(state.axes[k].size - 0.5, high)),
      at: (value) => at(state.edge(k, value)),
      whole: !state.axes[k].unit,
    });
    const w = this.window;
    frame(
      context,
      box,
      of(view.across, w.left, w.right, (edge) => this.x(edge)),
      of(view.down, w.top, w.bottom, (edge) => this.y(edge)),
    );
    this.tell();
  }

  /** What is under the pointer, which stays where it is while other things come there. */
  tell() {
    if (this.pointer) this.state.changed("pointer", this.under(this.pointer.x, this.pointer.y));
  }

  place(context, canvas, image, opacity, smooth) {
    const [left, right] = [this.x(image.left), this.x(image.left + image.width * image.across)];
    const [top, bottom] = [this.y(image.top), this.y(image.top + image.height * image.down)];
    const large = Math.abs(right - left) / image.width > 12; // then samples are to be seen
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = smooth && !large;
    context.imageSmoothingQuality = "high";
    context.save();
    context.translate(left, top);
    context.scale((right - left) / image.width, (bottom - top) / image.height);
    context.drawImage(canvas, 0, 0);
    context.restore();
    context.globalAlpha = 1;
  }

  /** Horizons as lines, on a section. */
  horizons(context) {
    context.lineWidth = 2;
    for (const horizon of this.state.horizons) {
      if (!horizon.on) continue;
      context.strokeStyle = context.fillStyle = horizon.ink.css;
      context.beginPath();
      const along = this.state.alongSlice(horizon, this.view);
      along.forEach((index, k) => {
        if (!Number.isFinite(index)) return;
        const [x, y] = [this.x(k + 0.5), this.y(index + 0.5)];
        const [before, behind] = [along[k - 1], along[k + 1]].map((near) => Number.isFinite(near));
        if (before) context.lineTo(x, y);
        else context.moveTo(x, y);
        if (!before && !behind) context.fillRect(x - 2.5, y - 2.5, 5, 5); // a pick by itself
      });
      context.stroke();
    }
  }

  /** The last pick, from which the next click goes on, and the traces whose picks are about to be taken away. */
  picking(context, box) {
    const from = this.state.tool?.from;
    if (from && from.view === this.view.name && from.at === this.state.atOf(this.view)) {
      context.strokeStyle = this.state.horizons[from.number].ink.css;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(this.x(from.trace + 0.5), this.y(from.sample + 0.5), 5, 0, 2 * Math.PI);
      context.stroke();
    }
    if (this.swept) {
      const [left, right] = this.swept.map((trace) => this.x(trace)).sort((a, b) => a - b);
      context.fillStyle = "rgb(209 73 91 / 0.25)";
      context.fillRect(left, box.y, right - left, box.height);
    }
  }

  /** Where the other slices are. */
  crossing(context, box) {
    const { view, state } = this;
    if (view.cut === null) return;
    context.lineWidth = 1;
    const x = this.x(state.at[view.across] + 0.5);
    const y = this.y(state.at[view.down] + 0.5);
    context.globalAlpha = 0.8;
    context.strokeStyle = LINES[view.across];
    context.beginPath();
    context.moveTo(x, box.y);
    context.lineTo(x, box.y + box.height);
    context.stroke();
    context.strokeStyle = LINES[view.down];
    context.beginPath();
    context.moveTo(box.x, y);
    context.lineTo(box.x + box.width, y);
    context.stroke();
    context.globalAlpha = 1;
  }

  /** Index along each axis, and samples of what is seen, at a place of the canvas; null beside the data. Of a slice
   *  that is being read there are no samples yet. */
  under(x, y) {
    const { view, state } = this;
    const edges = this.edges(x, y);
    const place = [...state.at];
    place[view.across] = Math.floor(edges.across);
    place[view.down] = Math.floor(edges.down);
    if (place.some((index, k) => index < 0 || index >= state.axes[k].size)) return null;
    const samples = [];
    for (const k of this.imagesAt === this.at ? this.drawn.flatMap(({ layers }) => layers) : []) {
      const image = this.images.get(k);
      const column = Math.floor((place[view.across] - image.left) / image.across);
      const row = Math.floor((place[view.down] - image.top) / image.down);
      if (column < 0 || column >= image.width || row < 0 || row >= image.height) continue;
      const stored = image.values[row * image.width + column];
      const shared = image.across * image.down > 1;
      samples.push({ layer: k, value: stored === NO_DATA ? NaN : stored * image.scale, shared });
    }
    return { place, samples };
  }

  /** `only` is "across" or "down" for one axis alone, which maps with true proportions do not have. */
  zoom(factor, x, y, only = "") {
    const { window: w, view } = this;
    const { across, down } = this.edges(x, y);
    const part = view.aspect ? "" : only;
    const lengths = [w.right - w.left, w.bottom - w.top];
    const sizes = [view.across, view.down].map((k) => this.state.axes[k].size);
    // Four samples at least; and not much more than there is.
    const [least, most] = [
      lengths.map((n) => Math.min(1, 4 / n)),
      lengths.map((n, k) => Math.max(1, (1.1 * sizes[k]) / n)),
    ];
    let by = [0, 1].map((k) => Math.max(least[k], Math.min(most[k], factor)));
    if (!part && (factor < 1 || view.aspect)) by = [Math.max(...by), Math.max(...by)];
    if (part !== "down") [w.left, w.right] = [across - (across - w.left) * by[0], across + (w.right - across) * by[0]];
    if (part !== "across") [w.top, w.bottom] = [down - (down - w.top) * by[1], down + (w.bottom - down) * by[1]];
    this.whole = false;
    this.inside();
    this.refresh();
  }

  move(across, down) {
    const { window: w } = this;
    w.left += across;
    w.right += across;
    w.top += down;
    w.bottom += down;
    this.whole = false;
    this.inside();
    this.refresh();
  }

  /** The window stays on the data; along an axis that is seen whole it is centred. */
  inside() {
    const { window: w } = this;
    for (const [from, to, k] of [
      ["left", "right", this.view.across],
      ["top", "bottom", this.view.down],
    ]) {
      const size = this.state.axes[k].size;
      const length = w[to] - w[from];
      const begin = length >= size ? (size - length) / 2 : Math.max(0, Math.min(w[from], size - length));
      const free = !this.view.aspect && length > size;
      [w[from], w[to]] = free ? [0, size] : [begin, begin + length];
    }
  }

  listen() {
    const { canvas, state, view } = this;
    let from = null;
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const turned = (event.deltaY || event.deltaX) * (event.deltaMode ? 30 : 1); // shift makes it sideways
        const only = event.shiftKey ? "across" : event.ctrlKey ? "down" : "";
        this.zoom(1.0015 ** turned, event.offsetX, event.offsetY, only);
      },
      { passive: false },
    );
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      const erases = event.shiftKey && state.tool?.takes(view);
      from = { x: event.offsetX, y: event.offsetY, far: false, erases };
    });
    canvas.addEventListener("pointermove", (event) => {
      this.pointer = { x: event.offsetX, y: event.offsetY };
      this.tell();
      if (!from) return;
      if (!from.far && Math.hypot(event.offsetX - from.x, event.offsetY - from.y) < 4) return;
      const [before, now] = [this.edges(from.x, from.y), this.edges(event.offsetX, event.offsetY)];
      if (from.erases) {
        this.swept = [before.across, now.across];
        this.draw();
        return;
      }
      from = { x: event.offsetX, y: event.offsetY, far: true };
      this.move(before.across - now.across, before.down - now.down);
    });
    canvas.addEventListener("pointerup", (event) => {
      const click = from && !from.far;
      from = null;
      if (this.swept) {
        const last = state.axes[view.across].size - 1;
        const traces = this.swept.map((trace) => Math.max(0, Math.min(last, Math.floor(trace))));
        this.swept = null;
        this.draw();
        state.tool.erase(view, ...traces);
        return;
      }
      const found = click ? this.under(event.offsetX, event.offsetY) : null;
      if (found && state.tool?.takes(view)) {
        const { down } = this.edges(event.offsetX, event.offsetY);
        state.tool.click(view, found.place[view.across], down - 0.5);
        return;
      }
      if (!found || view.cut === null) return;
      state.move(view.across, found.place[view.across]);
      state.move(view.down, found.place[view.down]);
    });
    canvas.addEventListener("pointerleave", () => {
      this.pointer = null;
      state.changed("pointer", null);
    });
    if (view.cut === null) canvas.addEventListener("dblclick", () => this.fit());
  }

  fit() {
    this.all();
    this.refresh();
  }
}
