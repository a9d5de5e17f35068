// Comparing with the person: a typed name or document number, under the verification code printed on the certificate, is
// held against the signed record in Python. The answer is yes or no. What is typed stays in the page: it is neither
// sent nor kept, and it is gone with the next lookup.
import { verificationCode } from "./reading.js";
import { byId, renderPhoto, renderReport, text } from "./render.js";

const grouped = (code) => code.replace(/(.{4})(?=.)/g, "$1 ");

function say(state, words, field) {
  byId("match-state").dataset.state = state;
  byId("match-state").textContent = words;
  for (const id of ["match-code", "match-name", "match-doc"]) byId(id).removeAttribute("aria-invalid");
  if (!field) return;
  byId(field).setAttribute("aria-invalid", "true");
  byId(field).focus();
}

// `ask` looks the number on show up once more with what was typed, or with disclosures; its report says what matched.
// `open` gets the sealed details with a code. `hasView`: the masked view is on show, or was withdrawn. `reset` empties the form, or puts in the code that came with a link.
export function offerMatch({ ask, open, hasView }) {
  const form = byId("match");
  let turn = 0; // a later question, or a reset, makes an answer under way void

  async function compare() {
    const typed = { verification_code: byId("match-code").value, name: byId("match-name").value, doc_no: byId("match-doc").value };
    if (verificationCode(typed.verification_code) === "") return say("bad", text("match.code.form"), "match-code");
    const alone = !typed.name.trim() && !typed.doc_no.trim(); // it can open a sealed view, but there is nothing to compare
    if (alone && hasView()) return say("bad", text("match.nothing"), "match-name");
    const mine = (turn += 1);
    say("busy", text("match.busy"));
    let matched;
    let masked;
    try {
      ({ matched, masked } = (await ask(typed)).report);
    } catch {
      matched = undefined; // told below: nothing could be compared
    }
    if (mine !== turn) return undefined;
    if (!matched) return say("unknown", text("match.unknown"));
    const given = ["masked", "name", "doc_no"].filter((field) => field in matched);
    const words = given.map((field) => text(`match.${field}.${matched[field] ? "yes" : "no"}`, { name: masked?.name ?? "" }));
    return say(given.every((field) => matched[field]) ? "yes" : "no", words.join(" "));
  }

  // What the details say is shown only when the signed record of today says the same.
  async function openDetails() {
    const code = verificationCode(byId("match-code").value);
    if (code === "") return say("bad", text("match.code.form"), "match-code");
    const mine = (turn += 1);
    say("busy", text("details.busy"));
    let problem;
    let photo;
    let report;
    try {
      const opened = await open(code);
      ({ problem, photo } = opened);
      if (!problem) ({ report } = await ask(null, opened.disclosures));
    } catch {
      problem = "unreachable";
    }
    if (mine !== turn) return undefined;
    const differs = report?.steps.some(({ id, reason }) => id === "V12" && reason === "disclosure_differs");
    if (!problem && !report.disclosed) problem = differs ? "differs" : "unreachable";
    if (problem) return say(problem === "unreachable" ? "unknown" : "no", text(`details.${problem}`));
    renderReport(report);
    byId("person-box").scrollIntoView({ block: "start" });
    const drawn = !report.disclosed.photo || (await renderPhoto(photo).then(() => true, () => false));
    return say("yes", text(drawn ? "details.opened" : "details.undrawn"));
  }

  byId("details-open").addEventListener("click", openDetails);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    compare();
  });
  return {
    reset(code = "") {
      turn += 1;
      form.reset();
      say("", code === "" ? "" : text("match.code.given"));
      byId("match-code").value = grouped(code);
      byId("match-box").open = code !== "";
    },
  };
}
