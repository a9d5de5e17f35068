// What a link, a scanned QR code or a dropped text says: certificate numbers, perhaps a verification code with one, and
// whether it is a link to another site. It is read as text; nothing in it is ever opened or followed.
//
// A link of this site carries everything in its fragment, which no browser sends: #NUMBER, #NUMBER.CODE or, from a dense QR
// code, #NUMBER.CODE.PROOF (spec/link.md).
import { inspect, normalise } from "./number.js";

const LONGEST = 8192; // characters; the largest QR code holds 7,089
const VERIFICATION_CODE = /^[0-9A-HJKMNP-TV-Z]{20}$/; // Crockford's base32, as parse_verification_code in ledger.core.disclosure

// The normal form of a verification code, or "" if the text is none.
export function verificationCode(text) {
  const normal = normalise(text).replace(/O/g, "0").replace(/[IL]/g, "1");
  return VERIFICATION_CODE.test(normal) ? normal : "";
}

const PROOF = /^[A-Z2-7]{1,6000}$/; // a compact proof, as ledger.core.compact writes it

const isNumber = (text, formats) => inspect(text, formats).state === "good";

// "NUMBER", "NUMBER.CODE" or "NUMBER.CODE.PROOF" -> {number, code} or {number, code, proof}, or null.
function readPair(text, formats) {
  const [number, code, proof, ...more] = text.split(".");
  if (more.length > 0 || !isNumber(number, formats)) return null;
  if (code === undefined) return { number: normalise(number), code: "" };
  const read = { number: normalise(number), code: verificationCode(code) };
  if (read.code === "" || (proof !== undefined && !PROOF.test(proof))) return null;
  return proof === undefined ? read : { ...read, proof };
}

// The well-formed numbers anywhere in a text: between whatever is no letter or digit, and line by line without spaces.
function numbersIn(text, formats) {
  const lines = text.split(/[\r\n]+/);
  const words = [...lines, ...lines.map(normalise)].flatMap((line) => line.split(/[^0-9A-Za-z\uff10-\uff5a]+/));
  const found = new Set(words.filter((word) => isNumber(word, formats)).map(normalise));
  return [...found].map((number) => ({ number, code: "" }));
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not percent-encoded: taken as it stands
  }
}

// Whether a text is nearly a number: one that is cut short, or has a few wrong characters.
function isNear(normal, formats) {
  const { findings } = inspect(normal, formats);
  return /^[0-9A-Z]{5,30}$/.test(normal) && findings.filter(({ severity }) => severity === "error").length <= 3;
}

// A fragment without its "#": {numbers: [{number, code}], near, text}. `near` is a mistyped number, to be explained.
export function readFragment(fragment, formats) {
  const text = decoded(fragment.slice(0, LONGEST));
  const pair = readPair(text, formats);
  const normal = normalise(text);
  return { numbers: pair ? [pair] : [], near: !pair && isNear(normal, formats) ? normal : "", text };
}

function webAddress(text) {
  try {
    return /^https?:/i.test(text) ? new URL(text) : null;
  } catch {
    return null;
  }
}

// Any text, of a site whose root is the URL `home`: {numbers, near, text, host}. `host` is the other site a link points to.
export function readText(given, home, formats) {
  const text = given.slice(0, LONGEST).trim();
  const url = webAddress(text);
  if (!url) {
    const { numbers, near } = readFragment(text, formats);
    return { numbers: numbers.length > 0 ? numbers : numbersIn(text, formats), near, text, host: "" };
  }
  const ours = url.origin === home.origin && url.pathname.startsWith(home.pathname) && url.username === "" && url.password === "";
  const { numbers, near } = readFragment(url.hash.slice(1), formats);
  if (ours) return { numbers, near, text, host: "" };
  return { numbers: numbers.length > 0 ? numbers : numbersIn(decoded(text), formats), near: "", text, host: url.host };
}
