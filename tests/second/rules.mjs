// What a profile decides, for the second verifier: read from the specification (record, profiles, workflow) and from the profile's own data.
//
// A rule is a row: the reason that is told, and what must hold. Where the notice behind it may only recommend, `binds` asks the profile.
// Steps of an evaluation are { seq, type, day, b: its body, plan, profile, parts: what belongs to a plan, closed: what ended it }.
import { COLUMNS, creditCode, dayOf, need, parse, sha, shift, unbase, workingDay, yearsLater } from "./values.mjs";

// -- numbers ---------------------------------------------------------------------------------------------------------------------------

const binds = (profile, rule) => profile.rules[rule]?.severity !== "warning";
const place = (profile, id) => profile.code.segments.find((one) => one.id === id);
const shown = (profile, id, code) => code.slice(place(profile, id).first - 1, place(profile, id).last);
const fits = (profile, code, length) => // a number, or the organisation's code that begins it
  code.length === length &&
  profile.code.segments.filter((one) => one.last <= length).every(({ id, first, last, literal, alphabet, least, values }) => {
    const part = code.slice(first - 1, last), letters = id === "level" ? profile.levels.map((one) => one.code) : literal ?? alphabet;
    const narrow = part === (literal ?? part) && part >= (least ?? "") && (values ?? [part]).includes(part);
    return [...part].every((letter) => letters.includes(letter)) && (narrow || !binds(profile, `code.${id}`));
  });
const counts = (code, first, last) => { // numbers of the organisation that count up, digits only from where they differ
  const same = [...first].findIndex((letter, n) => letter !== last[n]);
  return first.startsWith(code) && last.startsWith(code) && first <= last && (same < 0 || /^\d+$/.test(first.slice(same) + last.slice(same)));
};
const apart = (one, other) => one.last < other.first || other.last < one.first;

// -- steps of an evaluation: a row is [reason, what must hold] -------------------------------------------------------------------------

const knows = (words, said) => !words || said.every((one) => words.some(({ id }) => id === one)); // where the profile has such a list
const about = (filed, said) => filed.code === said.code && filed.name === said.name && (filed.job ?? said.job) === said.job;
const covers = (filing, occupation, level_) => filing.scope.some((one) => about(one.occupation, occupation) && one.levels.includes(level_));
const results = (plan) => plan.parts.findLast(({ type, b }) => type === "notice.open" && b.list === "results");
const approvals = (parts) => new Map(parts.filter(({ type }) => type === "approval.give").map((one) => [one.b.step, one])); // the newest of each
const due = (profile) => (profile.evidence ?? []).filter(({ kind }) => kind !== "report"); // before an issue, in order
const meets = ({ type, b: { form, step, decision }, notice }, item) => ({ plan: type === "plan.file",
  supervision: type === "supervision.report" && form === item.step,
  approval: type === "approval.give" && step === item.step && decision === "approved" })[item.kind] ?? notice?.b.list === item.kind;
