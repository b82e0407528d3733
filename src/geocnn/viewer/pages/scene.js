// A cube in space: its three slices where they lie, and a probability as points.

import { colour, fitted, named, text } from "./axes.js";
import { LINES } from "./panel.js";
import { bytes, complain } from "./requests.js";
import { looking, perspective, product, program, projected } from "./space.js";

const PIXELS = 400; // of a slice
const SLICE = [
  `attribute vec3 place; attribute vec2 at; uniform mat4 seen; varying vec2 where;
   void main() { gl_Position = seen * vec4(place, 1.0); where = at; }`,
  `precision mediump float; uniform sampler2D picture; varying vec2 where;
   void main() { vec4 c = texture2D(picture, where); if (c.a < 0.02) discard; gl_FragColor = vec4(c.rgb, 1.0); }`,
];
const LINE = [
  `attribute vec3 place; uniform mat4 seen;
   void main() { gl_Position = seen * vec4(place, 1.0); gl_PointSize = 3.0; }`,
  `precision mediump float; uniform vec4 ink; void main() { gl_FragColor = ink; }`,
];
const SURFACE = [
  `attribute vec3 place; attribute vec3 normal; uniform mat4 seen; uniform vec3 light; varying float bright;
   void main() { gl_Position = seen * vec4(place, 1.0); bright = 0.45 + 0.55 * abs(dot(normalize(normal), light)); }`,
  `precision mediump float; uniform vec3 ink; varying float bright;
   void main() { gl_FragColor = vec4(ink * bright, 1.0); }`,
];
const BESIDE = 36; // pixels for labels on either side of the cube, which is 0.9 as wide as its panel is tall
const MESH = 180; // traces of a surface along each side, at most
const POINT = [
  `attribute vec4 place; uniform mat4 seen; uniform float size; uniform float middle; varying float p;
   varying float near; void main() { p = place.w; gl_Position = seen * vec4(place.xyz + 0.5, 1.0);
     near = clamp(0.95 - 0.5 * (gl_Position.w - middle), 0.55, 1.15); gl_PointSize = size / gl_Position.w; }`,
  `precision mediump float; uniform float least; varying float p; varying float near;
   void main() { if (p < least || distance(gl_PointCoord, vec2(0.5)) > 0.5) discard;
     float s = clamp((p - 0.3) / 0.7, 0.0, 1.0);
     gl_FragColor = vec4(mix(vec3(0.98, 0.72, 0.1), vec3(0.8, 0.0, 0.05), s) * near, 1.0); }`,
];

export class Scene {
  constructor(host, views, state) {
    Object.assign(this, { host, views, state, textures: new Map(), clouds: new Map() });
    host.innerHTML = `<canvas></canvas><canvas></canvas><header><b>in space</b><span class="busy">reading ...</span>
      <button title="Alone, or with the others (m)">&#x2922;</button></header>`;
    [this.canvas, this.labels] = host.querySelectorAll("canvas");
    this.sizes();
    this.look();
    // Points are found by a pass over the whole probability, which is not to be made of large ones unasked.
    this.points = state.axes.reduce((product, axis) => product * axis.size, 1) < 3e8;
    this.gl = this.canvas.getContext("webgl", { antialias: true, alpha: true, preserveDrawingBuffer: true });
    if (!this.gl) {
      host.querySelector("header b").textContent = "this browser has no WebGL, which the view in space needs";
      return;
    }
    const sources = { slice: SLICE, line: LINE, point: POINT, surface: SURFACE };
    this.programs = Object.fromEntries(
      Object.entries(sources).map(([name, pair]) => [name, program(this.gl, ...pair)]),
    );
    this.surfaces = new Map();
    this.buffer = this.gl.createBuffer();
    this.listen();
    new ResizeObserver(() => this.draw()).observe(host);
    state.listeners.push((what, axis) => {
      if (what === "slice") this.refresh(this.views.filter((view) => view.cut === axis));
      if (what === "picture") this.refresh(this.views);
    });
    this.refresh(views);
  }

  /** Lengths of the cube: true ones of its sides where coordinates are known; its height is free. */
  sizes() {
    const axes = this.state.axes;
    const spacing = this.state.about.spacing.length === 2 ? this.state.about.spacing : [1, 1];
    const sides = [axes[0].size * spacing[0], axes[1].size * spacing[1]];
    const most = Math.max(...sides);
    this.size = [Math.max(0.15, sides[0] / most), Math.max(0.15, sides[1] / most), 0.55]; // inline, crossline, down
  }

