// Picks of a station: which are shown, which comes next, and their lines.

import { colour } from "./axes.js";
import { json } from "./requests.js";

const APART = 0.0001; // seconds

export class Picks {
  constructor(settings) {
    this.settings = settings; // least, hidden
    this.version = 0;
    this.every = [];
    this.shown = [];
  }

  /** Those of a station as they are now, and the version of the review that this is. */
  static async of(station) {
    const { version, picks } = await json("/picks", { station });
    const every = picks.time.map((_, k) =>
      Object.fromEntries(Object.keys(picks).map((name) => [name, picks[name][k]])),
    );
    return { version, every };
  }

  take(every) {
    this.every = every;
    this.choose();
  }

  find(id) {
    return this.every.find((pick) => pick.id === id) ?? null;
  }

  /** To another time, as the server will have it when the hand lets go. */
  move(pick, time) {
    const polarity = pick.manual ? pick.polarity : 0;
    Object.assign(pick, { time, polarity, manual: true, probability: null, uncertainty: null });
    this.every.sort((one, other) => one.time - other.time);
    this.choose();
  }

  /** Those that are sure enough; of what has no probability nothing is left out. */
  choose() {
    const { least, hidden } = this.settings;
    this.shown = this.every.filter((pick) => (pick.probability ?? 1) >= least && !hidden.has(kind(pick)));
  }

  /** Number of the first one that is not before a time. */
  #from(time) {
    let [low, high] = [0, this.shown.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.shown[middle].time < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  between(start, stop) {
    return this.shown.slice(this.#from(start), this.#from(stop));
  }

  after(time) {
    return this.shown[this.#from(time + APART)] ?? null;
  }

  before(time) {
    return this.shown[this.#from(time - APART) - 1] ?? null;
  }

  nearest(time, within) {
    const near = this.between(time - within, time + within);
    const away = (pick) => Math.abs(pick.time - time);
    return near.reduce((best, pick) => (best && away(best) <= away(pick) ? best : pick), null);
  }
}

/** P, S, or other: Pn and Pg are P waves. */
export function kind(pick) {
  const letter = pick.phase.slice(0, 1).toUpperCase();
  return letter === "P" || letter === "S" ? letter : "other";
}

export const named = (pick) => pick.phase || "pick";

/** Colours of the pictures; a third of white in them where the surroundings are dark. */
export function colours(phases, dark) {
  const lighter = (hex) => {
    const parts = [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
    return `rgb(${parts.map((part) => Math.round(dark ? part + (255 - part) * 0.35 : part)).join(" ")})`;
  };
  return { P: lighter(phases.P), S: lighter(phases.S), other: lighter("#888888") };
}

/** Ticks above a box, where there are too many picks for lines; one a pixel. */
export function drawTicks(context, box, picks, at, inks, rows) {
  const seen = { other: new Set(), P: new Set(), S: new Set() };
  for (const pick of picks) seen[kind(pick)].add(Math.round(at(pick.time)));
  for (const [which, places] of Object.entries(seen)) {
    context.fillStyle = inks[which];
    const y = rows[which === "S" ? 1 : 0];
    for (const x of places) if (x >= box.x && x <= box.x + box.width) context.fillRect(x, y, 1, 6);
  }
}

/** Lines over a box, with names and probabilities above it; P and S have a row each. */
export function drawPicks(context, box, picks, at, inks, marked) {
  if (picks.length > box.width / 12) {
    drawTicks(context, box, picks, at, inks, [box.y - 17, box.y - 9]);
    return;
  }
  pairs(context, box, picks, at, inks);
  const row = (pick) => box.y - (kind(pick) === "P" ? 32 : 19);
  for (const pick of picks) {
    const x = Math.round(at(pick.time));
    const own = pick === marked;
    context.fillStyle = inks[kind(pick)];
    const half = pick.uncertainty ? at(pick.time + pick.uncertainty) - at(pick.time) : 0;
    if (half > 2) {
      context.globalAlpha = 0.13;
      context.fillRect(x - half, box.y, 2 * half, box.height);
      context.globalAlpha = 1;
    }
    context.fillRect(x - (own ? 1 : 0), row(pick) + 1, own ? 2.5 : 1.2, box.y + box.height - row(pick) - 1);
  }
  labels(context, box, picks, at, inks, row);
}

/** Names and probabilities, or names alone, or nothing: what there is room for before the next of the row. */
function labels(context, box, picks, at, inks, row) {
  [context.textAlign, context.textBaseline] = ["left", "top"];
  const end = new Map(); // of the room of a row, from the right
  for (const pick of [...picks].reverse()) {
    const x = at(pick.time);
    const room = Math.min(end.get(row(pick)) ?? Infinity, box.x + box.width) - x - 6;
    end.set(row(pick), x);
    const chance = pick.probability === null ? "" : ` ${pick.probability.toFixed(2)}`;
    const label = [named(pick) + chance, named(pick)].find((words) => context.measureText(words).width <= room);
    if (!label) continue;
    context.fillStyle = colour("card"); // lines of the other row go through
    context.fillRect(x + 3, row(pick), context.measureText(label).width + 2, 12);
    context.fillStyle = inks[kind(pick)];
    context.fillText(label, x + 4, row(pick));
  }
}

/** A bar from the first P to the S of one earthquake, with the time between them where there is room. */
function pairs(context, box, picks, at, inks) {
  const events = new Map();
  for (const pick of picks) {
    const pair = events.get(pick.event) ?? {};
    pair[kind(pick)] ??= pick;
    events.set(pick.event, pair);
  }
  for (const { P, S } of events.values()) {
    if (!P || !S || S.time <= P.time) continue;
    const [left, right] = [at(P.time), at(S.time)];
    const shade = context.createLinearGradient(left, 0, right, 0);
    shade.addColorStop(0, inks.P);
    shade.addColorStop(1, inks.S);
    context.fillStyle = shade;
    context.globalAlpha = 0.6;
    context.fillRect(left, box.y - 4, right - left, 3);
    context.globalAlpha = 1;
    const label = `S \u2212 P ${(S.time - P.time).toFixed(2)} s`;
    if (right - left < context.measureText(label).width + 70) continue;
    [context.textAlign, context.textBaseline] = ["center", "bottom"];
    context.fillText(label, (left + right) / 2, box.y - 6);
  }
}
