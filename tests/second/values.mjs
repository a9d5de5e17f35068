// Single values, for the second verifier: canonical JSON, base64, days, and the forms of what stands in records, from the specification.
import { createHash } from "node:crypto";

export class Finding extends Error {}
export const need = (ok, kind, place, problem) => {
  if (!ok) throw new Finding(`${kind} ${place}: ${problem}`);
};
export const sha = (...parts) => parts.reduce((state, part) => state.update(part), createHash("sha256")).digest();

// -- bytes -----------------------------------------------------------------------------------------------------------------------------

const MALFORMED = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/; // a surrogate alone
const NEWER = new RegExp(`[${( // the normal form of these depends on the version of Unicode
  "897 105c9 105d2 105da 105e4 10d69-10d6d 10efd-10eff 11382-11385 1138b 1138e 11390-11391 113b8 113bb 113c2 113c5 113c7-113c9 113ce-113d0 " +
  "11f41-11f42 1611e-16129 1612f 16d63 16d67-16d6a 1e08f 1e4ec-1e4ef 1e5ee-1e5ef").replace(/\w+/g, "\\u{$&}").replaceAll(" ", "")}]`, "u");
const isText = (value) => value.normalize("NFC") === value && !MALFORMED.test(value) && !NEWER.test(value);
export const canon = (value, depth = 1) => { // RFC 8785 without floats and null; undefined for what has no such form
  if (typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value === "string") return isText(value) ? JSON.stringify(value) : undefined;
  if (value === null || typeof value !== "object" || depth > 16) return undefined;
  const member = (name) => {
    const text = /^[\x20-\x7e]*$/.test(name) && canon(value[name], depth + 1);
    return text && `${JSON.stringify(name)}:${text}`;
  };
  const parts = Array.isArray(value) ? value.map((one) => canon(one, depth + 1)) : Object.keys(value).sort().map(member);
  if (parts.some((part) => !part)) return undefined;
  return Array.isArray(value) ? `[${parts}]` : `{${parts}}`;
};
export function parse(bytes, place, kind = "malformed", most = 65535) {
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    need(false, kind, place, "not JSON");
  }
  need(bytes.length <= most && Buffer.from(canon(value) ?? "").equals(bytes), kind, place, "not canonical");
  return value;
}
export function unbase(text, form, size) { // one spelling only; undefined otherwise
  const bytes = Buffer.from(String(text), form);
  return bytes.toString(form) === text && (size === undefined || bytes.length === size) ? bytes : undefined;
}

// -- days ------------------------------------------------------------------------------------------------------------------------------

export const shift = (day, n) => new Date(Date.parse(day) + n * 864e5).toISOString().slice(0, 10);
export const dayOf = (time) => new Date(Date.parse(time) + 288e5).toISOString().slice(0, 10); // in China
const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && shift(text, 0) === text;
export function yearsLater(day, n) { // 28 February where there is no 29th, and no day after 9999
  const same = `${Number(day.slice(0, 4)) + n}${day.slice(4)}`;
  return isDay(same) ? same : same.length > 10 ? "9999-12-31" : same.replace("02-29", "02-28");
}
export function workingDay({ first, last, off, on }, day, n) { // the n-th working day after a day, before it if negative; undefined: not announced
  for (let left = Math.abs(n); left > 0; ) {
    day = shift(day, Math.sign(n));
    if (day < `${first}` || day > `${last}-12-31`) return undefined;
    if (on.includes(day) || (new Date(day).getUTCDay() % 6 > 0 && !off.includes(day))) left -= 1;
  }
  return day;
}

// -- forms of members, as the page on records groups them; "type/member" where a type has its own --------------------------------------

const like = (pattern) => (value) => typeof value === "string" && pattern.test(value);
const count = (value) => Number.isSafeInteger(value) && value >= 0;
const text = (value) => typeof value === "string" && value !== "" && [...value].length <= 200 && value === value.trim();
const list = (form, least = 1, most = 1000) => (value) =>
  Array.isArray(value) && value.length >= least && value.length <= most && value.every((one) => form(one));
