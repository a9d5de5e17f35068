// Many numbers at once: pasted, or from a workbook or CSV read in the page. One verifier, one state of the ledger for all of
// them; every row is the same proof as a single lookup. Nothing is uploaded, and nothing is kept but the table on show.
import { Engine } from "./engine.js";
import { recall, remember } from "./memory.js";
import { byId, legible, levelName, moment, show, text } from "./render.js";
import { saveFile } from "./saving.js";
import { started } from "./started.js";
import { origin } from "./texts.js";

const LARGEST = 10 * 1024 * 1024; // bytes, as in ledger.core.sheet
const GOOD = new Set(["valid", "corrected", "reissued"]);
const COLUMNS = ["place", "number", "state", "name", "occupation", "level", "issued", "evaluator", "reason"];
const KIND = { good: (row) => row.tone === "good", bad: (row) => row.tone === "bad", unknown: (row) => row.tone === "unknown", all: () => true };

const engine = new Engine((message) => {
  if (message.stage === "downloading") say("many-progress", `${text("progress.downloading")} ${text("progress.share", { percent: Math.floor((100 * message.received) / message.total) })}`);
  else if (message.stage === "starting") say("many-progress", text("progress.starting"));
});
let rows = []; // {cells, tone, line}: what stands in each column, and its table row
let asked = []; // what is to be checked
let turn = 0; // a later batch makes an earlier one void
let done = 0;
let stopped = false;
let asOf = "";
let order = { column: -1, down: false };

function say(id, words) {
  byId(id).textContent = words;
}

// -- a row ---------------------------------------------------------------------------------------------------------------

function cellsOf({ place, number, problem }, report) {
  if (problem === "numeric") return ["unknown", place, number, text("many.numeric"), "", "", "", "", "", text("many.numeric.reason")];
  const facts = report?.facts;
  const shown = facts && GOOD.has(report.verdict) ? facts : facts && ["revoked", "suspended"].includes(report.verdict) ? facts : null;
  const verdict = report ? report.verdict : "not_checked";
  const tone = GOOD.has(verdict) ? "good" : verdict === "not_checked" ? "unknown" : "bad";
  const reason = report && report.reason !== report.verdict ? text(`reason.${report.reason}`) : report ? "" : text("failure.lookup");
  const again = problem === "duplicate" ? text("many.duplicate") : "";
  return [
    tone, place, number, text(`verdict.${verdict}`), shown ? (report.masked?.name ?? "") : "",
    shown ? shown.occupation.name + (shown.occupation.job ? `（${shown.occupation.job}）` : "") : "",
    shown ? levelName(shown.profile, shown.level) : "", shown?.issued ?? "", shown?.evaluator ?? "",
    [again, reason].filter(Boolean).join(" "),
  ];
}

function addRow(one, report) {
  const [tone, ...cells] = cellsOf(one, report);
  const line = document.createElement("tr");
  line.dataset.tone = tone;
  cells.forEach((words, at) => {
    const cell = document.createElement(at === 1 ? "th" : "td");
    if (at === 1) {
      cell.scope = "row";
      cell.className = "mono";
      const link = Object.assign(document.createElement("a"), { textContent: words, href: `../#${encodeURIComponent(words)}` });
      cell.append(tone === "unknown" && one.problem === "numeric" ? words : link);
    } else {
      cell.textContent = at === 2 ? `${{ good: "✓", bad: "✗", unknown: "?" }[tone]} ${words}` : legible(words);
    }
    cell.dir = "auto";
    line.append(cell);
  });
  const row = { cells, tone, line };
  rows.push(row);
  line.hidden = !KIND[byId("many-filter").value](row);
  byId("many-rows").append(line);
}

// -- a batch -------------------------------------------------------------------------------------------------------------

function progress() {
  const count = (tone) => rows.filter((row) => row.tone === tone).length;
  byId("many-bar").max = Math.max(1, asked.length);
  byId("many-bar").value = done;
  say("many-progress", text(done === asked.length ? "many.done" : stopped ? "many.stopped" : "many.running", { done, total: asked.length, good: count("good"), bad: count("bad"), unknown: count("unknown") }));
  byId("many-stop").textContent = text(stopped ? "many.go_on" : "many.stop");
  show("many-stop", done < asked.length);
}

