// The page of a working folder: what was done in it last, and what may be done about it.

import { report as standingOf, reportPage } from "./api.js";
import { showReport } from "./report.js";
import { $, element, fail, openAt, say, show } from "./view.js";
import * as words from "./words.js";

const LEADS = { pull: "Brought on", undo: "Taken back on", reset: "Replaced by the author's version on" };
const target = document.documentElement.dataset.target;

async function begin() {
  openAt();
  document.title = "Your files";
  show("looking", { title: "Looking at your files…" });
  try {
    tell(await standingOf(target));
  } catch (problem) {
    fail(problem, { here: reportPage(target) });
  }
}

function tell(standing) {
  const { last, name } = standing;
  openAt(standing.open);
  document.title = `Report on “${name}”`;
  $("from").replaceChildren(element("bdi", standing.source));
  $("into").replaceChildren(element("bdi", standing.target));
  showReport({ standing, report: last?.report ?? {}, what: last?.what, onChange: tell });
  const isQuiet = $("summary").childElementCount === 0;
  show("look", {
    title: `“${name}”`,
    lead: [
      last && `${LEADS[last.what]} ${words.moment(last.when)}.`,
      isQuiet && "Nothing had to be changed.",
      standing.running && "New files are just being brought; load this page again when they have arrived.",
    ].filter(Boolean).join(" "),
    facts: Boolean(standing.source),
    report: true,
    buttons: ["open"],
    focus: "title",
  });
  say(`${document.title}. ${words.rows(last?.report ?? {}, { what: last?.what, waiting: standing.conflicts }).map((row) => row.text).join(". ")}.`);
}

$("retry").addEventListener("click", begin);

begin();
