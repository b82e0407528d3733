// The page of seismograms: a strip of the whole record, a window of it, and what is set at the side.

import { long } from "./clock.js";
import { Edits } from "./edits.js";
import { download, element, find, keyOf } from "./page.js";
import { colours } from "./picks.js";
import { bytes, complain, json } from "./requests.js";
import { Seismograms } from "./seismograms.js";
import { Side } from "./side.js";
import { View } from "./view.js";
import { Wave } from "./waves.js";
import { Whole } from "./whole.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");

class Page {
  constructor(about) {
    this.about = about;
    this.view = new View(
      about,
      (what) => this.changed(what),
      () => this.#draw(),
    );
    this.view.inks = colours(about.phases, dark.matches);
    this.whole = new Whole(find("whole"), this.view);
    this.edits = new Edits(this.view, () => this.side.review());
    this.window = new Seismograms(find("window"), this.view, this.edits);
    this.asking = this.drawing = false;
    this.side = new Side(this.view, this.window, this.edits);
    document.title = `${about.title} - geocnn`;
    document.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.changed("size")).observe(document.querySelector("main"));
    dark.addEventListener("change", () => {
      this.view.inks = colours(about.phases, dark.matches);
      this.side.swatches();
      this.changed("colours");
    });
    window.addEventListener("hashchange", () => {
      if (decodeURI(location.hash.slice(1)) !== this.view.words())
        this.view.take(location.hash.slice(1)).catch((error) => complain(error.message));
    });
  }

  changed(what) {
    if (what === "station") this.side.station();
    this.#draw();
    this.ask();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#settle(), 150);
  }

  #draw() {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      this.whole.draw();
      this.window.draw();
      this.side.readout();
      const { start, stop, clock, record } = this.view;
      find("window").querySelector("b").textContent = record.name;
      find("window-span").textContent = `${clock.text(start, stop - start < 100 ? 2 : 0)}, ${long(stop - start)}`;
      find("whole-name").textContent = `${record.channels[0]}, ${record.sampling}, ${record.data}`;
    });
  }

  /** One question at a time, so that the newest does not wait for many others; long spans fill by and by. */
  async ask() {
    if (this.asking) return;
    this.asking = true;
    let last = null;
    try {
      for (;;) {
        const wanting = [this.window, this.whole].filter((part) => part.needs());
        if (!wanting.length) break;
        // What has never been seen comes first, then a glimpse of the whole, then all of both, in turn.
        const part =
          wanting.find((one) => !one.wave?.serves(one.query())) ??
          [...wanting].reverse().find((one) => one.wave.patchy) ??
          wanting.find((one) => one !== last) ??
          wanting[0];
        const { seen, ...query } = part.query();
        const { buffer, headers } = await bytes("/waves", query);
        part.take(new Wave({ ...query, seen }, buffer, headers));
        last = part;
        this.#draw();
      }
    } catch (error) {
      complain(error.message);
    }
    this.asking = false;
  }

  /** What may wait until the hand rests. */
  #settle() {
    history.replaceState(null, "", `#${this.view.words()}`);
    this.side.settle();
  }

  #key(event) {
    const { view, edits } = this;
    const field = event.target.closest("input, select, textarea");
    if (event.altKey || (field && !["checkbox", "range"].includes(field.type))) return;
    const key = keyOf(event);
    const middle = (view.start + view.stop) / 2;
    const actions = {
      ArrowLeft: () => view.pan(event.shiftKey ? -1 : -0.2),
      ArrowRight: () => view.pan(event.shiftKey ? 1 : 0.2),
      ArrowUp: () => this.side.choose(view.station - 1),
      ArrowDown: () => this.side.choose(view.station + 1),
      "+": () => view.zoom(1 / 1.5, middle),
      "=": () => view.zoom(1 / 1.5, middle),
      "-": () => view.zoom(1.5, middle),
      n: () => view.step(true),
      b: () => view.step(false),
      p: () => edits.add("P", this.window.pointer),
      s: () => edits.add("S", this.window.pointer),
      g: () => edits.pick(),
      Delete: () => edits.remove(),
      Backspace: () => edits.remove(),
      Escape: () => this.window.leave(),
      f: () => view.set("filter", !view.settings.filter),
      c: () => view.set("common", !view.settings.common),
      i: () => this.#save(),
    };
    const commands = {
      z: () => (event.shiftKey ? edits.redo() : edits.undo()),
      y: () => edits.redo(),
      s: () => edits.save("quakeml"),
    };
    const action = (event.ctrlKey || event.metaKey ? commands : actions)[key];
    if (!action) return;
    event.preventDefault();
    field?.blur();
    if (!event.repeat || key.startsWith("Arrow") || "+=-nb".includes(key)) action();
  }

  #save() {
    const { view } = this;
    const { canvas } = this.window;
    const copy = element("canvas", { width: canvas.width, height: canvas.height });
    const context = copy.getContext("2d");
    context.fillStyle = getComputedStyle(find("window")).backgroundColor;
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(canvas, 0, 0);
    const ratio = window.devicePixelRatio || 1;
    context.scale(ratio, ratio);
    context.fillStyle = getComputedStyle(document.body).color;
    context.font = "600 13px system-ui, 'DejaVu Sans', sans-serif";
    context.fillText(`${view.record.name}  ${find("window-span").textContent}`, 74, 17);
    const name = `${view.record.name}.${view.clock.text(view.start, 0).replace(" ", "T").replaceAll(":", "")}.png`;
    download(copy, name);
  }
}

try {
  const page = new Page(await json("/about"));
  page.edits.take(await json("/review"));
  await page.view.take(location.hash.slice(1));
  window.geocnn = page; // for those who look behind the page
} catch (error) {
  complain(error.message);
}
