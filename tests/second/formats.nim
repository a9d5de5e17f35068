## The formats underneath: canonical JSON, keys, notes, policies, the Merkle tree, days, the shapes of records.
{.experimental: "dotOperators", passL: "-lsodium -lutf8proc".}
import std/[algorithm, base64, bitops, macros, os, re, sequtils, strutils, tables, times]
import std/json except contains, items, len
from std/unicode import isWhiteSpace, toRunes, validateUtf8

type
  Finding* = object of CatchableError
  Key* = tuple[text, name, id: string; kind: char; public: string]
  Note* = tuple[text: string; lines: seq[tuple[name, id, payload: string]]]

var place*: string    # where we are

macro must*(rules: untyped): untyped =
  ## Rules, {kind of the finding: what has to hold}, taken in order: the first that does not hold is the answer.
  result = newStmtList()
  for rule in rules:
    let (kind, condition, problem) = (rule[0], rule[1], rule[1].repr.splitWhitespace.join(" "))
    result.add quote do:
      if not (`condition`): raise newException(Finding, `kind` & " " & place & ": not " & `problem`)
template must*(kind: string; condition: untyped) = must({kind: condition})

# JSON: node.member is nil where there is none, and nodes compare with texts and numbers
template `.`*[T: JsonNode](node: T; member: untyped): JsonNode = node{astToStr(member)}
converter toNode*(text: string): JsonNode = %text
converter toNode*(number: int): JsonNode = %number
proc `<=`*(a, b: JsonNode): bool = (if a != nil and a.kind == JInt: a.getInt <= b.getInt else: a.getStr <= b.getStr)
proc `<`*(a, b: JsonNode): bool = a <= b and a != b
proc len*(node: JsonNode): int = node.getElems.len + node.getFields.len
proc contains*(node, item: JsonNode): bool = item.getStr in node.getFields or item in node.getElems
iterator items*(node: JsonNode): JsonNode = (for item in node.getElems: yield item)
proc fits*(text, pattern: string): bool =
  var compiled {.global.}: Table[string, Regex]
  if pattern notin compiled: compiled[pattern] = re("(*UTF8)(*UCP)(?:" & pattern & ")\\z")
  text.match(compiled[pattern])

# Hashes, signatures, encodings
proc sodiumHash(hash, text: cstring; length: culonglong): cint {.importc: "crypto_hash_sha256".}
proc sodiumVerify(sig, text: cstring; length: culonglong; key: cstring): cint {.importc: "crypto_sign_verify_detached".}
proc utf8procMap(text: cstring; length: int; output: ptr cstring; options: cint): int {.importc: "utf8proc_map".}
proc free(memory: cstring) {.importc.}
proc sha256*(text: string): string =
  result = newString(32)
  discard sodiumHash(result.cstring, text.cstring, text.len.culonglong)
proc hex*(bytes: string): string = bytes.toHex.toLowerAscii
proc bigEndian*(number, bytes: int): string = number.toHex(2 * bytes).parseHexStr
proc base64Url*(bytes: string): string = bytes.encode(safe = true).strip(leading = false, chars = {'='})
proc fromBase64*(text: string; spell = proc (bytes: string): string = bytes.encode): string =
  result = try: text.decode except ValueError: ""
  must "malformed", spell(result) == text

# Canonical JSON
let told* = paramStr(1).parseFile    # what the specification lists
proc quoted(text: string): string =
  if not text.allCharsInSet({'\0' .. '\x7f'}):    # then it is UTF-8 in normal form C
    var normal: cstring
    let length = utf8procMap(text.cstring, text.len, addr normal, 2 or 8)    # the stable version, composed
    defer: free(normal)
    must {"malformed": length == text.len and equalMem(normal, text.cstring, length),
      "malformed": not text.toRunes.anyIt(%it.int in told.characters)}    # whose form depends on the version of Unicode
  if text.allCharsInSet(AllChars - {'\0' .. '\x1f', '"', '\\'}): return '"' & text & '"'
  for c in text: result.add (if c < ' ' and c notin "\b\t\n\f\r": "\\u00" & ($c).hex else: ($c).escapeJsonUnquoted)
  '"' & result & '"'