const agreed = (closing) => closing?.b.settled >= closing?.b.objections;
function entrusted({ b, profile }, { steps }) { // one agreement of both sides, in force on the days of the exam
  const sides = (b.entrusts ?? []).map((seq) => steps.get(seq)), roles = new Set(sides.map((one) => `${one?.b.role} ${one?.b.org}`));
  if (sides.length === 0 && !b.categories.includes("entrusted")) return true;
  const other = sides.find((one) => one?.b.role === "principal")?.b.org, { allowed, rule } = profile.entrusting ?? { allowed: true };
  return (allowed || !binds(profile, rule)) && roles.size === 2 && roles.has(`agent ${b.org}`) && other && other !== b.org &&
    sides.every(({ type, b: side }) => type === "entrust.file" && [b.org, other].includes(side.other) && side.agreement === sides[0].b.agreement &&
      side.first <= b.exam_from && b.exam_to <= side.last);
}
function drawn({ b: { orgs, inspectors, draws }, root }) {
  const seed = sha("skill-ledger/draw/v1\n", root), order = (kind, one) => sha(seed, `${kind}/${one}`).toString("hex");
  const [schools, people] = [["org", orgs], ["inspector", inspectors]].map(([kind, pool]) =>
    pool.toSorted((one, other) => (order(kind, one) < order(kind, other) ? -1 : 1)));
  return schools.slice(0, draws).map((school, n) => `${school} ${people[n % people.length]}`).join();
}
const STEPS = {
  "plan.file": [
    ["profile_unknown", ({ profile }) => profile],
    ["plan_scope", ({ b, filing }) => b.levels.every((one) => covers(filing, b.occupation, one))],
    ["profile_differs", ({ b, filing }) => b.profile === filing.profile],
    ["exam_dates", ({ b, day }) => day <= b.exam_from && b.exam_from <= b.exam_to],
    ["term", ({ b, filing }) => filing.valid_from <= b.exam_from && b.exam_to <= filing.valid_to],
    ["plan_late", (s, rules) => rules.within(s, "plan-before-exam", s.b.exam_from, (latest) => s.day <= latest, -1)],
    ["staffing", ({ b, profile }) => (profile.staffing ?? []).every(({ id, amount, rule }) => b.staff[id] >= amount || !binds(profile, rule))],
    ["plan_words", ({ b, profile: { candidates, bases, methods } }) =>
      knows(candidates, b.categories) && knows(bases, b.bases) && knows(methods, [b.method])],
    ["plan_words", ({ b: { bank }, profile, profile: { bank: least } }) =>
      !least || (bank?.items >= least.items && bank?.examiners >= least.examiners) || !binds(profile, least.rule)],
    ["plan_words", ({ b, profile, profile: { insurance } }) => !insurance || b.insured_months >= insurance.months || !binds(profile, insurance.rule)],
    ["entrust", entrusted],
  ],
  "notice.open": [
    ["notice_late", ({ b, day, plan }) => day <= b.first && (b.list === "candidates" || b.first >= plan.b.exam_to)],
    ["publicity_short", ({ b, plan }) => b.first <= b.last && (b.list === "results" || b.last < plan.b.exam_from)],
    ["publicity_short", (s, rules) =>
      rules.within(s, s.b.list === "results" ? "publicity" : "publicity-candidates", s.b.first, (end) => s.b.last >= end)],
    ["notice_count", ({ b, plan }) => b.count <= plan.b.candidates],
  ],
  "notice.close": [
    ["notice_closed", ({ notice }) => !notice.closed],
    ["publicity_short", ({ day, notice }) => day >= notice.b.last],
    ["objections", ({ b }) => b.settled <= b.objections],
    ["notice_count", ({ b, notice }) => notice.b.list === "candidates" || b.passed <= notice.b.count],
  ],
  "result.file": [
    ["notice_count", ({ b, plan }) => b.passed <= b.examined && b.examined <= b.applied && b.applied <= plan.b.candidates],
    ["report_early", ({ plan }) => results(plan)?.closed],
    ["notice_count", ({ b, plan }) => b.passed === results(plan).closed.b.passed],
    ["report_late", (s, rules) => rules.within(s, "report-after-publicity", results(s.plan).b.last, (end) => s.day <= end)],
  ],
  "entrust.file": [["entrust", ({ b }) => b.other !== b.org && b.first <= b.last]],
  "approval.give": [
    ["approval_step", (s) => (s.item = due(s.profile).find(({ kind, step }) => kind === "approval" && step === s.b.step))],
    ["approval_order", ({ item, plan, profile }) => due(profile).slice(0, due(profile).indexOf(item)).every(({ kind, step }) =>
      kind === "approval" ? approvals(plan.parts).get(step)?.b.decision === "approved" : kind !== "results" || results(plan)?.closed)],
    ["notice_count", ({ b, plan }) => !results(plan)?.closed || (b.passed ?? 0) <= results(plan).closed.b.passed],
    ["approval_numbers", ({ b, item, plan }, { steps }) => (b.first ?? b.last) === undefined ? !item.numbers || b.decision === "refused"
      : b.first && b.last && b.decision === "approved" && counts(b.org, b.first, b.last) &&
        [...steps.values()].every((one) => one.type !== "approval.give" || !one.b.first || one.plan === plan || apart(one.b, b))],
  ],
  "supervision.report": [
    ["exam_dates", ({ b, day, plan }) => plan.b.exam_from <= b.held && b.held <= day],
    ["points", (s) => (s.form = (s.profile.supervision ?? []).find(({ id }) => id === s.b.form))],
    ["points", ({ b, form: { items, vetoes } }) =>
      b.points.length === items.length && b.points.every((one, n) => items[n].points.includes(one)) && knows(vetoes, b.vetoes)],
    ["veto_total", ({ b }) => b.total === (b.vetoes.length > 0 ? 0 : b.points.reduce((sum, one) => sum + one, 0))],
  ],
  "complaint.close": [["complaint_unknown", ({ complaint }) => !complaint.closed]],
  "inspection.draw": [["draw_pool", ({ b }, { orgs }) =>
    b.orgs.every((one) => orgs.get(one)?.ended === false) && b.draws > 0 && b.draws <= b.orgs.length]],
  "inspection.result": [["draw_result", ({ b, draw }) => !draw.closed && draw.root && b.size === draw.size &&
    b.drawn.map((one) => `${one.org} ${one.inspector}`).join() === drawn(draw)]],
};
const REFERENCES = { plan: ["plan.file", "plan_unknown"], notice: ["notice.open", "evidence_unknown"],
  complaint: ["complaint.open", "complaint_unknown"], draw: ["inspection.draw", "evidence_unknown"] };

