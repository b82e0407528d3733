// What is set and told at the side of the page of seismograms.

import { text } from "./axes.js";
import { element, find, steady } from "./page.js";
import { kind, named } from "./picks.js";
import { complain } from "./requests.js";
import { GAIN } from "./view.js";

const LISTED = 60; // picks at the side
const SPANS = [
  ["10 s", 10],
  ["1 min", 60],
  ["10 min", 600],
  ["1 h", 3600],
  ["1 d", 86400],
];
const KEYS = [
  ["wheel", "zoom (shift: gain)"],
  ["drag", "move, of a pick its time"],
  ["click", "select a pick"],
  ["double click", "whole record"],
  ["← →", "move (shift: a window)"],
  ["↑ ↓", "station"],
  ["+ −", "zoom"],
  ["n b", "next, previous pick"],
  ["p s", "set P or S at the pointer"],
  ["Delete", "remove the selected pick"],
  ["g", "pick what is seen"],
  ["Ctrl z", "undo (shift, or Ctrl y: redo)"],
  ["Ctrl s", "save picks as QuakeML"],
  ["f", "high pass on or off"],
  ["c", "one scale or own scales"],
  ["i", "save as PNG"],
];

function originWords(clock, { time, latitude, longitude, depth, magnitude, kind: scale }) {
  const size = magnitude === null ? "" : ` ${scale} ${magnitude.toFixed(1)}`;
  const down = depth === null ? "" : `, ${depth.toFixed(1)} km deep`;
  return `origin${size} ${clock.time(time, 2)}, ${latitude.toFixed(3)}, ${longitude.toFixed(3)}${down}`;
}

export class Side {
  constructor(view, window, edits) {
    Object.assign(this, { view, window, edits });
    find("gain").min = Math.log2(GAIN[0]);
    find("gain").max = Math.log2(GAIN[1]);
    this.#fill();
  }

  #fill() {
    const { view } = this;
    const { about } = view;
    find("title").textContent = about.title;
    const stations = `${about.stations.length} station${about.stations.length === 1 ? "" : "s"}`;
    find("facts").textContent = about.catalogue ? `${stations}, picks of ${about.catalogue}` : stations;
    find("stations").append(...about.stations.map((one, k) => this.#row(one, k)));
    find("notes").replaceChildren(...about.notes.map((note) => element("div", { textContent: note })));
    find("notes-part").hidden = !about.notes.length;
    for (const [label, seconds] of SPANS) {
      find("spans").append(
        element("button", { textContent: label, onclick: () => view.centre((view.start + view.stop) / 2, seconds) }),
      );
    }
    find("spans").append(element("button", { textContent: "all", onclick: () => view.all() }));
    find("go").addEventListener("submit", (event) => this.#go(event));
    find("filter").addEventListener("change", (event) => view.set("filter", event.target.checked));
    find("common").addEventListener("change", (event) => view.set("common", event.target.checked));
    find("gain").addEventListener("input", (event) => view.set("gain", 2 ** Number(event.target.value)));
    find("least").addEventListener("input", (event) => view.set("least", Number(event.target.value)));
    find("next").addEventListener("click", () => view.step(true));
    find("previous").addEventListener("click", () => view.step(false));
    for (const name of ["pick", "undo", "redo"]) find(name).addEventListener("click", () => this.edits[name]());
    for (const form of ["quakeml", "csv"]) find(form).addEventListener("click", () => this.edits.save(form));
    this.swatches();
    find("keys").replaceChildren(
      ...KEYS.map(([key, words]) => element("div", {}, element("kbd", { textContent: key }), ` ${words}`)),
    );
  }

  #row(one, k) {
    const gaps = one.gaps ? `, ${one.gaps} gap${one.gaps > 1 ? "s" : ""}` : "";
    const words = element("div", {
      className: "facts",
      textContent: `${one.channels.join(" ")}, ${one.data}${gaps}`,
    });
    const row = element("div", { role: "option", onclick: () => this.choose(k) });
    words.append(element("span"));
    row.append(element("b", { textContent: one.name }), words);
    return row;
  }

  /** What has come of the picks: how many there are, what can be undone, what is not saved. */
  review() {
    const { state, picking, words } = this.edits;
    const { catalogue } = this.view.about;
    [...find("stations").children].forEach((row, k) => {
      const count = state.counts[k];
      row.querySelector("span").textContent = count || catalogue ? `, ${count} pick${count === 1 ? "" : "s"}` : "";
    });
    find("pick").textContent = picking ? "Picking ..." : "Pick what is seen";
    find("pick").disabled = picking;
    find("said").textContent = words;
    for (const name of ["undo", "redo"]) {
      find(name).disabled = state[name] === null;
      find(name).title = state[name] ?? "";
    }
    find("unsaved").textContent = state.changed ? "changes that are not saved" : "";
  }

  /** P and S in their colours. */
  swatches() {
    const { view } = this;
    find("phases").replaceChildren(
      ...["P", "S"].map((which) => {
        const box = element("input", { type: "checkbox", checked: !view.settings.hidden.has(which) });
        box.addEventListener("change", () => view.hide(which, !box.checked));
        const name = element("b", { textContent: which });
        name.style.color = view.inks[which];
        return element("label", {}, box, " ", name);
      }),
    );
  }

  choose(k) {
    if (k < 0 || k >= this.view.about.stations.length) return;
    this.view.choose(k).catch((error) => complain(error.message));
  }

  /** The station that is looked at. */
  station() {
    [...find("stations").children].forEach((row, k) => {
      row.setAttribute("aria-selected", k === this.view.station);
      if (k === this.view.station) row.scrollIntoView({ block: "nearest" });
    });
    this.#controls();
  }

  #controls() {
    const { settings } = this.view;
    find("filter").checked = settings.filter;
    find("common").checked = settings.common;
    find("gain").value = Math.log2(settings.gain);
    find("least").value = settings.least;
    find("phases")
      .querySelectorAll("input")
      .forEach((box, k) => (box.checked = !settings.hidden.has("PS"[k])));
  }

