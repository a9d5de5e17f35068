// The instant check of a number while it is typed: position by position, by the structures in texts.js (made from the
// profiles). It only helps the typist; what counts is step V1, made in Python from the same profiles.

// As normalise_code in ledger.core.code: full-width to ASCII; no spaces, dashes or invisible characters; upper case.
export function normalise(text) {
  return text
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(/[\p{Z}\p{Cc}\p{Cf}\p{Pd}\u2212\u2043\u30fc]/gu, "")
    .replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

function problemOf(normal, format) {
  for (const segment of format.segments) {
    const text = normal.slice(segment.first - 1, segment.last);
    for (let at = 0; at < text.length; at += 1) {
      const expected = segment.literal ? segment.literal[at] : segment.alphabet;
      if (!expected.includes(text[at])) return { kind: "character", position: segment.first + at, found: text[at], segment, expected };
    }
    if (text.length < segment.last - segment.first + 1) break;
    if (segment.least && text < segment.least) return { kind: "least", position: segment.first, segment };
    if (segment.values.length > 0 && !segment.values.includes(text)) return { kind: "values", position: segment.first, segment };
  }
  if (normal.length > format.length) return { kind: "long", position: format.length + 1, count: normal.length - format.length };
  return null;
}

// The number cut into filing code, year, level, serial, as far as it has been typed.
function partsOf(normal, format, problem) {
  const own = format.segments.filter((segment) => segment.first > format.org_length);
  return [{ id: "org", first: 1, last: format.org_length }, ...own].map((part) => {
    const text = normal.slice(part.first - 1, part.last);
    const missing = part.last - part.first + 1 - text.length;
    const wrong = problem && problem.position >= part.first && problem.position <= part.last;
    const level = part.id === "level" ? format.levels.find((known) => known.code === text) : undefined;
    return { ...part, text: text + "·".repeat(missing), state: wrong ? "bad" : missing > 0 ? "todo" : "good", level };
  });
}

// What the typed text is so far: {normal, state: "empty" | "typing" | "good" | "bad", format, formats, parts, problem}.
export function inspect(text, formats) {
  const normal = normalise(text);
  if (normal === "" || formats.length === 0) return { normal, state: "empty" };
  const looked = formats.map((format) => ({ format, problem: problemOf(normal, format) }));
  const reach = ({ problem }) => problem?.position ?? Infinity;
  const best = looked.reduce((one, other) => (reach(other) > reach(one) ? other : one));
  const { format, problem } = best;
  const fitting = looked.filter((one) => !one.problem).map((one) => one.format);
  const state = problem ? "bad" : normal.length === format.length ? "good" : "typing";
  return { normal, state, format, formats: fitting, parts: partsOf(normal, format, problem), problem };
}