// -- the rules of one ledger, told its entries in order --------------------------------------------------------------------------------

export class Rules {
  orgs = new Map(); // code -> { filing, keys, ranges, ended, into }
  steps = new Map(); // seq -> step
  certificates = new Map(); // code -> { state, side, digests, seq, filing, ranges, issue }
  undecided = []; // entries with a term in a year without a calendar
  merging = new Map(); // of this batch: new organisation -> those retired into it
  waiting = []; // draws whose seed is the checkpoint of this batch
  announced = []; // draws of this batch, which wait for the next
  required = false; // whether the ledger's policy asks for all that a profile does

  constructor(data, trusted) { // data: profiles, calendar, surnames (those of two characters)
    Object.assign(this, data, { trusted });
  }

  isMasked(name) { // a surname at most
    return typeof name === "string" && name.endsWith("**") && ([...name].length <= 3 || this.surnames.includes(name.slice(0, -2)));
  }

  within(s, id, from, test, sign = 1) { // whether a period of the profile is kept
    const { amount, unit, rule } = s.profile.periods?.find((one) => one.id === id) ?? {};
    if (amount === undefined) return true;
    const days = sign * (amount - (s.profile.counting.include_start ? 1 : 0));
    const end = unit === "calendar" ? shift(from, days).match(/^\d{4}-.*/)?.[0] : workingDay(this.calendar, from, days);
    if (end === undefined) this.undecided.push(s.seq);
    return end === undefined || test(end) || !binds(s.profile, rule);
  }

