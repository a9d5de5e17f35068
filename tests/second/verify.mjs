// A second verifier of ledgers, written after the format specification (site/docs/spec) in another language.
//
//     node verify.mjs TOLD (TRUST FOLDER)...     TOLD: data that told.py writes; TRUST: the trust.json that is pinned for this public folder
//
// prints one line a folder: "ok <size> <root>", or the first finding "<kind> <place>: <problem>", or "undecided entry <seq>: <why>".
// Here are chain, tree, tiles, keys, signatures, witnesses, trust, index, shards, heads, views; what a profile decides is in rules.mjs.
import { createPublicKey, verify } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Rules } from "./rules.mjs";
import { Finding, canon, hasForm, need, parse, sha, unbase } from "./values.mjs";

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
const number = (n) => String(n).padStart(Math.ceil(String(n).length / 3) * 3, "0").replace(/\d{3}(?=\d)/g, "x$&/");
const place = (n, width) => number(n) + (width < 256 ? `.p/${width}` : "");
const chunks = (row) => Array.from({ length: Math.ceil(row.length / 256) }, (_, n) => row.slice(n * 256, n * 256 + 256));
function addTiles(want, prefix, leaves) {
  for (let level = 0, row = leaves; row.length; level += 1) {
    for (const [n, tile] of chunks(row).entries()) want.set(`${prefix}tile/${level}/${place(n, tile.length)}`, Buffer.concat(tile));
    row = chunks(row).filter((tile) => tile.length === 256).map((tile) => root(tile));
  }
}

// -- keys, notes, witnesses ------------------------------------------------------------------------------------------------------------

