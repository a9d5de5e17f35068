// A typed certificate number, explained position by position before anything is fetched. The structures and the words are
// those of the profiles (texts.js). It only helps the typist; what counts is step V1, made in Python from the same profiles.
// `normalise` and `explain` give what normalise_code and explain_code in ledger.core.code give: tests/vectors/number.json.

// Full-width to ASCII; no spaces, dashes or invisible characters; upper case.
export function normalise(text) {
  return text
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(/[\p{Z}\p{Cc}\p{Cf}\p{Pd}\u2212\u2043\u30fc]/gu, "")
    .replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

function accepts({ literal, least, values }, text) {
  if (literal !== null) return text === literal;
  if (least !== null) return text >= least;
  return values.length === 0 || values.includes(text);
}

// All that is wrong with a number in its normal form, whole or cut short: [{position, severity, rule, segment, width}].
export function explain(normal, format) {
  const characters = [...normal];
  const findings = [];
  for (const segment of format.segments) {
    const text = characters.slice(segment.first - 1, segment.last);
    const find = (at, severity, width) => findings.push({ position: segment.first + at, severity, rule: segment.rule, segment, width });
    const strange = [...text.keys()].filter((at) => !segment.alphabet.includes(text[at]));
    for (const at of strange) find(at, "error", 1);
    const whole = text.length === segment.last - segment.first + 1;
    if (!whole || strange.length > 0 || accepts(segment, text.join(""))) continue;
    // A literal differs at places of its own; any other condition is broken by the segment as one.
    const differing = segment.literal === null ? [] : [...text.keys()].filter((at) => text[at] !== segment.literal[at]);
    for (const at of differing) find(at, segment.rule.severity, 1);
    if (differing.length === 0) find(0, segment.rule.severity, text.length);
  }
  if (characters.length !== format.length)
    findings.push({ position: Math.min(characters.length, format.length) + 1, severity: format.rule.severity, rule: format.rule, segment: null, width: 0 });
  return findings;
}

// What may stand at the position of a finding, as far as its segment says it for one character.
export const allowed = ({ segment, position }) => segment.literal?.[position - segment.first] ?? segment.alphabet;

// Characters that are taken for another in print or by hand; Cyrillic, Greek and Chinese ones look the same.
const ALIKE = {
  O: "0", D: "0", Q: "0", U: "0", "О": "0O", "Ο": "0O", "〇": "0", "○": "0",
  I: "1", L: "1", "|": "1", "!": "1", "І": "1I", "Ι": "1I", Z: "2", S: "5", G: "6", B: "8", T: "7", Y: "7",
  0: "OD", 1: "IL", 2: "Z", 5: "S", 6: "G", 8: "B", $: "S5", "Ѕ": "S5", "Ү": "Y", "У": "Y", "Υ": "Y",
};

// Characters that look like the one found and may stand there. They are offered, never put in by themselves.
export function lookAlikes(found, finding) {
  if (!finding.segment || finding.width !== 1) return [];
  const may = allowed(finding);
  return [...(ALIKE[found] ?? "")].filter((other) => may.includes(other));
}

// The number cut into filing code, year, level, serial, as far as it has been typed.
function partsOf(characters, format, findings) {
  const own = format.segments.filter((segment) => segment.first > format.org_length);
  const wrong = new Set(findings.flatMap(({ position, width }) => Array.from({ length: width }, (_, at) => position + at)));
  return [{ id: "org", first: 1, last: format.org_length }, ...own].map((part) => {
    const text = characters.slice(part.first - 1, part.last);
    const marked = text.map((character, at) => ({ character, wrong: wrong.has(part.first + at) }));
    const missing = part.last - part.first + 1 - text.length;
    const state = marked.some((one) => one.wrong) ? "bad" : missing > 0 ? "todo" : "good";
    const level = part.id === "level" ? format.levels.find((known) => known.code === text[0]) : undefined;
    return { id: part.id, marked, missing, state, level };
  });
}

// What a text is so far: {normal, state: "empty" | "typing" | "good" | "bad", format, formats, parts, findings, missing}.
// `format` is the nearest one: with the fewest errors, then with the first error farthest to the right.
export function inspect(text, formats) {
  const normal = normalise(text);
  if (normal === "" || formats.length === 0) return { normal, state: "empty", findings: [], missing: 0 };
  const characters = [...normal];
  const looked = formats.map((format) => {
    const short = characters.length < format.length; // no fault of one who is still typing
    const findings = explain(normal, format).filter((finding) => finding.segment || !short);
    return { format, findings, errors: findings.filter((finding) => finding.severity === "error") };
  });
  const reach = ({ errors }) => errors[0]?.position ?? Infinity;
  const nearer = (one, other) => one.errors.length - other.errors.length || reach(other) - reach(one);
  const best = looked.reduce((one, other) => (nearer(other, one) < 0 ? other : one));
  const fitting = looked.filter(({ errors }) => errors.length === 0).map(({ format }) => format);
  const missing = Math.max(0, best.format.length - characters.length);
  const state = best.errors.length > 0 ? "bad" : missing > 0 ? "typing" : "good";
  const shown = state === "bad" ? best.errors : best.findings;
  return { normal, state, format: best.format, formats: fitting, parts: partsOf(characters, best.format, shown), findings: shown, missing };
}

// The number with a space before each segment of its format: only to be read; normalise takes the spaces out again.
export function group(normal, format) {
  const starts = new Set((format?.segments ?? []).map((segment) => segment.first - 1));
  return [...normal].map((character, at) => (at > 0 && starts.has(at) ? ` ${character}` : character)).join("");
}

// A field's text in groups, and where its caret is then: after the same character as before.
export function regroup(value, caret, format) {
  const grouped = group(normalise(value), format);
  let left = normalise(value.slice(0, caret)).length;
  let at = 0;
  while (left > 0) {
    if (grouped[at] !== " ") left -= 1;
    at += 1;
  }
  return { value: grouped, caret: at };
}
