// What is set at the side of a survey's page, and the keys.

import { colour, short, text } from "./axes.js";
import { download, element, find, keyOf } from "./page.js";
import { LINES } from "./panel.js";

const CAPTION = 18; // pixels of a picture above the panels
const KEYS = [
  ["wheel", "zoom (shift: sideways, ctrl: in time)"],
  ["drag", "move"],
  ["click", "other slices there"],
  ["← →", "slice under the pointer (shift: 10)"],
  ["o", "layers on or off"],
  ["h", "pick a horizon, or no more"],
  ["+ −", "gain"],
  ["m", "panel alone"],
  ["f", "fit"],
  ["s", "save as PNG"],
];

function slider(name, low, high, step, value, shown, change) {
  const output = element("output", { textContent: shown(value) });
  const input = element("input", { type: "range", min: low, max: high, step, value, ariaLabel: name });
  input.addEventListener("input", () => {
    output.textContent = shown(Number(input.value));
    change(Number(input.value));
  });
  return {
    row: element("div", { className: "row" }, element("span", { textContent: name }), input, output),
    input,
    output,
  };
}

function choice(name, options, value, change) {
  const list = element(
    "select",
    { ariaLabel: name },
    ...options.map(([key, words]) => element("option", { value: key, textContent: words })),
  );
  list.value = value;
  list.addEventListener("change", () => change(list.value));
  return element("div", { className: "row" }, element("span", { textContent: name }), list);
}

export class Controls {
  constructor(state, panels) {
    Object.assign(this, { state, panels, hovered: null });
    if (state.axes.length === 3) state.axes.forEach((axis, k) => this.sliceOf(k));
    else find("slices-part").hidden = true;
    state.about.layers.forEach((layer, k) => this.layer(layer, k));
    this.display();
    this.keys();
    panels.forEach((panel) => this.panel(panel));
    find("fit").addEventListener("click", () => panels.forEach((panel) => panel.fit()));
    find("save").addEventListener("click", () => this.save());
  }

  sliceOf(k) {
    const { state } = this;
    const axis = state.axes[k];
    const value = () => +(axis.start + axis.step * state.at[k]).toFixed(4);
    const ends = [axis.start, axis.start + axis.step * (axis.size - 1)]; // HTML counts steps from the smallest
    const limits = { min: Math.min(...ends), max: Math.max(...ends), step: Math.abs(axis.step) };
    const number = element("input", { type: "number", ...limits, value: value(), ariaLabel: `${axis.name} number` });
    const range = element("input", {
      type: "range",
      min: 0,
      max: axis.size - 1,
      value: state.at[k],
      ariaLabel: axis.name,
    });
    range.style.accentColor = LINES[k];
    range.addEventListener("input", () => state.move(k, Number(range.value)));
    number.addEventListener("change", () => {
      if (number.value) state.move(k, (Number(number.value) - axis.start) / axis.step);
      number.value = value();
    });
    state.listeners.push((what, axisMoved) => {
      if (what !== "slice" || axisMoved !== k) return;
      range.value = state.at[k];
      number.value = value();
    });
    const name = element("span", { textContent: axis.unit ? `${axis.name}, ${axis.unit}` : axis.name });
    name.style.color = LINES[k];
    find("slices").append(element("div", { className: "row" }, name, range, number));
  }

  layer(layer, k) {
    const { state } = this;
    const over = state.over[k];
    const card = element("div", { className: "layer" });
    if (layer.kind === "amplitude") {
      const input = element("input", { type: "radio", name: "base", checked: k === state.base });
      input.addEventListener("change", () => {
        state.base = k;
        state.changed("picture");
      });
      card.append(this.named(layer, input));
    } else {
      const input = element("input", {
        type: "checkbox",
        checked: over.on || k === state.base,
        disabled: k === state.base,
      });
      input.addEventListener("change", () => {
        over.on = input.checked;
        state.changed("picture");
      });
      over.input = input;
      const percent = (value) => `${Math.round(100 * value)} %`;
      card.append(this.named(layer, input));
      if (k !== state.base)
        card.append(
          slider("opacity", 0, 1, 0.05, over.opacity, percent, (value) => this.set(over, "opacity", value)).row,
        );
      if (layer.kind === "probability" && (k !== state.base || state.axes.length === 3)) {
        // What is seen in place of amplitudes is shown from 0 on; points in space begin somewhere.
        const [name, least] = k === state.base ? ["in space", Math.min(0.2, layer.threshold)] : ["from", 0.05];
        const digits = (value) => value.toFixed(2);
        card.append(slider(name, least, 0.95, 0.01, over.threshold, digits, (v) => this.set(over, "threshold", v)).row);
        if (k !== state.base) card.append(this.bar(state.table(k), ["0", "probability", "1"], k));
      } else if (layer.kind === "classes") card.append(this.legend(layer, k));
    }
    if (layer.network) {
      card.append(this.notes(k));
      const follow = () => card.classList.toggle("off", !state.seen.includes(k));
      state.listeners.push((what) => what === "picture" && follow());
      follow();
    }
    find("layers").append(card);
  }

