// Horizons at the side, and the tool that picks them along sections; the server keeps the picks.

import { element, find, keep, keyOf } from "./page.js";
import { bytes, complain, json, post } from "./requests.js";

/** How the picks between two clicks are made. */
const WAYS = [
  ["crest", "peak or trough"],
  ["waveform", "waveform there"],
  ["straight", "straight line"],
];

export class Horizons {
  constructor(state) {
    Object.assign(this, { state, version: -1, unsaved: [], trail: [], last: Promise.resolve(), rows: [] });
    const name = element("input", { type: "text", placeholder: "name of a new horizon", ariaLabel: "new horizon" });
    const add = async () => {
      const answer = await this.#change("/horizon/new", () => ({ name: name.value }));
      if (!answer) return;
      name.value = "";
      name.blur();
      this.choose(answer.number);
    };
    name.addEventListener("keydown", (event) => event.key === "Enter" && add());
    const button = element("button", { textContent: "New" });
    button.addEventListener("click", add);
    this.list = element("div");
    this.tools = this.#tools();
    find("horizons").append(this.list, element("div", { className: "row" }, name, button), this.tools);
    state.tool = this;
    document.addEventListener("keydown", (event) => this.#key(event));
    window.addEventListener("beforeunload", (event) => {
      if (this.unsaved.length) event.preventDefault(); // the browser asks
    });
    window.addEventListener("focus", () => this.look());
    this.choose(null);
  }

  /** What is at hand while a horizon is picked. */
  #tools() {
    const way = element(
      "select",
      { ariaLabel: "between clicks", title: "in the amplitudes that are seen" },
      ...WAYS.map(([value, textContent]) => element("option", { value, textContent })),
    );
    way.addEventListener("change", () => (this.way = way.value));
    this.way = way.value;
    const click = (words, act) => {
      const made = element("button", { textContent: words });
      made.addEventListener("click", act);
      return made;
    };
    this.undo = click("Undo", () => this.#undo());
    this.redo = click("Redo", () => this.#redo());
    const save = click("Save", () => this.save());
    return element(
      "div",
      { className: "picking" },
      element("div", {
        className: "facts",
        textContent:
          "Click along a reflection on a section: each click goes on from the one before. " +
          "Esc begins anew, shift and drag takes picks away.",
      }),
      element("label", { className: "row" }, element("span", { textContent: "between" }), way),
      element("div", { className: "buttons" }, this.undo, this.redo, save),
    );
  }

  row(horizon) {
    const number = this.rows.length;
    const input = element("input", { type: "checkbox", checked: horizon.on });
    input.addEventListener("change", () => {
      horizon.on = input.checked;
      this.state.changed("picture");
    });
    horizon.input = input;
    const swatch = element("span", { className: "swatch" });
    swatch.style.background = horizon.ink.css;
    const name = element("span", { textContent: horizon.name });
    const pick = element("button", { textContent: "Pick", title: `pick ${horizon.name} on sections (h)` });
    pick.addEventListener("click", () => this.choose(this.number === number ? null : number));
    const label = element("label", { className: "row" }, input, swatch, name);
    const row = element("div", { className: "row horizon" }, label, pick);
    this.rows.push({ row, pick, name });
    this.list.append(row);
  }

  /** The horizon that is picked; null for none. */
  choose(number) {
    this.number = number;
    this.trail = [];
    if (number !== null) {
      this.recent = number;
      this.#show(this.state.horizons[number]);
    }
    this.rows.forEach(({ row, pick }, k) => {
      row.classList.toggle("active", k === number);
      pick.textContent = k === number ? "Done" : "Pick";
    });
    this.tools.hidden = number === null;
    if (number !== null) this.tools.scrollIntoView({ block: "nearest" });
    document.body.classList.toggle("picks", number !== null);
    this.state.changed("picture");
  }

  #show(horizon) {
    horizon.on = horizon.input.checked = true;
  }

  /** Whether clicks in a panel are picks. */
  takes(view) {
    return this.number !== null && view.name !== "map";
  }

  /** The last click, from which the next one goes on; undefined where that begins anew. */
  get from() {
    return this.trail.at(-1);
  }

  /** A click on a section, at a trace and a fractional sample: from the last one on it to here. */
  async click(view, trace, sample) {
    const here = { ...this.#section(view), trace, sample };
    this.#show(this.state.horizons[here.number]);
    const answer = await this.#change("/horizon/line", () => {
      const { from } = this;
      const on = from && ["number", "view", "at"].every((name) => from[name] === here[name]) ? from : here;
      this.trail.push(here);
      const ends = { trace: on.trace, sample: on.sample, to_trace: trace, to_sample: sample };
      return { ...here, ...ends, way: this.way, layer: this.state.base };
    });
    if (!answer) this.trail = this.trail.filter((one) => one !== here);
  }

