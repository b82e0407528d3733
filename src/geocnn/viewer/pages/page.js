// What all pages need of the document.

export const find = (name) => document.getElementById(name);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** The key that is pressed; a letter is the same with Caps Lock. */
export const keyOf = ({ key }) => (key.length === 1 ? key.toLowerCase() : key);

/** A place keeps the height that it had: what is below does not move when the pointer leaves what is told of. */
export function steady(place) {
  const { height } = place.getBoundingClientRect();
  if (height > (parseFloat(place.style.minHeight) || 0)) place.style.minHeight = `${height}px`;
}

/** A file in the folder of downloads. */
export function keep(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000); // it is read after the click
}

/** A canvas as a picture there. */
export function download(canvas, name) {
  canvas.toBlob((blob) => keep(blob, name));
}
