// The page's hold on the worker: starts it, watches that it keeps talking, and ends it when it does not.
//
// Pyodide can hang for ever without an error (a wasm of the wrong build does), so silence is treated as a failure: after a
// failure the worker is gone, and the next lookup starts a new one.
import { startWorker } from "./workers.js";

// Seconds of silence that are still normal, by what the worker is doing. While bytes arrive it talks all the time.
const PATIENCE = { downloading: 30, starting: 45, working: 60 };

export class Failure extends Error {
  constructor(reason, detail) {
    super(detail ?? reason);
    this.reason = reason;
  }
}

export class Engine {
  #worker = null;
  #timer = 0;
  #stage = "downloading";
  #waiting = new Map();
  #count = 0;
  #onStage;
  #patience;

  // onStage(message) is told of each "stage" and "fetching" message.
  constructor(onStage, patience = PATIENCE) {
    this.#onStage = onStage;
    this.#patience = patience;
  }

  get stage() {
    return this.#worker ? this.#stage : "stopped";
  }

  start() {
    if (this.#worker) return;
    if (typeof Worker !== "function" || typeof WebAssembly !== "object" || !globalThis.crypto?.subtle) {
      this.#fail(new Failure("unsupported"));
      return;
    }
    this.#stage = "downloading";
    try {
      this.#worker = startWorker("verifier");
    } catch (error) {
      this.#fail(new Failure("unsupported", String(error)));
      return;
    }
    this.#worker.addEventListener("message", ({ data }) => this.#hear(data));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#fail(new Failure("runtime-download", event.message));
    });
    this.#watch();
  }

  // `typed` is {verification_code, name, doc_no} to compare with the record, or null; `disclosures` what a holder shows.
  // Resolves to {report, text, seen}; rejects with a Failure whose reason has a text "failure.<reason>".
  // Numbers of one `batch`, a count from 1, are checked against one state of the ledger.
  lookup(code, now, seen, { typed = null, disclosures = [], batch = 0 } = {}) {
    return this.#ask({ kind: "lookup", code, now, seen, typed, disclosures, batch });
  }

  // The numbers in a workbook (bytes) or a text: resolves to {found}, a list of {place, number, problem} or {problem}.
  numbers(data) {
    return this.#ask({ kind: "numbers", data });
  }

  // Rows of texts as a file, "xlsx" or "csv": resolves to {file}, its bytes.
  table(as, rows) {
    return this.#ask({ kind: "table", as, rows });
  }

  // The receipt of the last answer: resolves to {receipt}, a text, empty if there is none.
  receipt() {
    return this.#ask({ kind: "receipt" });
  }

  // The same with those of `disclosures` whose fields are among `names`: what a holder shows.
  showing(disclosures, names) {
    return this.#ask({ kind: "showing", disclosures, names });
  }

  // Follows a receipt again: resolves to {report, text, age}, or to {problem} if it is no receipt.
  check(receipt, now) {
    return this.#ask({ kind: "check", receipt, now });
  }

  // Follows the receipt in a certificate's PDF: as `check`, with the disclosures in it and the fields its text has not.
  checkPdf(bytes, now) {
    return this.#ask({ kind: "pdf", bytes, now });
  }

  // Audits the whole ledger; `calendar` says which days are working days. Resolves to {audit, text}; onStage is told of
  // each "auditing" message with its {phase, done, total}.
  audit(calendar) {
    return this.#ask({ kind: "audit", calendar });
  }

  // Opens the sealed details of a number: resolves to {disclosures, photo}, or to {problem} "missing", "unreachable" or
  // "damaged". Nothing in them counts before a lookup with the disclosures has held them to the record.
  details(code, verification) {
    return this.#ask({ kind: "details", code, verification });
  }

  // Ends what is under way: it rejects with the reason "stopped". The next question starts a new worker.
  stop() {
    this.#fail(new Failure("stopped"));
  }

  // Checks what a dense QR code carries, without the network: {report, text, disclosures}, or {problem}.
  checkCompact(code, verification, proof, now) {
    return this.#ask({ kind: "compact", code, verification, proof, now });
  }

  #ask(question) {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.start();
      this.#worker?.postMessage({ id, ...question });
      if (this.#stage === "ready") this.#watch();
    });
  }

  #hear(message) {
    if (message.kind === "failed") {
      this.#fail(new Failure(message.reason, message.detail));
      return;
    }
    if (message.kind === "stage") this.#stage = message.stage;
    if (this.#waiting.has(message.id) && !["auditing", "fetching"].includes(message.kind)) {
      this.#waiting.get(message.id)?.resolve(message);
      this.#waiting.delete(message.id);
    } else {
      this.#onStage(message);
    }
    this.#watch();
  }

  #watch() {
    clearTimeout(this.#timer);
    if (this.#stage === "ready" && this.#waiting.size === 0) return;
    const seconds = this.#patience[this.#stage] ?? this.#patience.working;
    this.#timer = setTimeout(() => this.#fail(new Failure("timeout", this.#stage)), seconds * 1000);
  }

  #fail(failure) {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(failure);
  }
}
