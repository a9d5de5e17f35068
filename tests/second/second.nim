## An independent verifier of a ledger's public folder: second TOLD (TRUST FOLDER)...
{.experimental: "dotOperators".}
import std/[algorithm, base64, math, os, sequtils, strutils, tables]
import std/json except contains, items, len
from std/times import isLeapYear
from std/unicode import runeLen
import formats

const forever = int.high

type
  Term = tuple[key: Key; after, before: int]    # a key, for the entries strictly between
  Ledger = object
    entries, leaves, versions: seq[string]      # versions of the trust
    records: seq[tuple[kind, day: string; body: JsonNode]]
    policy, trust: JsonNode
    keys: Table[string, seq[Term]]              # of "log", of "registrar", of each organisation
    organisations: OrderedTable[string, tuple[filing: JsonNode; ended: bool; into: string; ranges: seq[JsonNode]]]
    certificates: Table[string, tuple[state, imposer: string; facts, filing: JsonNode; issued: int]]
    evidence: Table[int, seq[int]]              # what belongs to a plan
    closed: Table[int, int]                     # notices, complaints and draws, and the entries that close them
    merging: Table[string, seq[string]]         # organisations retired in this batch, by the one they went into
    subjects: seq[tuple[hash, entry: int]]    # 32 bits of the hash
    indexes: seq[tuple[entry, bits: int; leaves: seq[string]; policy: string]]
    time, undecided: string

var ledger: Ledger

for kind, members in told.bodies: shapes[kind] = "{" & members.getStr

# The rules of the notices
proc rules(filing: JsonNode): JsonNode = told.profiles{filing.profile.getStr}
proc binds(rules, rule: JsonNode): bool = rules{"rules", rule.getStr}.severity != "warning"
proc binding(rules, section: JsonNode): seq[JsonNode] =
  ## What a section asks for, except where a rule only warns.
  (if section.getFields.len > 0: @[section] else: section.getElems).filterIt(rules.binds(it.rule))
proc ids(list: JsonNode; member = "id"): seq[JsonNode] = list.mapIt(it{member})
proc countsUp(ends: JsonNode; alike: int): bool =
  ## Whether the ends of a range ascend, are alike in so many characters, and differ in digits only.
  let (first, last) = (ends.first.getStr, ends.last.getStr)
  let same = toSeq(0 .. first.high).filterIt(first[0 .. it] == last[0 .. it]).len
  first <= last and same >= alike and first[same .. ^1].allCharsInSet(Digits) and
    last[same .. ^1].allCharsInSet(Digits)
proc isIn(code: string; ends: JsonNode): bool = ends.first <= code and code <= ends.last
proc part(rules: JsonNode; code, id: string): string =
  for it in rules.code.segments.filterIt(it.id == id): return code[it.first.getInt - 1 ..< it.last.getInt]
proc serial(rules: JsonNode; code: string): int = rules.part(code, "serial").parseInt
proc counter(rules: JsonNode; code: string): string =
  rules.code.serial_scope.mapIt(if it == "org": code[0 .. 12] else: rules.part(code, it.getStr)).join("/")
proc misfits(rules: JsonNode; code: string): string =
  ## The segments that a number, or the code of an organisation, does not fit.
  for segment in rules.code.segments.filterIt(it.last <= code.len):
    let (id, piece) = (segment.id.getStr, rules.part(code, segment.id.getStr))
    let values = if id == "level": %rules.levels.ids("code") else: segment.values
    let fitting = piece >= segment.least.getStr and piece == segment.literal.getStr(piece) and
      (values == nil or piece in values)
    if "alphabet" in segment and piece.anyIt(it notin segment.alphabet.getStr) or
        not fitting and (id == "level" or rules.binds("code." & id)): result.add id

proc covers(filing, occupation: JsonNode; levels: seq[JsonNode]): bool =
  ## Whether occupation and levels are in the scope of the filing.
  let rows = filing.scope.filterIt(it.occupation.code == occupation.code and it.occupation.name == occupation.name and
    it.occupation.job in [nil, occupation.job])
  levels.allIt(it in rows.mapIt(it.levels.getElems).concat)
proc lastDay(rules: JsonNode; period: string; start: JsonNode; step = 1): seq[string] =
  ## The day on which a period from (or back to) a day ends; none if there is no such period or nobody can tell.
  let calendar = told.calendar
  for term in rules.binding(rules.periods).filterIt(it.id == period):
    var day = start.getStr
    for n in rules.counting.include_start.getBool.ord ..< term.amount.getInt:
      day = day.shift(step)
      while term.unit == "working" and (day in calendar.off or day.isWeekend and day notin calendar.on):
        day = day.shift(step)
      let known = day[0 .. 3].parseInt in calendar.first.getInt .. calendar.last.getInt
      if day.len > 10 or term.unit == "working" and not known:    # behind the year 9999, or of an unknown year
        if ledger.undecided == "": ledger.undecided = place & ": nobody knows the working days up to " & day
        return
    result.add day

