// The lookup page: the form and its instant check, the stages of a lookup, the buttons of a result.
//
// Privacy: the number stands in the fragment only (#NUMBER), which no browser sends to a server; it stays there so that
// a result can be shared and reloaded. The history of the browser gets no entry of its own for it. A verification code that
// comes with a link (#NUMBER.CODE, from a dense QR code with its proof) is taken out of the address at once.
import { Engine } from "./engine.js";
import { fill, isWhole, showField } from "./field.js";
import { recall, remember } from "./memory.js";
import { offerMatch } from "./match.js";
import { normalise } from "./number.js";
import { readFragment } from "./reading.js";
import { offerPapers } from "./paper.js";
import { offerOffline } from "./offline.js";
import { offerReceipts, renderReceipt } from "./receipt.js";
import { startSharing } from "./share.js";
import { byId, renderFailure, renderReport, show, text } from "./render.js";
import { saveFile } from "./saving.js";
import { started } from "./started.js";
import { formats } from "./texts.js";
import { offerWays, sayWay } from "./ways.js";

const input = byId("code");
let current = null; // {report, text} on show
let turn = 0; // counts lookups, so that an older answer never overwrites a newer one
let given = { number: "", code: "" }; // a verification code that came with a number
let explained = ""; // what was last said to be no whole number

// The stage is announced once; the share, which changes all the time, is only shown.
function showStage(words, share = "") {
  if (byId("progress-text").textContent !== words) byId("progress-text").textContent = words;
  byId("progress-share").textContent = share;
}

function onStage(message) {
  const bar = byId("progress-bar");
  if (message.stage === "downloading") {
    const percent = Math.floor((100 * message.received) / message.total);
    showStage(text("progress.downloading"), text("progress.share", { percent }));
    bar.value = percent;
  } else {
    showStage(text(message.stage === "starting" ? "progress.starting" : "progress.fetching"));
    bar.removeAttribute("value");
  }
}

const engine = new Engine(onStage);

// -- a lookup ------------------------------------------------------------------------------------------------------------

async function ask(code, typed = null, disclosures = []) {
  const answer = await engine.lookup(code, Math.floor(Date.now() / 1000), recall(), { typed, disclosures });
  remember(answer.seen);
  return answer;
}

const compare = offerMatch({
  ask: (typed, disclosures) => ask(current.report.code, typed, disclosures),
  open: (code) => engine.details(current.report.code, code),
  hasView: () => Boolean(current.report.masked || current.report.withdrawn),
});

// Shows that an answer is under way; the function returned ends that, and says whether the answer is still wanted.
function begin() {
  const mine = (turn += 1);
  current = null;
  for (const id of ["report", "pdf-note"]) show(id, false);
  byId("announce").textContent = "";
  byId("progress-bar").removeAttribute("value");
  showStage(text(engine.stage === "ready" ? "progress.fetching" : `progress.${engine.stage === "starting" ? "starting" : "downloading"}`));
  // Quick answers come without a flicker of the progress box.
  const slow = setTimeout(() => show("progress"), engine.stage === "ready" ? 400 : 0);
  return () => {
    clearTimeout(slow);
    if (mine === turn) show("progress", false);
    return mine === turn;
  };
}

// What a dense QR code proves by itself, with no network: {report, text, disclosures}, or null if it cannot be read.
async function weigh(code, verification, proof) {
  const compact = await engine.checkCompact(code, verification, proof, Math.floor(Date.now() / 1000));
  if (compact.problem) sayWay(text("ways.compact"), { tone: "warn" });
  return compact.problem ? null : compact;
}

// The ledger of today is asked with what the code shows. Where it cannot be had, the code's own proof is the answer; a code
// that contradicts itself is shown as such, whatever the ledger says about its number.
async function askWith(typed, { code, verification, proof }) {
  const compact = proof === "" ? null : await weigh(code, verification, proof);
  if (compact?.report.verdict === "inconsistent") return compact;
  const answer = await ask(typed, null, compact?.disclosures);
  return compact && answer.report.verdict === "not_checked" ? compact : answer;
}

async function check(typed, verification = "", proof = "") {
  const code = normalise(typed);
  if (verification !== "" || given.number !== code) given = { number: code, code: verification };
  sayWay(""); // whatever was said of an earlier picture or link
  history.replaceState(null, "", `#${encodeURIComponent(code)}`);
  const ended = begin();
  let answer = null;
  let failure = "";
  try {
    answer = await askWith(typed.trim(), { code, verification, proof });
  } catch (error) {
    failure = error.reason ?? "lookup";
  }
  if (!ended()) return;
  try {
    tell(code, answer, failure);
  } catch (error) {
    byId("report").hidden = true; // half an answer is none
    throw error; // and what the page begins with is said again
  }
}

function tell(code, answer, failure) {
  if (answer) {
    current = answer;
    renderReport(answer.report);
    show("receipt-note", false);
    if (answer.kept && answer.report.as_of) renderReceipt(answer.report, 0, "offline");
    show("match-box");
    compare.reset(given.code);
  } else {
    renderFailure(code, failure);
  }
  byId("report").scrollIntoView({ block: "start" });
  byId("verdict").focus({ preventScroll: true });
}

// A mistyped number is explained and nothing is fetched. Entered a second time as it is, the verifier itself judges it.
function submit() {
  const normal = normalise(input.value);
  const again = normal !== "" && normal === explained;
  explained = normal;
  if (isWhole() || again) check(input.value);
}

// A link with a number is looked up. Of any other nothing happens, except that it is said.
function followFragment() {
  const fragment = location.hash.slice(1);
  if (fragment === "" || fragment === "main") return;
  const { numbers, near, text: words } = readFragment(fragment, formats);
  if (numbers.length > 0) {
    // The lookup leaves the number alone in the address, in one step: a page opened again in between would lose it.
    fill(numbers[0].number);
    check(numbers[0].number, numbers[0].code, numbers[0].proof);
    return;
  }
  history.replaceState(null, "", location.pathname);
  if (near !== "") {
    fill(near);
    submit();
  } else {
    sayWay(text("ways.fragment"), { tone: "warn", quoted: words });
  }
}

// -- the buttons of a result ---------------------------------------------------------------------------------------------

async function copy() {
  try {
    await navigator.clipboard.writeText(current.text);
    byId("kept").textContent = text("result.copied");
  } catch {
    byId("kept").textContent = text("result.copy.failed");
  }
}

byId("lookup").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
input.addEventListener("focus", () => engine.start(), { once: true });
byId("retry").addEventListener("click", submit);
byId("download").addEventListener("click", () => {
  saveFile(`report-${current.report.code}.json`, current.text, "application/json");
});
byId("copy").addEventListener("click", copy);
byId("print").addEventListener("click", () => window.print());
byId("switch").addEventListener("click", () => {
  byId("switch").hash = location.hash;
});
window.addEventListener("hashchange", followFragment);

// An answer that came from a file is on show.
function keep(answer) {
  current = answer;
  compare.reset();
  show("match-box", false); // a receipt is compared with nobody: the record may have changed since
  history.replaceState(null, "", location.pathname);
}

offerReceipts(engine, { begin, keep });
startSharing(engine);
const openPaper = offerPapers(engine, { begin, keep, ask: (code, disclosures) => ask(code, null, disclosures) });
offerOffline();
showField();
offerWays(check, () => engine.start(), openPaper);
started();
followFragment();
// Whoever opens this page means to check: the verifier is fetched while they type, unless they save data.
if (!navigator.connection?.saveData) (window.requestIdleCallback ?? setTimeout)(() => engine.start());