  /** What switches a layer on, with its name; a network is told from a file. */
  named(layer, input) {
    const label = element("label", { className: "row" }, input, layer.name);
    if (!layer.network) return label;
    label.title = `The network ${layer.name} is applied to the sections that are looked at.`;
    label.append(element("span", { className: "tag", textContent: "network" }));
    return label;
  }

  /** What is to be known of how a network was applied to the last section. */
  notes(k) {
    const place = element("div", { className: "notes" });
    this.state.listeners.push((what, news) => {
      if (what === "notes" && news.layer === k) place.textContent = news.notes.join(" ");
    });
    return place;
  }

  /** Colours of the classes; a click on 0 hides it, so that what lies below is seen. */
  legend(layer, k) {
    const { state } = this;
    const numbers = element("div", { className: "classes" });
    for (let c = 0; c <= layer.high; c++) {
      const one = element("span", { textContent: c });
      const paint = () => {
        const [r, g, b, a] = state.table(k).slice(4 * c, 4 * c + 4);
        one.style.background = a ? `rgb(${r} ${g} ${b})` : "none";
        one.style.color = a && r + g + b < 380 ? "#fff" : a ? "#000" : "inherit";
      };
      if (c === 0) {
        one.title = "click to see what lies below";
        one.addEventListener("click", () => {
          this.set(state.over[k], "background", !state.over[k].background);
          paint();
        });
      }
      paint();
      numbers.append(one);
    }
    return numbers;
  }

  set(over, name, value) {
    over[name] = value;
    this.state.changed("picture");
  }

  /** A bar of colours that follows what is set. */
  bar(table, ends, k = null) {
    const bar = element("div", { className: "bar" });
    const words = element("div", { className: "ends" }, ...ends.map((end) => element("span", { textContent: end })));
    const paint = (colours) => {
      const stops = [...Array(33).keys()].map((n) => {
        const [r, g, b, a] = colours.slice(4 * Math.min(255, 8 * n), 4 * Math.min(255, 8 * n) + 4);
        return `rgb(${r} ${g} ${b} / ${a / 255})`;
      });
      bar.style.background = `linear-gradient(to right, ${stops.join(",")})`;
    };
    paint(table);
    if (k !== null) this.state.listeners.push((what) => what === "picture" && paint(this.state.table(k)));
    const made = element("div", {}, bar, words);
    made.paint = paint;
    made.words = words;
    return made;
  }

  display() {
    const { state } = this;
    const place = find("display");
    const names = [
      ["grey", "grey"],
      ["red white blue", "red, white, blue"],
      ["vik", "vik"],
      ["batlow", "batlow"],
    ];
    const changed = () => state.changed("picture");
    place.append(choice("colours", names, state.colours, (value) => ((state.colours = value), changed())));
    const gain = slider(
      "gain",
      -3,
      3,
      0.1,
      0,
      () => `x ${text(Number(state.gain.toPrecision(2)))}`,
      (value) => {
        state.gain = 2 ** value;
        gain.output.textContent = `x ${text(Number(state.gain.toPrecision(2)))}`;
        changed();
      },
    );
    this.gain = gain;
    place.append(gain.row);
    const amplitudes = state.about.layers.flatMap((layer, k) =>
      layer.kind === "amplitude" ? [[String(k), `${layer.name}${layer.network ? " (network)" : ""}`]] : [],
    );
    if (amplitudes.length > 1) {
      place.append(
        choice("minus", [["", "nothing"], ...amplitudes], "", (value) => {
          state.less = value === "" ? null : Number(value);
          changed();
        }),
      );
    }
    const bar = this.bar(state.tables[state.colours], ["", "amplitude", ""]);
    const follow = () => {
      const layer = state.about.layers[state.base];
      const half = (layer.high - layer.low) / 2 / state.gain;
      const middle = (layer.high + layer.low) / 2;
      bar.paint(state.tables[state.colours]);
      [bar.words.firstChild.textContent, bar.words.lastChild.textContent] = [middle - half, middle + half].map((v) =>
        short(v),
      );
      bar.words.children[1].textContent =
        layer.kind === "probability" ? "probability" : layer.low < 0 ? "amplitude" : "value";
      if (layer.kind === "probability")
        [bar.words.firstChild.textContent, bar.words.lastChild.textContent] = ["0", "1"];
      bar.hidden = layer.kind === "classes";
    };
    follow();
    state.listeners.push((what) => what === "picture" && follow());
    place.append(bar);
    const scene = this.panels.find((panel) => panel?.clouds);
    if (scene) place.append(...this.space(scene));
  }

  /** What is set of the view in space. */
  space(scene) {
    const height = slider(
      "height",
      0.1,
      1.5,
      0.05,
      scene.size[2],
      (v) => v.toFixed(2),
      (value) => {
        scene.size[2] = value;
        scene.draw();
      },
    );
    if (!this.state.about.layers.some((layer) => layer.kind === "probability" && !layer.network)) return [height.row];
    const input = element("input", { type: "checkbox", checked: scene.points });
    input.addEventListener("change", () => {
      scene.points = input.checked;
      scene.refresh([]);
    });
    return [height.row, element("label", { className: "row" }, input, "probability in space")];
  }

