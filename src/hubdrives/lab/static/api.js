// What the page asks its server. Every failure is thrown as {code, message, hint}.

const SILENT_MS = 25000;
const POLL_MS = 1000;
const PATIENCE = 30;

/** The server's address of one of the page's own resources. */
export function address(path) {
  return document.documentElement.dataset.baseUrl + path;
}

/** What a pull link leads to; `query` is the link's own. */
export function describe(query) {
  return ask(`hubdrives/api/describe?${query}`);
}

/** Starts the pull that `query` asks for, or finds it running. */
export function start(query) {
  return ask("hubdrives/api/pulls", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(Object.fromEntries(query)),
  });
}

/** Calls `onState` with each state of the pull until it has ended; returns the last one. */
export async function watch(id, onState) {
  let last = null;
  const told = (state) => {
    last = state;
    onState(state);
  };
  try {
    await stream(`hubdrives/api/pulls/${id}/events`, told);
  } catch (problem) {
    // A proxy may hold or cut the stream; asking again and again works everywhere.
    console.info("The stream of events ended early; asking instead.", problem.code ?? problem.name);
  }
  if (last === null || last.state === "running") {
    await poll(`hubdrives/api/pulls/${id}`, told);
  }
  return last;
}

async function poll(path, told) {
  for (let failures = 0; ; ) {
    try {
      const state = await ask(path);
      told(state);
      if (state.state !== "running") return;
      failures = 0;
    } catch (problem) {
      failures += 1;
      if (problem.code !== "no-contact" || failures > PATIENCE) throw problem;
    }
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

async function stream(path, told) {
  const control = new AbortController();
  let silence;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => control.abort(), SILENT_MS);
  };
  heard();
  try {
    const answer = await request(path, { signal: control.signal });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      const events = (text + value).split("\n\n");
      text = events.pop();
      for (const event of events) {
        if (event.startsWith("data: ")) told(JSON.parse(event.slice("data: ".length)));
      }
    }
  } finally {
    clearTimeout(silence);
  }
}

async function ask(path, options) {
  const answer = await request(path, options);
  return answer.json();
}

async function request(path, { headers = {}, ...options } = {}) {
  let answer;
  try {
    // JupyterHub wants the XSRF token with every request that a script makes, so GET too; an EventSource can't send it.
    answer = await fetch(address(path), { ...options, headers: { "X-XSRFToken": xsrfToken(), ...headers } });
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw {
      code: "no-contact",
      message: "Your server can't be reached.",
      hint: "Check your network. If your server was stopped, start it again and open the link once more.",
    };
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw {
    code: told.code ?? `http-${answer.status}`,
    message: told.message ?? "Your server could not answer.",
    hint: told.hint ?? "Load the page again; if that does not help, restart your server.",
  };
}

function xsrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("_xsrf="));
  return cookie ? decodeURIComponent(cookie.slice("_xsrf=".length)) : "";
}
