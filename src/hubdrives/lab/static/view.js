// What the pages have in common: their views, what is said to screen readers, questions, texts to copy.

import { address } from "./api.js";
import { leave, wayToLogin } from "./login.js";
import { printable, sentences } from "./words.js";

const page = document.documentElement.dataset;
export const $ = (id) => document.getElementById(id);

let lastSaid = 0;

/** Puts the page into a view: what is not named is hidden, what is text is set as text. */
export function show(view, { title, lead = "", facts = false, work = false, report = false, buttons = [], note = "", openLabel = "Open my files", focus }) {
  $("page").dataset.view = view;
  $("page").setAttribute("aria-busy", String(view === "looking" || view === "working"));
  // Screen readers say an alert at once.
  if (view === "error") $("told").setAttribute("role", "alert");
  else $("told").removeAttribute("role");
  $("title").textContent = printable(title);
  put("lead", lead);
  put("note", note);
  $("open").textContent = openLabel;
  $("facts").hidden = !facts;
  $("work").hidden = !work;
  $("report").hidden = !report;
  $("later").hidden = true;
  $("copied-by-hand").hidden = true;
  $("actions").hidden = buttons.length === 0;
  for (const button of $("actions").children) button.hidden = true;
  for (const id of buttons) {
    // The first is the one to take; what is seen first is reached first by keyboard too.
    $("actions").append($(id));
    $(id).hidden = false;
    $(id).classList.toggle("primary", id === buttons[0]);
  }
  if (focus) $(focus).focus({ preventScroll: true });
}

/** Shows `problem` ({code, message, hint}), and makes it fit to be copied; `about` says what it happened to.
 *
 * `about.here` is the page to come back to from a login, `about.agreed` whether the reader had agreed to what it asks,
 * `about.back` whether they come from there.
 */
export function fail(problem, about = {}) {
  const told = problem.code ? problem : {
    code: "page-failed",
    message: "Something went wrong in this page.",
    hint: "Load it again; if that does not help, send the copied text to your hub's administrators.",
  };
  const way = wayToLogin(told, about.here);
  document.title = way ? way.text : "It did not work";
  $("support").value = [
    `Problem: ${told.message}`,
    `Code: ${told.code}`,
    `Time: ${new Date().toISOString()}`,
    `Source: ${about.source ?? ""} ${page.source}`.trim(),
    `Target: ${about.target ?? page.target}`,
    `hubdrives ${page.version}`,
  ].join("\n");
  if (way) {
    $("login").textContent = way.text;
    $("login").href = way.href;
    $("login").onclick = () => leave(about.here, about.agreed);
  }
  show("error", {
    title: told.message,
    lead: way ? way.lead : told.hint,
    note: way && about.back ? `If you have just ${way.done}, copy this for support and send it to your hub's administrators.` : "",
    buttons: [...(way ? ["login"] : []), "retry", "open", "copy"],
    openLabel: "Open my files anyway",
    focus: "title",
  });
}

/** What a part of the page says of `problem`, and the link that mends it, if a login does: {text, links}. */
export function explained(problem, here) {
  const way = wayToLogin(problem, here);
  if (!way) return { text: sentences(problem), links: [] };
  const link = element("a", way.text, { className: "button small" });
  link.href = way.href;
  return { text: `${problem.message} ${way.lead}`, links: [link] };
}

/** `text` in an element of the page, which is hidden if there is none. */
export function put(id, text) {
  $(id).textContent = printable(text);
  $(id).hidden = !text;
}

/** Tells it to screen readers. */
export function say(text) {
  $("live").textContent = printable(text);
  lastSaid = Date.now();
}

/** For how many milliseconds nothing was said. */
export function silence() {
  return Date.now() - lastSaid;
}

/** What "Open my files" leads to: a path of the server, or JupyterLab. */
export function openAt(url = address("lab")) {
  $("open").href = url;
}

/** An element with a text, and what else it holds. */
export function element(name, text = "", { className = "", children = [] } = {}) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(printable(text), ...children);
  return made;
}

/** A button that does `act` when it is pressed. */
export function button(text, act, { about = "", className = "button small" } = {}) {
  const made = element("button", text, { className });
  made.type = "button";
  // Of many buttons with one text, a screen reader tells which file each is for.
  if (about) made.append(element("span", ` (${about})`, { className: "unseen" }));
  made.addEventListener("click", act);
  return made;
}

/** Puts `text` into the clipboard; where only the reader can do that, selects it in `element` for them. */
export async function copy(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
    return true;
  } catch {
    // Without https, or when the reader forbids it, browsers let nobody but the reader copy.
    if (element.select) {
      element.focus();
      element.select();
    } else getSelection().selectAllChildren(element);
    return false;
  }
}

$("copy").addEventListener("click", async () => {
  $("copied-by-hand").hidden = false;
  if (!(await copy($("support").value, $("support")))) return;
  $("copied-by-hand").hidden = true;
  put("note", "Copied. Paste it into a message to your hub's support.");
});