# What was recorded
template at(entry: int): untyped = ledger.records[entry]
template at(reference: JsonNode): untyped = ledger.records[reference.getInt]
proc labelOf(entry: int): string =
  ## What evidence it is: its type, and the list, step or form that it is about.
  let (kind, day, body) = entry.at
  let about = if kind == "notice.close": body.notice.at.body else: body
  kind & "/" & about.list.getStr & body.step.getStr & body.form.getStr
proc planOf(entry: int): int = (case entry.at.kind
  of "plan.file": entry
  of "notice.close": entry.at.body.notice.getInt.planOf
  else: entry.at.body.plan.getInt(-1))
proc newest(plan: int; label: string; before = forever): int =
  ## The newest evidence of a plan with this label, before an entry.
  max(-1 & ledger.evidence.getOrDefault(plan).filterIt(it < before and it.labelOf == label))
proc confirmation(plan: int): JsonNode =
  ## The closing of the newest list of results.
  let list = plan.newest("notice.open/results")
  if list in ledger.closed: ledger.closed[list].at.body else: nil
proc asked(rules: JsonNode; kinds: varargs[string]): seq[string] =
  ## The labels of the evidence of these kinds that a profile asks for, in its order.
  const types = {"plan": "plan.file", "approval": "approval.give", "supervision": "supervision.report"}.toTable
  for item in rules.evidence.filterIt(it{"kind"}.getStr in kinds):
    let kind = item{"kind"}.getStr
    result.add types.getOrDefault(kind, "notice.close") & "/" & (if kind in types: item.step.getStr else: kind)
proc successor(code: string): string =
  let into = ledger.organisations.getOrDefault(code).into
  if into == "": code else: into.successor

# The larger rules
proc checkFiling(body, rules: JsonNode) =
  must {"profile_unknown": rules != nil, "profile_differs": body.profile in ledger.trust.profiles}
  let
    (code, uscc, first, filing) = (body.org.getStr, body.uscc.getStr, body.valid_from.getStr, rules.filing)
    serial = rules.part(code, "org_serial")
    others = toSeq(keys(ledger.organisations)).filterIt(it.startsWith(code[0 ..< ^serial.len]))
    values = uscc.mapIt("0123456789ABCDEFGHJKLMNPQRTUWXY".find(it))
    year = first[0 .. 3].parseInt + filing.max_validity_years.getInt
    until = $year & (if year.isLeapYear: first[4 .. 9] else: first[4 .. 9].replace("02-29", "02-28"))
    (levels, known, all) = (body.scope.mapIt(it.levels.getElems).concat, rules.levels.ids("code"),
                            ledger.policy.evidence == "required")
    (standards, kinds, titles) = (rules.standards.ids, filing.kinds, body.titles)
    kind = (kinds.filterIt(it.id == body{"kind"}) & nil)[0]
  must {"code." & rules.misfits(code): rules.misfits(code) == "",
    "org.sequence": not filing.sequence.required.getBool or others.len == 0 or code in others or
      serial.parseInt == rules.part(others[^1], "org_serial").parseInt + 1,
    "filing.uscc": values.min >= 0 and uscc[2 .. 7].allCharsInSet(Digits) and
      (toSeq(0 .. 16).mapIt(values[it] * (3 ^ it mod 31)).sum + values[17]) mod 31 == 0,
    "filing.validity": first <= body.valid_to and ("max_validity_years" notin filing or body.valid_to <= until),
    "filing.scope": levels.allIt(it in known) and
      body.scope.allIt(it.occupation.code.getStr.fits("[1-8]-[0-9]{2}-[0-9]{2}-[0-9]{2}")),
    "standard.kind": standards.len == 0 or body.scope.ids("standard").allIt(
      if it == nil: not all else: it{"kind"} in standards),
    "standard.kind": body.scope.ids("standard").allIt(it == nil or it{"kind"} == "national" or "ref" in it),
    "kind.levels": kinds.len == 0 or kinds.anyIt(it.id == body{"kind"}) or "kind" notin body and not all,
    "kind.levels": kind == nil or levels.allIt(
      it in kind.levels or it in kind.extra and "level-" & it.getStr in body.attested),
    "level.own": titles.len == 0 or rules.titles.allowed.getBool and titles.allIt(it.level in known) and
      titles.ids("name").deduplicate.len == titles.len}
  for ask in rules.binding(filing.asks).filterIt(all and ("kinds" notin it or body{"kind"} in it.kinds)):
    if "levels" notin ask or levels.anyIt(it in ask.levels):
      must ask.rule.getStr, ask.members.allIt(it in body) and
        ("attested" notin ask or ask.attested.anyIt(it in body.attested))

