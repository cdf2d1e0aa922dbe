// The pull page: looks at the link, asks where that is due, shows how far the pull is, opens the files.

import { address, describe, report as standingOf, reportPage, start, watch } from "./api.js";
import { back } from "./login.js";
import { showReport } from "./report.js";
import { $, element, fail, openAt, put, say, show, silence } from "./view.js";
import * as words from "./words.js";

const OPENS_AFTER_SECONDS = 15;
const SAY_EVERY_MS = 10000;
const ARGUMENTS = [
  ...["source", "link", "targetpath", "urlpath"],
  ...["subfolder", "include", "exclude", "maxfile", "maxtotal", "conflicts"],
];

// Nothing else of the address goes on: a login token may stand there too.
const query = new URLSearchParams(
  [...new URLSearchParams(location.search)].filter(([name]) => ARGUMENTS.includes(name)),
);

const here = address(`hubdrives/pull?${query}`);
const returned = back(here);

let prospect = null;
let agreed = returned?.agreed ?? false;
let waitingUntil = 0;
let waitingOn = "";
let opening = null;

async function begin() {
  openAt();
  document.title = "Getting your files";
  show("looking", { title: "Looking at your link…" });
  try {
    prospect = await describe(query);
    fact("from", prospect.source, prospect.address);
    fact("into", prospect.target, prospect.known ? "You pulled this before; your changes are kept." : "a folder in your home");
    const chosen = words.chosen(prospect.choice);
    $("chosen").replaceChildren(...chosen.map((phrase) => element("li", phrase)));
    $("chosen-fact").hidden = chosen.length === 0;
    if (prospect.known) openAt(prospect.open);
    if (prospect.running) await follow({ id: prospect.running });
    else if (prospect.automatic || agreed) await pull();
    else consent();
  } catch (problem) {
    failed(problem);
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

async function pull({ overOpen = false } = {}) {
  stay();
  const asked = new URLSearchParams(query);
  asked.set("targetpath", prospect.target);
  try {
    await follow(await start(asked, { overOpen }));
  } catch (problem) {
    failed(problem);
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
    if (last.error) failed(last.error);
    else await finish(last.report);
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
  if (silence() > SAY_EVERY_MS) say(`${words.phase(now)} ${percent}`);
}

function tellWaiting() {
  const seconds = Math.ceil((waitingUntil - Date.now()) / 1000);
  put("waiting", seconds > 0 ? `Waiting for ${waitingOn}, ${seconds} s` : "");
}

async function finish(report) {
  openAt(prospect.open);
  const title = words.outcome(report);
  document.title = `${title} · “${prospect.name}”`;
  const look = words.worthALook(report);
  // The files are there; a report that can't be had in full must not keep anybody from them.
  const standing = look || prospect.known ? await standingOf(prospect.target).catch(() => null) : null;
  const waiting = standing?.conflicts ?? [];
  if (!isNews(waiting) && !look) {
    show("done", { title, lead: "Opening…", buttons: ["open"] });
    say(`${title}. Opening.`);
    location.replace(prospect.open);
    return;
  }
  const policy = prospect.choice.conflicts;
  const again = (options) => pull(options);
  showReport({ standing, report, policy, again, onChange: takenBack });
  const missing = report.failed?.length > 0 || report.all_left_out;
  show(missing ? "missing" : "look", {
    title,
    lead: missing && !report.all_left_out ? "Everything else is in your home. Open the link again later to get the rest." : "",
    report: true,
    buttons: missing ? ["open", "retry"] : ["open", "stay"],
    focus: "open",
  });
  tellWhere();
  say(`${title}. ${words.rows(report, { policy, waiting }).map((row) => row.text).join(". ")}.`);
  if (!missing) openSoon();
}

/** After an undo: what it did, and the same ways on. */
function takenBack(standing) {
  showReport({ standing, report: standing.last.report, what: standing.last.what, onChange: takenBack });
  show("look", { title: "Taken back", lead: "Your files are as they were before.", report: true, buttons: ["open"], focus: "open" });
  tellWhere();
  say("Taken back. Your files are as they were before.");
}

function tellWhere() {
  $("report-link").href = reportPage(prospect.target);
  $("later").hidden = false;
}

/** Whether there is a conflict among `waiting` that this browser has not shown before: nobody is stopped twice by it. */
function isNews(waiting) {
  const key = `hubdrives:shown:${prospect.target}`;
  const known = localStorage.getItem(key);
  const now = JSON.stringify(waiting);
  if (waiting.length) localStorage.setItem(key, now);
  else localStorage.removeItem(key);
  return waiting.length > 0 && known !== now;
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
  if (opening === null) return;
  clearInterval(opening);
  opening = null;
  $("stay").hidden = true;
  put("note", "");
}

function fact(id, text, more) {
  $(id).replaceChildren(...[element("bdi", text), more && element("small", more)].filter(Boolean));
}

function failed(problem) {
  fail(problem, {
    source: prospect && `${prospect.name} (${prospect.source})`,
    target: prospect?.target,
    here,
    agreed,
    back: returned !== null,
  });
}

$("start").addEventListener("click", () => {
  agreed = true;
  pull();
});
$("retry").addEventListener("click", begin);
$("stay").addEventListener("click", stay);
$("report").addEventListener("click", stay);
$("report").addEventListener("focusin", (event) => {
  // Not while a pointer presses: the page would move under it, and the click would be lost.
  if (event.target.matches(":focus-visible")) stay();
});

begin();
