// UTC as seismologists write it, and ticks on an axis of time, from years to thousandths of a second.

const DAY = 86400;
const MINUTES = [1, 2, 5, 10, 15, 30].map((k) => 60 * k);
const STEPS = [1, 2, 5, 10, 15, 30, ...MINUTES, ...[1, 2, 3, 6, 12].map((k) => 3600 * k)];
const DAYS = [1, 2, 5, 10];
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600];

const FORM =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[T ](\d\d?)(?::(\d\d)(?::(\d\d(?:[.,]\d*)?))?)?)?(?:Z|([+-])(\d\d)(?::?(\d\d))?)?$/;

const two = (number) => String(number).padStart(2, "0");

/** 20260131T235959 as 2026-01-31T23:59:59. */
const apart = (words) =>
  words.replace(/^(\d{4})(\d\d)(\d\d)(?!\d)/, "$1-$2-$3").replace(/(?<=[T ]\d\d|[T ]\d{4})\d\d/g, ":$&");

export class Clock {
  /** Seconds of the page count from `origin`, a midnight, in nanoseconds since 1970 as text. */
  constructor(origin) {
    this.day = Number(BigInt(origin) / 1_000_000_000n) / DAY;
  }

  /** Date and time of day, with digits after the second. */
  parts(seconds, digits = 3) {
    const unit = 10 ** digits;
    let day = Math.floor(seconds / DAY);
    let rest = Math.round((seconds - day * DAY) * unit); // whole units, so that 59.9996 s is no 60.000 s
    if (rest >= DAY * unit) [day, rest] = [day + 1, 0];
    const whole = Math.floor(rest / unit);
    const clock = [whole / 3600, (whole / 60) % 60, whole % 60].map((part) => two(Math.floor(part)));
    const date = new Date((this.day + day) * DAY * 1000).toISOString().slice(0, 10);
    const fraction = digits ? `.${String(rest - whole * unit).padStart(digits, "0")}` : "";
    return { date, clock, fraction };
  }

  time(seconds, digits = 3) {
    const { clock, fraction } = this.parts(seconds, digits);
    return clock.join(":") + fraction;
  }

  text(seconds, digits = 3) {
    return `${this.parts(seconds, digits).date} ${this.time(seconds, digits)}`;
  }

  /**
   * Seconds of a date and time as somebody types it, or null: in any form that tables may have (io/times.py), in UTC
   * where it names no zone. A time alone is one of the day of `near`, as it is in that zone.
   */
  read(text, near = 0) {
    const alone = /^\d{1,2}:\d\d/.test(text.trim());
    const found = FORM.exec(apart(alone ? `${this.parts(near).date} ${text.trim()}` : text.trim()));
    if (!found) return null;
    const number = (word) => Number((word ?? "0").replace(",", "."));
    const [year, month, day, hour, minute, second] = found.slice(1, 7).map(number);
    const ahead = number(found[8]) * 3600 + number(found[9]) * 60;
    const zone = found[7] === "-" ? -ahead : ahead; // seconds
    const date = Date.UTC(year, month - 1, day) / 1000;
    if (new Date(date * 1000).getUTCMonth() !== month - 1 || ahead >= DAY) return null;
    if (hour > 24 || minute > 59 || second >= 60) return null;
    const days = alone ? Math.floor((near + zone) / DAY) - Math.floor(near / DAY) : 0;
    return date - this.day * DAY + days * DAY + hour * 3600 + minute * 60 + second - zone;
  }

  /** Places and words of ticks between two times on `width` pixels, and where a date or year begins. */
  ticks(low, high, width) {
    const pixel = (high - low) / width; // seconds
    for (let digits = 6; digits > 0; digits--) {
      for (const k of [1, 2, 5]) {
        const step = k * 10 ** -digits;
        if (step >= (84 + 7 * digits) * pixel) return this.#even(low, high, step, digits);
      }
    }
    const step = STEPS.find((one) => one >= (one < 60 ? 84 : 64) * pixel);
    if (step) return this.#even(low, high, step, 0);
    const days = DAYS.find((one) => one * DAY >= 64 * pixel);
    return days ? this.#days(low, high, days) : this.#months(low, high, 76 * pixel);
  }