proc checkPlan(body, filing, rules: JsonNode; day: string) =
  let (first, last, files) = (body.exam_from, body.exam_to, body.entrusts.mapIt(it.getInt))
  must {"profile_differs": body.profile == filing.profile,
    "plan_scope": filing.covers(body.occupation, body.levels.getElems), "exam_dates": day <= first and first <= last,
    "term": filing.valid_from <= first and last <= filing.valid_to,
    "plan_late": rules.lastDay("plan-before-exam", first, -1).allIt(day <= it),
    "staffing": rules.binding(rules.staffing).allIt(it.amount <= body.staff{it.id.getStr})}
  if body.entrusts.len > 0 or "entrusted" in body.categories:
    must {"entrust": rules.binding(rules.entrusting).allIt(it.allowed.getBool) and files.len == 2,
      "entrust": files.allIt(it < ledger.records.len and it.at.kind == "entrust.file")}
    let sides = files.mapIt(it.at.body).sortedByIt(it.role.getStr)
    let (mine, theirs) = (sides[0], sides[1])
    must {"entrust": mine.role == "agent" and theirs.role == "principal" and mine.agreement == theirs.agreement,
      "entrust": mine.org == body.org and mine.other == theirs.org and theirs.other == mine.org,
      "entrust": sides.allIt(it.first <= first and last <= it.last)}
  for list, words in {"candidates": body.categories, "bases": body.bases, "methods": %[body{"method"}]}.items:
    must "plan_words", list notin rules or words.allIt(it in rules{list}.ids)
  must {"plan_words": rules.binding(rules.insurance).allIt(it.months <= body.insured_months),
    "plan_words": rules.binding(rules.bank).allIt(it{"items"} <= body.bank{"items"} and
      it.examiners <= body.bank.examiners)}

proc checkFacts(body, rules, filing: JsonNode; day: string; before: int) =
  ## What a certificate says, held to the filing and the evidence that stood before the entry of its issue.
  let (code, cites, opaque) = (body.code.getStr, body.evidence.mapIt(it.getInt), rules.code.opaque.getBool)
  must {"evaluator_differs": body.evaluator == filing.name, "profile_differs": body.profile == filing.profile,
    "code_form": rules.misfits(code) == "", "scope": filing.covers(body.occupation, @[body.level]),
    "title": "title" notin body or %*{"name": body.title, "level": body.level} in filing.titles,
    "term": filing.valid_from <= body.issued and body.issued <= filing.valid_to, "future_issue": body.issued <= day,
    "code_year": opaque or rules.part(code, "year") == body.issued.getStr[2 .. 3],
    "code_level": opaque or rules.part(code, "level") == body.level,
    "evidence_missing": cites.len > 0 or ledger.policy.evidence != "required",
    "evidence_unknown": cites.allIt(it < before and it.planOf >= 0)}
  let plans = cites.filterIt(it.at.kind == "plan.file")
  must "evidence_missing", plans.len == min(cites.len, 1)
  for number in plans:
    let plan = number.at.body
    must {"evidence_differs": cites.allIt(it.planOf == number) and code[0 .. 12] == plan.org,
      "evidence_differs": plan.profile == body.profile and plan.occupation == body.occupation and
        body.level in plan.levels, "evidence_order": plan.exam_to <= body.issued,
      "veto": not ledger.evidence[number].anyIt(it < before and it.at.body.vetoes.len > 0)}
    for decision in rules.asked("approval").mapIt(number.newest(it, before)).filterIt(it >= 0).mapIt(it.at.body):
      must {"approval_refused": decision.decision == "approved",
        "numbers_given": "first" notin decision or code.isIn(decision)}
    var last = -1
    for label in rules.asked("plan", "candidates", "results", "approval", "supervision"):
      let found = cites.filterIt(it.labelOf == label and it.at.body.decision != "refused")
      must {"evidence_missing": found.len > 0, "evidence_order": found[^1] > last}
      last = found[^1]
    for closing in cites.filterIt(it.at.kind == "notice.close").mapIt(it.at.body):
      let (notice, newest) = (closing.notice.at.body, number.newest("notice.open/results", before))
      must {"objection_open": closing.settled == closing.objections,
        "evidence_differs": notice.list != "results" or closing.notice == newest,
        "evidence_order": notice.list != "results" or notice.last <= body.issued}

# The trust, and whose signature counts
proc toJson(term: Term; reach: int): JsonNode =
  result = %*{"key": term.key.text}
  if term.after >= 0: result["after"] = %(term.after + reach)
  if term.before < forever: result["before"] = %(term.before - reach)
