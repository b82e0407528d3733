// From samples to colours.

export const NO_DATA = -32768;

/** 256 colours of red, green, blue and opacity, from the base64 of the server. */
export function tables(coded) {
  const made = {};
  for (const [name, text] of Object.entries(coded)) {
    made[name] = Uint8ClampedArray.from(atob(text), (letter) => letter.charCodeAt(0));
  }
  return made;
}

/** The colours of an amplitude or of classes as a canvas with a pixel a sample. */
export function painted(image, table, low, high, less = null) {
  const { values, width, height, scale } = image;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  const out = picture.data;
  const factor = 255 / (high - low || 1);
  for (let k = 0; k < values.length; k++) {
    if (values[k] === NO_DATA || less?.values[k] === NO_DATA) continue; // stays transparent
    let value = values[k] * scale;
    if (less !== null) value -= less.values[k] * less.scale;
    const place = 4 * Math.max(0, Math.min(255, Math.round((value - low) * factor)));
    out[4 * k] = table[place];
    out[4 * k + 1] = table[place + 1];
    out[4 * k + 2] = table[place + 2];
    out[4 * k + 3] = table[place + 3];
  }
  context.putImageData(picture, 0, 0);
  return canvas;
}

/** A probability: nothing below the threshold, and from there on at least a little colour. */
export function probable(table, threshold) {
  const made = new Uint8ClampedArray(table);
  const first = Math.round(255 * threshold);
  const seen = 4 * Math.max(first, 90); // a colour that can be seen
  for (let k = 0; k < 256; k++) {
    if (k < first) made[4 * k + 3] = 0;
    else if (made[4 * k + 3] < 90) made.set([table[seen], table[seen + 1], table[seen + 2], 110], 4 * k);
  }
  return made;
}

/** Values of the first and the last colour. */
export function range(layer, gain) {
  if (layer.kind === "classes") return [0, 255];
  if (layer.kind === "probability") return [0, 1];
  if (layer.low === -layer.high) return [layer.low / gain, layer.high / gain];
  const [middle, half] = [(layer.low + layer.high) / 2, (layer.high - layer.low) / 2];
  return [middle - half / gain, middle + half / gain];
}