const rising = (...sizes) => (value) => list(...sizes)(value) && value.every((one, n) => n === 0 || value[n - 1] < one);
export function hasForm(type, value, members = "") { // an object with these members and no other: "code name job?"
  const known = new Map(members.split(" ").map((one) => [one.replace("?", ""), one.endsWith("?")]));
  return value !== null && typeof value === "object" && Object.keys(value).every((name) => known.has(name)) &&
    [...known].every(([name, may]) => (name in value ? (FORMS[`${type}/${name}`] ?? FORMS[name])(value[name]) : may));
}
const object = (type, members) => (value) => hasForm(type, value, members);
const digest = like(/^[\w-]{42}[AEIMQUYcgkosw048]$/), word = like(/^[a-z0-9-]{1,40}$/), org = like(/^[0-9A-Z]{13}$/), level = like(/^[0-9A-Z]$/);
const key = like(/^[^\s+]+\+[0-9a-f]{8}\+\S+$/);
const FORMS = Object.fromEntries([
  ["name operator origin disclosure profile evaluator kind registered office authority receipt title place job ref inspector", text],
  ["plan.file/plan occupation/code", text], ["note", like(/\n\n/)], ["witness", (value) => typeof value === "string"],
  ["org into other", org], ["code range.assign/first range.assign/last approval.give/first approval.give/last", like(/^[0-9A-Z]{22}$/)],
  ["uscc", like(/^[0-9A-Z]{18}$/)], ["level", level], ["edition method step form standard/kind", word],
  ["valid_from valid_to issued effective exam_from exam_to first last held received", (value) => typeof value === "string" && isDay(value)],
  ["size previous max_age plan notice complaint draw candidates insured_months count objections settled passed applied examined total year " +
    "numbers draws items examiners supervisors invigilators", count], ["bits", (value) => count(value) && value <= 32],
  ["digest legal confirmation agreement", digest], ["batch", like(/^[0-9a-f]{64}$/)], ["root", like(/^[A-Za-z0-9+/]{43}=$/)],
  ["log_key key", key], ["key_id", like(/^[0-9a-f]{8}$/)], ["points", list(count)],
  ["profiles", list(text)], ["registrar_keys", list(key)], ["levels", list(level)], ["disclosures papers", rising(digest, 1, 64)],
  ["attested vetoes", rising(word, 0)], ["evidence entrusts", rising(count, 0)], ["categories bases", rising(word)], ["inspectors", rising(text)],
  ["plan.file/levels", rising(level)], ["from orgs", rising(org)], ["policy/evidence", like(/^(recorded|required)$/)],
  ["reason", like(/^(fraud|error|investigation|cleared|lost|damaged|name_change|withdrawn|closed|merged|misconduct|compromised)$/)],
  ["medium", like(/^(paper|electronic)$/)], ["list", like(/^(candidates|results)$/)], ["role", like(/^(agent|principal)$/)],
  ["decision", like(/^(approved|refused)$/)], ["about", like(/^(certificate|conduct|fees|other|result)$/)], ["grade", like(/^[ABCD]$/)],
  ["drawn/outcome", like(/^(defects|in_order|serious)$/)], ["complaint.close/outcome", like(/^(rejected|upheld|withdrawn)$/)],
  ["code.audit/outcome", like(/^(defects|in_order)$/)],
  ["occupation", object("occupation", "code name job?")], ["standard", object("standard", "kind ref?")],
  ["scope", list(object("scope", "occupation levels standard?"))], ["titles", list(object("titles", "name level"))],
  ["bank", object("bank", "items examiners")], ["staff", object("staff", "examiners supervisors invigilators")],
  ["policy", object("policy", "disclosure max_age witness evidence?")], ["predecessor", object("predecessor", "log_key origin root size")],
  ["drawn", list(object("drawn", "org inspector outcome"))],
].flatMap(([names, form]) => names.split(" ").map((name) => [name, form])));
export const COLUMNS = { // of a published list, in this order; a ticket is no telephone number
  name: like(/^\D*\*\*$/), ticket: like(/^$|^(?!.*(?<!\d)(86-?)?1[3-9]\d-?\d{4}-?\d{4}(?!\d))[\dA-Za-z-]{1,14}$/),
  level: like(/^[0-9A-Z]?$/), result: like(/^(passed|failed)?$/),
};
export const creditCode = (code) => { // GB 32100: the last of 18 characters checks the others
  const values = [...code].map((letter) => "0123456789ABCDEFGHJKLMNPQRTUWXY".indexOf(letter));
  return /^..\d{6}/.test(code) && !values.includes(-1) && values.reduce((sum, one, n) => sum + one * (n < 17 ? 3 ** n % 31 : 1), 0) % 31 === 0;
};
