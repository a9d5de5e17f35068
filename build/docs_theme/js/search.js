// The search of the documentation. The list of sections that mkdocs made is fetched when somebody begins to search, and
// searched here: nothing that is typed leaves the page. Words are looked for as they stand, which needs no dictionary to part
// Chinese into words; a longer Chinese phrase that hardly stands anywhere is looked for by its pairs of characters.
//
// 吊销 -> every page with 吊销 on it, those with it in a title first; 证书印制 -> pages with two of 证书 书印 印制.
const PAGES = 12;
const SECTIONS = 3; // of a page
const FEW = 3; // pages; with fewer, a phrase is looked for by its pairs too
const AROUND = 36; // characters of a section shown before the first word found
const REFERENCE = /^(commands\/|spec\/|adr\/|$)/u; // and the contents: after the guides, which say what to do
const HAN = /^\p{Script=Han}{3,}$/u;

const byId = (id) => document.getElementById(id);
const root = new URL("../", import.meta.url);
let pages = null;

async function load() {
  const response = await fetch(new URL("search/search_index.json", root), { credentials: "same-origin", referrerPolicy: "no-referrer" });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const found = new Map();
  for (const entry of (await response.json()).docs) {
    const [place, anchor] = entry.location.split("#");
    if (anchor === undefined) found.set(place, { title: entry.title, place, sections: [] });
    else found.get(place).sections.push({ ...entry, low: [entry.title, entry.text].map((text) => text.toLowerCase()) });
  }
  return [...found.values()];
}

const sum = (numbers) => numbers.reduce((total, one) => total + one, 0);

// What a word is worth in a section; 0 where it is not.
function worth([title, text], word) {
  return (title.includes(word) ? 20 : 0) + Math.min(text.split(word).length - 1, 8);
}

// Pages that have `needed` of the words, the best first, each with its best sections.
function rank(words, needed) {
  const found = [];
  for (const { title, place, sections } of pages) {
    const hits = sections.map((section) => ({ section, worths: words.map((word) => worth(section.low, word)) }));
    const best = words.map((_, at) => Math.max(0, ...hits.map((hit) => hit.worths[at])));
    if (!words.length || best.filter(Boolean).length < needed) continue;
    for (const hit of hits) hit.total = sum(hit.worths) + 20 * hit.worths.filter(Boolean).length;
    hits.sort((one, other) => other.total - one.total);
    const named = words.filter((word) => title.toLowerCase().includes(word)).length;
    const total = (hits[0].total + sum(best) + 30 * named) * (REFERENCE.test(place) ? 0.6 : 1);
    found.push({ title, place, total, hits: hits.filter((hit) => sum(hit.worths)).slice(0, SECTIONS) });
  }
  return found.sort((one, other) => other.total - one.total);
}

function find(query) {
  const words = query.normalize("NFKC").toLowerCase().split(/\s+/u).filter(Boolean);
  const whole = rank(words, words.length);
  if (whole.length >= FEW || !words.some((word) => HAN.test(word))) return { found: whole, words };
  const pairs = words.flatMap((word) => (HAN.test(word) ? [...word].slice(1).map((second, at) => [...word][at] + second) : [word]));
  const known = new Set(whole.map(({ place }) => place));
  const more = rank(pairs, Math.ceil(pairs.length * 0.6)).filter(({ place }) => !known.has(place));
  return { found: [...whole, ...more], words: [...words, ...pairs] };
}

// The text with each of the words in a <mark>, as nodes.
function marked(text, words) {
  const low = text.toLowerCase();
  const nodes = [];
  for (let at = 0; at < text.length; ) {
    const next = words.map((word) => ({ word, at: low.indexOf(word, at) })).filter((hit) => hit.at >= 0);
    const hit = next.sort((one, other) => one.at - other.at || other.word.length - one.word.length)[0];
    nodes.push(text.slice(at, hit ? hit.at : undefined));
    if (!hit) break;
    const mark = document.createElement("mark");
    mark.textContent = text.slice(hit.at, hit.at + hit.word.length);
    nodes.push(mark);
    at = hit.at + hit.word.length;
  }
  return nodes;
}

function excerpt({ text, low }, words) {
  const places = words.map((word) => low[1].indexOf(word)).filter((at) => at >= 0);
  const begin = places.length ? Math.max(0, Math.min(...places) - AROUND) : 0;
  const end = begin + AROUND * 3;
  return `${begin > 0 ? "…" : ""}${text.slice(begin, end)}${end < text.length ? "…" : ""}`;
}

function made(tag, name, ...content) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...content);
  return element;
}

function item({ title, hits }, words) {
  const lines = hits.map(({ section }) => {
    const link = made("a", "", ...marked(section.title, words));
    link.href = new URL(section.location, root).href;
    link.addEventListener("click", () => setTimeout(clear)); // a link into this very page loads nothing
    return made("li", "", link, made("p", "", ...marked(excerpt(section, words), words)));
  });
  return made("li", "", made("p", "of", title), made("ul", "", ...lines));
}

function clear() {
  byId("query").value = "";
  byId("found").hidden = true;
}

// The list, and which query it answers.
function answer(query, state, items) {
  byId("found-state").textContent = state;
  byId("found-list").replaceChildren(...items);
  byId("found").dataset.query = query;
}

async function search() {
  const query = byId("query").value.trim();
  byId("found").hidden = !query;
  if (!query) return;
  const words = byId("found-state").dataset;
  try {
    pages ??= await load();
  } catch {
    answer(query, words.failed, []);
    return;
  }
  if (query !== byId("query").value.trim()) return; // more was typed meanwhile
  const result = find(query);
  const shown = result.found.slice(0, PAGES);
  const state = shown.length ? words.some.replaceAll("{count}", result.found.length).replaceAll("{shown}", shown.length) : words.none;
  answer(
    query,
    state,
    shown.map((page) => item(page, result.words)),
  );
}

let waiting = 0;
byId("query").addEventListener("input", (event) => {
  clearTimeout(waiting);
  if (!event.isComposing) waiting = setTimeout(search, 120);
});
byId("query").addEventListener("compositionend", search);
byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  search().then(() => byId("found-list").querySelector("a")?.focus());
});
byId("search").addEventListener("keydown", (event) => {
  if (event.key === "Escape") clear();
});
byId("search").hidden = false;
