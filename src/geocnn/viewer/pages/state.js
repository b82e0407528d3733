// What is shown, and who wants to know when that changes.

import { painted, probable, range } from "./paint.js";

const KEPT = 48; // slices in memory
const LIMIT = 2000; // pixels of a slice
const INKS = ["#e69f00", "#56b4e9", "#f0e442", "#d55e00", "#00b088", "#ff7fc0", "#0072b2"]; // after Okabe and Ito

export class State {
  constructor(about, colours) {
    this.about = about;
    this.tables = colours;
    this.axes = about.axes;
    this.at = this.axes.map((axis) => Math.floor(axis.size / 2));
    const first = Math.max(
      0,
      about.layers.findIndex((layer) => layer.kind === "amplitude"),
    );
    this.first = first;
    this.base = first; // number of a layer
    this.less = null; // number of the layer that is subtracted from it
    this.gain = 1;
    this.colours = about.layers[first].kind === "amplitude" ? about.layers[first].colours : "batlow";
    this.over = about.layers.map((layer, k) => ({
      on: k !== first && layer.kind !== "amplitude" && layer.on,
      opacity: layer.kind === "classes" ? 0.5 : 1,
      threshold: layer.threshold,
      background: !layer.background, // whether class 0 has a colour
    }));
    this.horizons = [];
    this.tool = null; // picks horizons
    this.listeners = [];
    this.kept = new Map();
  }

  /** `what` is "slice", "picture" (colours alone), "pointer", or "notes" on how a network was applied. */
  changed(what, detail = null) {
    for (const listener of this.listeners) listener(what, detail);
  }

  /** `index` is where it is on each trace, `version` grows when that changes. */
  addHorizon(name) {
    const traces = this.axes.slice(0, -1).reduce((product, axis) => product * axis.size, 1);
    const index = new Float32Array(traces).fill(NaN);
    this.horizons.push({ name, on: true, index, ink: this.ink(this.horizons.length), version: 0 });
  }

  /** Colour of a horizon: none that classes have. */
  ink(k) {
    const css = INKS[k % INKS.length];
    return { css, rgb: [1, 3, 5].map((at) => parseInt(css.slice(at, at + 2), 16) / 255) };
  }

  /** Index of the sample at which a horizon is, for the traces of a slice from first to last. */
  alongSlice(horizon, view) {
    if (view.cut === null) return horizon.index;
    const [inlines, crosslines] = this.axes.map((axis) => axis.size);
    if (view.cut === 0) return horizon.index.subarray(this.at[0] * crosslines, (this.at[0] + 1) * crosslines);
    return Float32Array.from({ length: inlines }, (_, i) => horizon.index[i * crosslines + this.at[1]]);
  }

  /** Number of the slice of a view; of a line 0. */
  atOf(view) {
    return view.cut === null ? 0 : this.at[view.cut];
  }

  move(axis, index) {
    const within = Math.max(0, Math.min(this.axes[axis].size - 1, Math.round(index)));
    if (within === this.at[axis]) return;
    this.at[axis] = within;
    this.changed("slice", axis);
  }

  /** Numbers of the layers that are seen, from below. */
  get seen() {
    const found = [this.base];
    if (this.less !== null && this.less !== this.base) found.push(this.less);
    this.over.forEach((over, k) => {
      if (over.on && !found.includes(k)) found.push(k);
    });
    return found;
  }

  /** What is seen in a view: `base`, `less` (null for nothing) and numbers of `layers`, from below. A network for
   *  sections has nothing to say of a map, where the survey is seen as it is. */
  seenIn(view) {
    const known = (k) => view.name !== "map" || !this.about.layers[k].network;
    const base = known(this.base) ? this.base : this.first;
    const less = this.less !== null && known(this.base) && known(this.less) ? this.less : null;
    const layers = [base, ...this.seen.filter((k) => k !== base && known(k) && (k !== this.less || k === less))];
    return { base, less, layers };
  }

  value(axis, edge) {
    const { start, step } = this.axes[axis];
    return start + step * (edge - 0.5);
  }

  edge(axis, value) {
    const { start, step } = this.axes[axis];
    return (value - start) / step + 0.5;
  }

  /** A slice from memory, or from the server. */
  async slice(query, bytes) {
    const key = JSON.stringify(query);
    if (this.kept.has(key)) {
      const known = this.kept.get(key);
      this.kept.delete(key);
      this.kept.set(key, known);
      return known;
    }
    const small = { ...query, width: Math.min(query.width, LIMIT), height: Math.min(query.height, LIMIT) };
    const { buffer, headers } = await bytes("/slice", small);
    const image = {
      values: new Int16Array(buffer),
      width: Number(headers.get("width")),
      height: Number(headers.get("height")),
      scale: Number(headers.get("scale")),
      across: Number(headers.get("across")),
      down: Number(headers.get("down")),
      left: query.left,
      top: query.top,
      right: query.right,
      bottom: query.bottom,
    };
    this.changed("notes", { layer: query.layer, notes: JSON.parse(headers.get("notes")) });
    this.kept.set(key, image);
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
    return image;
  }

  /** Images of layers, by number, as what is drawn one above the other; `layers` are the numbers of those in it. */
  pictures(images, view) {
    const made = [];
    const seen = this.seenIn(view);
    // Until a network has done its work the survey is seen.
    const base = images.has(seen.base) ? seen.base : this.first;
    const below = images.get(base);
    const less = (base === seen.base && images.get(seen.less)) || null;
    const layer = this.about.layers[base];
    if (below) {
      const table = layer.kind === "classes" ? this.table(base) : this.tables[this.colours];
      if (less === null || less.values.length === below.values.length) {
        const canvas = painted(below, table, ...range(layer, this.gain), less);
        const layers = less === null ? [base] : [base, seen.less];
        made.push({ canvas, layers, image: below, opacity: 1, smooth: layer.kind !== "classes" });
      }
    }
    this.over.forEach((over, k) => {
      const image = images.get(k);
      if (!over.on || !image || k === base || k === seen.less) return;
      const kind = this.about.layers[k].kind;
      const canvas = painted(image, this.table(k), ...range(this.about.layers[k], this.gain));
      made.push({ canvas, layers: [k], image, opacity: over.opacity, smooth: kind !== "classes" });
    });
    return made;
  }

  /** Colours of a layer. */
  table(k) {
    const kind = this.about.layers[k].kind;
    if (kind === "probability") return probable(this.tables.fault, this.over[k].threshold);
    if (kind !== "classes") return this.tables[this.colours];
    const made = new Uint8ClampedArray(this.tables.classes);
    if (!this.over[k].background && k !== this.base) made[3] = 0;
    return made;
  }
}