  #go(event) {
    event.preventDefault();
    const { view } = this;
    const time = view.clock.read(find("time").value, (view.start + view.stop) / 2);
    if (time === null)
      complain(`${find("time").value} is no time; needed is one such as ${view.clock.text(view.start, 0)}.`);
    else {
      document.querySelector(".error").hidden = true;
      find("time").blur();
      const all = view.stop - view.start > 0.9 * (view.record.stop - view.record.start);
      view.centre(time, all ? Math.min(600, view.stop - view.start) : undefined);
    }
  }

  /** What the pointer is on. */
  readout() {
    const { clock, start, stop, settings } = this.view;
    const place = find("readout");
    find("gain-out").textContent = `\u00d7${Number(settings.gain.toPrecision(2))}`;
    const { pointer } = this.window;
    if (!pointer) {
      place.textContent = "";
      return;
    }
    const second = (stop - start) / this.window.box().width;
    const digits = Math.max(0, Math.min(4, Math.ceil(-Math.log10(second))));
    const rows = [element("div", { textContent: clock.text(pointer.time, digits) })];
    for (const { name, low, high } of this.window.values()) {
      const number = (value) => text(settings.filter && Number.isFinite(value) ? Number(value.toPrecision(4)) : value);
      const words =
        low === Infinity
          ? "not read yet"
          : low === high || Number.isNaN(low)
            ? number(low)
            : `${number(low)} to ${number(high)}`;
      rows.push(element("div", {}, `${name} `, element("b", { textContent: words })));
    }
    const pick = this.window.pickHere();
    if (pick) rows.push(this.#pickWords(pick));
    const origin = this.window.originHere();
    if (origin) rows.push(element("div", { textContent: originWords(clock, origin) }));
    place.replaceChildren(...rows);
    steady(place);
  }

  #pickWords(pick) {
    const words = [this.view.clock.time(pick.time, 2)];
    if (pick.probability !== null) words.push(`probability ${pick.probability.toFixed(2)}`);
    if (pick.uncertainty !== null) words.push(`\u00b1 ${pick.uncertainty.toFixed(2)} s`);
    if (pick.polarity) words.push(pick.polarity > 0 ? "up" : "down");
    if (pick.manual) words.push("manual");
    const name = element("b", { textContent: named(pick) });
    name.style.color = this.view.inks[kind(pick)];
    return element("div", {}, name, ` ${words.join(", ")}`);
  }

  /** What may wait until the hand rests. */
  settle() {
    const { view } = this;
    if (document.activeElement !== find("time")) find("time").value = view.clock.text((view.start + view.stop) / 2, 1);
    this.#controls();
    const there = view.picks.between(view.start, view.stop);
    const hidden = view.picks.every.length - view.picks.shown.length;
    find("count").textContent =
      `${there.length} in the window, ${view.picks.shown.length} shown${hidden ? `, ${hidden} hidden` : ""}`;
    const shown = there.length > LISTED ? [] : there;
    find("picks").replaceChildren(
      ...shown.map((pick) => {
        const name = element("b", { textContent: named(pick) });
        name.style.color = view.inks[kind(pick)];
        const row = element("div", { className: "pick", onclick: () => view.mark(pick) });
        const chance = pick.probability === null ? "manual".repeat(pick.manual) : pick.probability.toFixed(2);
        row.append(
          name,
          element("span", { textContent: view.clock.time(pick.time, 2) }),
          element("span", { textContent: chance }),
        );
        row.setAttribute("aria-selected", pick === view.marked);
        return row;
      }),
    );
    find("picks").hidden = !shown.length;
  }
}
