// The ways in beside typing: QR code by camera, a picture or PDF chosen, dropped or pasted, a dropped text. All of it is
// read in the page and uploaded nowhere. What is read is shown as text, and a link to another site is never opened.
import { offerCamera } from "./camera.js";
import { fill } from "./field.js";
import { readFilesOf, takeFile } from "./files.js";
import { normalise } from "./number.js";
import { readPdf } from "./pdf.js";
import { QrReader } from "./qr.js";
import { readText } from "./reading.js";
import { byId, text } from "./render.js";
import { formats } from "./texts.js";

const HOME = new URL("../", import.meta.url); // the root of this site, as links to it begin
const SHOWN = 200; // characters of a foreign text
const OFFERED = 4;
const UNREAD = { reader: "ways.reader", timeout: "ways.reader", "picture-large": "ways.picture.large" };
const SECRET = /\.[0-9A-HJKMNP-TV-Z]{20}(?![0-9A-Z])/gi; // a verification code behind a number is not shown again

const visible = (words) => words.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]+/gu, " ").trim();
const shortened = (words) => (words.length > SHOWN ? `${words.slice(0, SHOWN)}…` : words);

// Says something below the buttons; `quoted` is text of others, shown as such; `offers` are buttons [words, act].
export function sayWay(words, { tone = "", quoted = "", offers = [] } = {}) {
  const box = byId("ways-state");
  box.dataset.tone = tone;
  byId("ways-words").textContent = words;
  byId("ways-quoted").textContent = shortened(visible(quoted.replace(SECRET, ".····")));
  byId("ways-quoted").hidden = quoted === "";
  const buttons = offers.map(([name, act]) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: name });
    button.addEventListener("click", act);
    return button;
  });
  byId("ways-offers").replaceChildren(...buttons);
}

// `check(number, code)` looks a number up; `begin()` is told as soon as somebody means to; `openPaper(bytes)` takes a
// certificate of ours and resolves to whether it was one.
export function offerWays(check, begin, openPaper) {
  const qr = new QrReader();
  let turn = 0; // counts files, so that an earlier one never speaks after a later one

  function begun() {
    sayWay(text("ways.reading"), { tone: "busy" });
    return (turn += 1);
  }

  function look({ number, code, proof }) {
    fill(number);
    check(number, code, proof);
  }

  // What one or more scanned or dropped texts say; `none` are the words for a text in which no number is.
  function take(texts, none) {
    const read = texts.map((one) => readText(one, HOME, formats));
    const ours = read.find(({ host, numbers }) => host === "" && numbers.length === 1);
    const others = new Set(read.flatMap(({ numbers }) => numbers.map(({ number }) => number)));
    if (ours && others.size === 1) return look(ours.numbers[0]);
    const best = read.find(({ numbers }) => numbers.length > 0) ?? read.find(({ host }) => host !== "") ?? read[0];
    const offers = read
      .flatMap(({ numbers }) => numbers)
      .slice(0, OFFERED)
      .map((one) => [text("ways.check", { number: one.number }), () => look(one)]);
    if (best.host !== "") return sayWay(text(offers.length > 0 ? "ways.foreign.number" : "ways.foreign", { host: best.host }), { tone: "warn", quoted: best.text, offers });
    if (offers.length > 0) return sayWay(text("ways.several"), { offers });
    if (best.near !== "") {
      fill(best.near);
      return sayWay(text("ways.near"), { tone: "warn" });
    }
    return sayWay(text(none), { tone: "warn", quoted: best.text });
  }

  const open = offerCamera((bitmap) => qr.readFrame(bitmap), (texts) => take(texts, "ways.qr.other"));

  async function readPicture(file, kind) {
    const mine = begun();
    try {
      const texts = await qr.readPicture(file);
      if (mine !== turn) return;
      if (texts.length > 0) take(texts, "ways.qr.other");
      else sayWay(text("ways.picture.none"), { tone: "warn" });
    } catch ({ reason }) {
      const unreadable = kind === "heic" ? "ways.picture.heic" : "ways.picture.unreadable";
      if (mine === turn) sayWay(text(UNREAD[reason] ?? unreadable), { tone: "warn" });
    }
  }

  // The QR code of a scanned page: its texts, or the words for why there are none.
  async function readScans(pictures, otherwise) {
    for (const picture of pictures) {
      try {
        const texts = await qr.readPicture(picture);
        if (texts.length > 0) return { texts };
      } catch ({ reason }) {
        if (UNREAD[reason]) return { words: UNREAD[reason] };
      }
    }
    return { words: otherwise };
  }

  async function readCertificate(file) {
    const mine = begun();
    const bytes = new Uint8Array(await file.arrayBuffer());
    const { state, pictures } = readPdf(bytes);
    let otherwise = `ways.pdf.${state}`;
    if (state === "foreign") {
      try {
        if (await openPaper(bytes)) return sayWay("");
      } catch (error) {
        otherwise = `failure.${error.reason ?? "lookup"}`; // nobody has looked into it: not called foreign
      }
    }
    const { texts, words } = await readScans(pictures, otherwise);
    if (mine !== turn) return undefined;
    return texts ? take(texts, "ways.qr.other") : sayWay(text(words), { tone: "warn" });
  }

  async function takeFiles(files) {
    if (files.length === 0) return;
    begin();
    const refused = await takeFile(files[0]).catch(() => "unreadable");
    if (refused !== "") sayWay(text(`ways.file.${refused}`), { tone: "warn", quoted: files[0].name });
    else if (files.length > 1) byId("ways-words").append(` ${text("ways.file.one")}`);
  }

  readFilesOf(["image", "heic"], readPicture);
  readFilesOf(["pdf"], readCertificate);

  byId("scan").addEventListener("click", () => {
    begin();
    qr.prepare();
    open();
  });
  byId("file").addEventListener("change", ({ target }) => {
    takeFiles([...target.files]);
    target.value = ""; // the same file may be chosen again
  });
  offerDrop(takeFiles, (words) => take([words], "ways.text.other"), begin);
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const words = event.clipboardData?.getData("text/plain") ?? "";
    if (files.length === 0 && !isForUs(event.target, words)) return; // it goes where the caret is
    event.preventDefault();
    if (files.length > 0) takeFiles(files);
    else take([words], "ways.text.other");
  });
  byId("ways").hidden = false;
}