  registry(type, b, at) { // org.* and range.assign
    const org = this.orgs.get(b.org) ?? { keys: [], ranges: [], ended: false }, profile = this.profiles[b.profile ?? org.filing.profile];
    if (b.scope) {
      this.filing(type, b, profile, at);
      this.orgs.set(b.org, Object.assign(org, { filing: b }));
    }
    if (type === "range.assign") {
      const { code } = profile, start = code.opaque ? code.org_length : place(profile, "serial").first - 1;
      need([b.first, b.last].every((one) => fits(profile, one, code.length)) && counts(b.org, b.first, b.last) &&
        b.first.slice(0, start) === b.last.slice(0, start), "range_form", at, "not numbers of the organisation that count up");
      need(org.ranges.every((one) => apart(one, b)), "range_overlaps", at, "shares numbers with another");
      org.ranges.push(b);
    }
    if (b.reason) Object.assign(org, { ended: true, into: b.into }); // org.retire, org.remove
    if (b.into) {
      need(this.orgs.get(b.into)?.ended === false, "merge", at, "into an organisation that is not filed, or has ended");
      this.merging.set(b.into, [...(this.merging.get(b.into) ?? []), b.org].sort());
    }
    if (type === "org.merge") {
      need(this.merging.get(b.org)?.join() === b.from.join(), "merge", at, "others were retired into it in this batch");
      this.merging.delete(b.org);
    }
  }

  filing(type, b, profile, at) {
    need(profile, "profile_unknown", at, b.profile);
    need(this.trusted.includes(b.profile), "profile_differs", at, "the ledger is not open for it");
    const { kinds = [], asks = [], sequence, max_validity_years: years } = profile.filing, kind = kinds.find(({ id }) => id === b.kind);
    const levels = b.scope.flatMap((one) => one.levels), exists = (one) => profile.levels.some(({ code }) => code === one);
    const { first, last } = place(profile, "org_serial") ?? {}, [prefix, serial] = [b.org.slice(0, first - 1), Number(b.org.slice(first - 1, last))];
    const before = [...this.orgs.keys()].filter((one) => one.startsWith(prefix)).map((one) => Number(one.slice(first - 1, last)));
    const rows = [
      ["code", fits(profile, b.org, profile.code.org_length)],
      [sequence?.rule, type === "org.amend" || !sequence?.required || before.length === 0 || serial === Math.max(...before) + 1],
      ["filing.uscc", creditCode(b.uscc)],
      ["filing.validity", b.valid_from <= b.valid_to && (!years || b.valid_to <= yearsLater(b.valid_from, years))],
      ["filing.scope", b.scope.every(({ occupation }) => /^[1-8](-\d\d){3}$/.test(occupation.code)) && levels.every(exists)],
      [(kind ?? kinds[0])?.rule, kinds.length === 0 || (!b.kind && !this.required) || (kind && levels.every((one) =>
        kind.levels.includes(one) || (kind.extra?.includes(one) && b.attested?.includes(`level-${one.toLowerCase()}`))))],
      [profile.titles?.rule ?? "level.known", !b.titles || (profile.titles?.allowed && b.titles.every((one) => exists(one.level)) &&
        new Set(b.titles.map(({ name }) => name)).size === b.titles.length)],
      ["standard.kind", !profile.standards || b.scope.every(({ standard }) => standard
        ? knows(profile.standards, [standard.kind]) && (standard.kind === "national" || standard.ref) : !this.required)],
      ...asks.filter((one) => this.required && ((!one.kinds && !one.levels) || one.kinds?.includes(b.kind) ||
        one.levels?.some((level_) => levels.includes(level_)))).map((one) => [one.rule,
        (one.members ?? []).every((name) => name in b) && (!one.attested || one.attested.some((word_) => b.attested?.includes(word_)))]),
    ];
    for (const [rule, ok] of rows) need(ok || !binds(profile, rule), rule, at, "the filing breaks this rule");
  }

  step(seq, time, type, b, at) { // evidence
    const s = { seq, type, day: dayOf(time), b, parts: [], filing: this.orgs.get(b.org)?.filing };
    for (const [name, [kind, reason]] of Object.entries(REFERENCES).filter(([one]) => Number.isInteger(b[one]))) {
      s[name] = this.steps.get(b[name]);
      need(s[name]?.type === kind && s[name].b.org === b.org, reason, at, `cites no ${kind} of the organisation`);
    }
    s.plan ??= s.notice?.plan;
    s.profile = this.profiles[(s.plan ?? s).b.profile];
    for (const [reason, holds] of STEPS[type] ?? []) need(holds(s, this), reason, at, "the evidence breaks this rule");
    this.steps.set(seq, s);
    s.plan?.parts.push(s);
    for (const one of [s.notice, s.complaint, s.draw]) if (one) one.closed = s;
    if (type === "inspection.draw") this.announced.push(s);
  }

