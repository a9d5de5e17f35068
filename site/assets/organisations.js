// The filter of the list of organisations. The whole list comes in parts, fetched when somebody types; nothing typed
// leaves the browser. Everything is set as text; without this script the pages show the same list.
const MOST = 100; // rows shown of what was found

const form = document.getElementById("filter");
const words = document.getElementById("filter-words");
const state = document.getElementById("filter-state");
const found = document.getElementById("filter-found");
const rows = document.getElementById("rows");
const model = document.getElementById("row");
const pager = document.getElementById("pager");
const page = [...rows.children]; // what the page shows when nothing is filtered
const stateNames = new Map([...state.options].map((option) => [option.value, option.textContent]));
let fetched = null; // the promise of the whole list
let turn = 0; // counts what was typed, so that an older answer never replaces a newer one

const plain = (text) => text.normalize("NFKC").toLowerCase();
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

async function part(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

async function everybody() {
  const parts = await Promise.all(form.dataset.parts.split(" ").map(part));
  return parts.flat().map((organisation) => ({ organisation, text: plain(organisation.join(" ")) }));
}

function row([code, name, word, from, to, scope]) {
  const made = model.content.cloneNode(true);
  const [named, stands, lasts, covers] = made.firstElementChild.children;
  named.querySelector("a").textContent = name;
  named.querySelector("a").setAttribute("href", `${form.dataset.up}${code}/`);
  named.querySelector("small").textContent = code;
  stands.querySelector(".state").textContent = stateNames.get(word) ?? word;
  stands.querySelector(".state").dataset.state = word;
  const [begins, ends] = lasts.querySelectorAll(".date");
  begins.textContent = from;
  ends.textContent = to;
  covers.firstElementChild.textContent = scope;
  return made;
}

function show(list, text) {
  rows.replaceChildren(...list);
  found.textContent = text;
}

async function filter() {
  const mine = (turn += 1);
  const asked = plain(words.value).split(/\s+/).filter(Boolean);
  if (pager) pager.hidden = asked.length > 0 || state.value !== "";
  if (!asked.length && state.value === "") {
    show(page, "");
    return;
  }
  try {
    const list = await (fetched ??= everybody());
    if (mine !== turn) return;
    const fitting = list.filter(
      ({ organisation, text }) => (state.value === "" || organisation[2] === state.value) && asked.every((word) => text.includes(word)),
    );
    const shown = fitting.slice(0, MOST).map(({ organisation }) => row(organisation));
    const { none, first, found: all } = form.dataset;
    show(shown, fill(!fitting.length ? none : fitting.length > MOST ? first : all, { count: fitting.length, shown: MOST }));
  } catch {
    fetched = null; // the next try fetches anew
    if (mine !== turn) return;
    if (pager) pager.hidden = false;
    show(page, form.dataset.failed);
  }
}

form.addEventListener("submit", (event) => event.preventDefault());
words.addEventListener("input", filter);
state.addEventListener("change", filter);
form.hidden = false;
if (words.value || state.value) filter(); // a browser may put back what was typed before
