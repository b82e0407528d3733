// What is changed of the picks: the server keeps it, so that a reload shows the same, and takes every step back.

import { keep } from "./page.js";
import { complain, json, post } from "./requests.js";

export const FINE = 600; // seconds of a window, at most, in which picks are set and moved: a pixel is a second then

export class Edits {
  constructor(view, changed) {
    this.view = view;
    this.changed = changed; // is called when the picks have
    this.state = { version: 0, undo: null, redo: null, changed: false, counts: [], gone: [] };
    this.words = "";
    this.picking = false;
    this.last = Promise.resolve();
    window.addEventListener("beforeunload", (event) => {
      if (this.state.changed) event.preventDefault(); // the browser asks
    });
    window.addEventListener("focus", () => this.#look().catch((error) => complain(error.message)));
  }

  /** What another window of the page, or another start of the program, has made of the picks meanwhile. */
  async #look() {
    this.take(await json("/review"));
    await this.view.refresh();
  }

  /** Where the review has come to; the answer to an earlier question may come later. */
  take(state) {
    if (state.session !== (this.state.session ?? state.session)) {
      this.state.changed = false; // what the other one had is in its file
      location.reload();
      return;
    }
    if (state.version < this.state.version) return;
    this.state = state;
    this.view.gone = new Set(state.gone);
    this.changed();
  }

  /** Post something, and show what has come of it; null where it was refused. */
  async #send(path, body) {
    let [answer, refusal] = [null, null];
    try {
      answer = await (await post(path, body)).json();
      this.take(answer);
    } catch (error) {
      refusal = error;
    }
    await this.view.refresh().catch((error) => (refusal ??= error));
    if (refusal) complain(refusal.message);
    return answer;
  }

  /** One change after the other. */
  #change(path, body = {}) {
    this.last = this.last.then(async () => {
      const answer = await this.#send(path, body);
      this.words = answer?.words ?? "";
      this.changed();
      return answer;
    });
    return this.last;
  }

  async add(phase, pointer) {
    const { view } = this;
    if (!this.#fine()) return;
    if (!pointer) {
      complain(`point at a seismogram; ${phase} sets a pick where the pointer is.`);
      return;
    }
    if (pointer.time < view.record.start || pointer.time > view.record.stop) {
      complain(`${view.record.name} has no data there.`);
      return;
    }
    view.hide(phase, false);
    const answer = await this.#change("/add", { station: view.station, phase, time: pointer.time });
    if (answer) view.select(view.picks.find(answer.id));
  }

  #fine() {
    const { start, stop } = this.view;
    if (stop - start > FINE) complain(`zoom in to ${FINE / 60} minutes or less to set a pick.`);
    return stop - start <= FINE;
  }

  /** A pick that is held, to a time of the record that is seen; null where it has gone meanwhile. */
  drag(id, time) {
    const { picks, record, start, stop } = this.view;
    const pick = picks.find(id);
    if (!pick) return null;
    const last = stop - (stop - start) / 1000; // about a pixel, so that it is seen at the edge
    picks.move(pick, Math.min(Math.max(time, start, record.start), last, record.stop));
    this.view.changed("picks");
    return pick;
  }

  /** Let go of it there. */
  drop(id, time) {
    const { station } = this.view;
    const pick = this.drag(id, time);
    if (pick) this.#change("/move", { station, id, time: pick.time });
  }

  /** Put back what was dragged. */
  leave() {
    this.view.refresh().catch((error) => complain(error.message));
  }

  remove() {
    const { selected } = this.view;
    if (selected) this.#change("/remove", { id: selected.id });
    else complain("no pick is selected; click on one.");
  }

  undo() {
    this.#change("/undo");
  }

  redo() {
    this.#change("/redo");
  }

  /** Let the network pick what is seen; it takes its time, and the page goes on. */
  async pick() {
    if (this.picking) return;
    const { station, start, stop, record } = this.view;
    this.picking = true;
    this.words = "";
    this.changed();
    const answer = await this.#send("/pick", { station, start, stop });
    this.picking = false;
    this.words = answer ? `${station === this.view.station ? "" : `${record.name}: `}${answer.words}` : "";
    this.changed();
  }

  /** The whole catalogue as a file, with what has been done until now. */
  async save(form) {
    await this.last;
    try {
      const response = await post("/save", { form });
      keep(await response.blob(), this.view.about.files[form]);
      this.take(await json("/review"));
    } catch (error) {
      complain(error.message);
    }
  }
}
