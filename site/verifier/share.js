// A holder shows somebody some fields and no others: from the disclosures in the holder's own certificate, those chosen go
// into a receipt, with the files that prove them. Whoever opens it here, or with the command line, sees exactly these.
import { saveFile } from "./saving.js";
import { byId, documentName, legible, show, text } from "./render.js";

const HIDDEN_VALUE = new Set(["photo", "scores"]); // told by their names alone
let held = []; // the disclosures of the certificate on show

// Offers the fields that the certificate of `report` disclosed.
export function offerSharing(report, disclosures) {
  held = disclosures;
  const fields = Object.entries(report.disclosed ?? {});
  byId("share-fields").replaceChildren(
    ...fields.map(([name, value]) => {
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", value: name });
      const words = text(`share.field.${name}`);
      const said = name === "doc_type" ? documentName(report.facts?.profile, value) : legible(value);
      label.append(box, HIDDEN_VALUE.has(name) ? words : text("share.field", { field: words, value: said }));
      return label;
    }),
  );
  byId("share-state").textContent = "";
  show("share-box", fields.length > 0);
}

export function startSharing(engine) {
  byId("share").addEventListener("submit", async (event) => {
    event.preventDefault();
    const names = [...byId("share-fields").querySelectorAll("input:checked")].map((box) => box.value);
    const { receipt } = await engine.showing(held, names);
    const code = receipt.split("\n", 2)[1].slice("code ".length);
    saveFile(`shown-${code}.txt`, receipt, "text/plain");
    byId("share-state").textContent = text(names.length ? "share.saved" : "share.saved.none", { fields: names.map((name) => text(`share.field.${name}`)).join(text("pdf.and")) });
  });
}