proc setTrust(trust: JsonNode; entry: int) =
  ## Takes over the keys of a trust. The entry of an update may be signed by the log key before it and by that after it.
  let (log, registrars) = (trust.log.getStr.parseKey, trust.registrars.mapIt(it.getStr.parseKey))
  must {"malformed": log.name == trust.origin and not log.name.startsWith("skill-ledger/"),
    "malformed": (log & registrars).allIt(it.kind == '\1')}
  discard trust.witness.getStr.readPolicy(log)
  var (logs, terms) = (ledger.keys.getOrDefault("log"), ledger.keys.getOrDefault("registrar"))
  if logs.len == 0 or logs[^1].key != log:
    for term in logs.mitems: term.before = min(term.before, entry + 1)
    logs.add (log, entry - 1, forever)
  for term in terms.mitems: term.before = if term.key in registrars: term.before else: min(term.before, entry)
  let
    since = if entry == 0: -1 else: entry
    added = registrars.filterIt((it, forever) notin terms.mapIt((it.key, it.before))).mapIt((it, since, forever))
    changed = terms.filterIt(it.after >= 0 or it.before < forever)
  if entry > 0:
    trust["log_terms"] = %logs[0 ..< ^1].mapIt(it.toJson(1))
    trust["registrar_terms"] = %(changed & added).mapIt(it.toJson(0))
  ledger.keys["log"] = logs
  ledger.keys["registrar"] = changed & added & terms.filterIt(it notin changed)
  ledger.trust = trust
  ledger.versions.add trust.format

proc update(body: JsonNode; entry: int) =
  const domain = "skill-ledger/trust/v1\n"
  let note = body.note.getStr.parseNote
  must "malformed", note.text.startsWith(domain)
  let (old, trust) = (ledger.trust, note.text[domain.len .. ^2].parse)
  let guard = if "custodians" in old: trust else: old    # whose log key has to sign, besides the new one
  trust.check "trust"
  must {"malformed": trust.v == 2 and trust.log_terms == newJArray() and trust.registrar_terms == newJArray(),
    "trust_version": trust.version == old.version.getInt + 1, "trust_origin": trust.origin == old.origin,
    "trust_scope": ("custodians" in trust or "custodians" notin old) and old.profiles.allIt(it in trust.profiles),
    "trust_scope": "custodians" in old or ["max_age", "profiles", "registrars", "witness"].allIt(trust{it} == old{it})}
  for custodians in [old.custodians, trust.custodians].filterIt(it != nil):
    let keys = custodians{"keys"}.mapIt(it.getStr.parseKey)
    must {"malformed": keys.mapIt(it.public).deduplicate.len == keys.len and keys.len <= 20,
      "malformed": custodians.threshold.getInt in 1 .. keys.len,
      "trust_threshold": custodians.threshold <= note.signers(keys, "trust_threshold").len}
  must "trust_log_key", [trust, guard].allIt(note.signers(@[it.log.getStr.parseKey], "trust_log_key").len > 0)
  trust.setTrust entry

proc checkSigner(record: JsonNode; entry: int): string =
  ## The role in which a record is signed: "log", "registrar" or the code of an organisation.
  let
    (kind, issuer, body) = (record{"type"}.getStr, record.issuer.getStr, record.body)
    side = if kind.startsWith("certificate."): body.code.getStr[0 .. 12].successor else: body.org.getStr
    allowed = if kind.fits("ledger.open|index|trust.update"): @["log"]
      elif kind.fits("certificate.(issue|correct|reissue)|plan.file|notice.*|result.file"): @[side]
      elif kind.fits("certificate.*|entrust.file|supervision.report"): @[side, "registrar"]
      else: @["registrar"]
    isRegistrar = ledger.keys["registrar"].anyIt(it.key.name == issuer)
  result = if issuer == ledger.trust.origin: "log" elif isRegistrar: "registrar" else: issuer
  let
    known = ledger.keys.getOrDefault(result).filterIt(it.key.name == issuer and it.key.id == record.key)
    valid = known.filterIt(it.after < entry and entry < it.before)
    (unsigned, signature) = (record.copy, record.sig.getStr.fromBase64(base64Url))
  unsigned.delete "sig"
  let text = "skill-ledger/record/v1\n" & unsigned.format
  must {(if kind.fits("(org|range|key).*"): "registrar_unknown" else: "signer_not_allowed"): result in allowed,
    "org_ended": not ledger.organisations.getOrDefault(result).ended,
    "record_signature": valid.len > 0 or result != "log", "key_unknown": known.len > 0,
    "key_not_valid_then": valid.len > 0, "record_signature": valid.anyIt(it.key.verifies(text, signature))}

# The rules of each type
proc hashOf(subject: string): int = sha256("subject\n" & subject)[0 .. 3].hex.parseHexInt
proc shards(bits: int; lines: seq[tuple[hash: int; line: string]]): seq[string] =
  result = newSeq[string](1 shl bits)
  for (hash, line) in lines: result[hash shr (32 - bits)].add line
