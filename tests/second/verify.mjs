// A second verifier of ledgers, written from the format specification (site/docs/spec) in another language.
//
//     node verify.mjs FOLDER...        one line a public folder: "ok <size> <root>", or the first finding: "<kind> <place>: <problem>"
//
// Checked is everything about bytes, chain, tree, tiles, keys, signatures, trust, histories, index, shards, heads and public views. What
// only a profile's rules know (structure and order of numbers, scope, terms, filings, mergers, the workflow's evidence, published lists),
// and cosignatures of witnesses, are not: their classes are counted in test_second.py.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

class Finding extends Error {}
const need = (ok, kind, place, problem) => {
  if (!ok) throw new Finding(`${kind} ${place}: ${problem}`);
};

// -- bytes -----------------------------------------------------------------------------------------------------------------------------

const sha = (...parts) => parts.reduce((state, part) => state.update(part), createHash("sha256")).digest();
const MALFORMED = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/; // a surrogate alone

function canon(value, depth = 1) { // RFC 8785 without floats and null; undefined for what has no such form
  if (typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value === "string") return value.normalize("NFC") === value && !MALFORMED.test(value) ? JSON.stringify(value) : undefined;
  if (value === null || typeof value !== "object" || depth > 16) return undefined;
  const parts = Array.isArray(value)
    ? value.map((one) => canon(one, depth + 1))
    : Object.keys(value).sort().map((name) => /^[\x20-\x7e]*$/.test(name) && canon(value[name], depth + 1) && `${JSON.stringify(name)}:${canon(value[name], depth + 1)}`);
  if (parts.some((part) => !part)) return undefined;
  return Array.isArray(value) ? `[${parts}]` : `{${parts}}`;
}

function parse(bytes, place, kind = "malformed") {
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    need(false, kind, place, "not JSON");
  }
  need(bytes.length < 65536 && Buffer.from(canon(value) ?? "").equals(bytes), kind, place, "not canonical");
  return value;
}

function unbase(text, form, size) { // one spelling only; undefined otherwise
  const bytes = Buffer.from(String(text), form);
  return bytes.toString(form) === text && (size === undefined || bytes.length === size) ? bytes : undefined;
}

// -- trees: RFC 6962, C2SP tlog-tiles --------------------------------------------------------------------------------------------------

const ZERO = Buffer.from([0]), ONE = Buffer.from([1]);
const leafHash = (bytes) => sha(ZERO, bytes);
const half = (size) => 2 ** Math.floor(Math.log2(size - 1));
function root(leaves, from = 0, to = leaves.length) {
  if (to - from < 2) return leaves[from] ?? sha("");
  const middle = from + half(to - from);
  return sha(ONE, root(leaves, from, middle), root(leaves, middle, to));
}
function inclusion(index, leaves, from, to) { // the leaf's neighbour first
  if (to - from < 2) return [];
  const middle = from + half(to - from);
  if (index < middle) return [...inclusion(index, leaves, from, middle), root(leaves, middle, to)];
  return [...inclusion(index, leaves, middle, to), root(leaves, from, middle)];
}
const number = (n) => String(n).padStart(Math.ceil(String(n).length / 3) * 3, "0").match(/\d{3}/g).map((part, at, all) => (at < all.length - 1 ? `x${part}` : part)).join("/");
const place = (n, width) => number(n) + (width < 256 ? `.p/${width}` : "");
const chunks = (row) => Array.from({ length: Math.ceil(row.length / 256) }, (_, n) => row.slice(n * 256, n * 256 + 256));
function addTiles(want, prefix, leaves) {
  for (let level = 0, row = leaves; row.length; level += 1) {
    for (const [n, tile] of chunks(row).entries()) want.set(`${prefix}tile/${level}/${place(n, tile.length)}`, Buffer.concat(tile));
    row = chunks(row).filter((tile) => tile.length === 256).map((tile) => root(tile));
  }
}

// -- keys, notes, proofs ---------------------------------------------------------------------------------------------------------------

