// How numbers, phases and reports are said.

const LISTED = 200;

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

/** The rows of a report's summary: {text, items: [{text, more}], left, alert}. */
export function rows(report) {
  const pathRow = (key, text, alert = false) => row(report[key], (path) => ({ text: path }), text, alert);
  const reasonRow = (key, text, alert = false) =>
    row(report[key], (item) => ({ text: item.path, more: item.reason }), text, alert);
  return [
    reasonRow("failed", (n) => `${count(n, "file")} could not be brought`, true),
    pathRow("conflicts", (n) => `${count(n, "file")} changed by you and by the author: yours stayed`, true),
    row(report.renamed, ({ path, to }) => ({ text: path, more: `is now ${to}` }),
      (n) => `${count(n, "file")} of yours renamed to make room`, true),
    reasonRow("skipped", (n) => `${count(n, "item")} left out or renamed`),
    pathRow("added", (n) => count(n, "new file")),
    pathRow("updated", (n) => count(n, "updated file")),
    pathRow("merged", (n) => `${count(n, "file")} merged with your changes`),
    pathRow("restored", (n) => `${count(n, "file")} brought back`),
    pathRow("kept", (n) => `${count(n, "file")} kept as you changed ${n === 1 ? "it" : "them"}`),
    pathRow("removed", (n) => `${count(n, "file")} removed: the author deleted ${n === 1 ? "it" : "them"}`),
  ].filter((found) => found !== null);
}

function row(list, item, text, alert) {
  if (!list?.length) return null;
  return { text: text(list.length), items: list.slice(0, LISTED).map(item), left: Math.max(list.length - LISTED, 0), alert };
}

/** Whether the pull brought or took anything. */
export function changed(report) {
  return ["added", "updated", "merged", "restored", "removed", "conflicts", "renamed", "failed"].some((key) => report[key]?.length);
}

/** Whether a person should see the report before the files open. What was left out is news only when something changed;
 * what came under a safe name is there, and that is in the report for those who look for it. */
export function worthALook(report) {
  return Boolean(
    report.failed?.length || report.conflicts?.length || report.renamed?.length || (changed(report) && report.skipped?.some(({ code }) => code !== "renamed")),
  );
}