proc apply(kind: string; body: JsonNode; day, side: string; entry: int) =
  const
    references = {"plan": ("plan.file", "plan_unknown"), "notice": ("notice.open", "evidence_unknown"),
      "complaint": ("complaint.open", "complaint_unknown"), "draw": ("inspection.draw", "draw_result")}
    states = {"issue": ("", "valid"), "correct": ("valid", "valid"), "reissue": ("valid", "valid"), "suspend": ("valid",
      "suspended"), "restore": ("suspended", "valid"), "revoke": ("valid suspended", "revoked")}.toTable
  let
    (group, event) = (kind.split('.')[0], kind.split('.')[^1])
    (number, first, last) = (body.code.getStr, body.first, body.last)
    code = if group == "certificate": number[0 .. 12] else: body.org.getStr
    organisation = ledger.organisations.getOrDefault(code)
    rules = organisation.filing.rules
  must {"org_unknown": code == "" or code in ledger.organisations or kind == "org.file",
    "org_ended": group notin ["org", "range", "key"] or kind in ["org.file", "org.rate"] or not organisation.ended}
  for (member, reference) in references.filterIt(body{it[0]}.getInt(-1) >= 0):
    let (wanted, reason) = reference    # the earlier entry, of the same organisation, that a member names
    must reason, body{member} < entry and body{member}.at.kind == wanted and body{member}.at.body.org == body.org
  let plan = if body.plan.getInt(-1) < 0: nil else: body.plan.at.body
  var certificate = ledger.certificates.getOrDefault(number)
  case kind
  of "index":
    var bits = 0
    while ledger.subjects.len > 64 shl bits: bits += 1
    let lines = ledger.subjects.mapIt((it.hash, it.entry.bigEndian(8) & ledger.leaves[it.entry]))
    must {"index": body.bits == bits and body.previous.getInt(-1) == max(-1 & ledger.indexes.mapIt(it.entry)),
      "merge": ledger.merging.len == 0}
    let leaves = bits.shards(lines).mapIt(it.leafHash)
    must "index", body.root == leaves.root.encode
    ledger.indexes.add (entry, bits, leaves, ledger.trust.witness.getStr)
  of "org.file", "org.amend":
    must "org_filed_twice", kind == "org.amend" or code notin ledger.organisations
    body.checkFiling body.rules
    ledger.organisations[code] = (body, false, "", organisation.ranges)
  of "org.retire", "org.remove":
    let into = body.into.getStr
    must {"merge": into != code and (into == "" or into in ledger.organisations),
      "org_ended": not ledger.organisations.getOrDefault(into).ended}
    if into != "": ledger.merging.mgetOrPut(into, @[]).add code
    (ledger.organisations[code].ended, ledger.organisations[code].into) = (true, into)
  of "org.merge":
    must "merge", %ledger.merging.getOrDefault(code).sorted == body{"from"}
    ledger.merging.del code
  of "range.assign":
    let alike = if rules.code.opaque.getBool: 13 else: 22 - rules.part(first.getStr, "serial").len
    must {"range_form": body.countsUp(alike) and
      [first.getStr, last.getStr].allIt(it.startsWith(code) and rules.misfits(it) == ""),
      "range_overlaps": not organisation.ranges.anyIt(it.first <= last and first <= it.last)}
    ledger.organisations[code].ranges.add body
  of "key.add":
    let key = body.key.getStr.parseKey
    must "key_unknown", key.name == code and key.kind == '\1'
    ledger.keys.mgetOrPut(code, @[]).add (key, entry, forever)
  of "key.revoke":
    let valid = ledger.keys.getOrDefault(code).filterIt(it.key.id == body.key_id and it.before == forever)
    must "key_unknown", valid.len > 0
    for term in ledger.keys[code].mitems:
      if term in valid: term.before = entry
  of "plan.file": body.checkPlan(organisation.filing, rules, day)
  of "entrust.file": must "entrust", body.other != code and first <= last
  of "notice.open":
    let isResult = body.list == "results"
    let period = if isResult: "publicity" else: "publicity-candidates"
    must {"notice_late": day <= first and (plan.exam_to <= first or not isResult),
      "notice_count": body.count <= plan.candidates,
      "publicity_short": first <= last and (last < plan.exam_from or isResult),
      "publicity_short": rules.lastDay(period, first).allIt(it <= last)}
  of "notice.close":
    let notice = body.notice.at.body
    must {"publicity_short": notice.last <= day, "notice_closed": body.notice.getInt notin ledger.closed,
      "objections": body.settled <= body.objections,
      "notice_count": notice.list != "results" or "passed" in body and body.passed <= notice.count}
  of "approval.give":
    let (closing, steps) = (body.plan.getInt.confirmation, rules.asked("approval"))
    let given = steps[0 ..< max(0, steps.find("approval.give/" & body.step.getStr))].mapIt(body.plan.getInt.newest(it))
    must {"approval_step": "approval.give/" & body.step.getStr in steps,
      "approval_order": given.allIt(it >= 0 and it.at.body.decision == "approved"),
      "approval_order": closing != nil or rules.asked("results").len == 0,
      "notice_count": closing == nil or body.passed <= closing.passed,
      "approval_numbers": ("first" in body) == ("last" in body) and ("first" notin body or body.decision == "approved"),
      "approval_numbers": "first" in body or body.decision == "refused" or
        not rules.evidence.anyIt(it.step == body.step and it.numbers.getBool),
      "approval_numbers": "first" notin body or body.countsUp(13) and first.getStr.startsWith(code),
      "approval_numbers": "first" notin body or not ledger.records.anyIt(it.kind == kind and "first" in it.body and
        it.body.plan != body.plan and it.body.first <= last and first <= it.body.last)}
  of "supervision.report":
    let form = rules.supervision.filterIt(it.id == body.form)
    must {"points": form.len == 1 and body.points.len == form[0]{"items"}.len,
      "points": zip(body.points.getElems, form[0]{"items"}.getElems).allIt(it[0] in it[1].points),
      "points": body.vetoes.allIt(it in form[0].vetoes.ids),
      "veto_total": body.total == (if body.vetoes.len > 0: 0 else: body.points.mapIt(it.getInt).sum),
      "exam_dates": plan.exam_from <= body.held and body.held <= day}
  of "result.file":
    let closing = body.plan.getInt.confirmation
    must "report_early", closing != nil
    let list = closing.notice.at.body
    let counts = [plan.candidates, body.applied, body.examined, body.passed].mapIt(it.getInt)
    must {"report_late": rules.lastDay("report-after-publicity", list.last).allIt(day <= it),
      "notice_count": counts.isSorted(Descending) and body.passed == closing.passed}
  of "complaint.close": must "complaint_unknown", body.complaint.getInt notin ledger.closed
  of "inspection.draw":
    must {"draw_pool": body.draws.getInt in 1 .. body.orgs.len,
      "draw_pool": body.orgs.allIt( it.getStr in ledger.organisations and not ledger.organisations[it.getStr].ended)}
  of "inspection.result":
    let (pool, next) = (body.draw.at.body, ledger.indexes.filterIt(it.entry > body.draw.getInt))
    must {"draw_result": body.draw.getInt notin ledger.closed and body.drawn.len == pool.draws.getInt,
      "draw_result": next.len > 1 and body.size == next[1].entry + 1}    # the second checkpoint from the draw on
    let seed = sha256("skill-ledger/draw/v1\n" & ledger.leaves[0 .. next[1].entry].root)
    let orgs = pool.orgs.getElems.sortedByIt(sha256(seed & "org/" & it.getStr))
    let inspectors = pool.inspectors.getElems.sortedByIt(sha256(seed & "inspector/" & it.getStr))
    for i, lot in body.drawn.getElems:
      must "draw_result", lot.org == orgs[i] and lot.inspector == inspectors[i mod inspectors.len]
  elif group == "certificate":
    must {"history": certificate.state in states[event][0].split(' '),
      "history": event != "restore" or certificate.imposer == side,
      "event_future": "effective" notin body or body.effective <= day}
    if event == "issue":
      (certificate.filing, certificate.facts, certificate.issued) = (organisation.filing, body, entry)
      let needed = ledger.policy.evidence == "required" and rules.ranges.required.getBool or organisation.ranges.len > 0
      must {(if organisation.into == "": "org_ended" else: "org_not_filed_then"): not organisation.ended,
        "range": not needed or organisation.ranges.anyIt(number.isIn(it))}
    if "evidence" in body:
      must "evidence_differs", body.evidence == certificate.facts.evidence
      body.checkFacts(body.rules, certificate.filing, day, certificate.issued)
      certificate.facts = body
    (certificate.state, certificate.imposer) = (states[event][1], side)
    ledger.certificates[number] = certificate
  else: discard
  for member in ["notice", "complaint", "draw"]:
    if member in body: ledger.closed[body{member}.getInt] = entry

