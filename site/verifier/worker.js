// The module worker: fetches and checks the runtime, boots Python, then answers lookups one at a time.
//
// In:   {kind: "lookup", id, code, now, seen, typed, disclosures, batch} · {kind: "receipt", id}
//       {kind: "numbers", id, data} · {kind: "table", id, as, rows}
//       {kind: "audit", id, calendar} · {kind: "details", id, code, verification}
//       {kind: "showing", id, disclosures, names}
//       {kind: "check", id, receipt, now} · {kind: "pdf", id, bytes, now}
// Out:  {kind: "stage", stage: "downloading", received, total} · {kind: "stage", stage: "starting"}
//       {kind: "stage", stage: "ready", took: {downloading, starting, importing}} in milliseconds
//       {kind: "fetching", id, count} · {kind: "report", id, report, text, seen, kept} · {kind: "receipt", id, receipt}
//       {kind: "auditing", id, phase, done, total} · {kind: "audit", id, audit, text}
//       {kind: "details", id, disclosures, photo} or with problem alone: "missing" | "unreachable" | "damaged"
//       {kind: "numbers", id, found} · {kind: "table", id, file}
//       {kind: "report", id, report, text, age} of a receipt, with differs and disclosures of a PDF, or with problem alone
//       {kind: "failed", id?, reason: "runtime-download" | "runtime-integrity" | "runtime-start" | "lookup", detail}
//
// loadPyodide never settles when its wasm cannot be had, and checks no hash of it. So every file is fetched and hashed
// here first, and what Pyodide then "fetches" are these bytes; the wasm is compiled while it arrives, and started only
// when its hash is right. A wrong but well-formed wasm could still hang: the page has a timer for that.
import { config } from "./config.js";

const SITE = new URL("../", import.meta.url);
const LEDGER = new URL("ledger/", SITE);
const RUNTIME = config.runtime;
const FILE_SECONDS = 20;
let keptCopies = 0; // files that came from the keeper's copies because there was no network
const FILE_BYTES = 16 * 1024 * 1024; // the largest file of a ledger: a bundle of 256 entries of 64 KiB

class Failure extends Error {
  constructor(reason, detail) {
    super(detail);
    this.reason = reason;
  }
}

const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

const at = (path) => new URL(path, SITE).href;

// The browser's own fetch: a lookup may begin while Pyodide's is answered with the pinned files.
const network = self.fetch.bind(self);

// Fetch one pinned file, telling `onBytes` as they arrive; its bytes are the pinned ones or it throws. `onResponse` may take
// a copy of the answer, to work on it before it is known to be right.
async function fetchPinned(pin, onBytes, onResponse) {
  let response;
  try {
    response = await network(at(pin.path), { credentials: "same-origin", referrerPolicy: "no-referrer" });
  } catch (error) {
    throw new Failure("runtime-download", `${pin.path}: ${error.message}`);
  }
  if (!response.ok || !response.body) throw new Failure("runtime-download", `${pin.path}: HTTP ${response.status}`);
  const bytes = new Uint8Array(pin.size);
  onResponse?.(response.clone());
  const reader = response.body.getReader();
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (length + value.length > pin.size) throw new Failure("runtime-integrity", `${pin.path}: longer than pinned`);
      bytes.set(value, length);
      length += value.length;
      onBytes(value.length);
    }
  } catch (error) {
    throw error instanceof Failure ? error : new Failure("runtime-download", `${pin.path}: ${error.message}`);
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  if (length !== pin.size || btoa(String.fromCharCode(...digest)) !== pin.sha256)
    throw new Failure("runtime-integrity", `${pin.path}: not the pinned bytes`);
  return bytes;
}

async function download() {
  const total = RUNTIME.wasm.size + RUNTIME.library.size + RUNTIME.lookup.size;
  let received = 0;
  let told = 0;
  const onBytes = (count) => {
    received += count;
    if (performance.now() - told > 80) {
      told = performance.now();
      postMessage({ kind: "stage", stage: "downloading", received, total });
    }
  };
  postMessage({ kind: "stage", stage: "downloading", received, total });
  const modules = Promise.all([import(at(RUNTIME.loader)), import(at(RUNTIME.program))]).catch((error) => {
    throw new Failure("runtime-download", `${RUNTIME.loader}: ${error.message}`);
  });
  let compiled = null;
  const compile = (response) => {
    // Of the network's own answer Chromium keeps the compiled program for the next visit, of one made here it does not. But the
    // compiler refuses any type but this one, so of a host that sends another the type is set here.
    const headers = { "Content-Type": "application/wasm" };
    const typed = response.headers.get("Content-Type") === headers["Content-Type"];
    compiled = WebAssembly.compileStreaming(typed ? response : new Response(response.body, { headers }));
    compiled.catch(() => {}); // told below, when the bytes have turned out to be the right ones
  };
  const [, library, core, [loader]] = await Promise.all([
    fetchPinned(RUNTIME.wasm, onBytes, compile),
    fetchPinned(RUNTIME.library, onBytes),
    fetchPinned(RUNTIME.lookup, onBytes),
    modules,
  ]);
  return { program: await compiled, library, core, loader };
}

