// What is looked at: station, span, settings; the address of the page holds it, so that a reload shows the same.

import { Clock } from "./clock.js";
import { Picks } from "./picks.js";

const LEAST = 20; // samples of a window
const NEAR = 60; // seconds around a pick
const BEYOND = 0.05; // of a record that a window may be longer

export const GAIN = [0.25, 64];

export class View {
  constructor(about, changed, pointed) {
    this.about = about;
    this.clock = new Clock(about.origin);
    this.settings = { filter: true, common: false, gain: 1, least: 0, hidden: new Set() };
    this.picks = new Picks(this.settings);
    const picks = about.stations.map((one) => one.picks);
    this.station = picks.indexOf(Math.max(...picks)); // there is most to see
    this.marked = null;
    this.gone = new Set(); // numbers of earthquakes that lost their last pick
    this.changed = changed; // told of everything but the pointer
    this.pointed = pointed;
    [this.start, this.stop] = this.#whole();
  }

  get record() {
    return this.about.stations[this.station];
  }

  get events() {
    return this.about.events.filter((event) => !this.gone.has(event.number));
  }

  /** The pick that is marked, where it is seen. */
  get selected() {
    return this.picks.between(this.start, this.stop).find((pick) => pick === this.marked) ?? null;
  }

  #whole() {
    return [this.record.start, Math.max(this.record.stop, this.record.start + LEAST / this.record.rate)];
  }

  /** A span; no shorter than some samples, and never without a part of the record in it, which is in its middle where
   *  it is longer. */
  show(start, stop) {
    const [first, last] = this.#whole();
    const length = Math.min(Math.max(stop - start, LEAST / this.record.rate), (1 + 2 * BEYOND) * (last - first));
    const asked = length < last - first ? (start + stop) / 2 : (first + last) / 2;
    const middle = Math.min(Math.max(asked, first), last);
    [this.start, this.stop] = [middle - length / 2, middle + length / 2];
    this.changed("span");
  }

  all() {
    this.show(...this.#whole());
  }

  pan(share) {
    const moved = share * (this.stop - this.start);
    this.show(this.start + moved, this.stop + moved);
  }

  zoom(factor, time) {
    const [first, last] = this.#whole();
    const length = this.stop - this.start;
    const least = LEAST / this.record.rate / length;
    const most = ((1 + 2 * BEYOND) * (last - first)) / length;
    const by = Math.min(Math.max(factor, least), Math.max(most, 1));
    this.show(time - (time - this.start) * by, time + (this.stop - time) * by);
  }

  centre(time, length = this.stop - this.start) {
    this.show(time - length / 2, time + length / 2);
  }

  /** The pick before or after the one that is marked, or the first or last of a long window, in the middle of a minute. */
  step(forward) {
    const { start, stop, marked } = this;
    const seen = marked && marked.time >= start && marked.time <= stop;
    const from = stop - start > 2 * NEAR ? (forward ? start : stop) : (start + stop) / 2;
    const time = seen ? marked.time : from;
    const pick = forward ? this.picks.after(time) : this.picks.before(time);
    if (pick) this.mark(pick);
  }

  mark(pick) {
    this.marked = pick;
    this.centre(pick.time, Math.min(NEAR, this.stop - this.start));
  }

  select(pick) {
    this.marked = pick;
    this.changed("marked");
  }

  set(name, value) {
    this.settings[name] = name === "gain" ? Math.min(GAIN[1], Math.max(GAIN[0], value)) : value;
    this.picks.choose();
    this.changed("settings");
  }

  hide(which, hidden) {
    this.settings.hidden[hidden ? "add" : "delete"](which);
    this.set("hidden", this.settings.hidden);
  }

  async choose(station) {
    this.station = Math.max(0, Math.min(this.about.stations.length - 1, station));
    this.marked = null;
    this.picks.take([]);
    if (this.stop <= this.record.start || this.start >= this.record.stop) this.all();
    else this.show(this.start, this.stop);
    this.changed("station");
    await this.refresh();
  }

  /** Picks of the station as the server has them now. */
  async refresh() {
    const { station } = this;
    const { version, every } = await Picks.of(station);
    if (station !== this.station || version < this.picks.version) return; // newer ones are there, or on their way
    this.picks.version = version;
    this.picks.take(every);
    this.marked = this.marked && this.picks.find(this.marked.id);
    this.changed("picks");
  }

  /** As the part of the address behind #. */
  words() {
    const { filter, common, gain, least, hidden } = this.settings;
    const digits = this.stop - this.start < 100 ? 4 : 1;
    const time = (seconds) => this.clock.text(seconds, digits).replace(" ", "T");
    const chosen = { station: this.record.name, from: time(this.start), to: time(this.stop) };
    if (!filter) chosen.filter = "off";
    if (common) chosen.scale = "common";
    if (gain !== 1) chosen.gain = Number(gain.toPrecision(4));
    if (least) chosen.least = least;
    if (hidden.size) chosen.hide = [...hidden].join("");
    return new URLSearchParams(chosen).toString().replaceAll("%3A", ":");
  }

  /** The opposite; what is not understood is left as it is. */
  async take(words) {
    const given = new URLSearchParams(words);
    const number = (name, low, high, otherwise) => {
      const value = Number(given.get(name) ?? NaN);
      return value >= low && value <= high ? value : otherwise;
    };
    Object.assign(this.settings, {
      filter: given.get("filter") !== "off",
      common: given.get("scale") === "common",
      gain: number("gain", ...GAIN, 1),
      least: number("least", 0, 1, 0),
    });
    this.settings.hidden.clear();
    for (const which of ["P", "S"]) if ((given.get("hide") ?? "").includes(which)) this.settings.hidden.add(which);
    const station = this.about.stations.findIndex((one) => one.name === given.get("station"));
    const known = station < 0 ? this.station : station;
    const [start, stop] = ["from", "to"].map((name) => this.clock.read(given.get(name) ?? ""));
    if (known !== this.station || station < 0 || start === null || stop === null) {
      this.station = known;
      [this.start, this.stop] = this.#whole();
    }
    if (start !== null && stop > start) this.show(start, stop);
    await this.choose(known);
  }
}