// Whether a pasted text is read as a whole: outside of any field, or in that of the number a link or a number among words.
function isForUs(target, words) {
  const field = target.closest?.("input, textarea");
  if (words.trim() === "" || (field && field.id !== "code")) return false;
  const { numbers, host } = readText(words, HOME, formats);
  return !field || host !== "" || (numbers.length > 0 && numbers[0].number !== normalise(words));
}

// The whole page takes what is dropped; a veil says so while something hovers over it.
function offerDrop(takeFiles, takeText, begin) {
  let depth = 0; // enter and leave come for every element
  let own = false; // something of this page is dragged
  const veil = (shown) => {
    if (!shown) depth = 0;
    document.body.classList.toggle("dropping", shown);
  };
  const carries = ({ dataTransfer }) => !own && [...(dataTransfer?.types ?? [])].some((type) => type === "Files" || type === "text/plain");
  window.addEventListener("dragstart", () => (own = true));
  window.addEventListener("dragend", () => (own = false));
  window.addEventListener("dragenter", (event) => {
    if (!carries(event)) return;
    begin();
    depth += 1;
    veil(true);
  });
  window.addEventListener("dragleave", () => {
    depth -= 1;
    if (depth <= 0) veil(false);
  });
  window.addEventListener("dragover", (event) => {
    if (carries(event)) event.preventDefault();
  });
  window.addEventListener("drop", (event) => {
    veil(false);
    if (own) return;
    const files = [...(event.dataTransfer?.files ?? [])];
    const words = event.dataTransfer?.getData("text/plain") ?? "";
    if (files.length > 0 || !event.target.closest?.("input, textarea")) event.preventDefault(); // else it goes into the field
    else return;
    if (files.length > 0) takeFiles(files);
    else if (words !== "") takeText(words);
  });
}
