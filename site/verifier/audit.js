// The audit of the whole ledger in the page: the same checks as the command line's, with progress, and stopped at once.
import { config } from "./config.js";
import { calendar } from "./calendar.js";
import { Engine } from "./engine.js";
import { byId, moment, show, text } from "./render.js";
import { saveFile } from "./saving.js";
import { started } from "./started.js";

const engine = new Engine((message) => {
  if (message.stage === "downloading") say(`${text("progress.downloading")} ${text("progress.share", { percent: Math.floor((100 * message.received) / message.total) })}`);
  else if (message.stage === "starting") say(text("progress.starting"));
  else if (message.kind === "auditing") {
    byId("audit-bar").max = Math.max(1, message.total);
    byId("audit-bar").value = message.done;
    say(text(`audit.running.${message.phase}`, { done: message.done, total: message.total }));
  }
});
const VERDICTS = { verified: text("audit.verified"), not_verified: text("audit.not_verified"), not_checked: text("audit.not_checked") };
let report = "";

function say(words, state = "") {
  byId("audit-state").dataset.state = state;
  byId("audit-state").textContent = words;
}

function running(is) {
  show("audit-start", !is);
  show("audit-stop", is);
  show("audit-bar", is);
}

function list(title, lines) {
  if (!lines.length) return [];
  const heading = Object.assign(document.createElement("h3"), { textContent: title });
  const items = document.createElement("ul");
  items.append(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
  return [heading, items];
}

function tell(audit, seconds) {
  byId("audit-box").dataset.verdict = audit.verdict;
  byId("audit-verdict").textContent = VERDICTS[audit.verdict];
  const facts = [
    ["audit.origin", audit.checkpoint?.origin ?? config.origin ?? ""],
    ["audit.as_of", audit.as_of ? moment(audit.as_of) : ""],
    ["audit.entries", audit.entries],
    ["audit.certificates", audit.certificates],
    ["audit.root", audit.checkpoint?.root ?? ""],
    ["audit.seconds", seconds.toFixed(1)],
  ];
  byId("audit-facts").replaceChildren(
    ...facts.filter(([, value]) => value !== "").map(([id, value]) => {
      const row = document.createElement("div");
      row.append(Object.assign(document.createElement("dt"), { textContent: text(id) }), Object.assign(document.createElement("dd"), { textContent: value }));
      return row;
    }),
  );
  const words = ({ rule, where, problem }) => `${rule} · ${where}: ${problem}`;
  byId("audit-findings").replaceChildren(
    ...list(text("audit.findings", { count: audit.findings.length }), audit.findings.map(words)),
    ...list(text("audit.warnings", { count: audit.warnings.length }), audit.warnings.map(words)),
    ...list(text("audit.unread"), [...audit.unreachable, ...audit.updating, ...audit.undecided]),
  );
  show("audit-box");
  byId("audit-verdict").focus();
}

byId("audit-start").addEventListener("click", async () => {
  const began = performance.now();
  show("audit-box", false);
  running(true);
  try {
    const answer = await engine.audit(calendar);
    report = answer.text;
    tell(answer.audit, (performance.now() - began) / 1000);
    say("");
  } catch ({ reason }) {
    say(text(`failure.${reason ?? "lookup"}`), reason === "stopped" ? "" : "bad");
  }
  running(false);
});
byId("audit-stop").addEventListener("click", () => {
  engine.stop();
  byId("audit-start").focus();
});
byId("audit-save").addEventListener("click", () => saveFile("report.json", `${report}\n`, "application/json"));
started();
