// The field of the number: what is typed is shown in the groups of its profile, laid open part by part, and each wrong
// position is explained in the words of the profile's rule. Nothing is corrected unasked: look-alikes are buttons.
import { allowed, inspect, lookAlikes, normalise, regroup } from "./number.js";
import { byId, chinese, show, text } from "./render.js";
import { formats } from "./texts.js";

const SHOWN = 4; // findings; whoever has more wrong than that has typed something else
const language = chinese ? "zh" : "en";
const input = byId("code");
const state = byId("code-state");

const nameOf = (character) =>
  /[\p{M}\p{C}\p{Z}]/u.test(character) ? `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}` : character;

function expected(finding) {
  const choices = allowed(finding);
  if (choices === "0123456789") return text("format.digit");
  if (choices.length === 1) return text("format.literal", { choices });
  if (choices.length === 26) return text("format.letter");
  if (choices.length === 36) return text("format.alphanumeric");
  return text("format.one_of", { choices: [...choices].join(" ") });
}

function headline(finding, found) {
  const { format } = found;
  const characters = [...found.normal];
  if (!finding.segment) return text("format.long", { count: characters.length - format.length, total: format.length });
  const { position, width } = finding;
  const stands = characters.slice(position - 1, position - 1 + width).map(nameOf).join("");
  if (width > 1) return text("format.wrong.part", { first: position, last: position + width - 1, found: stands });
  return text("format.wrong", { position, found: stands, expected: expected(finding) });
}

function change(position, other) {
  const characters = [...normalise(input.value)];
  characters[position - 1] = other;
  input.value = characters.join("");
  showField();
  input.focus();
}

function problem(finding, found, alone) {
  const item = document.createElement("li");
  if (!alone) item.append(Object.assign(document.createElement("b"), { textContent: headline(finding, found) }));
  item.append(Object.assign(document.createElement("span"), { textContent: finding.rule[language] }));
  for (const other of lookAlikes([...found.normal][finding.position - 1], finding)) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet" });
    button.textContent = text("format.change", { position: finding.position, other });
    button.addEventListener("click", () => change(finding.position, other));
    item.append(button);
  }
  return item;
}

function part({ id, marked, missing, state: how, level }) {
  const box = document.createElement("div");
  box.className = "part";
  box.dataset.state = how;
  const value = document.createElement("b");
  for (const { character, wrong } of marked)
    value.append(wrong ? Object.assign(document.createElement("mark"), { textContent: character }) : character);
  value.append("·".repeat(missing));
  const label = document.createElement("span");
  label.textContent = level ? `${text(`part.${id}`)} · ${level[language]}` : text(`part.${id}`);
  box.append(value, label);
  return box;
}

function summary(found) {
  const { findings, format, missing } = found;
  if (found.state === "empty") return "";
  if (found.state === "typing") return text("format.typing", { count: format.length - missing, total: format.length });
  if (found.state === "good") return text("format.complete", { profile: found.formats.map((one) => one[language]).join(chinese ? "、" : ", ") });
  if (findings.length === 1) return headline(findings[0], found);
  const places = findings.slice(0, SHOWN).map(({ position }) => position).join(chinese ? "、" : ", ");
  return text(findings.length > SHOWN ? "format.many" : "format.several", { count: findings.length, places });
}

function say(how, words) {
  state.dataset.state = how;
  if (state.textContent !== words) state.textContent = words;
  if (how === "bad") input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

// Shows what stands in the field, as far as it goes; returns what was found of it.
export function showField() {
  const found = inspect(input.value, formats);
  const regrouped = regroup(input.value, input.selectionStart ?? input.value.length, found.format);
  if (regrouped.value !== input.value) {
    input.value = regrouped.value;
    if (document.activeElement === input) input.setSelectionRange(regrouped.caret, regrouped.caret);
  }
  show("anatomy", found.state !== "empty");
  byId("anatomy").replaceChildren(...(found.parts ?? []).map(part));
  const told = found.state === "typing" ? [] : found.findings.slice(0, SHOWN);
  byId("code-problems").replaceChildren(...told.map((one) => problem(one, found, found.state === "bad" && found.findings.length === 1)));
  show("code-problems", told.length > 0);
  say(found.state, summary(found));
  return found;
}

// Whether the field holds a whole number; otherwise what is wrong or missing is said, and the field gets the focus.
export function isWhole() {
  const found = showField();
  if (found.state === "good") return true;
  if (found.state === "empty") say("bad", text("lookup.empty"));
  if (found.state === "typing") {
    const names = found.parts.filter(({ missing }) => missing > 0).map(({ id }) => text(`part.${id}`));
    say("bad", text("format.short", { count: found.missing, total: found.format.length, parts: names.join(chinese ? "、" : ", ") }));
  }
  input.focus();
  return false;
}

export function fill(number) {
  input.value = number;
  return showField();
}

// A space is no character of the number: deleting goes on to the one behind it.
function skipSpace(event) {
  const at = input.selectionStart;
  if (at !== input.selectionEnd || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Delete" && input.value[at] === " ") input.setSelectionRange(at + 1, at + 1);
  if (event.key === "Backspace" && input.value[at - 1] === " ") input.setSelectionRange(at - 1, at - 1);
}

// What is copied has no spaces: other systems do not take them out.
function copyPlain(event) {
  const chosen = input.value.slice(input.selectionStart, input.selectionEnd);
  if (chosen === "" || !event.clipboardData) return;
  event.clipboardData.setData("text/plain", normalise(chosen));
  event.preventDefault();
  if (event.type !== "cut") return;
  input.setRangeText("");
  showField();
}

input.addEventListener("input", (event) => {
  if (!event.isComposing) showField();
});
input.addEventListener("compositionend", showField);
input.addEventListener("keydown", skipSpace);
input.addEventListener("copy", copyPlain);
input.addEventListener("cut", copyPlain);
