// All words that a page writes on its canvases, each with its left, right, upper and lower end; and those that it writes
// on pictures that are saved.

window.words = [];
window.saved = [];
const { fillText } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.fillText = function (said, x, y, ...more) {
  const { actualBoundingBoxLeft, actualBoundingBoxRight, actualBoundingBoxAscent, actualBoundingBoxDescent } =
    this.measureText(said);
  if (this.canvas.isConnected)
    window.words.push([
      said,
      x - actualBoundingBoxLeft,
      x + actualBoundingBoxRight,
      y - actualBoundingBoxAscent,
      y + actualBoundingBoxDescent,
    ]);
  else window.saved.push(said);
  fillText.call(this, said, x, y, ...more);
};