proc replay(text: string) =
  let (entry, parsed) = (ledger.entries.len, text.parse)
  place = "entry " & $entry
  parsed.check "entry"
  let
    (record, time) = (parsed.record, parsed.time.getStr)
    (kind, body, day) = (record{"type"}.getStr, record.body, time.chinaDay)
    prev = if entry == 0: "0".repeat(64) else: sha256(ledger.entries[^1]).hex
  must "malformed", parsed{"seq"} == entry and record.v == 1 and kind in told.bodies
  body.check kind
  must {"malformed": kind != "index" or body.size == entry, "chain": parsed.prev == prev,
    "opening": (kind == "ledger.open") == (entry == 0),
    "time": time == ledger.time or time > ledger.time and (entry == 0 or ledger.records[^1].kind == "index")}
  if kind == "ledger.open":
    ledger.policy = body.policy
    setTrust(%*{"log": body.log_key, "max_age": body.policy.max_age, "origin": body.origin, "profiles": body.profiles,
                "registrars": body.registrar_keys, "v": 1, "witness": body.policy.witness}, entry)
  if kind == "trust.update": body.update entry
  let side = if record.checkSigner(entry) == "registrar": "registrar" else: "organisation"
  apply(kind, body, day, side, entry)
  ledger.entries.add text
  ledger.leaves.add text.leafHash
  ledger.records.add (kind, day, body)
  ledger.time = time
  if entry.planOf >= 0: ledger.evidence.mgetOrPut(entry.planOf, @[]).add entry
  if kind.fits("(certificate|org|range|key).*") and kind != "org.rate":
    ledger.subjects.add ((if "code" in body: body.code else: body.org).getStr.hashOf, entry)

