// What pages ask of the program that serves them; a refusal is a sentence for the user.

const place = () => document.querySelector(".error");

export function complain(sentence) {
  place().textContent = sentence;
  place().hidden = false;
}

async function answer(path, query, signal) {
  const words = new URLSearchParams(query).toString();
  let response;
  try {
    response = await fetch(words ? `${path}?${words}` : path, { signal });
  } catch (error) {
    if (error.name === "AbortError") throw error; // asked for by the page itself
    throw new Error("geocnn view has ended; start it again in the terminal.");
  }
  if (!response.ok) {
    const told = await response.json().catch(() => ({ error: `the server answers ${response.status}.` }));
    throw new Error(told.error);
  }
  place().hidden = true;
  return response;
}

export async function json(path, query = {}, signal = undefined) {
  return (await answer(path, query, signal)).json();
}

export async function bytes(path, query = {}, signal = undefined) {
  const response = await answer(path, query, signal);
  return { buffer: await response.arrayBuffer(), headers: response.headers };
}