  panel(panel) {
    panel.host.addEventListener("pointerenter", () => (this.hovered = panel));
    panel.host.querySelector("header button")?.addEventListener("click", () => this.alone(panel));
  }

  /** A panel by itself, or all again. */
  alone(panel) {
    const main = find("panels");
    const single = !main.classList.contains("single");
    main.classList.toggle("single", single);
    for (const one of this.panels) one.host.hidden = single && one !== panel;
    for (const one of this.panels) {
      if (one.host.hidden) continue;
      if (one.all) one.fit();
      else one.refresh(one.views);
    }
  }

  keys() {
    for (const [key, words] of KEYS) {
      if (this.state.axes.length === 2 && ["click", "← →", "m"].includes(key)) continue;
      find("keys").append(element("div", {}, element("kbd", { textContent: key }), ` ${words}`));
    }
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
      const field = event.target.tagName === "INPUT" ? event.target.type : "";
      if (["number", "text"].includes(field) || (field === "range" && event.key.startsWith("Arrow"))) return;
      const step = event.shiftKey ? 10 : 1;
      const act = {
        ArrowLeft: () => this.step(-step),
        ArrowDown: () => this.step(-step),
        ArrowRight: () => this.step(step),
        ArrowUp: () => this.step(step),
        o: () => this.over(),
        "+": () => this.louder(0.5),
        "=": () => this.louder(0.5),
        "-": () => this.louder(-0.5),
        m: () => this.hovered && this.panels.length > 1 && this.alone(this.hovered),
        f: () => this.hovered?.fit(),
        s: () => this.save(),
      }[keyOf(event)];
      if (!act) return;
      event.preventDefault();
      act();
    });
  }

  step(by) {
    const cut = this.hovered?.view?.cut ?? (this.state.axes.length === 3 ? 0 : null);
    if (cut !== null) this.state.move(cut, this.state.at[cut] + by);
  }

  /** All layers over the amplitudes off, horizons too, or those again that were on. */
  over() {
    const over = [...this.state.over, ...this.state.horizons];
    const on = over.map((one) => one.on);
    const back = on.some(Boolean) ? over.map(() => false) : (this.before ?? on);
    if (on.some(Boolean)) this.before = on;
    over.forEach((one, k) => {
      one.on = back[k];
      if (one.input && !one.input.disabled) one.input.checked = one.on;
    });
    this.state.changed("picture");
  }

  louder(by) {
    this.gain.input.value = Number(this.gain.input.value) + by;
    this.gain.input.dispatchEvent(new Event("input"));
  }

  /** What is seen, as one picture; networks that are at work are waited for. */
  async save() {
    const button = find("save");
    if (button.disabled) return;
    const words = button.textContent;
    button.disabled = true;
    const shown = () => this.panels.filter((panel) => !panel.host.hidden);
    while (shown().some((panel) => panel.busy || panel.drawing)) {
      button.textContent = "Saving ...";
      await new Promise(requestAnimationFrame);
    }
    [button.textContent, button.disabled] = [words, false];
    this.#picture(shown());
  }

  /** Panels as they lie, below a line that says what is drawn in them. */
  #picture(panels) {
    const main = find("panels");
    const ratio = window.devicePixelRatio || 1;
    const box = main.getBoundingClientRect();
    const canvas = element("canvas", { width: box.width * ratio, height: (box.height + CAPTION) * ratio });
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(document.body);
    context.fillStyle = style.backgroundColor;
    context.fillRect(0, 0, box.width, box.height + CAPTION);
    const say = (words, x, y, most, weight = 600) => {
      context.fillStyle = weight === 600 ? style.color : colour("soft");
      context.font = `${weight} 13px system-ui, "DejaVu Sans", sans-serif`;
      context.fillText(words, x, y, most);
      return context.measureText(words).width;
    };
    for (const one of panels) {
      const at = one.host.getBoundingClientRect();
      const [x, y] = [at.x - box.x, at.y - box.y + CAPTION];
      context.fillStyle = getComputedStyle(one.host).backgroundColor;
      context.fillRect(x, y, at.width, at.height);
      for (const layer of one.host.querySelectorAll("canvas")) context.drawImage(layer, x, y, at.width, at.height);
      const used = 62 + say(one.host.querySelector("header b").textContent, x + 62, y + 17, at.width - 70);
      const hint = one.host.querySelector("header .hint")?.textContent;
      if (hint && used < at.width - 60) say(hint, x + used + 8, y + 17, at.width - used - 16, 400);
    }
    const { layers, title } = this.state.about;
    const drawn = panels.flatMap((panel) => panel.drawn.map((one) => one.layers));
    const named = drawn.map((numbers) => numbers.map((k) => layers[k].name).join(" minus "));
    const other = drawn.flat().every((k) => layers[k].name !== title);
    say([...new Set([...(other ? [title] : []), ...named])].join(", "), 70, 20, box.width - 78);
    download(canvas, `${title.replace(/\.[^.]*$/, "")}-view.png`);
  }
}