  certificate(seq, time, b, cert, at) { // an event of the number whose history `cert` is
    if (b.effective) return need(b.effective <= dayOf(time), "event_future", at, "takes effect later");
    const profile = this.profiles[b.profile], org = this.orgs.get(b.code.slice(0, 13)), opaque = profile?.code.opaque;
    if (!cert.issue) Object.assign(cert, { seq, issue: b, profile, filing: org.ended ? undefined : org.filing, ranges: [...org.ranges] });
    const { filing, ranges, issue } = cert, numbered = ranges.some((one) => one.first <= b.code && b.code <= one.last);
    const rows = [
      ["profile_unknown", () => profile],
      ["code_form", () => fits(profile, b.code, profile.code.length)],
      ["code_year", () => opaque || shown(profile, "year", b.code) === b.issued.slice(2, 4)],
      ["code_level", () => opaque || shown(profile, "level", b.code) === b.level],
      ["org_not_filed_then", () => filing],
      ["range", () => numbered || (ranges.length === 0 && !(this.required && profile.ranges?.required))],
      ["evaluator_differs", () => b.evaluator === filing.name],
      ["profile_differs", () => b.profile === filing.profile],
      ["title", () => !b.title || filing.titles?.some((one) => one.name === b.title && one.level === b.level)],
      ["scope", () => covers(filing, b.occupation, b.level)],
      ["term", () => filing.valid_from <= b.issued && b.issued <= filing.valid_to],
      ["future_issue", () => b.issued <= dayOf(time)],
      ["evidence_differs", () => b.evidence.join() === issue.evidence.join()],
      ["evidence_missing", () => b.evidence.length > 0 || !this.required || !profile.evidence],
    ];
    for (const [reason, holds] of rows) need(holds(), reason, at, "the certificate breaks this rule");
    if (b.evidence.length > 0) cert.closing = this.gate(b, cert, profile, at);
  }

  gate(b, { seq }, profile, at) { // what an issue cites is whole, as it was at the entry `seq`; returns the confirmation it rests on
    const cited = b.evidence.map((one) => (one < seq ? this.steps.get(one) : undefined)), plan = cited.find((one) => one?.type === "plan.file");
    need(!cited.includes(undefined), "evidence_unknown", at, "no evidence that stands before it");
    need(plan, "evidence_missing", at, "no plan");
    const parts = plan.parts.filter((one) => one.seq < seq), decisions = [...approvals(parts).values()], newest = results({ parts });
    const closings = cited.filter(({ notice }) => notice), ending = closings.filter(({ notice }) => notice.b.list === "results");
    const given = decisions.filter((one) => one.b.first), order = due(profile).map((item) => cited.findLast((one) => meets(one, item))?.seq);
    const rows = [
      ["evidence_differs", about(plan.b.occupation, b.occupation) && plan.b.org === b.code.slice(0, 13) && plan.b.profile === b.profile],
      ["evidence_differs", plan.b.levels.includes(b.level) && cited.every((one) => one === plan || one.plan === plan)],
      ["evidence_order", b.issued >= plan.b.exam_to],
      ["veto", parts.every((one) => one.type !== "supervision.report" || one.b.vetoes.length === 0)],
      ["approval_refused", decisions.every((one) => one.b.decision === "approved")],
      ["evidence_missing", !order.includes(undefined)],
      ["evidence_order", order.every((one, n) => n === 0 || order[n - 1] <= one)],
      ["objection_open", closings.every(agreed)],
      ["evidence_differs", ending.every(({ notice }) => notice === newest)],
      ["evidence_order", ending.length === 0 || b.issued >= newest.b.last],
      ["numbers_given", given.length === 0 || given.some((one) => one.b.first <= b.code && b.code <= one.b.last)],
    ];
    for (const [reason, ok] of rows) need(ok, reason, at, "the evidence cited breaks this rule");
    return ending[0];
  }