  #even(low, high, step, digits) {
    const ticks = [];
    for (let k = Math.ceil(low / step - 1e-6); k * step <= high + step * 1e-6; k++) {
      const { clock, fraction } = this.parts(k * step, digits);
      ticks.push({ at: k * step, label: (step < 60 ? clock : clock.slice(0, 2)).join(":") + fraction });
    }
    const groups = [{ at: low, label: this.parts(low, digits).date }];
    for (let day = Math.floor(low / DAY) + 1; day * DAY < high; day++) {
      groups.push({ at: day * DAY, label: this.parts(day * DAY).date });
    }
    return { ticks, groups };
  }

  #days(low, high, step) {
    const ticks = [];
    const groups = [{ at: low, label: this.parts(low).date.slice(0, 4) }];
    for (let day = Math.ceil(low / DAY); day * DAY <= high; day++) {
      const { date } = this.parts(day * DAY);
      const number = Number(date.slice(8));
      const chosen = step === 1 || (step === 2 ? (this.day + day) % 2 === 0 : (number - 1) % step === 0 && number < 30);
      if (chosen) ticks.push({ at: day * DAY, label: date.slice(5) });
      if (date.endsWith("01-01") && day * DAY > low) groups.push({ at: day * DAY, label: date.slice(0, 4) });
    }
    return { ticks, groups };
  }

  #months(low, high, least) {
    const step = MONTHS.find((one) => one * 30 * DAY >= least) ?? MONTHS.at(-1);
    const start = new Date((this.day * DAY + low) * 1000);
    let month = Math.ceil((start.getUTCFullYear() * 12 + start.getUTCMonth()) / step) * step;
    const ticks = [];
    for (; ; month += step) {
      const at = Date.UTC(Math.floor(month / 12), month % 12, 1) / 1000 - this.day * DAY;
      if (at > high) return { ticks, groups: [] };
      const year = String(Math.floor(month / 12));
      if (at >= low) ticks.push({ at, label: step < 12 ? `${year}-${two((month % 12) + 1)}` : year });
    }
  }
}

/** How long, in the unit in which it is read well. */
export function long(seconds) {
  const number = (value) => String(Number(value.toPrecision(3)));
  if (seconds < 120) return `${number(seconds)} s`;
  if (seconds < 7200) return `${number(seconds / 60)} min`;
  return seconds < 2 * DAY ? `${number(seconds / 3600)} h` : `${number(seconds / DAY)} days`;
}

/** Ticks and words below a box; `at` says where on the screen a time is. */
export function timeAxis(context, box, clock, span, at, { ink, line, grid = true }) {
  const { ticks, groups } = clock.ticks(span.start, span.stop, box.width);
  const floor = box.y + box.height;
  context.textBaseline = "top";
  context.textAlign = "center";
  for (const { at: time, label } of ticks) {
    const x = Math.round(at(time));
    if (grid) {
      context.fillStyle = line;
      context.fillRect(x, box.y, 1, box.height);
    }
    context.fillStyle = ink;
    context.fillRect(x, floor, 1, 4);
    const half = context.measureText(label).width / 2;
    if (x - half >= box.x - 30 && x + half <= box.x + box.width + 30) context.fillText(label, x, floor + 6);
  }
  context.textAlign = "left";
  let free = Infinity; // from the right, so that it is the word at the left edge that gives way
  for (const { at: time, label } of groups.reverse()) {
    const x = Math.max(box.x, at(time));
    const width = context.measureText(label).width;
    if (x + width + 8 > free || x + width > box.x + box.width) continue;
    context.fillText(label, x + (x > box.x ? 2 : 0), floor + 20);
    if (x > box.x + 1) context.fillRect(Math.round(x) - 2, floor + 20, 1, 11);
    free = x;
  }
}
