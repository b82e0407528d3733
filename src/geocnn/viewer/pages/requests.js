// What pages ask of the program that serves them; a refusal is a sentence for the user.

const LASTS = 4000; // milliseconds for which a sentence is there: data that come in meanwhile do not take it away
const place = () => document.querySelector(".error");
let [shown, timer] = [0, null];

export function complain(sentence) {
  place().textContent = sentence;
  place().hidden = false;
  shown = performance.now();
  clearTimeout(timer);
}

/** What was asked for is there. */
function content() {
  clearTimeout(timer);
  timer = setTimeout(() => (place().hidden = true), shown + LASTS - performance.now());
}

async function answer(path, query, options) {
  const words = new URLSearchParams(query).toString();
  let response;
  try {
    response = await fetch(words ? `${path}?${words}` : path, options);
  } catch {
    throw new Error("geocnn view has ended; start it again in the terminal.");
  }
  if (!response.ok) {
    const refusal = await response.json().catch(() => ({ error: `the server answers ${response.status}.` }));
    throw new Error(refusal.error);
  }
  content();
  return response;
}

export async function json(path, query = {}) {
  return (await answer(path, query)).json();
}

export async function bytes(path, query = {}) {
  const response = await answer(path, query);
  return { buffer: await response.arrayBuffer(), headers: response.headers };
}

/** What changes something: sent as JSON, which pages of other sites cannot send. */
export async function post(path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  return answer(path, {}, { method: "POST", headers, body: JSON.stringify(body) });
}