proc format*(value: JsonNode; depth = 1): string =
  must {"malformed": value.kind notin {JFloat, JNull} and (value.kind != JInt or value.num.abs < 1 shl 53),
    "malformed": value.kind notin {JObject, JArray} or depth <= 16}
  case value.kind
  of JObject:
    let members = toSeq(keys(value)).sorted
    must "malformed", members.join.allCharsInSet({'\0' .. '\x7f'})
    "{" & members.mapIt(it.quoted & ":" & value[it].format(depth + 1)).join(",") & "}"
  of JArray: "[" & value.mapIt(it.format(depth + 1)).join(",") & "]"
  of JString: value.str.quoted
  else: $value

proc parse*(text: string; most = 65_535): JsonNode =
  must "malformed", text.len <= most
  result = try: text.parseJson except CatchableError: newJNull()
  must "malformed", result.format == text

# Keys, signed notes, policies
proc isName(text: string): bool = text != "" and '+' notin text and not text.toRunes.anyIt(it.isWhiteSpace)
proc parseKey*(text: string): Key =
  let part = text.split('+', 2)
  must "malformed", part.len == 3 and part[0].isName
  let data = part[2].fromBase64
  must "malformed", data.len == 33 and data[0] in {'\1', '\4'} and part[1] == sha256(part[0] & "\n" & data)[0 .. 3].hex
  let y = (data[1 .. 31] & chr(data[32].ord and 127)).hex    # neither of small order nor spelt beyond the field
  must "malformed", not y.fits("0[01](00){31}|26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05|" &
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a|(e[c-f]|f.)(ff){30}7f")
  (text, part[0], part[1], data[0], data[1 .. ^1])

proc verifies*(key: Key; text, payload: string): bool =
  ## The payload of a witness begins with the time at which it saw the text.
  if payload.len != (if key.kind == '\1': 64 else: 72): return false
  let time = if key.kind == '\1': 0'u64 else: fromHex[uint64](payload[0 .. 7].hex)
  let signed = if key.kind == '\1': text else: "cosignature/v1\ntime " & $time & "\n" & text
  let sig = payload[^64 .. ^1]
  time < 1'u64 shl 53 and sodiumVerify(sig.cstring, signed.cstring, signed.len.culonglong, key.public.cstring) == 0

proc parseNote*(note: string): Note =
  let cut = note.rfind("\n\n")
  must "malformed", cut >= 0 and note[^1] == '\n' and note.validateUtf8 < 0 and note.allIt(it >= ' ' or it == '\n')
  result.text = note[0 .. cut]
  for part in note[cut + 2 .. ^2].split('\n').mapIt(it.split(' ')):
    must "malformed", part.len == 3 and part[0] == "—" and part[1].isName and result.lines.len < 100
    let data = part[2].fromBase64
    must "malformed", data.len > 4
    result.lines.add (part[1], data[0 .. 3].hex, data[4 .. ^1])

proc signers*(note: Note; keys: seq[Key]; kind: string): seq[Key] =
  ## Those of the keys that signed; a line by one of them that does not verify refuses the note.
  for line in note.lines:
    for key in keys.filterIt((it.name, it.id) == (line.name, line.id)):
      must kind, key.verifies(note.text, line.payload)
      if key notin result: result.add key
proc readPolicy*(policy: string; log: Key; signed: seq[Key] = @[]): tuple[witnesses: seq[Key]; met: bool] =
  ## The witnesses that a policy names, and whether enough of them signed.
  if policy == "": return (@[], true)
  must "malformed", policy[^1] == '\n' and policy.count('\n') <= 200 and policy.allIt(it >= ' ' or it in "\t\n")
  var known = {"none": true}.toTable    # the names, and whether they count as signed
  var (logs, members, quorums) = (newSeq[Key](), @["none"], newSeq[bool]())
  for word in policy.splitLines.mapIt(it.split({' ', '\t'}).filterIt(it != "")):
    if word.len == 0 or word[0][0] == '#': continue
    const forms = r"log \S+( \S+)?|witness( \S+){2,3}|group \S+ (all|any|[1-9]\d{0,2})( \S+)+|quorum \S+"
    must {"malformed": word.join(" ").fits(forms),
      "malformed": word[0] == "log" or (word[1] in known) == (word[0] == "quorum")}
    case word[0]
    of "log": logs.add word[1].parseKey
    of "witness":
      result.witnesses.add word[2].parseKey
      known[word[1]] = result.witnesses[^1] in signed
    of "group":
      let group = word[3 .. ^1]
      let least = if word[2] == "all": group.len elif word[2] == "any": 1 else: word[2].parseInt
      must "malformed", group.allIt(it in known) and least <= group.len
      members.add group
      known[word[1]] = group.countIt(known[it]) >= least
    else: quorums.add known[word[1]]
  let publics = (logs & result.witnesses).mapIt(it.public)
  must {"malformed": logs.allIt(it.kind == '\1') and result.witnesses.allIt(it.kind == '\4') and quorums.len == 1,
    "malformed": [publics, members].allIt(it.deduplicate.len == it.len) and (logs.len == 0 or log in logs)}
  result.met = quorums[0]

# The Merkle tree, proofs and tiles
proc leafHash*(entry: string): string = sha256("\0" & entry)
proc prove(leaves: openArray[string]; index: int): tuple[root: string; path: seq[string]] =
  if leaves.len == 1: return (leaves[0], @[])
  let k = 1 shl fastLog2(leaves.len - 1)    # the largest power of two below the size
  let (left, right) = (leaves.toOpenArray(0, k - 1).prove(index), leaves.toOpenArray(k, leaves.high).prove(index - k))
  result.root = sha256("\1" & left.root & right.root)
  if index in 0 ..< leaves.len: result.path = if index < k: left.path & right.root else: right.path & left.root
proc root*(leaves: openArray[string]): string = leaves.prove(-1).root
proc proof*(entry, origin: string; leaves: openArray[string]; index: int): string =
  ## The file that proves an entry, up to the signatures of the checkpoint.
  let (root, path) = leaves.prove(index)
  "c2sp.org/tlog-proof@v1\nextra " & entry.encode & "\nindex " & $index & "\n" & path.mapIt(it.encode & "\n").join &
    "\n" & origin & "\n" & $leaves.len & "\n" & root.encode & "\n\n"
proc tileNumber*(number: int): string =
  result = align($(number mod 1000), 3, '0')
  if number >= 1000: result = "x" & tileNumber(number div 1000).replace("/", "/x") & "/" & result
proc tilePath*(folder: string; number, width: int): string =
  folder & number.tileNumber & (if width < 256: ".p/" & $width else: "")
iterator tiles*(folder: string; items: seq[string]): tuple[path: string; tile: seq[string]] =
  for number in 0 .. items.high div 256:
    let tile = items[256 * number .. min(256 * number + 255, items.high)]
    yield (tilePath(folder, number, tile.len), tile)
proc addTiles*(files: var Table[string, string]; folder: string; leaves: seq[string]; level = 0) =
  var above: seq[string]
  for path, tile in tiles(folder & $level & "/", leaves):
    files[path] = tile.join
    if tile.len == 256: above.add tile.root
  if above.len > 0: files.addTiles(folder, above, level + 1)

# Days
const form = "yyyy-MM-dd"
proc shift*(day: string; days: int): string = (day.parse(form, utc()) + days.days).format(form)
proc isWeekend*(day: string): bool = day.parse(form, utc()).weekday in {dSat, dSun}
proc chinaDay*(time: string): string = (time.parse("yyyy-MM-dd'T'HH:mm:ss'Z'", utc()) + 8.hours).format(form)

# Shapes: members, alone or in a context, and the form of their values: `{` an object with these members, `*` a list of
# 1 to 1000, `<` an ascending one, `~` one that may be empty, `#` a number, `@` what is named, `?` anything; or regex
var shapes*: Table[string, string]

for shape in r"""
name operator origin disclosure profile evaluator kind registered office authority receipt title place job = @text
ref inspector issuer occupation.code plan.file.plan = @text
word method edition step form standard.kind = [a-z0-9-]{1,40}
org into other = [A-Z0-9]{13}; uscc = [A-Z0-9]{18}; level = [A-Z0-9]; key_id record.key = [0-9a-f]{8}
code range.assign.first range.assign.last approval.give.first approval.give.last = [A-Z0-9]{22}
digest legal confirmation agreement = [A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]; sig = [A-Za-z0-9_-]{85}[AQgw]
root = [A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=; log_key key log = @key; note = @note; time expires = @time
valid_from valid_to issued effective exam_from exam_to held received first last = @day; witness view.disclosure = (?s).*
size previous max_age plan notice complaint draw candidates insured_months count objections settled passed applied = #
examined total year numbers draws items examiners supervisors invigilators number bits seq v version threshold = #
scope = *row; titles = *own; drawn = *lot; levels = *level; profiles = *profile; points = *number
registrar_keys registrars keys = *key; from orgs = <org; categories bases = <word; inspectors = <inspector
plan.file.levels = <level; disclosures papers = <digest; attested vetoes = ~word; evidence entrusts = ~number
occupation = {code name job?; row = {occupation levels standard?; standard = {kind ref?; own = {name level
lot = {org inspector outcome; staff = {examiners supervisors invigilators; bank = {items examiners
predecessor = {log_key origin root size; policy = {disclosure max_age witness evidence?; batch prev = [0-9a-f]{64}
entry = {prev record seq time; record = {body issuer key sig type v; view = {code disclosure
publication = {columns rows salt; custodians = {expires keys threshold; policy.evidence = recorded|required
trust = {custodians? log log_terms max_age origin profiles registrar_terms registrars v version witness
reason = fraud|error|investigation|cleared|lost|damaged|name_change|withdrawn|closed|merged|misconduct|compromised
medium = paper|electronic; list = candidates|results; role = agent|principal; decision = approved|refused; grade = [A-D]
about = certificate|conduct|fees|other|result; complaint.close.outcome = rejected|upheld|withdrawn
code.audit.outcome = defects|in_order; lot.outcome = defects|in_order|serious
""".strip.replace("\n", "; ").split("; "):
  for member in shape.split(" = ")[0].split: shapes[member] = shape.split(" = ")[1]

proc check*(value: JsonNode; name: string; context = "") =
  ## Refuses a value that has not the shape of its name.
  let (form, text) = (shapes.getOrDefault(context & "." & name, shapes.getOrDefault(name, "?")), value.getStr)
  case form[0]
  of '?': discard
  of '#': must "malformed", value.kind == JInt and value.num >= 0
  of '{':
    let members = form[1 .. ^1].split
    must "malformed", value.kind == JObject and members.allIt(it[^1] == '?' or it in value)
    for key, member in value:
      must "malformed", key in members or key & "?" in members
      member.check(key, name)
  of '*', '<', '~':
    must {"malformed": value.kind == JArray and (value.len > 0 or form[0] == '~'),
      "malformed": value.len <= (if form == "<digest": 64 else: 1000)}
    for i, item in value.getElems:
      item.check(form[1 .. ^1], name)
      must "malformed", form[0] == '*' or i == 0 or value[i - 1] < item
  else:
    must "malformed", value.kind == JString
    case form
    of "@text": must "malformed", text.fits(r"(?s)(?=.{1,200}\z)\S(.*\S)?")
    of "@day": must "malformed", (try: text.shift(0) == text except ValueError: false)
    of "@time": must "malformed", (try: text.len == 20 and text.chinaDay < "9999" except ValueError: false)
    of "@key": discard text.parseKey
    of "@note": discard text.parseNote
    else: must "malformed", text.fits(form)