  /** Where an index (edges of samples) along each axis is in space: crosslines to the right, inlines away, time down. */
  place(edges) {
    const share = edges.map((edge, k) => edge / this.state.axes[k].size - 0.5);
    return [share[1] * this.size[1], share[0] * this.size[0], -share[2] * this.size[2]];
  }

  async refresh(views) {
    if (!this.gl || this.host.hidden) return;
    if (this.busy) {
      this.again = [...new Set([...(this.again ?? []), ...views])];
      return;
    }
    this.busy = true;
    const slow = setTimeout(() => this.host.classList.add("waiting"), 150);
    const answers = await Promise.allSettled(views.map((view) => this.slice(view)));
    this.draw(); // points are found by and by
    answers.push(...(await Promise.allSettled([this.cloud()])));
    const refused = answers.find((answer) => answer.status === "rejected");
    if (refused) complain(refused.reason.message);
    clearTimeout(slow);
    this.host.classList.remove("waiting");
    this.draw();
    this.busy = false;
    const { again } = this;
    this.again = null;
    if (again) this.refresh(again);
  }

  /** A slice, coarse, as a texture. */
  async slice(view) {
    const { state, gl } = this;
    const at = state.at[view.cut];
    const [right, bottom] = [state.axes[view.across].size, state.axes[view.down].size];
    const query = { view: view.name, at, left: 0, right, top: 0, bottom, width: PIXELS, height: PIXELS };
    const found = await Promise.all(
      state.seenIn(view).layers.map(async (layer) => [layer, await state.slice({ layer, ...query }, bytes)]),
    );
    const pictures = state.pictures(new Map(found), view);
    if (!pictures.length) return;
    const { width, height, across, down } = pictures[0].image;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d");
    context.fillStyle = colour("no-data");
    context.fillRect(0, 0, width, height);
    for (const { canvas: layer, opacity } of pictures) {
      context.globalAlpha = opacity;
      context.drawImage(layer, 0, 0);
    }
    const known = this.textures.get(view.cut);
    const texture = known?.texture ?? gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, canvas);
    for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.LINEAR);
    // The last cell may reach beyond the survey.
    const [u, v] = [right / (width * across), bottom / (height * down)];
    this.textures.set(view.cut, { texture, view, at, u, v, drawn: pictures.map(({ layers }) => ({ layers })) });
  }

  /** What is drawn of layers, on slices and as points. */
  get drawn() {
    const slices = [...this.textures.values()].flatMap(({ drawn }) => drawn);
    return this.cloudSeen ? [...slices, { layers: [this.layer] }] : slices;
  }

  /** Whether a layer is seen, over the amplitudes or in their place. */
  isSeen(k) {
    return this.state.over[k].on || this.state.base === k;
  }

  /** Points of the first probability that is seen. */
  async cloud() {
    const { state, gl } = this;
    // A network has looked at sections alone.
    const whole = ({ kind, network }) => kind === "probability" && !network;
    const layer = state.over.findIndex((_, k) => this.isSeen(k) && whole(state.about.layers[k]));
    this.layer = layer;
    if (layer < 0 || !this.points || this.clouds.has(layer)) return;
    this.clouds.set(layer, null);
    const { buffer } = await bytes("/points", { layer }).catch((error) => {
      this.clouds.delete(layer);
      throw error;
    });
    const made = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, made);
    gl.bufferData(gl.ARRAY_BUFFER, buffer, gl.STATIC_DRAW);
    this.clouds.set(layer, { buffer: made, count: buffer.byteLength / 16 });
  }

  /** Points of the layer that is seen; null without them. */
  get cloudSeen() {
    return this.points && this.layer >= 0 && this.isSeen(this.layer) ? (this.clouds.get(this.layer) ?? null) : null;
  }

  draw() {
    if (!this.gl || this.host.hidden || this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = null;
      this.paint();
    });
  }

  paint() {
    const { gl, canvas, state } = this;
    const ratio = window.devicePixelRatio || 1;
    const box = canvas.getBoundingClientRect();
    [canvas.width, canvas.height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.enable(gl.DEPTH_TEST);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    // Beside the cube there is room for labels in a narrow panel, too.
    const [wide, tall] = [Math.max(1, box.width), Math.max(1, box.height)];
    this.share = Math.max(0.2, Math.min(1, (wide - 2 * BESIDE) / (0.9 * tall)));
    const lens = perspective(2 * Math.atan(Math.tan(0.3) / this.share), wide / tall, 0.1, 20);
    this.seen = product(lens, looking(this.turn, this.tilt, this.distance, this.shift));
    for (const one of this.textures.values()) this.paintSlice(one);
    this.paintLines();
    for (const horizon of state.horizons) if (horizon.on) this.paintSurface(horizon);
    this.paintPoints(ratio);
    this.paintLabels();
  }

  corners(view, at) {
    const ends = [this.state.axes[view.across].size, this.state.axes[view.down].size];
    return [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ].map(([right, down]) => {
      const edges = [0, 0, 0];
      edges[view.cut] = at + 0.5;
      edges[view.across] = right * ends[0];
      edges[view.down] = down * ends[1];
      return this.place(edges);
    });
  }

  paintSlice({ texture, view, at, u, v }) {
    const { gl } = this;
    const used = this.programs.slice;
    gl.useProgram(used);
    const corners = this.corners(view, at);
    const where = [
      [0, 0],
      [u, 0],
      [u, v],
      [0, v],
    ];
    const data = [0, 1, 2, 0, 2, 3].flatMap((k) => [...corners[k], ...where[k]]);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(data), gl.STREAM_DRAW);
    this.attribute(used, "place", 3, 20, 0);
    this.attribute(used, "at", 2, 20, 12);
    gl.uniformMatrix4fv(gl.getUniformLocation(used, "seen"), false, this.seen);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.drawArrays(gl.TRIANGLES, 0, 6);
  }

  /** A horizon as triangles with their normals, in edges of samples; none where it is not known. */
  surface(horizon) {
    const [inlines, crosslines] = this.state.axes.map((axis) => axis.size);
    const steps = [inlines, crosslines].map((n) => Math.max(1, Math.ceil(n / MESH)));
    const at = (i, j) => horizon.index[i * crosslines + j];
    const corner = (i, j) => [i + 0.5, j + 0.5, at(i, j) + 0.5];
    const out = [];
    for (let i = 0; i + steps[0] < inlines; i += steps[0]) {
      for (let j = 0; j + steps[1] < crosslines; j += steps[1]) {
        const four = [
          corner(i, j),
          corner(i + steps[0], j),
          corner(i + steps[0], j + steps[1]),
          corner(i, j + steps[1]),
        ];
        for (const three of [
          [0, 1, 2],
          [0, 2, 3],
        ]) {
          const places = three.map((k) => four[k]);
          if (places.every((place) => Number.isFinite(place[2]))) out.push(...places);
        }
      }
    }
    return out;
  }

  /** Picks that are too few for a surface, as points. */
  paintPicks(horizon) {
    const { gl } = this;
    const crosslines = this.state.axes[1].size;
    const places = [];
    const every = Math.ceil(horizon.index.length / 200000);
    for (let k = 0; k < horizon.index.length; k += every) {
      const index = horizon.index[k];
      if (Number.isFinite(index))
        places.push(...this.place([Math.floor(k / crosslines) + 0.5, (k % crosslines) + 0.5, index + 0.5]));
    }
    const used = this.programs.line;
    gl.useProgram(used);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(places), gl.STREAM_DRAW);
    this.attribute(used, "place", 3, 12, 0);
    gl.uniformMatrix4fv(gl.getUniformLocation(used, "seen"), false, this.seen);
    gl.uniform4fv(gl.getUniformLocation(used, "ink"), [...horizon.ink.rgb, 1]);
    gl.drawArrays(gl.POINTS, 0, places.length / 3);
  }

  paintSurface(horizon) {
    const { gl } = this;
    const key = JSON.stringify([this.size, horizon.version]);
    let known = this.surfaces.get(horizon);
    if (known?.key !== key) {
      const corners = this.surface(horizon).map((edges) => this.place(edges));
      const data = new Float32Array(6 * corners.length);
      for (let k = 0; k < corners.length; k += 3) {
        const normal = across(corners[k], corners[k + 1], corners[k + 2]);
        for (let n = k; n < k + 3; n++) data.set([...corners[n], ...normal], 6 * n);
      }
      const picked = horizon.index.reduce((count, index) => count + Number.isFinite(index), 0);
      const cells =
        picked / Math.max(1, Math.ceil(this.state.axes[0].size / MESH) * Math.ceil(this.state.axes[1].size / MESH));
      known = {
        key,
        buffer: known?.buffer ?? gl.createBuffer(),
        count: corners.length,
        few: corners.length < 3 * cells,
      };
      gl.bindBuffer(gl.ARRAY_BUFFER, known.buffer);
      gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
      this.surfaces.set(horizon, known);
    }
    if (known.few) this.paintPicks(horizon);
    const used = this.programs.surface;
    gl.useProgram(used);
    gl.bindBuffer(gl.ARRAY_BUFFER, known.buffer);
    this.attribute(used, "place", 3, 24, 0);
    this.attribute(used, "normal", 3, 24, 12);
    gl.uniformMatrix4fv(gl.getUniformLocation(used, "seen"), false, this.seen);
    gl.uniform3fv(gl.getUniformLocation(used, "light"), [0.43, -0.35, 0.83]);
    gl.uniform3fv(gl.getUniformLocation(used, "ink"), horizon.ink.rgb);
    gl.drawArrays(gl.TRIANGLES, 0, known.count);
  }

  /** The edges of the cube, and of each slice in the colour of its axis. */
  paintLines() {
    const { gl, state } = this;
    const used = this.programs.line;
    gl.useProgram(used);
    gl.uniformMatrix4fv(gl.getUniformLocation(used, "seen"), false, this.seen);
    const loop = (points, ink) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
      gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(points.flat()), gl.STREAM_DRAW);
      this.attribute(used, "place", 3, 12, 0);
      gl.uniform4fv(gl.getUniformLocation(used, "ink"), ink);
      gl.drawArrays(gl.LINE_LOOP, 0, points.length);
    };
    const soft = rgb(colour("soft"));
    const top = this.views.find((view) => view.cut === 2);
    const [above, below] = [this.corners(top, -0.5), this.corners(top, state.axes[2].size - 0.5)];
    loop(above, soft);
    loop(below, soft);
    above.forEach((corner, k) => loop([corner, below[k]], soft));
    for (const { view, at } of this.textures.values()) loop(this.corners(view, at), rgb(LINES[view.cut]));
  }

  paintPoints(ratio) {
    const { gl, state } = this;
    const cloud = this.cloudSeen;
    if (!cloud) return;
    const used = this.programs.point;
    gl.useProgram(used);
    gl.bindBuffer(gl.ARRAY_BUFFER, cloud.buffer);
    this.attribute(used, "place", 4, 16, 0);
    gl.uniformMatrix4fv(gl.getUniformLocation(used, "seen"), false, this.permuted());
    const cells = Math.max(60, Math.min(160, ...state.axes.map((axis) => axis.size)));
    gl.uniform1f(gl.getUniformLocation(used, "size"), (1.7 * ratio * this.share * this.canvas.clientHeight) / cells);
    gl.uniform1f(gl.getUniformLocation(used, "middle"), this.distance);
    gl.uniform1f(gl.getUniformLocation(used, "least"), state.over[this.layer].threshold);
    gl.drawArrays(gl.POINTS, 0, cloud.count);
  }

  /** From edges of samples (inline, crossline, down) to the screen. */
  permuted() {
    const [origin, a, b, c] = [
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ].map((edges) => this.place(edges));
    const column = (end) => end.map((value, k) => value - origin[k]);
    return product(this.seen, new Float32Array([...column(a), 0, ...column(b), 0, ...column(c), 0, ...origin, 1]));
  }

  /** Names of the axes, and the numbers at their ends, at the lower edges of the cube. */
  paintLabels() {
    const { context, width, height } = fitted(this.labels);
    const { state } = this;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.strokeStyle = colour("card");
    [context.lineWidth, context.lineJoin] = [3, "round"];
    const onScreen = (edges) => {
      const [x, y, depth] = projected(this.seen, this.place(edges));
      return { x: ((x + 1) / 2) * width, y: ((1 - y) / 2) * height, depth };
    };
    const said = []; // rectangles
    /** Words inside of the panel, where their place is in it and free. */
    const say = (words, { x, y, depth }, dx, dy) => {
      if (depth > 1 || x < 0 || x > width || y < 0 || y > height) return;
      const half = context.measureText(words).width / 2 + 2;
      const at = [Math.max(half, Math.min(width - half, x + dx)), Math.max(28, Math.min(height - 8, y + dy))];
      const own = [at[0] - half, at[0] + half, at[1] - 7, at[1] + 7];
      if (said.some(([left, right, top, bottom]) => own[0] < right && own[1] > left && own[2] < bottom && own[3] > top))
        return;
      said.push(own);
      context.strokeText(words, ...at); // they may be over the cube
      context.fillText(words, ...at);
    };
    const ends = state.axes.map((axis) => axis.size);
    const middle = onScreen(ends.map((end) => end / 2));
    for (const k of [0, 1, 2]) {
      const others = [0, 1, 2].filter((other) => other !== k);
      const edges = [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ].map(([one, two]) => {
        const from = [0, 0, 0];
        from[others[0]] = one * ends[others[0]];
        from[others[1]] = two * ends[others[1]];
        const to = [...from];
        to[k] = ends[k];
        return [onScreen(from), onScreen(to)];
      });
      // Horizontal axes along the lowest edge on the screen, the vertical one along the leftmost.
      const score = ([a, b]) => (k === 2 ? -(a.x + b.x) : a.y + b.y);
      const [from, to] = edges.reduce((best, edge) => (score(edge) > score(best) ? edge : best));
      const away = Math.sign((from.x + to.x) / 2 - middle.x) || 1;
      const beside = (words, place, by) => say(words, place, away * by, k === 2 ? 0 : by);
      const value = (edge) => text(state.value(k, edge));
      context.fillStyle = LINES[k];
      beside(value(0.5), from, 18);
      beside(value(ends[k] - 0.5), to, 18);
      const short = Math.hypot(to.x - from.x, to.y - from.y) < 90; // then the numbers at the ends are near
      const half = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2, depth: (from.depth + to.depth) / 2 };
      beside(named(state.axes[k]), half, short ? 48 : 30);
    }
  }

  attribute(used, name, size, stride, offset) {
    const at = this.gl.getAttribLocation(used, name);
    this.gl.enableVertexAttribArray(at);
    this.gl.vertexAttribPointer(at, size, this.gl.FLOAT, false, stride, offset);
  }

  listen() {
    let from = null;
    const { labels } = this;
    labels.addEventListener("pointerdown", (event) => {
      labels.setPointerCapture(event.pointerId);
      from = [event.offsetX, event.offsetY];
    });
    labels.addEventListener("pointermove", (event) => {
      if (!from) return;
      const [dx, dy] = [event.offsetX - from[0], event.offsetY - from[1]];
      from = [event.offsetX, event.offsetY];
      if (event.shiftKey || event.buttons === 2) {
        const unit = this.distance / labels.clientHeight / this.share / 1.6;
        this.shift = [this.shift[0] + dx * unit, this.shift[1] - dy * unit];
      } else {
        this.turn += dx / 150;
        this.tilt = Math.max(-1.5, Math.min(1.5, this.tilt + dy / 150));
      }
      this.draw();
    });
    labels.addEventListener("pointerup", () => (from = null));
    labels.addEventListener("contextmenu", (event) => event.preventDefault());
    labels.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.distance = Math.max(0.6, Math.min(8, this.distance * 1.001 ** event.deltaY));
        this.draw();
      },
      { passive: false },
    );
  }

  /** From where the whole cube is seen; a high one from farther away. */
  look() {
    const distance = 2.7 * Math.max(1, (0.31 + 0.45 * this.size[2]) / 0.56);
    Object.assign(this, { turn: 0.7, tilt: 0.45, distance, shift: [0, 0] });
  }

  fit() {
    this.look();
    this.draw();
  }
}

/** The normal of a triangle. */
function across([a, b, c], [d, e, f], [g, h, i]) {
  const [p, q] = [
    [d - a, e - b, f - c],
    [g - a, h - b, i - c],
  ];
  return [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]];
}

function rgb(hex) {
  const [r, g, b] = [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16) / 255);
  return [r, g, b, 1];
}