// While Pyodide starts, what it fetches is answered with the checked bytes and what it compiles with the program that is
// compiled already; anything else is refused.
function answerWith(program, library) {
  const { fetch } = self;
  const { instantiateStreaming } = WebAssembly;
  self.fetch = async (resource) => {
    const url = new URL(resource instanceof Request ? resource.url : resource, self.location.href).href;
    if (url === at(RUNTIME.library.path)) return new Response(library);
    if (url === at(RUNTIME.wasm.path)) return new Response(null);
    throw new TypeError(`not a pinned file: ${url}`);
  };
  WebAssembly.instantiateStreaming = async (_response, imports) => ({
    module: program,
    instance: await WebAssembly.instantiate(program, imports),
  });
  return () => {
    self.fetch = fetch;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  };
}

let files = null; // Python's file system

async function boot() {
  const began = performance.now();
  const { program, library, core, loader } = await download();
  const downloaded = performance.now();
  postMessage({ kind: "stage", stage: "starting" });
  const restore = answerWith(program, library);
  try {
    const python = await loader.loadPyodide({
      indexURL: at(RUNTIME.engine),
      stdLibURL: at(RUNTIME.library.path),
      packageBaseUrl: at(RUNTIME.engine),
      lockFileContents: { info: RUNTIME.info, packages: {} },
      env: { PYTHONPATH: "/core/lookup.zip", PYTHONDONTWRITEBYTECODE: "1", HOME: "/home/pyodide" },
      fsInit: async (FS) => {
        FS.mkdirTree("/core");
        FS.writeFile("/core/lookup.zip", core);
      },
    });
    files = python.FS;
    const started = performance.now();
    python.pyimport(RUNTIME.start).destroy();
    const verifier = python.pyimport(RUNTIME.boot);
    verifier.setup(verifier.profile_texts(JSON.stringify(config.profiles)), config.trust);
    const took = { downloading: downloaded - began, starting: started - downloaded, importing: performance.now() - started };
    postMessage({ kind: "stage", stage: "ready", took });
    return verifier;
  } catch (error) {
    throw new Failure("runtime-start", String(error?.message ?? error));
  } finally {
    restore();
  }
}

// One public file: its bytes, "missing" when the host says that it does not exist, else "unreachable".
async function fetchFile(path) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), FILE_SECONDS * 1000);
  try {
    // Files whose name says what is in them never change; all others must be asked for anew.
    const fixed = /^(tile|index\/\d+\/tile)\//.test(path);
    const response = await network(new URL(path, LEDGER), {
      cache: path.startsWith("details/") ? "no-store" : fixed ? "default" : "no-cache", // nobody's details are kept here
      credentials: "same-origin",
      referrerPolicy: "no-referrer",
      redirect: "error",
      signal: abort.signal,
    });
    if (response.status === 404 || response.status === 410) return "missing";
    if (response.headers.has("X-Ledger-Kept")) keptCopies += 1;
    // A page of HTML is a host's or a network's own message, never a file of a ledger.
    if (!response.ok || (response.headers.get("Content-Type") ?? "").startsWith("text/html")) return "unreachable";
    const chunks = [];
    let length = 0;
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > FILE_BYTES) {
        abort.abort();
        return "unreachable";
      }
      chunks.push(value);
    }
    const bytes = new Uint8Array(length);
    let offset = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    return bytes;
  } catch {
    return "unreachable";
  } finally {
    clearTimeout(timer);
  }
}

// The files of a batch, each fetched once: all its numbers are checked against one state of the ledger.
const batch = { id: 0, files: new Map() };

function fetchOnce(id, path) {
  if (!id) return fetchFile(path);
  if (batch.id !== id) Object.assign(batch, { id, files: new Map() });
  if (!batch.files.has(path)) batch.files.set(path, fetchFile(path));
  return batch.files.get(path);
}

