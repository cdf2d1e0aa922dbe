// What differs between the reader's file and the author's, in a dialog.

import * as api from "./api.js";
import { $, button, element, explained } from "./view.js";
import { count, moment, size } from "./words.js";

const SHOWN = 3000;
const LEADS = {
  same: "Your file is the same as the author's.",
  text: "How your file differs from the author's:",
  notebook: "How your notebook differs from the author's, cell by cell and without outputs:",
  binary: "Your file is not the author's. It is not text, so what differs can't be shown here.",
  deleted: "You deleted this file. The next pull brings it back.",
};
const WHOSE = { mine: "Yours", theirs: "The author's" };
const SIDES = { "-": ["theirs", "−", "the author's: "], "+": ["mine", "+", "yours: "] };

/** Shows what differs at `path`; `replace` asks whether the author's version shall take the place. */
export async function compare({ target, path, replace }) {
  $("compare-title").textContent = "";
  $("compare-title").append(element("bdi", path));
  tell("Comparing…");
  $("compare").showModal();
  try {
    const { form, lines, mine, theirs } = await api.difference(target, path);
    const shape = lines.length ? form : form === "text" || form === "notebook" ? "same" : form;
    tell(LEADS[shape], { lines, versions: shape === "binary" ? { mine, theirs } : {}, actions: [
      ...(shape === "same" ? [] : [button("Use the author's", () => close(replace)), download(target, path)]),
      button("Close", () => close()),
    ] });
  } catch (problem) {
    const { text, links } = explained(problem, api.reportPage(target));
    tell(text, { actions: [...links, button("Close", () => close())] });
  }
}

function close(then) {
  $("compare").close();
  then?.();
}

function tell(lead, { lines = [], actions = [], versions = {} } = {}) {
  $("compare-lead").textContent = lead;
  $("compare-versions").replaceChildren(...Object.entries(versions).filter(([, version]) => version).flatMap(([side, { size: bytes, modified }]) => [
    element("dt", WHOSE[side]),
    element("dd", [bytes !== null && size(bytes), modified && moment(modified)].filter(Boolean).join(", ")),
  ]));
  $("compare-key").hidden = lines.length === 0;
  $("compare-lines").hidden = lines.length === 0;
  // The two lines at the top name the files, which the page has done already.
  const body = lines.slice(lines[0]?.startsWith("--- ") ? 2 : 0);
  $("compare-lines").replaceChildren(...body.slice(0, SHOWN).map(lineOf));
  if (body.length > SHOWN) {
    $("compare-lines").append(element("div", `and ${count(body.length - SHOWN, "more line")}`, { className: "row where" }));
  }
  const row = element("div", "", { className: "answers", children: actions });
  $("compare-actions").replaceChildren(...(actions.length ? [row] : []));
}

function lineOf(line) {
  if (line.startsWith("@@")) return element("div", "⋯", { className: "row where" });
  const [side, sign, said] = SIDES[line[0]] ?? ["", " ", ""];
  const made = element("div", "", { className: `row ${side}` });
  const marker = element("span", sign, { className: "sign" });
  marker.setAttribute("aria-hidden", "true");
  made.append(marker);
  if (said) made.append(element("span", said, { className: "unseen" }));
  made.append(element("span", line.slice(1), { className: "code" }));
  return made;
}

function download(target, path) {
  const press = button("Download the author's", async () => {
    try {
      const url = URL.createObjectURL(await api.upstream(target, path));
      const link = element("a");
      link.href = url;
      link.download = path.split("/").pop();
      link.click();
      // Some browsers begin to read only after the click was handled.
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (problem) {
      const { text, links } = explained(problem, api.reportPage(target));
      $("compare-lead").textContent = text;
      if (links.length) press.replaceWith(...links);
      links[0]?.focus();
    }
  });
  return press;
}
