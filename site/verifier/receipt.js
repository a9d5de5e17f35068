// Receipts: what an answer rests on, saved as a file; and such a file followed again, as of its own time. An old receipt is
// never shown as an answer about today: whatever it says, its colour is the neutral one and its time stands first.
import { fill } from "./field.js";
import { readFilesOf } from "./files.js";
import { saveFile } from "./saving.js";
import { age, byId, moment, renderReport, show, text } from "./render.js";

const MOST = 32 * 1024 * 1024; // bytes, as in ledger.core.receipt
const input = byId("receipt-file");

function say(id, words) {
  byId(id).textContent = words;
}

// Shows the report of a receipt, `seconds` old.
// `kind`: "receipt", or "offline" for an answer from copies that were kept for use without a network.
export function renderReceipt(report, seconds, kind = "receipt") {
  renderReport(report);
  fill(report.code);
  show("receipt-note", seconds !== null);
  if (seconds === null) return;
  show("verdict-time", false); // told above
  byId("verdict-box").dataset.tone = "neutral";
  byId("verdict").textContent = text(`${kind}.verdict`, { verdict: text(`verdict.${report.verdict}`) });
  say("receipt-note", text(`${kind}.note`, { time: moment(report.as_of), age: age(report.as_of) }));
  say("advice", text(`${kind}.advice`));
}

// `begin` shows that something is under way and returns a function that ends it and says whether it is still wanted.
export function offerReceipts(engine, { begin, keep }) {
  async function open(file) {
    say("receipt-state", "");
    if (file.size > MOST) return say("receipt-state", text("receipt.none"));
    const ended = begin();
    let answer = null;
    try {
      answer = await engine.check(await file.text(), Math.floor(Date.now() / 1000));
    } catch (error) {
      return ended() && say("receipt-state", text(`failure.${error.reason ?? "lookup"}`));
    }
    if (!ended()) return undefined;
    if (answer.problem) return say("receipt-state", text("receipt.none"));
    keep(answer);
    renderReceipt(answer.report, answer.age);
    byId("report").scrollIntoView({ block: "start" });
    return byId("verdict").focus({ preventScroll: true });
  }

  readFilesOf(["receipt"], open); // dropped on the page
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = ""; // the same file may be chosen again
    if (file) open(file);
  });
  byId("receipt-save").addEventListener("click", async () => {
    const { receipt } = await engine.receipt();
    if (!receipt) return say("kept", text("receipt.nothing"));
    const code = receipt.split("\n", 2)[1].slice("code ".length);
    saveFile(`receipt-${code}.txt`, receipt, "text/plain");
    return say("kept", text("receipt.saved"));
  });
}
