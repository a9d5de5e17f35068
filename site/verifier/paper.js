// A certificate's PDF of ours: the receipt in it is followed, its text is held against what is signed, and the ledger is
// asked for the state of today with what the holder shows. When the ledger cannot be had, the receipt's own answer stands.
import { fill } from "./field.js";
import { byId, renderReport, show, text } from "./render.js";
import { renderReceipt } from "./receipt.js";
import { offerSharing } from "./share.js";

function say(differs) {
  const altered = differs.length > 0;
  const what = differs.map((field) => text(`pdf.${field}`)).join(text("pdf.and"));
  show("pdf-note");
  byId("pdf-note").textContent = altered ? text("pdf.differs", { what }) : text("pdf.same");
  if (!altered) return;
  byId("verdict-box").dataset.tone = "bad";
  byId("verdict").textContent = text("pdf.altered");
  byId("advice").textContent = text("pdf.altered.advice");
}

// Returns a function that takes a file's bytes and resolves to whether the file was a certificate of ours; it rejects with a
// Failure when the verifier could not look.
export function offerPapers(engine, { begin, keep, ask }) {
  return async (bytes) => {
    const ended = begin();
    let paper;
    try {
      paper = await engine.checkPdf(bytes, Math.floor(Date.now() / 1000));
    } catch (error) {
      ended();
      throw error;
    }
    if (paper.problem) {
      ended();
      return false;
    }
    const today = await ask(paper.report.code, paper.disclosures).catch(() => null);
    if (!ended()) return true;
    fill(paper.report.code);
    if (today && today.report.verdict !== "not_checked") {
      keep(today);
      renderReport(today.report);
      show("receipt-note", false);
      offerSharing(today.report, paper.disclosures);
    } else {
      keep(paper);
      renderReceipt(paper.report, paper.age);
    }
    say(paper.differs);
    byId("report").scrollIntoView({ block: "start" });
    byId("verdict").focus({ preventScroll: true });
    return true;
  };
}
