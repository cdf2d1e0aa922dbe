// What the page asks its server. Every failure is thrown as {code, message, hint}, with login_url and agree_at if told.

const SILENT_MS = 25000;
const POLL_MS = 1000;
const PATIENCE = 30;

/** The server's address of one of the page's own resources. */
export function address(path) {
  return document.documentElement.dataset.baseUrl + path;
}

/** The address of the page that reports on the working folder `target`. */
export function reportPage(target) {
  return address(`hubdrives/report?${new URLSearchParams({ target })}`);
}

/** What a pull link leads to; `query` is the link's own. */
export function describe(query) {
  return ask(`hubdrives/api/describe?${query}`);
}

/** Starts the pull that `query` asks for, or finds it running; with `overOpen`, open files are changed too. */
export function start(query, { overOpen = false } = {}) {
  // Some names come more than once.
  const order = Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)]));
  return post("pulls", overOpen ? { ...order, overopen: "yes" } : order);
}

/** How the working folder `target` stands. */
export function report(target) {
  return ask(`hubdrives/api/report?${new URLSearchParams({ target })}`);
}

/** The reader's file against the author's: {path, form, lines}. */
export function difference(target, path) {
  return ask(`hubdrives/api/difference?${new URLSearchParams({ target, path })}`);
}

/** The author's version of a file, as a Blob. */
export async function upstream(target, path) {
  return (await request(`hubdrives/api/upstream?${new URLSearchParams({ target, path })}`)).blob();
}

/** Puts the author's versions of `paths` in place; answers how the folder stands then. */
export function reset(target, paths, { overOpen = false } = {}) {
  return post("reset", { target, paths, overopen: overOpen ? "yes" : "" });
}

/** Takes back what was done last, if that is `id`; answers how the folder stands then. */
export function undo(target, id, { overOpen = false } = {}) {
  return post("undo", { target, id, overopen: overOpen ? "yes" : "" });
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

function post(name, body) {
  return ask(`hubdrives/api/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
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
    login_url: told.login_url,
    agree_at: told.agree_at,
  };
}

function xsrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("_xsrf="));
  return cookie ? decodeURIComponent(cookie.slice("_xsrf=".length)) : "";
}
