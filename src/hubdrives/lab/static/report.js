// The report of a working folder: what happened to each file, and what the reader may do about it.

import * as api from "./api.js";
import { compare } from "./compare.js";
import { $, button, copy, element, explained, say } from "./view.js";
import * as words from "./words.js";

const SHORT = 12;
const COMPARED = new Set(["conflicts", "earlier", "merged", "kept"]);

// What can be taken back at this moment: only the last thing that was done.
let undoable = null;

/** Shows what happened.
 *
 * `standing` is how the folder stands, null if that is not known; `report` is what happened, `what` ("pull", "undo",
 * "reset") did it; `policy` is the link's, if known. `again` gets what waits, {overOpen}; without it nobody can.
 * `onChange` is called with the new standing when all was taken back.
 */
export function showReport({ standing, report, what = "pull", policy = null, again = null, onChange }) {
  undoable = null;
  const rows = words.rows(report, { what, policy, waiting: standing?.conflicts });
  $("summary").replaceChildren(...rows.map((row) => groupOf(row, { standing, again })));
  const last = standing?.last;
  const done = last?.what === what && words.changed(last.report) && words.changed(report);
  $("taking-back").replaceChildren(...(done ? [takingBack(last, standing.target, onChange)] : []));
}

function groupOf({ key, text, help, items, left, alert }, { standing, again }) {
  const list = element("ul", "", { children: items.map((item) => itemOf(item, key, standing)) });
  if (items.length > SHORT) {
    list.className = "long";
    // It scrolls, so a keyboard must be able to stop at it.
    list.tabIndex = 0;
    list.setAttribute("aria-label", text);
  }
  if (left) list.append(element("li", `and ${left.toLocaleString("en")} more`));
  const details = element("details", "", { className: alert ? "alert" : "", children: [element("summary", text)] });
  details.open = alert || key === "earlier" || key === "later";
  if (key === "held" && again) {
    details.append(element("p", help, { className: "help" }), element("p", "", {
      className: "answers",
      children: [
        button("Get the rest", () => again({ overOpen: false })),
        button("Update it anyway", () => again({ overOpen: true })),
      ],
    }));
  } else if (key === "held") details.append(element("p", `${help.replace("get the rest", "open your link again")}`, { className: "help" }));
  details.append(list);
  return element("li", "", { children: [details] });
}

function itemOf({ path, more, notes, read }, key, standing) {
  const children = [element("bdi", path, { className: "path" })];
  if (more) children.push(element("small", more));
  for (const note of notes) children.push(element("small", note, { className: "note-of-path" }));
  if (read) children.push(reader(read, path));
  if (standing && COMPARED.has(key)) children.push(choices(path, standing));
  return element("li", "", { children });
}

/** The line of Python that reads what stays remote, and a button that copies it. */
function reader(line, path) {
  const code = element("code", line);
  const press = button("Copy", async () => {
    press.firstChild.data = (await copy(line, code)) ? "Copied" : "Press Ctrl+C";
  }, { about: path });
  return element("div", "", { className: "read", children: [code, press] });
}

/** The buttons of a file that is not as the author has it. */
function choices(path, standing) {
  const holder = element("div", "", { className: "answering" });
  const { target } = standing;
  const see = button("See the author's version", () => compare({ target, path, replace: () => ask() }), { about: path });
  const use = button("Use the author's", () => ask(), { about: path });
  const buttons = element("div", "", { className: "answers", children: standing.conflicts.includes(path) ? [see, use] : [see] });
  const rest = (text = "") => holder.replaceChildren(...(text ? [element("p", text)] : []), buttons);
  const ask = () => question(holder, target, {
    text: "Put the author's version in the place of yours? Yours is kept, and you can undo this.",
    yes: "Use the author's",
    act: (options) => api.reset(target, [path], options),
    no: () => {
      rest();
      see.focus();
    },
    done: (now) => {
      const text = "You have the author's version now. Yours is kept.";
      const undo = button("Undo", () => question(holder, target, {
        text: "Bring your version back?",
        yes: "Undo",
        immediately: true,
        act: (options) => api.undo(target, now.last.id, options),
        no: () => holder.replaceChildren(element("p", text)),
        done: () => {
          undoable = null;
          rest("Your version is back.");
          say("Your version is back.");
          see.focus();
        },
      }), { about: path });
      onlyThisCanBeUndone(undo);
      holder.replaceChildren(element("p", text, { className: "good" }), undo);
      say(text);
      undo.focus();
    },
  });
  rest();
  return holder;
}

function takingBack(last, target, onChange) {
  const holder = element("div", "", { className: "answering" });
  const [label, text] = last.what === "pull"
    ? ["Undo this pull", "Bring your files back as they were before this pull? You can take that back."]
    : ["Take this back", "Bring your files back as they were before that?"];
  const start = button(label, () => question(holder, target, {
    text,
    yes: label,
    act: (options) => api.undo(target, last.id, options),
    no: () => {
      holder.replaceChildren(start);
      start.focus();
    },
    done: onChange,
  }));
  undoable = start;
  holder.append(start);
  return holder;
}

function onlyThisCanBeUndone(press) {
  undoable?.remove();
  undoable = press;
}

/** Asks `text` about `target` in `holder`; a yes does `act` and then `done` with how the folder stands after that. */
function question(holder, target, { text, yes, act, no, done, immediately = false }) {
  const put = (message, label, options, { alert = false, links = [] } = {}) => {
    const sure = button(label, () => go(options), { className: "button small primary" });
    const cancel = button("Cancel", no);
    const said = element("p", message);
    if (alert) said.setAttribute("role", "alert");
    holder.replaceChildren(said, element("div", "", { className: "answers", children: [sure, ...links, cancel] }));
    sure.focus();
    if (!alert) say(message);
  };
  const go = async (options) => {
    holder.setAttribute("aria-busy", "true");
    for (const press of holder.querySelectorAll("button")) press.disabled = true;
    try {
      const now = await act(options);
      if (now.held.length) {
        put("It is open in JupyterLab, so nothing was changed. Save and close it there (shut down its kernel), then try again.", `${yes} anyway`, { overOpen: true }, { alert: true });
      } else if (now.failed.length) {
        put(now.failed[0].reason, "Try again", options, { alert: true });
      } else done(now);
    } catch (problem) {
      const { text: message, links } = explained(problem, api.reportPage(target));
      put(message, "Try again", options, { alert: true, links });
    } finally {
      holder.removeAttribute("aria-busy");
    }
  };
  holder.onkeydown = (event) => {
    if (event.key === "Escape") no();
  };
  if (immediately) go({});
  else put(text, yes, {});
}
