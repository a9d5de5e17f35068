// The page that may stand in a frame of another site: a number in, one line out, and a link to the whole answer.
//
// The other site is told nothing of what a visitor types. Of a number that it gave itself it is told the verdict. Whatever
// surrounds this page can imitate it; the page says so by leading to the real one. Messages: spec/embed.md.
import { Engine } from "./engine.js";
import { recall, remember } from "./memory.js";
import { inspect, normalise } from "./number.js";
import { age, byId, legible, levelName, moment, show, text, TONES } from "./render.js";
import { started } from "./started.js";
import { formats } from "./texts.js";

const TYPE = "certificate-check";
const LONGEST = 64;
const GOOD = ["valid", "corrected", "reissued"];
const input = byId("code");
const full = byId("full");
const home = full.href;
let host = ""; // the origin that this page stands in, once it has spoken
let given = ""; // the number that it gave
let turn = 0;
let waiting = false; // for an answer; what is fetched before is nobody's concern

const engine = new Engine(({ stage }) => {
  if (waiting && stage && stage !== "ready") tell(text(stage === "starting" ? "progress.starting" : "progress.downloading"));
});

function send(message) {
  if (host) parent.postMessage({ type: TYPE, v: 1, ...message }, host);
}

function tell(words, tone = "") {
  byId("state").textContent = words;
  byId("state").dataset.tone = tone;
  if (words) show("answer", false);
}

function showAnswer(verdict, lines) {
  tell("");
  byId("answer").dataset.tone = TONES[verdict] ?? "neutral";
  byId("answer").dataset.verdict = verdict;
  byId("answer-icon").setAttribute("href", `#i-${verdict}`);
  byId("verdict").textContent = text(`verdict.${verdict}`);
  const made = lines.filter(Boolean).map((line) => Object.assign(document.createElement("span"), { textContent: legible(line) }));
  byId("lines").replaceChildren(...made);
  show("answer");
}

async function check() {
  const mine = (turn += 1);
  waiting = false;
  const number = normalise(input.value);
  full.href = number === "" ? home : `${home}#${encodeURIComponent(number.slice(0, LONGEST))}`;
  if (number === "") return tell(text("lookup.empty"), "warn");
  if (inspect(number, formats).state !== "good") return tell(text("embed.malformed"), "warn");
  tell(text(engine.stage === "ready" ? "progress.fetching" : "progress.downloading"));
  let answer;
  waiting = true;
  try {
    answer = await engine.lookup(number, Math.floor(Date.now() / 1000), recall());
  } catch (error) {
    if (mine === turn) waiting = false;
    if (mine === turn) showAnswer("not_checked", [text(`failure.${error.reason ?? "lookup"}`)]);
    return undefined;
  }
  remember(answer.seen);
  if (mine !== turn) return undefined;
  waiting = false;
  const { verdict, facts, masked, as_of: time } = answer.report;
  const shown = GOOD.includes(verdict) ? facts : undefined;
  const about = shown && [masked?.name, shown.occupation.name, levelName(shown.profile, shown.level), shown.evaluator].filter(Boolean).join(" · ");
  showAnswer(verdict, [about, time && text("result.asof", { time: moment(time), age: age(time) })]);
  if (number === given) send({ kind: "answer", verdict, asOf: time ?? "" });
  return undefined;
}

byId("lookup").addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
input.addEventListener("focus", () => engine.start(), { once: true });

window.addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || parent === window || data?.type !== TYPE || data.v !== 1 || data.kind !== "begin") return;
  if (typeof data.number !== "string" || data.number.length > LONGEST) return;
  host = origin;
  given = normalise(data.number);
  send({ kind: "size", height: document.documentElement.offsetHeight });
  if (given === "") return;
  input.value = data.number;
  check();
});
new ResizeObserver(() => send({ kind: "size", height: document.documentElement.offsetHeight })).observe(document.documentElement);
if (parent !== window) parent.postMessage({ type: TYPE, v: 1, kind: "ready" }, "*"); // says nothing but that it is there
started();