  erase(view, trace, other) {
    this.trail = [];
    const where = { ...this.#section(view), trace, to_trace: other };
    return this.#change("/horizon/erase", () => where);
  }

  async #undo() {
    if (await this.#change("/horizon/undo")) this.trail.pop();
    this.state.changed("picture");
  }

  #redo() {
    this.trail = [];
    return this.#change("/horizon/redo");
  }

  #section(view) {
    return { number: this.number, view: view.name, at: this.state.atOf(view) };
  }

  /** What this page, another window of it, or another start of the program has made of the horizons. */
  look() {
    return this.#ask(() => json("/horizons"));
  }

  #change(path, body = () => ({})) {
    return this.#ask(async () => (await post(path, body())).json());
  }

  /** One question after the other; null where it was refused. */
  #ask(ask) {
    this.last = this.last.then(async () => {
      try {
        const answer = await ask();
        await this.#take(answer);
        return answer;
      } catch (error) {
        complain(error.message);
        return null;
      }
    });
    return this.last;
  }

  /** Where the picking has come to. */
  async #take({ version, undo, redo, unsaved, horizons, number, where, index }) {
    const own = this.state.horizons;
    if (own.some((horizon, k) => horizon.name !== horizons[k])) {
      this.unsaved = []; // what the other start of the program had is in its files
      location.reload();
      return;
    }
    for (const name of horizons.slice(own.length)) {
      this.state.addHorizon(name);
      this.row(own.at(-1));
    }
    if (where && version === this.version + 1) {
      const horizon = own[number];
      where.forEach((trace, k) => (horizon.index[trace] = index[k] ?? NaN));
      horizon.version += 1;
    } else if (version !== this.version) await this.#read();
    this.version = version;
    // What was clicked is where the reflection is.
    if (where && this.from?.number === number) this.from.sample = this.#at(own[number]) ?? this.from.sample;
    this.unsaved = unsaved;
    [this.undo.disabled, this.redo.disabled] = [undo === null, redo === null];
    this.undo.title = undo ? `${undo} (Ctrl+Z)` : "";
    this.redo.title = redo ? `${redo} (Ctrl+Y)` : "";
    this.rows.forEach(({ name }, k) => {
      name.textContent = `${own[k].name}${unsaved.includes(k) ? " *" : ""}`;
      name.title = unsaved.includes(k) ? "not saved" : "";
    });
    this.state.changed("picture");
  }

  /** All horizons as the server has them. */
  async #read() {
    for (const [number, horizon] of this.state.horizons.entries()) {
      horizon.index = new Float32Array((await bytes("/horizon", { number })).buffer);
      horizon.version += 1;
    }
  }

  /** Sample of a horizon at the last click. */
  #at(horizon) {
    const { view, at, trace } = this.from;
    const crosslines = this.state.axes.length === 3 ? this.state.axes[1].size : 1;
    const k = view === "line" ? trace : view === "inline" ? at * crosslines + trace : trace * crosslines + at;
    return Number.isFinite(horizon.index[k]) ? horizon.index[k] : null;
  }

  async save() {
    const { number } = this;
    await this.last;
    try {
      const response = await post("/horizon/save", { number });
      keep(await response.blob(), `${this.state.horizons[number].name}.dat`);
    } catch (error) {
      complain(error.message);
    }
    await this.look();
  }

  #key(event) {
    if (["SELECT", "TEXTAREA"].includes(event.target.tagName) || event.target.type === "text") return;
    const { ctrlKey, metaKey, shiftKey } = event;
    const key = keyOf(event);
    if ((ctrlKey || metaKey) && this.number !== null && ["z", "y"].includes(key)) {
      event.preventDefault();
      if (key === "y" || shiftKey) this.#redo();
      else this.#undo();
    } else if (key === "Escape" && this.number !== null) {
      if (this.from) this.trail = [];
      else this.choose(null);
      this.state.changed("picture");
    } else if (key === "h" && !ctrlKey && !metaKey && this.rows.length) {
      this.choose(this.number === null ? (this.recent ?? 0) : null);
    }
  }
}
