// Horizons at the side, and the tool that picks them along sections; the server keeps the picks.

import { element, find, keep } from "./page.js";
import { complain, post } from "./requests.js";

/** How the picks between two clicks are made. */
const WAYS = [
  ["crest", "peak or trough"],
  ["waveform", "waveform there"],
  ["straight", "straight line"],
];

export class Horizons {
  constructor(state) {
    Object.assign(this, { state, unsaved: [], last: Promise.resolve(), rows: [] });
    const name = element("input", { type: "text", placeholder: "name of a new horizon", ariaLabel: "new horizon" });
    const add = async () => {
      const answer = await this.#send("/horizon/new", { name: name.value });
      if (!answer) return;
      name.value = "";
      name.blur();
      this.row(state.addHorizon(answer.horizons[answer.number].name));
      this.choose(answer.number);
    };
    name.addEventListener("keydown", (event) => event.key === "Enter" && add());
    const button = element("button", { textContent: "New" });
    button.addEventListener("click", add);
    this.list = element("div");
    this.tools = this.#tools();
    find("horizons").append(this.list, element("div", { className: "row" }, name, button), this.tools);
    state.horizons.forEach((horizon) => this.row(horizon));
    state.tool = this;
    document.addEventListener("keydown", (event) => this.#key(event));
    window.addEventListener("beforeunload", (event) => {
      if (this.unsaved.length) event.preventDefault(); // the browser asks
    });
    this.choose(null);
  }

  /** What is at hand while a horizon is picked. */
  #tools() {
    const way = element(
      "select",
      { ariaLabel: "between clicks" },
      ...WAYS.map(([value, textContent]) => element("option", { value, textContent })),
    );
    way.addEventListener("change", () => (this.way = way.value));
    this.way = way.value;
    const click = (words, act) => {
      const made = element("button", { textContent: words });
      made.addEventListener("click", act);
      return made;
    };
    this.undo = click("Undo", () => this.#change("/horizon/undo"));
    this.redo = click("Redo", () => this.#change("/horizon/redo"));
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
    this.from = null;
    if (number !== null) {
      this.recent = number;
      const horizon = this.state.horizons[number];
      horizon.on = horizon.input.checked = true;
    }
    this.rows.forEach(({ row, pick }, k) => {
      row.classList.toggle("active", k === number);
      pick.textContent = k === number ? "Done" : "Pick";
    });
    this.tools.hidden = number === null;
    document.body.classList.toggle("picks", number !== null);
    this.state.changed("picture");
  }

  /** Whether clicks in a panel are picks. */
  takes(view) {
    return this.number !== null && view.name !== "map";
  }

  /** A click on a section, at a trace and a fractional sample: from the last one on it to here. */
  click(view, trace, sample) {
    const at = view.cut === null ? 0 : this.state.at[view.cut];
    const here = { view: view.name, at, trace, sample };
    const on = this.from && this.from.view === here.view && this.from.at === at ? this.from : here;
    this.from = here;
    const ends = { trace: on.trace, sample: on.sample, to_trace: trace, to_sample: sample };
    return this.#change("/horizon/line", { ...this.#section(view), ...ends, way: this.way });
  }

  erase(view, trace, other) {
    this.from = null;
    return this.#change("/horizon/erase", { ...this.#section(view), trace, to_trace: other });
  }

  #section(view) {
    const place = view.cut === null ? {} : { view: view.name, at: this.state.at[view.cut] };
    return { number: this.number, ...place };
  }

  /** Post something; null where it was refused. */
  async #send(path, body) {
    try {
      const answer = await (await post(path, body)).json();
      this.take(answer);
      return answer;
    } catch (error) {
      complain(error.message);
      return null;
    }
  }

  /** One change after the other. */
  #change(path, body = {}) {
    this.last = this.last.then(() => this.#send(path, body));
    return this.last;
  }

  /** What has come of a change. */
  take({ undo, redo, unsaved, number, where, index }) {
    this.unsaved = unsaved;
    [this.undo.disabled, this.redo.disabled] = [undo === null, redo === null];
    [this.undo.title, this.redo.title] = [undo ?? "", redo ?? ""];
    if (where) {
      const horizon = this.state.horizons[number];
      where.forEach((trace, k) => (horizon.index[trace] = index[k] ?? NaN));
      // What was clicked is where the reflection is.
      if (this.from && index.length && number === this.number) this.from.sample = this.#at(horizon) ?? this.from.sample;
      horizon.version += 1;
    }
    this.rows.forEach(({ name }, k) => {
      name.textContent = `${this.state.horizons[k].name}${unsaved.includes(k) ? " *" : ""}`;
      name.title = unsaved.includes(k) ? "not saved" : "";
    });
    this.state.changed("picture");
  }

  /** Sample of a horizon at the last click. */
  #at(horizon) {
    const { view, at, trace } = this.from;
    const crosslines = this.state.axes.length === 3 ? this.state.axes[1].size : 1;
    const k = view === "line" ? trace : view === "inline" ? at * crosslines + trace : trace * crosslines + at;
    return Number.isFinite(horizon.index[k]) ? horizon.index[k] : null;
  }

  async save() {
    const number = this.number;
    try {
      const response = await post("/horizon/save", { number });
      keep(await response.blob(), `${this.state.horizons[number].name}.dat`);
      this.unsaved = this.unsaved.filter((k) => k !== number);
      this.rows[number].name.textContent = this.state.horizons[number].name;
    } catch (error) {
      complain(error.message);
    }
  }

  #key(event) {
    if (["SELECT", "TEXTAREA"].includes(event.target.tagName) || event.target.type === "text") return;
    const { key, ctrlKey, metaKey, shiftKey } = event;
    if ((ctrlKey || metaKey) && this.number !== null && ["z", "Z", "y"].includes(key)) {
      event.preventDefault();
      this.from = null;
      this.#change(key === "y" || shiftKey ? "/horizon/redo" : "/horizon/undo");
    } else if (key === "Escape" && this.number !== null) {
      if (this.from) this.from = null;
      else this.choose(null);
      this.state.changed("picture");
    } else if (key === "h" && !ctrlKey && !metaKey && this.rows.length) {
      this.choose(this.number === null ? (this.recent ?? 0) : null);
    }
  }
}
