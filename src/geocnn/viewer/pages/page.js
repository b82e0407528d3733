// What all pages need of the document.

export const find = (name) => document.getElementById(name);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
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
