// How numbers, phases, choices and reports are said.

const LISTED = 200;
const UNSEEN = /[^\P{Cc}\t]|[\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** `text` of a name or a file without what can't be seen, or would turn the letters after it around. */
export function printable(text) {
  return text.replace(UNSEEN, "\ufffd");
}

/** "1 file", "2,041 files". */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** "3.1 MB"; decimal units, as file managers show. */
export function size(bytes) {
  if (bytes < 1000) return count(bytes, "byte");
  const step = Math.min(Math.floor(Math.log10(bytes) / 3), 4);
  const number = bytes / 1000 ** step;
  return `${number.toFixed(number < 10 ? 1 : 0)} ${["", "kB", "MB", "GB", "TB"][step]}`;
}

/** What went wrong and what to do, in two sentences. */
export function sentences(problem) {
  return problem.hint ? `${problem.message} ${problem.hint}` : "Something went wrong in this page. Load it again.";
}

const PHASES = {
  listing: "Looking for changes",
  checking: "Comparing with your files",
  downloading: "Downloading",
  done: "Finishing",
};

export function phase(progress) {
  return PHASES[progress.phase] ?? "Working";
}

/** "12 of 40 files · 3.1 MB of 20 MB", "" while nothing is known. */
export function amount(progress) {
  const parts = [];
  if (progress.files_total) parts.push(`${progress.files_done.toLocaleString("en")} of ${count(progress.files_total, "file")}`);
  if (progress.bytes_total) parts.push(`${size(Math.min(progress.bytes_done, progress.bytes_total))} of ${size(progress.bytes_total)}`);
  return parts.join(" · ");
}

/** From 0 to 1, null while it can't be known. */
export function fraction(progress) {
  if (progress.bytes_total) return Math.min(progress.bytes_done / progress.bytes_total, 1);
  if (progress.files_total) return Math.min(progress.files_done / progress.files_total, 1);
  return null;
}

/** What a link chose, one phrase each; none if that is everything. */
export function chosen({ subfolder, include, exclude, maxfile, maxtotal, conflicts }) {
  return [
    subfolder && `only the folder “${subfolder}”`,
    include.length && `only ${include.join(", ")}`,
    exclude.length && `without ${exclude.join(", ")}`,
    maxfile !== null && `files over ${size(maxfile)} stay at the source`,
    maxtotal !== null && `${size(maxtotal)} at most; the largest files stay at the source`,
    conflicts === "theirs" && "where you and the author changed the same place, you get the author's version; yours is kept aside",
    conflicts === "both" && "where you and the author changed the same place, you get both versions",
  ].filter(Boolean);
}

const CONFLICTS = {
  mine: (n) => `${count(n, "file")} changed by you and the author in the same place: yours stayed`,
  theirs: (n) => `${count(n, "file")} changed by you and the author in the same place: yours is kept aside`,
  both: (n) => `${count(n, "file")} changed by you and the author in the same place: you have both versions`,
};
const PULL = {
  conflicts: (n) => `${count(n, "file")} changed by you and the author in the same place`,
  updated: (n) => count(n, "updated file"),
  restored: (n) => `${count(n, "file")} brought back`,
  removed: (n) => `${count(n, "file")} removed: the author deleted ${n === 1 ? "it" : "them"}`,
};
const DONE = {
  pull: PULL,
  undo: {
    ...PULL,
    updated: (n) => `${count(n, "file")} as before again`,
    removed: (n) => `${count(n, "file")} gone again`,
  },
  reset: { ...PULL, updated: (n) => `${count(n, "file")} replaced by the author's version` },
};

/** The rows of a report's summary: {key, text, help, items: [{path, more, notes, read}], left, alert}.
 *
 * `what` was done: "pull", "undo" or "reset"; `policy` is what the link says of conflicts, if that is known;
 * `waiting` are the files of earlier conflicts.
 */
export function rows(report, { what = "pull", policy = null, waiting = [] } = {}) {
  const say = policy ? { ...DONE[what], conflicts: CONFLICTS[policy] } : DONE[what];
  const earlier = waiting.filter((path) => !report.conflicts?.includes(path));
  const row = (key, list, text, { alert = false, help = "", item = (path) => ({ path }) } = {}) =>
    list?.length && {
      key,
      text: text(list.length),
      help,
      alert,
      items: list.slice(0, LISTED).map(item).map((one) => ({ more: "", read: "", notes: report.notes?.[one.path] ?? [], ...one })),
      left: Math.max(list.length - LISTED, 0),
    };
  const reasons = { item: ({ path, reason, read = "" }) => ({ path, more: reason, read }) };
  const pairs = (word) => ({ item: ({ path, to }) => ({ path, more: `${word} ${to}` }) });
  return [
    row("failed", report.failed, (n) => `${count(n, "file")} could not be brought`, { alert: true, ...reasons }),
    row("conflicts", report.conflicts, say.conflicts, { alert: true }),
    row("held", report.held, (n) => `${count(n, "file")} open in JupyterLab, so not changed`, {
      alert: true,
      help: "Save and close it there (shut down its kernel), then get the rest.",
    }),
    row("earlier", earlier, (n) => `${count(n, "earlier conflict")}: yours stayed, the author's version waits`),
    row("renamed", report.renamed, (n) => `${count(n, "file")} of yours renamed to make room`, { alert: true, ...pairs("is now") }),
    row("remote", report.skipped?.filter(({ read }) => read), (n) => `${count(n, "large file")} left at the source, where Python can read ${n === 1 ? "it" : "them"}`, reasons),
    row("later", report.skipped?.filter(({ later }) => later), (n) => `Not available yet: ${count(n, "item")}`, reasons),
    report.all_left_out
      ? row("skipped", report.skipped, (n) => `${count(n, "item")} can't be brought`, { alert: true, ...reasons })
      : row("skipped", report.skipped?.filter(({ later, read }) => !read && !later), (n) => `${count(n, "item")} left out or renamed`, reasons),
    row("added", report.added, (n) => count(n, "new file")),
    row("updated", report.updated, say.updated),
    row("merged", report.merged, (n) => `${count(n, "file")} merged with your changes`),
    row("moved", report.moved, (n) => `${count(n, "file")} renamed, as the author did`, pairs("is now")),
    row("restored", report.restored, say.restored),
    row("kept", report.kept, (n) => `${count(n, "file")} kept as you changed ${n === 1 ? "it" : "them"}`),
    row("removed", report.removed, say.removed),
  ].filter(Boolean);
}

/** Whether a pull brought or took anything. */
export function changed(report) {
  return ["added", "updated", "merged", "moved", "restored", "removed", "conflicts", "renamed", "failed"].some((key) => report[key]?.length);
}

/** Whether a person should see the report before the files open. What was left out is news only when something changed;
 * what came under a safe name is there, and that is in the report for those who look for it. */
export function worthALook(report) {
  return Boolean(
    report.failed?.length || report.conflicts?.length || report.held?.length || report.renamed?.length || report.all_left_out
      || (changed(report) && report.skipped?.some(({ code }) => code !== "renamed")),
  );
}

/** What heads a pull's report. */
export function outcome(report) {
  if (report.failed?.length) return "Some files are missing";
  if (report.held?.length) return "Some files wait for you";
  if (report.all_left_out) return "Nothing could be brought";
  return changed(report) ? "Your files are ready" : "Everything is up to date";
}

/** "22 November 2026 at 07:13", by the reader's clock. */
export function moment(iso) {
  const when = new Date(iso);
  const day = when.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
  return `${day} at ${when.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`;
}