proc checkCounts() =
  ## What an audit counts at the end: certificates of a plan, numbers that were skipped, reports that are due.
  var issued, passed: Table[int, int]
  var serials: Table[tuple[organisation, counter, first: string], seq[int]]
  for code, certificate in ledger.certificates:
    for entry in certificate.facts.evidence.mapIt(it.getInt):
      let plan = entry.planOf
      if plan == entry: issued.mgetOrPut(plan, 0) += 1
      if entry.labelOf == "notice.close/results": passed[plan] = max(entry, passed.getOrDefault(plan))
    let rules = certificate.filing.rules
    if not rules.code.opaque.getBool and rules.binds("serial.order"):
      let ends = ledger.organisations[code[0 .. 12]].ranges.filterIt(code.isIn(it)) & %*{"first": ""}
      serials.mgetOrPut((code[0 .. 12], rules.counter(code), ends[0].first.getStr), @[]).add rules.serial(code)
  for plan, entry in passed:
    place = "entry " & $entry
    must "confirmation_count", issued[plan] <= entry.at.body.passed
  for group, numbers in pairs(serials):
    place = group.counter & " " & group.first
    let (organisation, most) = (ledger.organisations[group.organisation], numbers.max)
    let rules = organisation.filing.rules
    var left = if group.first == "": most else: most - rules.serial(group.first) + 1
    for ends in organisation.ranges:
      if group.first == "" and rules.counter(ends.first.getStr) == group.counter:
        left -= max(0, min(most, rules.serial(ends.last.getStr)) - rules.serial(ends.first.getStr) + 1)
    must "serial.order", left == numbers.len
  for plan, entries in ledger.evidence:
    let settled = entries.filterIt(it.labelOf == "notice.close/results" and it.at.body.settled == it.at.body.objections)
    if settled.len > 0 and not entries.anyIt(it.at.kind == "result.file"):
      let (list, filing) = (settled[^1].at.body.notice, ledger.organisations[plan.at.body.org.getStr].filing)
      place = "entry " & $list
      must "report_late", filing.rules.lastDay("report-after-publicity", list.at.body.last).allIt(
        ledger.records[^1].day <= it)

# The folder
proc isMasked(name: string): bool = name.endsWith("**") and (name.runeLen <= 3 or name[0 .. ^3] in told.surnames)
proc checkView(disclosure: string; facts: JsonNode) =
  let view = disclosure.fromBase64(base64Url).parse
  must {"disclosure_differs": sha256(disclosure).base64Url in facts.disclosures,
    "disclosure_differs": view.len == 3 and view[1] == "masked" and view[2].len == 1,
    "disclosure_differs": view[0].getStr.fromBase64(base64Url).len >= 16 and view[2].name.getStr.isMasked}
proc checkNotice(text: string; notice: JsonNode) =
  must "notice_differs", sha256(text).base64Url == notice.digest
  let (list, rules) = (text.parse(int.high), ledger.organisations[notice.org.getStr].filing.rules)
  let columns = list.columns.mapIt(it.getStr)
  list.check "publication"
  must {"notice_differs": list.salt.getStr.fromBase64(base64Url).len == 16,
    "notice_differs": columns == ["name", "ticket", "level", "result"].filterIt(it in columns),
    "notice_differs": columns.len == 0 or list.rows.len == notice.count.getInt}
  for row in list.rows:
    must "notice_differs", row.len == columns.len and row.allIt(it.kind == JString)
    for (column, value) in zip(columns, row.mapIt(it.getStr)):
      let isFine = case column
        of "name": value.isMasked and not value.fits(r".*\d.*")
        of "ticket": value.fits("[0-9A-Za-z-]{0,14}") and not value.fits("1[3-9][0-9]{9}")
        of "level": value == "" or %value in rules.levels.ids("code")
        else: value in ["", "passed", "failed"]
      must "notice_unmasked", isFine