async function run(mine) {
  const now = Math.floor(Date.now() / 1000);
  while (mine === turn && !stopped && done < asked.length) {
    const one = asked[done];
    let report = null;
    if (one.problem !== "numeric") {
      try {
        const answer = await engine.lookup(one.number, now, recall(), { batch: mine });
        report = answer.report;
        remember(answer.seen);
      } catch {
        report = null; // told in the row: this one could not be checked
      }
    }
    if (mine !== turn) return;
    if (report?.as_of) asOf = report.as_of;
    done += 1;
    addRow(one, report);
    progress();
  }
  if (mine === turn && asOf) say("many-asof", text("many.asof", { time: moment(asOf), origin }));
}

async function begin(data) {
  const mine = (turn += 1);
  Object.assign(byId("many-state").dataset, { state: "" });
  say("many-state", text("many.reading"));
  let found;
  try {
    ({ found } = await engine.numbers(data));
  } catch ({ reason }) {
    found = { problem: null, failure: reason ?? "lookup" };
  }
  if (mine !== turn) return;
  if (!Array.isArray(found)) {
    const words = found.failure ? text(`failure.${found.failure}`) : text(found.problem.startsWith("more than") ? "many.too_many" : found.problem.startsWith("no certificate") ? "many.none" : "many.unreadable");
    byId("many-state").dataset.state = "bad";
    say("many-state", words);
    return;
  }
  say("many-state", text("many.found", { count: found.length }));
  [rows, asked, done, stopped, asOf] = [[], found, 0, false, ""];
  byId("many-rows").replaceChildren();
  for (const head of document.querySelectorAll(".many th[data-column]")) head.removeAttribute("aria-sort");
  order = { column: -1, down: false };
  say("many-asof", "");
  show("many-box");
  progress();
  byId("many-results").scrollIntoView({ block: "start" });
  await run(mine);
}

async function open(file) {
  if (file.size > LARGEST) return say("many-state", text("many.unreadable"));
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return begin(bytes);
  let words;
  try {
    words = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    words = new TextDecoder("gb18030").decode(bytes); // what Excel in China writes
  }
  return begin(words);
}

// -- the table -----------------------------------------------------------------------------------------------------------

function shownTable() {
  const head = COLUMNS.map((column) => text(`many.column.${column}`));
  const body = rows.filter((row) => !row.line.hidden).map((row) => row.cells);
  const foot = asOf ? [[text("many.asof", { time: moment(asOf), origin }), ...Array(COLUMNS.length - 1).fill("")]] : [];
  return [head, ...body, ...foot];
}

async function save(as, type) {
  const { file } = await engine.table(as, shownTable());
  saveFile(`results.${as}`, file, type);
}

function sortBy(column) {
  order = { column, down: order.column === column && !order.down };
  const value = (row) => row.cells[column];
  rows.sort((a, b) => value(a).localeCompare(value(b), undefined, { numeric: true }) * (order.down ? -1 : 1));
  byId("many-rows").replaceChildren(...rows.map((row) => row.line));
  for (const head of document.querySelectorAll(".many th[data-column]"))
    head.ariaSort = Number(head.dataset.column) === column ? (order.down ? "descending" : "ascending") : "none";
}

byId("many").addEventListener("submit", (event) => {
  event.preventDefault();
  begin(byId("many-text").value);
});
byId("many-file").addEventListener("change", ({ target }) => {
  const [file] = target.files;
  target.value = "";
  if (file) open(file);
});
byId("many-stop").addEventListener("click", () => {
  stopped = !stopped;
  progress();
  if (!stopped) run(turn);
});
byId("many-filter").addEventListener("change", ({ target }) => {
  for (const row of rows) row.line.hidden = !KIND[target.value](row);
});
byId("many-copy").addEventListener("click", async () => {
  const lines = shownTable().map((cells) => cells.map((cell) => cell.replace(/[\t\n]/g, " ")).join("\t"));
  try {
    await navigator.clipboard.writeText(lines.join("\n"));
    say("many-state", text("result.copied"));
  } catch {
    say("many-state", text("result.copy.failed"));
  }
});
byId("many-xlsx").addEventListener("click", () => save("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"));
byId("many-csv").addEventListener("click", () => save("csv", "text/csv"));
for (const head of document.querySelectorAll(".many th[data-column] button")) head.addEventListener("click", () => sortBy(Number(head.parentElement.dataset.column)));
window.addEventListener("dragover", (event) => event.preventDefault());
window.addEventListener("drop", (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer?.files ?? [];
  if (file) open(file);
});
byId("many-text").addEventListener("focus", () => engine.start(), { once: true });
started();
