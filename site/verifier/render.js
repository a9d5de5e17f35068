// Puts a report on the page. Everything is set as text; no markup is ever made from data.
import { texts as catalogues, formats } from "./texts.js";

export const chinese = document.documentElement.lang.startsWith("zh");
const language = chinese ? "zh" : "en";
const catalogue = catalogues[language];
export const TONES = { valid: "good", corrected: "good", reissued: "good", suspended: "warn", absent: "warn", revoked: "bad", inconsistent: "bad" };
// Verdicts under which nothing else on the page may look like a fact about the certificate.
const NO_FACTS = new Set(["not_checked", "inconsistent", "unreadable"]);
const PHOTO = 480; // pixels of a photo's longer side, at most
const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);
export const show = (id, shown = true) => {
  byId(id).hidden = !shown;
};

// The text of an id with its {names} filled in; an id without a text shows itself, so that nothing is hidden.
export function text(id, values = {}) {
  return (catalogue[id] ?? id).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

// Data as it may be shown: a character that is not seen or steers how others stand becomes a sign, and marks pile up
// eight high at most, so that nobody's name disturbs what is said beside it.
export const legible = (value) =>
  String(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD").replace(/(\p{M}{8})\p{M}+/gu, "$1\uFFFD");

function element(name, content, properties = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "state") made.dataset.state = value;
    else made[key] = value;
  }
  const parts = [content].flat().filter((part) => part !== null && part !== undefined && part !== "");
  made.append(...parts.map((part) => (part instanceof Node ? part : legible(part))));
  return made;
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

const china = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

// A moment as 2026-11-21 10:20 in China's time, where all these certificates are issued.
export function moment(iso) {
  const part = Object.fromEntries(china.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}`;
}

const day = (iso) => moment(iso).slice(0, 10);

export function age(iso, now = Date.now()) {
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000);
  const format = new Intl.RelativeTimeFormat(chinese ? "zh-CN" : "en", { numeric: "always" });
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]])
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  return format.format(seconds, "second");
}

// The name of a code in a rule set's list, "levels" or "documents"; the code itself where it has none.
function nameOf(profile, list, code) {
  const named = formats.find((format) => format.profile === profile)?.[list].find((known) => known.code === code);
  return named ? named[language] : code;
}

export const levelName = (profile, code) => nameOf(profile, "levels", code);
export const documentName = (profile, code) => nameOf(profile, "documents", code);

// The number with thin gaps between its parts, for the eye only: copying gives it without spaces.
function grouped(code) {
  return [code.slice(0, 13), code.slice(13, 15), code.slice(15, 16), code.slice(16)].filter(Boolean).join("\u2009");
}

function row(label, value, small, mono = false) {
  const detail = element("dd", [value, small ? element("small", small) : null], mono ? { className: "mono" } : {});
  return element("div", [element("dt", text(label)), detail], { className: "row" });
}

// What is not proven is not shown. A dense QR code proves what it carries, though today's state is not known (reason compact).
const withholds = ({ verdict, reason }) => NO_FACTS.has(verdict) && reason !== "compact";

function renderFacts(report) {
  const { masked, disclosed = {}, organisation } = report;
  const facts = withholds(report) ? undefined : report.facts;
  show("facts-box", Boolean(facts));
  show("person-box", Boolean(facts));
  show("person-photo", false);
  if (!facts) return byId("facts").replaceChildren();
  const filing = organisation?.ended
    ? text("fact.filing.ended", { state: text(`organisation.${organisation.state}`), date: day(organisation.ended.time) })
    : organisation && text("fact.filing.period", { state: text(`organisation.${organisation.state}`), from: organisation.valid_from, to: organisation.valid_to });
  byId("facts").replaceChildren(
    disclosed.name ? row("fact.name.full", disclosed.name, text("fact.disclosed")) : row("fact.name", masked?.name ?? text(report.withdrawn ? "fact.withdrawn" : "fact.none")),
    ...["doc_type", "doc_no", "employer"].filter((field) => disclosed[field]).map((field) => {
      const value = field === "doc_type" ? documentName(facts.profile, disclosed[field]) : disclosed[field];
      return row(`fact.${field}`, value, text("fact.disclosed"));
    }),
    row("fact.occupation", facts.occupation.name, facts.occupation.code),
    row("fact.job", facts.occupation.job ?? text("fact.none")),
    row("fact.level", levelName(facts.profile, facts.level)),
    row("fact.number", facts.code, null, true),
    row("fact.issued", facts.issued),
    row("fact.evaluator", facts.evaluator, organisation?.name && organisation.name !== facts.evaluator ? organisation.name : null),
    row("fact.org", element("a", facts.org, { href: `organisations/${facts.org}/` }), null, true),
    ...(filing ? [row("fact.filing", filing)] : []),
  );
  const name = disclosed.name ?? masked?.name ?? "";
  byId("person-text").textContent = text(disclosed.name ? "result.person.full" : name ? "result.person.prompt" : "result.person.none");
  byId("person-name").textContent = legible(name);
  return show("person-name", name !== "");
}

// The photo of opened details, as bytes of a JPEG. It is drawn, because the page may show no picture from anywhere but its site.
export async function renderPhoto(bytes) {
  const canvas = byId("person-photo");
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
  const scale = Math.min(1, PHOTO / Math.max(bitmap.width, bitmap.height));
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  show("person-photo");
}

const link = (org) => element("a", org, { href: `organisations/${org}/`, className: "mono" });

// A text whose {names} may be filled in with elements.
function sentence(id, values) {
  return text(id).split(/\{(\w+)\}/).map((part, n) => (n % 2 ? values[part] : part));
}

function note(title, meaning, advice, values) {
  const known = { ...values, date: day(values.time), reason: text(`event_reason.${values.reason}`) };
  const lines = [meaning, advice].map((id) => element("p", sentence(`organisation.note.${id}`, known)));
  return element("section", [element("h3", text(`organisation.note.${title}`)), ...lines]);
}

// What became of those who signed. It changes no answer, and without an explanation looks as if it did.
function renderNotes({ organisation, revoked_keys: keys = [] }) {
  const notes = keys.map((key) =>
    note("key", "key.text", "key.advice", { ...key, issuer: link(key.issuer), key: element("span", key.key, { className: "mono" }), signed: key.signed.join(chinese ? "、" : ", ") }),
  );
  if (organisation?.ended) {
    const { org, into, ended } = organisation;
    const values = { ...ended, org: link(org), into: into && link(into) };
    notes.unshift(note(into ? "merged" : organisation.state, "ended", into ? "merged.advice" : "ended.advice", values));
  }
  byId("notes").replaceChildren(...notes);
  show("notes", notes.length > 0);
}

function renderEvents(events) {
  show("events-box", Boolean(events?.length));
  const items = (events ?? []).map((event) => {
    const notes = [moment(event.time), text(`event.by.${event.by}`), text("event.entry", { seq: event.seq })];
    if (event.effective) notes.push(text("event.effective", { date: event.effective }));
    return element("li", [
      element("b", text(`event.${event.type}`)),
      event.reason ? element("span", catalogue[`event_reason.${event.reason}`] ?? event.reason) : null,
      element("span", notes.join(" · ")),
    ]);
  });
  byId("events").replaceChildren(...items);
}

function renderSteps(steps) {
  show("steps-box", Boolean(steps?.length));
  const passed = (steps ?? []).filter((step) => step.state === "pass").length;
  byId("steps-count").textContent = text("result.steps.count", { passed, total: steps?.length ?? 0 });
  const items = (steps ?? []).map((step) => {
    const state = element("span", [icon(step.state), text(`state.${step.state}`)], { className: "step-state", state: step.state });
    const summary = element("summary", [
      element("span", step.id, { className: "step-id" }),
      element("span", text(`step.${step.id}`), { className: "step-title" }),
      state,
    ]);
    const details = Object.entries(step.detail ?? {}).map(([key, value]) =>
      element("code", `${key}: ${typeof value === "object" ? JSON.stringify(value) : value}`),
    );
    const body = element(
      "div",
      [
        element("p", text(`step.${step.id}.plain`), { className: "plain" }),
        element("p", text(`reason.${step.reason}`), { className: "reason" }),
        ...details.map((detail) => element("p", detail)),
      ],
      { className: "step-body" },
    );
    return element("li", element("details", [summary, body], { open: step.state === "fail" || step.state === "unknown" }));
  });
  byId("steps").replaceChildren(...items);
}

function renderVerdict(verdict, code, reason) {
  byId("verdict-box").dataset.tone = TONES[verdict] ?? "neutral";
  byId("verdict-box").dataset.verdict = verdict;
  byId("verdict-icon").setAttribute("href", `#i-${verdict}`);
  byId("verdict-code").textContent = code.length === 22 ? grouped(legible(code)) : legible(code.slice(0, 64));
  byId("verdict").textContent = text(`verdict.${verdict}`);
  byId("verdict-meaning").textContent = text(`verdict.${verdict}.meaning`);
  byId("advice").textContent = text(`verdict.${verdict}.advice`);
  byId("verdict-reason").textContent = reason;
  show("verdict-reason", reason !== "");
  show("retry-box", verdict === "not_checked");
  byId("announce").textContent = `${text("result.heading")}: ${text(`verdict.${verdict}`)}. ${text(`verdict.${verdict}.meaning`)}`;
}

export function renderReport(report) {
  const reason = report.reason === report.verdict ? "" : text(`reason.${report.reason}`);
  renderVerdict(report.verdict, report.code, reason);
  show("share-box", false);
  show("verdict-time", Boolean(report.as_of));
  if (report.as_of) byId("verdict-time").textContent = text("result.asof", { time: moment(report.as_of), age: age(report.as_of) });
  renderFacts(report);
  renderNotes(withholds(report) ? {} : report);
  renderEvents(withholds(report) ? [] : report.events);
  renderSteps(report.steps);
  show("keep-box");
  show("checkpoint", Boolean(report.checkpoint));
  if (report.checkpoint) byId("checkpoint").textContent = `${text("result.checkpoint")}: ${text("result.checkpoint.value", report.checkpoint)}`;
  byId("checked").textContent = text("result.checked", { time: moment(report.checked_at) });
  byId("kept").textContent = "";
  byId("print-address").textContent = `${location.href}`;
  show("report");
}

// No report could be made at all: said as what it is, in the neutral colour, with a way to try again.
export function renderFailure(code, reason) {
  const [what, advice] = ["what", "advice"].map((part) => catalogue[`failure.${reason}.${part}`]);
  renderVerdict("not_checked", code, what ?? text(`failure.${reason}`));
  if (advice) byId("advice").textContent = advice;
  show("retry-box", !advice); // where it helps nobody to try again, something else is advised
  for (const id of ["verdict-time", "notes", "facts-box", "person-box", "events-box", "steps-box", "keep-box", "share-box"]) show(id, false);
  show("report");
}