proc verify(folder, pinned: string): string =
  ledger = Ledger()
  var files: Table[string, string]    # what must be in the folder, by path

  proc read(path: string): string =
    place = path
    must "file_missing", fileExists(folder / path)
    readFile(folder / path)

  let checkpoint = read("checkpoint").parseNote.text.split('\n')
  must "checkpoint", checkpoint.len == 4 and checkpoint[1].fits("[1-9][0-9]{0,14}")
  let size = checkpoint[1].parseInt
  while ledger.entries.len < size:
    let path = tilePath("tile/entries/", ledger.entries.len div 256, min(256, size - ledger.entries.len))
    let (bundle, before) = (read(path), ledger.entries.len)
    var at = 0
    while at + 2 <= bundle.len and ledger.entries.len < size:
      let start = at + 2
      at = start + bundle[at .. at + 1].hex.parseHexInt
      replay bundle[start ..< min(at, bundle.len)]
    place = path
    must "bundle_malformed", ledger.entries.len > before
  place = "checkpoint"
  must {"index": ledger.records[^1].kind == "index", "root": checkpoint[2] == ledger.leaves.root.encode,
    "trust": pinned in ledger.versions}
  checkCounts()

  proc addProof(path: string; entry, size: int; policy: string): bool =
    ## A file of which everything is known but who signed; whether there are enough witnesses among them.
    let (text, origin) = (read(path), ledger.trust.origin.getStr)
    let log = ledger.keys["log"].filterIt(it.after < size - 1 and size - 1 < it.before)[^1].key
    must "head_malformed", text.startsWith(ledger.entries[entry].proof(origin, ledger.leaves[0 ..< size], entry))
    let note = text.split("\n\n", 1)[1].parseNote
    let signed = note.signers(log & policy.readPolicy(log).witnesses, "head_malformed")
    must "head_malformed", log in signed and note.lines.allIt((it.name, it.id) in signed.mapIt((it.name, it.id)))
    files[path] = text
    policy.readPolicy(log, signed).met

  let kept = ledger.indexes[max(0, ledger.indexes.len - 8) .. ^1]
  for (entry, bits, leaves, policy) in kept:
    must "quorum_not_met", addProof("heads/" & $entry, entry, entry + 1, policy) or entry + 1 < size
    files.addTiles("tile/", ledger.leaves[0 .. entry])
    files.addTiles("index/" & $entry & "/tile/", leaves)
    for path, entries in tiles("tile/entries/", ledger.entries[0 .. entry]):
      files[path] = entries.mapIt(it.len.bigEndian(2) & it).join
  for bits in kept.mapIt(it.bits).deduplicate:
    for number, text in bits.shards(ledger.subjects.mapIt((it.hash, ledger.entries[it.entry] & "\n"))):
      files["shard/" & $bits & "/" & number.tileNumber & ".txt"] = text
  for version, entry in toSeq(0 ..< size).filterIt(it.at.kind == "trust.update"):
    discard addProof("trust/" & $(version + 1), entry, ledger.indexes.filterIt(it.entry > entry)[0].entry + 1, "")
  let head = files["heads/" & $(size - 1)]
  for path, text in {"trust.json": ledger.versions[^1], "head": head, "checkpoint": head.split("\n\n", 1)[1]}.items:
    files[path] = text

  let bits = kept[^1].bits
  var lines: seq[tuple[code, line: string]]    # of the masked views
  for number in 0 ..< 1 shl bits:
    for line in read("masked/" & $bits & "/" & number.tileNumber & ".txt").split('\n').filterIt(it != ""):
      let view = line.parse
      view.check "view"
      must "disclosure_differs", view.code.getStr in ledger.certificates
      if view.disclosure != "": checkView(view.disclosure.getStr, ledger.certificates[view.code.getStr].facts)
      lines.add (view.code.getStr, line & "\n")
  lines = lines.sorted.deduplicate(isSorted = true)
  place = "masked"
  must "disclosure_differs", lines.len == (if ledger.policy.disclosure == "masked": ledger.certificates.len else: 0)
  for number, text in bits.shards(lines.mapIt((it.code.hashOf, it.line))):
    files["masked/" & $bits & "/" & number.tileNumber & ".txt"] = text

  var details = 0
  for path in walkDirRec(folder, relative = true):
    let entry = if path.fits(r"notice/(0|[1-9]\d{0,14})\.json"): path[7 .. ^6].parseInt else: size
    if entry < size and entry.at.kind == "notice.open":
      files[path] = read(path)
      files[path].checkNotice entry.at.body
    place = path
    if path.fits("details/[0-9a-f]{2}/[0-9a-f]{30}"):
      must "details_size", getFileSize(folder / path) in [2048.int64, 16384, 32768, 65536]
      details += 1
    else: must "file_unknown", path in files
  place = "details/"
  must "details_count", details <= ledger.certificates.len
  for path, bytes in files:
    must (if path.startsWith("shard/"): "shard_differs" else: "file_differs"), read(path) == bytes
  if ledger.undecided != "": "undecided " & ledger.undecided else: "ok " & $size & " " & ledger.leaves.root.hex

for i in countup(2, paramCount() - 1, 2):
  try: echo verify(paramStr(i + 1), readFile(paramStr(i)))
  except Finding as finding: echo finding.msg
  except CatchableError, Defect: echo "malformed ", place, ": ", getCurrentExceptionMsg().splitWhitespace.join(" ")
