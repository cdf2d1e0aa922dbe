// The pull page: looks at the link, asks where that is due, shows how far the pull is, opens the files.

import { address, describe, start, watch } from "./api.js";
import * as words from "./words.js";

const OPENS_AFTER_SECONDS = 15;
const SAY_EVERY_MS = 10000;

// Nothing else of the address goes on: a login token may stand there too.
const query = new URLSearchParams(
  [...new URLSearchParams(location.search)].filter(([name]) => ["source", "link", "targetpath", "urlpath"].includes(name)),
);
const shown = document.documentElement.dataset;
const $ = (id) => document.getElementById(id);

let prospect = null;
let waitingUntil = 0;
let waitingOn = "";
let lastSaid = 0;
let opening = null;

/** Puts the page into a view: what is not named is hidden, what is text is set as text. */
function show(view, { title, lead = "", facts = false, work = false, summary = false, buttons = [], note = "", openLabel = "Open my files", focus }) {
  $("page").dataset.view = view;
  $("page").setAttribute("aria-busy", String(view === "looking" || view === "working"));
  // Screen readers say an alert at once.
  if (view === "error") $("told").setAttribute("role", "alert");
  else $("told").removeAttribute("role");
  $("title").textContent = title;
  put("lead", lead);
  put("note", note);
  $("open").textContent = openLabel;
  $("facts").hidden = !facts;
  $("work").hidden = !work;
  $("summary").hidden = !summary;
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

function put(id, text) {
  $(id).textContent = text;
  $(id).hidden = !text;
}

function say(text) {
  $("live").textContent = text;
  lastSaid = Date.now();
}

function openAt(url) {
  $("open").href = url;
}

async function begin() {
  openAt(address("lab"));
  document.title = "Getting your files";
  show("looking", { title: "Looking at your link…" });
  try {
    prospect = await describe(query);
    $("from").replaceChildren(prospect.source, ...small(prospect.address));
    $("into").replaceChildren(prospect.target, ...small(prospect.known ? "You pulled this before; your changes are kept." : "a folder in your home"));
    if (prospect.known) openAt(prospect.open);
    if (prospect.running) await follow({ id: prospect.running });
    else if (prospect.automatic) await pull();
    else consent();
  } catch (problem) {
    fail(problem);
  }
}

function consent() {
  document.title = `Get “${prospect.name}”?`;
  show("asking", {
    title: `Get “${prospect.name}”?`,
    lead: "The files will be put into your home. What you already have there is kept.",
    facts: true,
    buttons: ["start", "open"],
    openLabel: "Not now",
    focus: "start",
  });
  say(`Get ${prospect.name} from ${prospect.source}, into the folder ${prospect.target}?`);
}

async function pull() {
  const asked = new URLSearchParams(query);
  asked.set("targetpath", prospect.target);
  try {
    await follow(await start(asked));
  } catch (problem) {
    fail(problem);
  }
}

async function follow({ id }) {
  show("working", {
    title: `Getting “${prospect.name}”`,
    facts: true,
    work: true,
    note: "You can close this page; your server goes on.",
    focus: "title",
  });
  say(`Getting ${prospect.name} from ${prospect.source}.`);
  const ticking = setInterval(tellWaiting, 250);
  try {
    const last = await watch(id, progress);
    if (last.error) fail(last.error);
    else finish(last.report);
  } finally {
    clearInterval(ticking);
  }
}

function progress(state) {
  const now = state.progress;
  const part = words.fraction(now);
  if (part === null || now.phase === "listing") $("bar").removeAttribute("value");
  else $("bar").value = part;
  $("phase").textContent = words.phase(now);
  $("amount").textContent = words.amount(now);
  waitingUntil = now.waiting ? Date.now() + now.waiting.seconds * 1000 : 0;
  waitingOn = now.waiting?.on ?? "";
  tellWaiting();
  const percent = part === null ? "" : `${Math.floor(part * 100)} %`;
  document.title = `${percent ? `${percent} · ` : ""}Getting “${prospect.name}”`;
  if (Date.now() - lastSaid > SAY_EVERY_MS) say(`${words.phase(now)} ${percent}`);
}

function tellWaiting() {
  const seconds = Math.ceil((waitingUntil - Date.now()) / 1000);
  put("waiting", seconds > 0 ? `Waiting for ${waitingOn}, ${seconds} s` : "");
}

function finish(report) {
  openAt(prospect.open);
  const changed = words.changed(report);
  const title = report.failed?.length ? "Some files are missing" : changed ? "Your files are ready" : "Everything is up to date";
  document.title = `${title} · “${prospect.name}”`;
  $("summary").replaceChildren(...words.rows(report).map(summaryRow));
  if (!words.worthALook(report)) {
    show("done", { title, summary: true, lead: "Opening…", buttons: ["open"] });
    say(`${title}. Opening.`);
    location.replace(prospect.open);
    return;
  }
  const missing = report.failed?.length > 0;
  show(missing ? "missing" : "look", {
    title,
    lead: missing ? "Everything else is in your home. Open the link again later to get the rest." : "",
    summary: true,
    buttons: missing ? ["open", "retry"] : ["open", "stay"],
    focus: "open",
  });
  say(`${title}. ${words.rows(report).map((row) => row.text).join(". ")}.`);
  if (!missing) openSoon();
}

/** Opens the files after a while, unless the reader shows that they are still reading. */
function openSoon() {
  let left = OPENS_AFTER_SECONDS;
  const tick = () => {
    put("note", `Opens by itself in ${left} s.`);
    if (left === 0) location.replace(prospect.open);
    left -= 1;
  };
  tick();
  opening = setInterval(tick, 1000);
}

function stay() {
  clearInterval(opening);
  opening = null;
  $("stay").hidden = true;
  put("note", "");
}

function fail(problem) {
  const told = problem.code ? problem : {
    code: "page-failed",
    message: "Something went wrong in this page.",
    hint: "Load it again; if that does not help, send the copied text to your hub's administrators.",
  };
  document.title = "It did not work";
  $("support").value = [
    `Problem: ${told.message}`,
    `Code: ${told.code}`,
    `Time: ${new Date().toISOString()}`,
    `Source: ${prospect ? `${prospect.name} (${prospect.source})` : ""} ${shown.source}`.trim(),
    `Target: ${prospect?.target ?? shown.target}`,
    `hubdrives ${shown.version}`,
  ].join("\n");
  show("error", {
    title: told.message,
    lead: told.hint,
    buttons: ["retry", "open", "copy"],
    openLabel: "Open my files anyway",
    focus: "title",
  });
}

async function copy() {
  try {
    await navigator.clipboard.writeText($("support").value);
    put("note", "Copied. Paste it into a message to your hub's support.");
    say("Copied.");
  } catch {
    // Without https, or when the reader forbids it, browsers let nobody but the reader copy.
    $("copied-by-hand").hidden = false;
    $("support").focus();
    $("support").select();
  }
}

function summaryRow({ text, items, left, alert }) {
  const line = document.createElement("li");
  const details = document.createElement("details");
  const head = document.createElement("summary");
  const list = document.createElement("ul");
  head.textContent = text;
  details.classList.toggle("alert", alert);
  details.open = alert;
  list.tabIndex = 0;
  list.append(...items.map((item) => {
    const entry = document.createElement("li");
    entry.append(item.text, ...small(item.more));
    return entry;
  }));
  if (left) {
    const more = document.createElement("li");
    more.textContent = `and ${left.toLocaleString("en")} more`;
    list.append(more);
  }
  details.append(head, list);
  line.append(details);
  return line;
}

function small(text) {
  if (!text) return [];
  const element = document.createElement("small");
  element.textContent = text;
  return [element];
}

$("start").addEventListener("click", pull);
$("retry").addEventListener("click", begin);
$("copy").addEventListener("click", copy);
$("stay").addEventListener("click", stay);
$("summary").addEventListener("click", stay);
$("summary").addEventListener("focusin", stay);

begin();