const P = 2n ** 255n - 19n;
const SMALL = new Set([0n, 1n, P - 1n, 2707385501144840649318225287225658788936804267575313519463743609750303021590n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n]);
function sound(bytes) { // the canonical encoding of a point of large order, as far as its y tells
  const y = BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`) & (2n ** 255n - 1n);
  return y < P && !SMALL.has(y);
}
function vkey(text, where, kind = 1) { // kind 4: a witness, who signs the time as well
  const [, name, id, base] = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [], bytes = unbase(base, "base64", 33);
  const own = bytes?.[0] === kind && sound(bytes.subarray(1)) && sha(`${name}\n`, bytes).subarray(0, 4).toString("hex");
  need(own && own === id, "malformed", where, "not a key");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: bytes.subarray(1).toString("base64url") }, format: "jwk" });
  const stands = (message, sig) => sig?.length === 64 && sound(sig.subarray(0, 32)) && verify(null, message, key, sig);
  const cosigned = (message, sig) => sig.length === 72 &&
    stands(Buffer.concat([Buffer.from(`cosignature/v1\ntime ${sig.readBigUInt64BE()}\n`), message]), sig.subarray(8));
  return { text, name, id, bytes, signed: kind === 4 ? cosigned : stands };
}
const distinct = (keys) => new Set(keys.map(({ bytes }) => bytes.toString("hex", 1))).size === keys.length; // no public key twice
function openNote(bytes, keys, where, known = false) { // its text, and those of the keys that signed it; `known`: it bears no line but theirs
  const at = bytes.lastIndexOf("\n\n"), lines = bytes.subarray(at + 2, -1).toString().split("\n"), by = new Set();
  need(at > 0 && bytes.at(-1) === 10 && lines.length <= 100, "note", where, "no text and signature lines");
  for (const line of lines) {
    const [, name, base] = /^— ([^\s+]+) (\S+)$/.exec(line) ?? [], data = unbase(base, "base64");
    need(data?.length > 4, "note", where, "no signature line");
    const key = keys.find((one) => one.name === name && one.id === data.subarray(0, 4).toString("hex"));
    need(key || !known, "head", where, "a line by nobody who is asked");
    need(!key || key.signed(bytes.subarray(0, at + 1), data.subarray(4)), "signature", where, "a line does not verify");
    if (key) by.add(key.text);
  }
  return [bytes.subarray(0, at + 1).toString(), by];
}
function policy(text, log) { // C2SP tlog-policy: the witnesses' keys, and whether those who signed are enough
  const met = new Map(), keys = [], logs = [], grouped = [], quorums = text === "" ? ["none"] : [], lines = text.split("\n");
  const asked = (ok) => need(ok, "malformed", "trust.json", "not a witness policy");
  asked(/^[\t\n\x20-\x7e\x80-\uffff]*$/.test(text) && lines.pop() === "" && lines.length <= 200);
  for (const [kind, name, ...words] of lines.map((line) => line.split(/[ \t]+/).filter(Boolean)).filter(([kind]) => kind && kind[0] !== "#")) {
    if (kind === "witness" || kind === "group") asked(name && name !== "none" && !met.has(name));
    if (kind === "log" && words.length < 2) logs.push(vkey(name, "trust.json"));
    else if (kind === "quorum" && words.length === 0 && (name === "none" || met.has(name))) quorums.push(name);
    else if (kind === "witness" && words.length < 3) {
      const key = vkey(words[0], "trust.json", 4);
      keys.push(key);
      met.set(name, (by) => by.has(key.text));
    } else {
      const [rule, ...all] = words, least = rule === "all" ? all.length : rule === "any" ? 1 : Number(rule);
      asked(kind === "group" && all.every((one) => met.has(one)) && Number.isInteger(least) && least >= 1 && least <= all.length);
      grouped.push(...all);
      met.set(name, (by) => all.filter((one) => met.get(one)(by)).length >= least);
    }
  }
  asked(quorums.length === 1 && new Set(grouped).size === grouped.length && distinct([...keys, ...logs]));
  asked(logs.length === 0 || logs.some((key) => key.text === log));
  return { keys, enough: (by) => quorums[0] === "none" || met.get(quorums[0])(by) };
}

// -- the ledger ------------------------------------------------------------------------------------------------------------------------

const BY_ORG = new Set(["plan.file", "notice.open", "notice.close", "result.file"]), BY_EITHER = new Set(["entrust.file", "supervision.report"]);
const EVIDENCE = /^(plan|notice|result|entrust|approval|complaint|inspection|supervision|code)\.|^org\.rate$/;
const NEXT = { " issue": "valid", "valid correct": "valid", "valid reissue": "valid", "valid suspend": "suspended", "valid revoke": "revoked",
  "suspended revoke": "revoked", "suspended restore": "valid" }; // the states of a number
const shardOf = (subject, bits) => (bits ? sha(`subject\n${subject}`).readUInt32BE() >>> (32 - bits) : 0);
const holds = ({ after, before }, seq) => after < seq && seq < before; // whether a key signs for an entry
const alive = (terms, name, id, seq) => terms.find((one) => one.key.name === name && one.key.id === id && holds(one, seq))?.key;
const term = ({ key, after = -1, before = Infinity }) => ({ key: vkey(key, "trust.json"), after, before });

function opened({ log_key: log, origin, policy: { max_age, witness }, profiles, registrar_keys: registrars }) { // the trust that a ledger opens with
  return { log, max_age, origin, profiles, registrars, v: 1, witness };
}
function updated(stated, note, seq, at) { // the trust behind a trust.update
  const text = openNote(note, [], at)[0], next = parse(Buffer.from(text.replace("skill-ledger/trust/v1\n", "").slice(0, -1)), at);
  const custodians = [stated, next].map((one) => (one.custodians?.keys ?? []).map((key) => vkey(key, at)));
  const by = openNote(note, [vkey(stated.log, at), vkey(next.log, at), ...custodians.flat()], at)[1], last = stated.log_terms?.at(-1);
  const same = (one) => canon({ ...one, log: 0, custodians: 0, v: 0, version: 0, log_terms: 0, registrar_terms: 0 });
  const { keys = [], threshold = 0 } = next.custodians ?? {}, fit = !next.custodians || (threshold >= 1 && threshold <= keys.length);
  const enough = [stated, next].every(({ custodians: own }) => !own || own.keys.filter((key) => by.has(key)).length >= own.threshold);
  need(enough && fit && keys.length <= 20 && distinct(custodians[1]), "trust", at, "too few custodians");
  need(text.startsWith("skill-ledger/trust/v1\n") && next.v === 2 &&
    next.version === (stated.version ?? 0) + 1 && next.origin === stated.origin, "trust", at, "may not follow");
  need(by.has(next.log) && (stated.custodians ? next.custodians : by.has(stated.log) && same(next) === same(stated)), "trust", at, "may not say so");
  need(stated.profiles.every((name) => next.profiles.includes(name)), "trust", at, "rule sets are dropped");
  need(next.log_terms.length + next.registrar_terms.length === 0, "trust", at, "terms are not said, they follow");
  const terms = stated.registrar_terms ?? [], gone = (key) => !next.registrars.includes(key);
  const former = next.log === stated.log ? [] : [{ ...(last && { after: last.before }), before: seq, key: stated.log }];
  return { ...next,
    log_terms: [...(stated.log_terms ?? []), ...former],
    registrar_terms: [...terms.map((one) => (one.before === undefined && gone(one.key) ? { ...one, before: seq } : one)),
      ...stated.registrars.filter((key) => gone(key) && !terms.some((one) => one.key === key)).map((key) => ({ before: seq, key })),
      ...next.registrars.filter((key) => !stated.registrars.includes(key)).map((key) => ({ after: seq, key }))] };
}

function audit(files, pinned, data) {
  const trust = parse(pinned, "trust.json"), { keys: witnesses, enough } = policy(trust.witness, trust.log);
  const logs = (trust.log_terms ?? []).map(term), registrars = (trust.registrar_terms ?? []).map(term), rules = new Rules(data, trust.profiles);
  logs.push(term({ key: trust.log, after: logs.at(-1)?.before }));
  registrars.push(...trust.registrars.filter((key) => !registrars.some((one) => one.key.text === key)).map((key) => term({ key })));
  const isRegistrar = (name) => registrars.some(({ key }) => key.name === name);
  need(files.get("trust.json")?.equals(pinned), "trust", "trust.json", "not what is pinned");
  const raws = [], leaves = [], subjects = [], kept = [], ends = [], updates = [], want = new Map(), { orgs, certificates: certs } = rules;
  let stated, preset, prev = "0".repeat(64), time = "", ended = true;
  const said = Number(files.get("checkpoint")?.toString().split("\n")[1]);
  need(Number.isSafeInteger(said) && said > 0, "checkpoint", "checkpoint", "no size");
  for (let n = 0; n * 256 < said; n += 1) {
    const path = `tile/entries/${place(n, Math.min(256, said - n * 256))}`, bundle = files.get(path) ?? need(false, "missing", path, "is not there");
    let at = 0;
    for (; at + 2 <= bundle.length; at += 2 + bundle.readUInt16BE(at)) raws.push(bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at)));
    need(raws.length === Math.min(said, n * 256 + 256) && at === bundle.length, "bundle", path, "not its entries");
  }

  function signer(seq, type, body, issuer, id, at) { // the key that may sign this entry; undefined if there is none
    const registrar = isRegistrar(issuer), certificate = type.startsWith("certificate."), evidence = EVIDENCE.test(type);
    if (type === "ledger.open" || type === "index") return alive(logs, issuer, id, seq);
    if (type === "trust.update") return alive(logs, issuer, id, seq - 1) ?? alive(logs, issuer, id, seq + 1);
    need(evidence || certificate || !body.org || (type === "org.file") !== orgs.has(body.org), "org", at, "not filed, or filed twice");
    need(evidence || !orgs.get(body.org)?.ended, "org", at, "has ended");
    need(!evidence || !body.org || orgs.has(body.org), "org", at, "not filed");
    if (registrar || !(certificate || evidence)) {
      const may = certificate ? /suspend|restore|revoke/.test(type) : !BY_ORG.has(type);
      return need(may, "signer", at, "not for a registrar") ?? alive(registrars, issuer, id, seq);
    }
    let code = certificate ? body.code.slice(0, 13) : body.org; // after a merger the new organisation signs for the old numbers
    for (let left = orgs.size; certificate && left > 0 && orgs.get(code)?.into; left -= 1) code = orgs.get(code).into;
    need(orgs.get(code)?.ended === false && issuer === code, "signer", at, "not the organisation's");
    need(certificate || BY_ORG.has(type) || BY_EITHER.has(type), "signer", at, "a registrar's");
    return alive(orgs.get(code).keys, issuer, id, seq);
  }
  for (const [seq, raw] of raws.entries()) {
    const at = `entry ${seq}`, entry = parse(raw, at), { record } = entry, { body, issuer, key: id, sig, type, v, ...more } = record;
    need(Object.keys(entry).join() === "prev,record,seq,time" && canon(more) === "{}" && v === 1 && entry.seq === seq, "malformed", at, "none");
    need(hasForm(type, body, data.bodies[type]), "malformed", at, "no body of its type");
    need(entry.prev === prev, "chain", at, "not behind the entry before");
    need(new Date(entry.time).toJSON() === entry.time.replace("Z", ".000Z") && entry.time < "9999", "malformed", at, "no time");
    need(entry.time === time || (entry.time > time && ended), "time", at, "goes back, or changes inside a batch");
    need((type === "ledger.open") === (seq === 0), "opening", at, "a ledger opens once, with its first entry");
    const { sig: _, ...unsigned } = record, signed = Buffer.from(`skill-ledger/record/v1\n${canon(unsigned)}`);
    need(signer(seq, type, body, issuer, id, at)?.signed(signed, unbase(sig, "base64url", 64)), "signature", at, "not by a key that may sign it");
    [prev, time, ended] = [sha(raw).toString("hex"), entry.time, type === "index"];

    const org = orgs.get(body.org), certificate = type.startsWith("certificate.");
    if (type === "ledger.open") {
      [stated, preset, rules.required] = [opened(body), body.policy.disclosure, body.policy.evidence === "required"];
      need(trust.v === 2 || canon(stated) === canon(trust), "trust", at, "not what is pinned");
    } else if (type === "trust.update") {
      stated = updated(stated, Buffer.from(body.note), seq, at);
      updates.push({ seq, version: stated.version });
    } else if (type === "key.add") {
      const key = vkey(body.key, at);
      need(key.name === body.org, "key", at, "of another name");
      org.keys.push({ key, after: seq, before: Infinity });
    } else if (type === "key.revoke") {
      const held = org.keys.filter((one) => one.key.id === body.key_id && one.before === Infinity);
      need(held.length, "key", at, "there is none to revoke");
      for (const one of held) one.before = seq;
    } else if (certificate) {
      const cert = certs.get(body.code) ?? { state: "" }, event = type.slice(12), registrar = isRegistrar(issuer);
      need(event !== "restore" || cert.side === registrar, "history", at, "restored by another side");
      Object.assign(cert, { state: NEXT[`${cert.state} ${event}`], side: registrar, digests: body.disclosures ?? cert.digests });
      need(cert.state, "history", at, "may not follow");
      rules.certificate(seq, time, body, cert, at);
      certs.set(body.code, cert);
    } else if (type === "index") {
      const filed = subjects.filter(Boolean).length, bits = Math.max(0, Math.ceil(Math.log2(filed / 64))), shards = shardLeaves(bits, seq);
      need(body.bits === bits && body.size === seq && body.previous === ends.at(-1) && 
        body.root === root(shards).toString("base64"), "index", at, "not that of the entries before it");
      kept.push({ seq, bits, shards });
      if (ends.push(seq) > 8) kept.shift();
    } else if (EVIDENCE.test(type)) rules.step(seq, time, type, body, at);
    else rules.registry(type, body, at);
    subjects.push(certificate ? body.code : EVIDENCE.test(type) ? undefined : body.org);
    leaves.push(leafHash(raw));
    if (ended) rules.endBatch(seq + 1, () => root(leaves), at);
  }
  need(ended, "index", "checkpoint", "the ledger does not end with an index entry");
  need(canon(stated) === canon(trust), "trust", "trust.json", "not what the ledger announced last");
  rules.finish(time);

  function shardLeaves(bits, size) {
    const parts = Array.from({ length: 2 ** bits }, () => [ZERO]), place_ = (seq) => Buffer.from(seq.toString(16).padStart(16, "0"), "hex");
    for (const [seq, subject] of subjects.slice(0, size).entries()) if (subject) parts[shardOf(subject, bits)].push(place_(seq), leaves[seq]);
    return parts.map((all) => sha(...all));
  }
  function proof(path, seq, size, cosigners, known) { // holds a tlog-proof of the entry to the checkpoint of this size; returns its note
    const bytes = files.get(path) ?? need(false, "missing", path, "is not there"), cut = bytes.indexOf("\n\n") + 2, note = bytes.subarray(cut);
    const lines = ["c2sp.org/tlog-proof@v1", `extra ${raws[seq].toString("base64")}`, `index ${seq}`,
      ...inclusion(seq, leaves, 0, size).map((one) => one.toString("base64")), "", ""];
    need(bytes.subarray(0, cut).toString() === lines.join("\n"), "head", path, "not the proof of its entry");
    const log = logs.find((one) => holds(one, size - 1)).key, [text, by] = openNote(note, [log, ...cosigners], path, known);
    const state = `${trust.origin}\n${size}\n${root(leaves, 0, size).toString("base64")}\n`;
    need(by.has(log.text) && text === state, "checkpoint", path, "not signed, or of another history");
    return [note, by];
  }

  const newest = kept.at(-1), [note, by] = proof("head", newest.seq, raws.length, witnesses, true);
  need(note.equals(files.get("checkpoint")), "head", "checkpoint", "not the one in the head");
  need(enough(by), "witness", "head", "too few witnesses have cosigned");
  need(files.get("head").equals(files.get(`heads/${newest.seq}`) ?? ZERO), "head", `heads/${newest.seq}`, "not the head");
  for (const { seq } of kept.slice(0, -1)) proof(`heads/${seq}`, seq, seq + 1, [], false);
  for (const { seq, version } of updates) proof(`trust/${version}`, seq, ends.find((end) => end > seq) + 1, [], true);
  for (const { seq, bits, shards } of kept) {
    addTiles(want, "", leaves.slice(0, seq + 1));
    addTiles(want, `index/${seq}/`, shards);
    const sized = (raw) => [Buffer.from([raw.length >> 8, raw.length & 255]), raw], lines = shards.map(() => []);
    for (const [n, all] of chunks(raws.slice(0, seq + 1)).entries())
      want.set(`tile/entries/${place(n, all.length)}`, Buffer.concat(all.flatMap(sized)));
    for (const [n, subject] of subjects.entries()) if (subject) lines[shardOf(subject, bits)].push(raws[n], Buffer.from("\n"));
    for (const [n, all] of lines.entries()) want.set(`shard/${bits}/${number(n)}.txt`, Buffer.concat(all));
  }
  for (const [path, bytes] of want)
    need(files.get(path)?.equals(bytes), files.has(path) ? "differs" : "missing", path, "not what the entries make it");

  const views = new Set();
  for (let n = 0; n < 2 ** newest.bits; n += 1) {
    const path = `masked/${newest.bits}/${number(n)}.txt`, lines = files.get(path)?.toString().split("\n");
    need(lines, "missing", path, "is not there");
    need(lines.pop() === "", "view", path, "cut off");
    let before = "";
    for (const line of lines) {
      const { code, disclosure, ...more } = parse(Buffer.from(line), path), cert = certs.get(code);
      need(cert && shardOf(code, newest.bits) === n && canon(more) === "{}", "view", path, "of no certificate here");
      need(code > before, "view", path, "out of order");
      if (disclosure !== "") {
        const [salt, field, view, ...rest] = parse(unbase(disclosure, "base64url"), path);
        need(unbase(salt, "base64url")?.length >= 16 && field === "masked" && rest.length === 0, "view", path, "not a public view");
        need(Object.keys(view).join() === "name" && rules.isMasked(view.name), "view", path, "shows more than a surname");
        need(cert.digests.includes(sha(disclosure).toString("base64url")), "view", path, "not what the record commits to");
      }
      views.add((before = code));
    }
    want.set(path);
  }
  if (preset === "masked") for (const code of certs.keys()) need(views.has(code), "view", code, "its view is missing");
  const others = ["checkpoint", "head", "trust.json", ...kept.map(({ seq }) => `heads/${seq}`), ...updates.map(({ version }) => `trust/${version}`)];
  for (const [path, bytes] of files) {
    if (path.startsWith("notice/")) rules.list(path, bytes);
    else need(want.has(path) || others.includes(path), "unknown", path, "does not belong here");
  }
  for (const seq of rules.undecided) return `undecided entry ${seq}: a term leads into a year without a calendar`;
  return `ok ${said} ${root(leaves).toString("base64")}`;
}

function readFolder(folder, prefix = "", files = new Map()) {
  for (const name of readdirSync(join(folder, prefix))) {
    const path = prefix ? `${prefix}/${name}` : name;
    if (statSync(join(folder, path)).isDirectory()) readFolder(folder, path, files);
    else files.set(path, readFileSync(join(folder, path)));
  }
  return files;
}

const [told, ...rest] = process.argv.slice(2), data = JSON.parse(readFileSync(told));
for (let n = 0; n < rest.length; n += 2) {
  let line;
  try {
    line = audit(readFolder(rest[n + 1]), readFileSync(rest[n]), data);
  } catch (error) {
    process.exitCode = 1; // what is no Finding: a member of another kind than its format says
    line = error instanceof Finding ? error.message : `malformed ${rest[n + 1]}: ${error.message}`;
  }
  console.log(line.replaceAll("\n", " "));
}
