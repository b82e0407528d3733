// What pages ask of the program that serves them; a refusal is a sentence for the user.

const place = () => document.querySelector(".error");

export function complain(sentence) {
  place().textContent = sentence;
  place().hidden = false;
}

async function answer(path, query) {
  const words = new URLSearchParams(query).toString();
  let response;
  try {
    response = await fetch(words ? `${path}?${words}` : path);
  } catch {
    throw new Error("geocnn view has ended; start it again in the terminal.");
  }
  if (!response.ok) {
    const told = await response.json().catch(() => ({ error: `the server answers ${response.status}.` }));
    throw new Error(told.error);
  }
  place().hidden = true;
  return response;
}

export async function json(path, query = {}) {
  return (await answer(path, query)).json();
}

export async function bytes(path, query = {}) {
  const response = await answer(path, query);
  return { buffer: await response.arrayBuffer(), headers: response.headers };
}
