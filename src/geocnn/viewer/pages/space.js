// The little of linear algebra that a view in space needs; matrices of 4 x 4 by columns, as WebGL has them.

export function product(a, b) {
  const out = new Float32Array(16);
  for (let column = 0; column < 4; column++)
    for (let row = 0; row < 4; row++)
      for (let k = 0; k < 4; k++) out[4 * column + row] += a[4 * k + row] * b[4 * column + k];
  return out;
}

export function perspective(angle, aspect, near, far) {
  const f = 1 / Math.tan(angle / 2);
  const depth = near - far;
  return new Float32Array([
    f / aspect,
    0,
    0,
    0,
    0,
    f,
    0,
    0,
    0,
    0,
    (near + far) / depth,
    -1,
    0,
    0,
    (2 * near * far) / depth,
    0,
  ]);
}

/** Seen from a distance, turned about the vertical (z) and tilted, radians. */
export function looking(turn, tilt, distance, shift) {
  const [ct, st, cp, sp] = [Math.cos(turn), Math.sin(turn), Math.cos(tilt), Math.sin(tilt)];
  return new Float32Array([
    ct,
    sp * st,
    -cp * st,
    0,
    -st,
    sp * ct,
    -cp * ct,
    0,
    0,
    cp,
    sp,
    0,
    shift[0],
    shift[1],
    -distance,
    1,
  ]);
}

/** A place in space on the screen, -1 to 1, and its depth. */
export function projected(matrix, [x, y, z]) {
  const at = (row) => matrix[row] * x + matrix[4 + row] * y + matrix[8 + row] * z + matrix[12 + row];
  const w = at(3);
  return [at(0) / w, at(1) / w, at(2) / w];
}

export function program(gl, vertex, fragment) {
  const made = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made));
  return made;
}