async function lookup(verifier, { id, code, now, seen, typed, disclosures, batch: ofBatch }, early) {
  const before = keptCopies;
  let answer = JSON.parse(verifier.start(JSON.stringify({ id, code, now, seen, typed, disclosures })));
  while (answer.need) {
    postMessage({ kind: "fetching", id, count: answer.need.length });
    const files = await Promise.all(answer.need.map(async (path) => [path, await (early.get(path) ?? fetchOnce(ofBatch, path))]));
    early.clear();
    answer = JSON.parse(verifier.resume(id, Object.fromEntries(files)));
  }
  const kept = keptCopies > before;
  postMessage({ kind: "report", id, report: answer.report, text: answer.report_text, seen: answer.seen, kept });
}

// What a lookup does not need comes when an audit is asked for, or sealed details.
let extended = false;
async function extend(verifier) {
  if (extended) return;
  files.writeFile("/core/audit.zip", await fetchPinned(RUNTIME.audit, () => {}));
  verifier.extend("/core/audit.zip");
  extended = true;
}

const ANSWERS = {
  lookup,
  receipt: (verifier, { id }) => postMessage({ kind: "receipt", id, receipt: verifier.receipt() }),
  showing: (verifier, { id, disclosures, names }) =>
    postMessage({ kind: "receipt", id, receipt: verifier.showing(JSON.stringify(disclosures), JSON.stringify(names)) }),
  check(verifier, { id, receipt, now }) {
    const { report_text: text, ...told } = JSON.parse(verifier.check(receipt, now));
    postMessage({ kind: "report", id, text, ...told });
  },
  async audit(verifier, { id, calendar }) {
    await extend(verifier);
    let answer = JSON.parse(verifier.audit(id, JSON.stringify(calendar)));
    while (answer.need) {
      if (answer.phase) postMessage({ kind: "auditing", id, phase: answer.phase, done: answer.done, total: answer.total });
      const files = await Promise.all(answer.need.map(async (path) => [path, await fetchFile(path)]));
      answer = JSON.parse(verifier.audited(id, Object.fromEntries(files)));
    }
    postMessage({ kind: "audit", id, audit: answer.audit, text: answer.text });
  },
  async details(verifier, { id, code, verification }) {
    await extend(verifier);
    const { path, key } = JSON.parse(verifier.details_place(code, verification));
    const file = await fetchFile(path);
    if (typeof file === "string") return postMessage({ kind: "details", id, problem: file });
    const aes = await crypto.subtle.importKey("raw", bytesOf(key), "AES-GCM", false, ["decrypt"]);
    const how = { name: "AES-GCM", iv: file.subarray(0, 12), additionalData: new TextEncoder().encode(path) };
    const content = await crypto.subtle.decrypt(how, aes, file.subarray(12)).catch(() => new ArrayBuffer(0));
    const opened = JSON.parse(verifier.details_opened(code, verification, file, new Uint8Array(content)));
    if (opened.problem) return postMessage({ kind: "details", id, problem: "damaged" });
    return postMessage({ kind: "details", id, disclosures: opened.disclosures, photo: bytesOf(opened.photo) });
  },
  numbers: (verifier, { id, data }) => postMessage({ kind: "numbers", id, found: JSON.parse(verifier.numbers(data)) }),
  table(verifier, { id, as, rows }) {
    const made = verifier.table(as, JSON.stringify(rows));
    const file = made.toJs();
    made.destroy();
    postMessage({ kind: "table", id, file });
  },
  pdf(verifier, { id, bytes, now }) {
    const { report_text: text, ...told } = JSON.parse(verifier.check_pdf(bytes, now));
    postMessage({ kind: "report", id, text, ...told });
  },
  compact(verifier, { id, code, verification, proof, now }) {
    const { report_text: text, ...told } = JSON.parse(verifier.check_compact_proof(code, verification, proof, now));
    postMessage({ kind: "report", id, text, ...told });
  },
};

const fail = (error, id) =>
  postMessage({ kind: "failed", id, reason: error instanceof Failure ? error.reason : "lookup", detail: String(error?.message ?? error) });

const booted = boot().catch((error) => {
  fail(error);
  return null;
});

let queue = Promise.resolve();
self.addEventListener("message", ({ data }) => {
  const answer = ANSWERS[data?.kind];
  if (!answer) return;
  // Every lookup begins with the head: it is fetched while Python starts, or while another lookup is under way.
  const early = data.kind === "lookup" ? new Map([["head", fetchOnce(data.batch, "head")]]) : null;
  queue = queue.then(async () => {
    const verifier = await booted;
    try {
      if (verifier) await answer(verifier, data, early);
    } catch (error) {
      fail(error, data.id);
    }
  });
});