const P = 2n ** 255n - 19n;
const SMALL = new Set([0n, 1n, P - 1n, 2707385501144840649318225287225658788936804267575313519463743609750303021590n, 55188659117513257062467267217118295137698188065244968500265048394206261417927n]);
function sound(bytes) { // the canonical encoding of a point of large order, as far as its y tells
  const y = BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`) & (2n ** 255n - 1n);
  return y < P && !SMALL.has(y);
}
function vkey(text, where) {
  const [, name, id, base] = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const bytes = unbase(base, "base64", 33);
  need(bytes?.[0] === 1 && sound(bytes.subarray(1)) && sha(`${name}\n`, bytes).subarray(0, 4).toString("hex") === id, "malformed", where, "not a key");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: bytes.subarray(1).toString("base64url") }, format: "jwk" });
  return { text, name, id, signed: (message, sig) => sig?.length === 64 && sound(sig.subarray(0, 32)) && verify(null, message, key, sig) };
}
function openNote(bytes, keys, where) { // its text, and the texts of those keys that signed it
  const at = bytes.lastIndexOf("\n\n");
  need(at > 0 && bytes.at(-1) === 10, "note", where, "no text and signature lines");
  const text = bytes.subarray(0, at + 1), by = new Set();
  for (const line of bytes.subarray(at + 2, -1).toString().split("\n")) {
    const [, name, base] = /^— ([^\s+]+) (\S+)$/.exec(line) ?? [];
    const data = unbase(base, "base64");
    need(data?.length > 4, "note", where, "no signature line");
    for (const key of keys.filter((one) => one.name === name && one.id === data.subarray(0, 4).toString("hex"))) {
      need(key.signed(text, data.subarray(4)), "signature", where, "a line does not verify");
      by.add(key.text);
    }
  }
  return [text.toString(), by];
}

// -- the ledger ------------------------------------------------------------------------------------------------------------------------

const BY_ORG = new Set(["plan.file", "notice.open", "notice.close", "result.file"]);
const BY_EITHER = new Set(["entrust.file", "supervision.report"]);
const EVIDENCE = /^(plan|notice|result|entrust|approval|complaint|inspection|supervision|code)\.|^org\.rate$/;
const NEXT = { " issue": "valid", "valid correct": "valid", "valid reissue": "valid", "valid suspend": "suspended", "valid revoke": "revoked", "suspended revoke": "revoked", "suspended restore": "valid" };
const shardOf = (subject, bits) => (bits ? Number(sha(`subject\n${subject}`).readUInt32BE() >>> 0) >>> (32 - bits) : 0);
const alive = (terms, name, id, seq) => terms.find((term) => term.key.name === name && (!id || term.key.id === id) && term.after < seq && seq < term.before)?.key;

function audit(files) {
  const trust = parse(files.get("trust.json") ?? "", "trust.json");
  const termsOf = (list) => (list ?? []).map((one) => ({ key: vkey(one.key, "trust.json"), after: one.after ?? -1, before: one.before ?? Infinity }));
  const logs = termsOf(trust.log_terms), registrars = termsOf(trust.registrar_terms);
  logs.push({ key: vkey(trust.log, "trust.json"), after: logs.at(-1)?.before ?? -1, before: Infinity });
  for (const text of trust.registrars) if (!registrars.some((term) => term.key.text === text)) registrars.push({ key: vkey(text, "trust.json"), after: -1, before: Infinity });
  const isRegistrar = (name) => registrars.some((term) => term.key.name === name);

  const raws = [], leaves = [], subjects = [], kept = [], orgs = new Map(), certs = new Map(), updates = [];
  let stated = null, preset = "", prev = Buffer.alloc(32).toString("hex"), time = "", ended = true, lastIndex;
  const said = Number(files.get("checkpoint")?.toString().split("\n")[1]);
  need(Number.isSafeInteger(said) && said > 0, "checkpoint", "checkpoint", "no size");
  const want = new Map();
  for (let n = 0; n * 256 < said; n += 1) {
    const width = Math.min(256, said - n * 256), data = files.get(`tile/entries/${place(n, width)}`);
    need(data, "missing", `tile/entries/${place(n, width)}`, "is not there");
    let at = 0, count = 0;
    for (; at + 2 <= data.length; at += 2 + data.readUInt16BE(at), count += 1) raws.push(data.subarray(at + 2, at + 2 + data.readUInt16BE(at)));
    need(count === width && at === data.length, "bundle", `tile/entries/${place(n, width)}`, "not its entries");
  }

  for (const [seq, raw] of raws.entries()) {
    const at = `entry ${seq}`, entry = parse(raw, at), record = entry.record ?? {}, { body = {}, issuer, type = "" } = record;
    need(canon(Object.keys(entry).sort()) === '["prev","record","seq","time"]' && canon(Object.keys(record).sort()) === '["body","issuer","key","sig","type","v"]' && record.v === 1, "malformed", at, "not an entry");
    need(entry.seq === seq && entry.prev === prev, "chain", at, "not behind the entry before");
    need(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(entry.time) && (entry.time === time || (entry.time > time && ended)), "time", at, "goes back, or changes inside a batch");
    need((type === "ledger.open") === (seq === 0), "opening", at, "a ledger opens once, with its first entry");
    const org = orgs.get(body.org), registrar = isRegistrar(issuer), certificate = type.startsWith("certificate.");
    let key;
    if (type === "ledger.open" || type === "index") key = alive(logs, issuer, record.key, seq);
    else if (type === "trust.update") key = alive(logs, issuer, record.key, seq - 1) ?? alive(logs, issuer, record.key, seq + 1);
    else if (certificate || (EVIDENCE.test(type) && !registrar)) {
      let code = certificate ? String(body.code).slice(0, 13) : body.org;
      for (let left = orgs.size; left > 0 && orgs.get(code)?.into && orgs.get(code).ended; left -= 1) code = orgs.get(code).into;
      need(!registrar || ["suspend", "restore", "revoke"].includes(type.slice(12)), "signer", at, "not for a registrar");
      need(registrar || (orgs.get(code) && !orgs.get(code).ended && issuer === code && (certificate || BY_ORG.has(type) || BY_EITHER.has(type))), "signer", at, "not the organisation's");
      key = registrar ? alive(registrars, issuer, record.key, seq) : alive(orgs.get(code).keys, issuer, record.key, seq);
    } else {
      need(!EVIDENCE.test(type) || (!BY_ORG.has(type) && (!body.org || org)), "signer", at, "not for a registrar, or of nobody");
      need(EVIDENCE.test(type) || !body.org || (type === "org.file" ? !org : org && !org.ended), "org", at, "not filed, ended, or filed twice");
      key = alive(registrars, issuer, record.key, seq);
    }
    const { sig, ...unsigned } = record;
    need(key?.signed(Buffer.from(`skill-ledger/record/v1\n${canon(unsigned)}`), unbase(sig, "base64url", 64)), "signature", at, "does not verify under a key of then");

    if (type === "ledger.open") {
      [stated, preset] = [{ log: body.log_key, max_age: body.policy.max_age, origin: body.origin, profiles: body.profiles, registrars: body.registrar_keys, v: 1, witness: body.policy.witness }, body.policy.disclosure];
      need(trust.v === 2 || canon(stated) === canon(trust), "trust", at, "not what is pinned");
    } else if (type === "trust.update") {
      const [text] = openNote(Buffer.from(body.note), [], at), next = parse(Buffer.from(text.replace("skill-ledger/trust/v1\n", "").slice(0, -1)), at);
      const bodies = [stated, next].map((one) => one.custodians), [log, new_] = [vkey(stated.log, at), vkey(next.log, at)];
      const keys = bodies.map((one) => (one?.keys ?? []).map((one_) => vkey(one_, at)));
      const by = openNote(Buffer.from(body.note), [log, new_, ...keys.flat()], at)[1];
      for (const [n, one] of bodies.entries()) need(!one || new Set(keys[n].filter((k) => by.has(k.text)).map((k) => k.text)).size >= one.threshold, "trust", at, "too few custodians");
      const only = canon({ ...next, log: 0, custodians: 0, v: 0, version: 0, log_terms: 0, registrar_terms: 0 }) === canon({ ...stated, log: 0, custodians: 0, v: 0, version: 0, log_terms: 0, registrar_terms: 0 });
      need(next.version === (stated.version ?? 0) + 1 && next.origin === stated.origin && by.has(next.log), "trust", at, "may not follow");
      need(bodies[0] ? bodies[1] : by.has(stated.log) && only, "trust", at, "not the log key's to say");
      need(stated.profiles.every((name) => next.profiles.includes(name)), "trust", at, "rule sets are dropped");
      updates.push([next.version, seq]);
      stated = next;
    } else if (type === "org.file") orgs.set(body.org, { keys: [], into: "", ended: false });
    else if (type === "org.retire" || type === "org.remove") Object.assign(org, { ended: true, into: body.into ?? "" });
    else if (type === "key.add") {
      const added = vkey(body.key, at);
      need(!body.org || added.name === body.org, "key", at, "of another name");
      (org?.keys ?? registrars).push({ key: added, after: seq, before: Infinity });
    } else if (type === "key.revoke") {
      const held = (org?.keys ?? registrars).filter((term) => term.key.id === body.key_id && term.before === Infinity);
      need(held.length, "key", at, "there is none to revoke");
      for (const term of held) term.before = seq;
    } else if (certificate) {
      const cert = certs.get(body.code) ?? { state: "", side: null, digests: [] }, event = type.slice(12);
      need(event !== "restore" || cert.side === registrar, "history", at, "restored by another side");
      Object.assign(cert, { state: NEXT[`${cert.state} ${event}`], side: registrar, digests: body.disclosures ?? cert.digests });
      need(cert.state, "history", at, "may not follow");
      certs.set(body.code, cert);
    } else if (type === "index") {
      const filed = subjects.filter(Boolean).length;
      let bits = 0;
      while (filed > 64 * 2 ** bits) bits += 1;
      const shards = shardLeaves(bits, seq);
      need(body.bits === bits && body.size === seq && body.previous === lastIndex && body.root === root(shards).toString("base64"), "index", at, "not that of the entries before it");
      kept.push({ seq, bits, shards });
      if (kept.length > 8) kept.shift();
      lastIndex = seq;
    }
    subjects.push(certificate ? body.code : EVIDENCE.test(type) ? undefined : body.org);
    leaves.push(leafHash(raw));
    [prev, time, ended] = [sha(raw).toString("hex"), entry.time, type === "index"];
  }
  need(ended, "index", "checkpoint", "the ledger does not end with an index entry");
  need(trust.v === 1 || canon(strip(stated)) === canon(strip(trust)), "trust", "trust.json", "not what the ledger announced last");

  function shardLeaves(bits, size) {
    const parts = Array.from({ length: 2 ** bits }, () => [ZERO]);
    for (let seq = 0; seq < size; seq += 1) {
      if (!subjects[seq]) continue;
      const place = Buffer.alloc(8);
      place.writeBigUInt64BE(BigInt(seq));
      parts[shardOf(subjects[seq], bits)].push(place, leaves[seq]);
    }
    return parts.map((all) => sha(...all));
  }
  function strip({ log_terms: _, registrar_terms: __, ...rest }) {
    return rest;
  }
  function isState(note, where) { // the size of the checkpoint, if it is a state of this ledger
    const size = Number(note.toString().split("\n")[1]), log = logs.find((term) => term.after < size - 1 && size - 1 < term.before)?.key;
    need(Number.isSafeInteger(size) && size > 0 && size <= leaves.length && log, "checkpoint", where, "no size of this ledger");
    const [text, by] = openNote(note, [log], where);
    need(by.has(log.text) && text === `${trust.origin}\n${size}\n${root(leaves, 0, size).toString("base64")}\n`, "checkpoint", where, "not signed, or of another history");
    return size;
  }
  function isProof(path, seq) { // a tlog-proof whose extra data are the entry; returns the size and the note
    const data = files.get(path) ?? need(false, "missing", path, "is not there"), cut = data.indexOf("\n\n") + 2, note = data.subarray(cut), size = isState(note, path);
    const lines = ["c2sp.org/tlog-proof@v1", `extra ${raws[seq]?.toString("base64")}`, `index ${seq}`, ...inclusion(seq, leaves, 0, size).map((one) => one.toString("base64")), "", ""];
    need(seq < size && data.subarray(0, cut).toString() === lines.join("\n"), "head", path, "not the proof of its entry");
    return [size, note];
  }

  const newest = kept.at(-1), [size, note] = isProof("head", newest.seq);
  need(size === raws.length && note.equals(files.get("checkpoint")), "head", "checkpoint", "not the one in the head, or not the end");
  for (const { seq } of kept) need(isProof(`heads/${seq}`, seq)[0] === seq + 1, "head", `heads/${seq}`, "not under its own checkpoint");
  for (const [version, seq] of updates) isProof(`trust/${version}`, seq);
  for (const { seq, bits, shards } of kept) {
    addTiles(want, "", leaves.slice(0, seq + 1));
    addTiles(want, `index/${seq}/`, shards);
    for (const [n, rows] of chunks(raws.slice(0, seq + 1)).entries()) want.set(`tile/entries/${place(n, rows.length)}`, Buffer.concat(rows.flatMap((row) => [Buffer.from([row.length >> 8, row.length & 255]), row])));
    const lines = Array.from({ length: 2 ** bits }, () => []);
    for (const [seq_, subject] of subjects.entries()) if (subject) lines[shardOf(subject, bits)].push(raws[seq_], Buffer.from("\n"));
    for (const [n, all] of lines.entries()) want.set(`shard/${bits}/${number(n)}.txt`, Buffer.concat(all));
  }
  for (const [path, data] of want) need(files.get(path)?.equals(data), files.has(path) ? "differs" : "missing", path, "not what the entries make it");

  const views = new Set();
  for (let n = 0; n < 2 ** newest.bits; n += 1) {
    const path = `masked/${newest.bits}/${number(n)}.txt`, data = files.get(path);
    need(data && (data.length === 0 || data.at(-1) === 10), "missing", path, "is not there, or cut");
    let before = "";
    for (const line of data.toString().split("\n").slice(0, -1)) {
      const { code, disclosure, ...more } = parse(Buffer.from(line), path), cert = certs.get(code);
      need(cert && code > before && shardOf(code, newest.bits) === n && canon(more) === "{}", "view", path, "of no certificate here, or out of order");
      const view = disclosure && JSON.parse(unbase(disclosure, "base64url") ?? "null");
      need(disclosure === "" || (view?.length === 3 && view[1] === "masked" && Object.keys(view[2]).join() === "name" && /^.{1,2}\*\*$/u.test(view[2].name)), "view", path, "not a public view");
      need(disclosure === "" || cert.digests.includes(sha(disclosure).toString("base64url")), "view", path, "not what the record commits to");
      views.add((before = code));
    }
    want.set(path, data);
  }
  if (preset === "masked") for (const code of certs.keys()) need(views.has(code), "view", code, "its view is missing");
  const known = new Set([...want.keys(), "checkpoint", "head", "trust.json", ...kept.map(({ seq }) => `heads/${seq}`), ...updates.map(([version]) => `trust/${version}`)]);
  for (const path of files.keys()) need(known.has(path) || path.startsWith("notice/"), "unknown", path, "does not belong here");
  return `ok ${size} ${root(leaves).toString("base64")}`;
}

function readFolder(folder, prefix = "", files = new Map()) {
  for (const name of readdirSync(join(folder, prefix))) {
    const path = prefix ? `${prefix}/${name}` : name;
    if (statSync(join(folder, path)).isDirectory()) readFolder(folder, path, files);
    else files.set(path, readFileSync(join(folder, path)));
  }
  return files;
}

for (const folder of process.argv.slice(2)) {
  let line;
  try {
    line = audit(readFolder(folder));
  } catch (error) {
    process.exitCode = 1;
    line = error instanceof Finding ? error.message : `malformed ${folder}: ${error.message}`; // a member of another kind than its format says
  }
  console.log(line.replaceAll("\n", " "));
}
