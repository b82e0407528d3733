// The page of a survey: its panels, and what is set at the side.

import { text } from "./axes.js";
import { Controls } from "./controls.js";
import { Horizons } from "./horizons.js";
import { find, steady } from "./page.js";
import { tables } from "./paint.js";
import { Panel } from "./panel.js";
import { complain, json } from "./requests.js";
import { Scene } from "./scene.js";
import { State } from "./state.js";

/** Slices of a cube; the map has its true proportions where the distances between lines are known. */
function views(about) {
  if (about.axes.length === 2) return [{ name: "line", across: 0, down: 1, cut: null, up: false, aspect: null }];
  const [inline, crossline] = about.spacing;
  const aspect = inline && crossline ? inline / crossline : null;
  const extent = aspect ? (aspect * about.axes[0].size) / about.axes[1].size : 1;
  return [
    { name: "map", across: 1, down: 0, cut: 2, up: true, aspect: extent > 0.1 && extent < 10 ? aspect : null },
    { name: "crossline", across: 0, down: 2, cut: 1, up: false, aspect: null },
    { name: "inline", across: 1, down: 2, cut: 0, up: false, aspect: null },
  ];
}

function readout(state, found) {
  const place = find("readout");
  place.textContent = "";
  if (!found) return;
  const line = (name, words) => {
    const row = document.createElement("div");
    const strong = document.createElement("b");
    strong.textContent = words;
    row.append(`${name} `, strong);
    place.append(row);
  };
  found.place.forEach((index, k) =>
    line(state.axes[k].name, `${text(state.value(k, index + 0.5))} ${state.axes[k].unit}`),
  );
  const { map } = state.about;
  if (map.points) line("x, y", `${map.points[found.place[0]].map((v) => v.toFixed(1)).join(", ")} ${map.unit}`);
  if (map.origin) {
    const at = [0, 1].map((c) => map.origin[c] + map.vectors.reduce((sum, v, k) => sum + v[c] * found.place[k], 0));
    line("x, y", `${map.near ? "\u2248 " : ""}${at.map((v) => v.toFixed(map.near ? 0 : 1)).join(", ")} ${map.unit}`);
  }
  const values = new Map();
  for (const { layer, value, shared } of found.samples) {
    const about = shared && Number.isFinite(value) ? "\u2248 " : ""; // of several samples in a pixel
    const { name, kind } = state.about.layers[layer];
    const number = Number(kind === "probability" ? value.toFixed(3) : value.toPrecision(4));
    line(`${name}:`, `${about}${text(number)}`);
    values.set(layer, value);
  }
  if (state.less !== null && values.has(state.base) && values.has(state.less)) {
    line("difference:", text(Number((values.get(state.base) - values.get(state.less)).toPrecision(4))));
  }
  horizonsUnder(state, found.place, line);
  steady(place);
}

/** Times of horizons on the trace under the pointer. */
function horizonsUnder(state, place, line) {
  const crosslines = state.axes.length === 3 ? state.axes[1].size : 1;
  const trace = state.axes.length === 3 ? place[0] * crosslines + place[1] : place[0];
  for (const horizon of state.horizons) {
    const index = horizon.on ? horizon.index[trace] : NaN;
    const last = state.axes.length - 1;
    if (Number.isFinite(index))
      line(
        `${horizon.name}:`,
        `${text(Number(state.value(last, index + 0.5).toPrecision(6)))} ${state.axes[last].unit}`,
      );
  }
}

async function main() {
  const about = await json("/about");
  document.title = `${about.title} - geocnn`;
  find("title").textContent = about.title;
  find("size").textContent = about.axes
    .map((axis, k) => `${axis.size} ${k === about.axes.length - 1 ? "sample" : axis.name}${axis.size === 1 ? "" : "s"}`)
    .join(" x ");
  for (const [label, words] of about.facts) {
    const row = document.createElement("div");
    row.textContent = `${label}: ${words}`;
    find("facts").append(row);
  }
  const state = new State(about, tables(about.colours));
  remembered(state);
  const host = () => find("panels").appendChild(Object.assign(document.createElement("div"), { className: "panel" }));
  const shown = views(about);
  let panels;
  if (shown.length === 1) panels = [new Panel(host(), shown[0], state)];
  else {
    find("panels").classList.add("four");
    const hosts = [host(), host(), host(), host()];
    const [map, crossline, inline] = shown;
    panels = [
      new Panel(hosts[0], map, state),
      new Scene(hosts[1], shown, state),
      new Panel(hosts[2], inline, state),
      new Panel(hosts[3], crossline, state),
    ];
  }
  const controls = new Controls(state, panels);
  const tool = new Horizons(state);
  await tool.look();
  state.listeners.push((what, detail) => {
    if (what === "pointer") readout(state, detail);
    else if (what === "slice") remember(state);
  });
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => state.changed("picture"));
  window.geocnn = { state, panels, controls, tool }; // for those who look behind the page
}

/** Slices of the last visit, from the address. */
function remembered(state) {
  const at = new URLSearchParams(location.hash.slice(1)).get("at");
  if (!at) return;
  const numbers = at.split(",").map(Number);
  if (numbers.length !== state.at.length || !numbers.every(Number.isFinite)) return;
  state.at = numbers.map((n, k) => Math.max(0, Math.min(state.axes[k].size - 1, Math.round(n))));
}

function remember(state) {
  history.replaceState(null, "", `#at=${state.at.join(",")}`);
}

main().catch((error) => complain(error.message));