  endBatch(size, root, at) {
    need(this.merging.size === 0, "merge", at, "organisations were retired into one that did not merge");
    for (const draw of this.waiting) Object.assign(draw, { size, root: root() });
    [this.waiting, this.announced] = [this.announced, []];
  }

  list(path, bytes) { // a published list: that of its notice, and masked
    const notice = this.steps.get(Number(/^notice\/(0|[1-9]\d*)\.json$/.exec(path)?.[1]));
    need(notice?.type === "notice.open", "unknown", path, "a list of no notice");
    need(sha(bytes).toString("base64url") === notice.b.digest, "notice_differs", path, "not the list that the notice commits to");
    const { columns, rows, salt, ...more } = parse(bytes, path, "notice_unmasked", Infinity);
    const masked = (one, n) => COLUMNS[columns[n]](one) && (columns[n] !== "name" || this.isMasked(one));
    need(Object.keys(more).length === 0 && Object.keys(COLUMNS).filter((one) => columns.includes(one)).join() === columns.join() &&
      unbase(salt, "base64url", 16) && rows.every((row) => row.length === columns.length && row.every(masked)), "notice_unmasked", path, "a name");
    need(columns.length === 0 || rows.length === notice.b.count, "notice_differs", path, "of another number of people");
  }

  finish(time) { // what only the whole ledger shows
    const plans = new Map(), serials = new Map(), certificates = [...this.certificates.values()];
    for (const { closing } of certificates) if (closing) plans.set(closing.plan, [...(plans.get(closing.plan) ?? []), closing]);
    for (const closings of plans.values()) {
      const { seq, b } = closings.reduce((one, other) => (one.seq > other.seq ? one : other)); // the newest that is cited
      need(closings.length <= b.passed, "confirmation_count", `entry ${seq}`, "more certificates than passed");
    }
    for (const { seq, type, parts, profile } of this.steps.values()) {
      const notice = parts.findLast((one) => one.type === "notice.open" && one.b.list === "results" && agreed(one.closed));
      if (type !== "plan.file" || !notice || !profile.evidence?.some(({ kind }) => kind === "report")) continue;
      need(parts.some((one) => one.type === "result.file") || this.within({ seq, profile }, "report-after-publicity", notice.b.last,
        (end) => dayOf(time) <= end), "report_late", `entry ${seq}`, "the result is not filed");
    }
    for (const { issue: { code }, profile } of certificates.filter((one) => !one.profile.code.opaque)) {
      const prefix = code.slice(0, place(profile, "serial").first - 1), serial = (one) => Number(one.slice(prefix.length));
      const ranges = this.orgs.get(code.slice(0, 13)).ranges.filter(({ first }) => first.startsWith(prefix)); // of numbers like this one
      const held = ranges.find(({ first, last }) => first <= code && code <= last), others = held ? [] : ranges.filter(({ last }) => last < code);
      const counter = profile.code.serial_scope.map((id) => (id === "org" ? code.slice(0, 13) : shown(profile, id, code)));
      const scope = `${profile.name} ${counter.join("/")} ${held?.first ?? ""}`, [number, largest] = serials.get(scope) ?? [0, 0];
      const own = others.reduce((left, { first, last }) => left - (serial(last) - serial(first) + 1), serial(code));
      serials.set(scope, [number + 1, Math.max(largest, held ? own - serial(held.first) + 1 : own), profile]);
    }
    for (const [scope, [number, largest, profile]] of serials)
      need(number === largest || !binds(profile, "serial.order"), "serial.order", scope, "numbers are skipped");
  }
}
