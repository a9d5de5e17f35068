"""Run all test vectors: ours and, where the folder is given, the third-party ones.

Pure Python: the standard library and ledger.core only, so that the very same file runs natively and in the browser.
The format of our files is in README.md beside this file; an unknown header key or `expect` value is an error here, so
that a typo in the data cannot pass as a vector.

    for suite, total, passed, failures in run_all(own, shared, verify): ...
"""

import hashlib
import json
import unicodedata
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ledger.core import ed25519_portable as portable
from ledger.core.canonical import format_canonical, parse_canonical
from ledger.core.checkpoint import Checkpoint, format_checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from ledger.core.custody import format_update, open_update
from ledger.core.digest import sha256
from ledger.core.ed25519 import Verify
from ledger.core.errors import LedgerError, ProofError, RuleError
from ledger.core.merkle import EMPTY_ROOT, check_consistency, check_inclusion, leaf_hash, root
from ledger.core.note import ED25519, Note, VerifierKey, format_note, format_vkey, open_note, parse_note, parse_vkey
from ledger.core.policy import format_policy, parse_policy
from ledger.core.tiles import (
    entries_path,
    format_bundle,
    inclusion_from_tiles,
    parse_bundle,
    parse_tile,
    parse_tile_path,
    tile_path,
)
from ledger.core.tlogproof import format_proof, parse_proof
from ledger.core.trust import parse_trust
from ledger.core.witness import Refused, admit, format_request, parse_request

Result = tuple[str, int, int, list[str]]  # suite, total, passed, what failed

SUCCESS = "success"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
EXPECTATIONS = (SUCCESS, "refused", "FormatError", "SignatureError", "ProofError", "RuleError")
HEADERS: Mapping[str, frozenset[str]] = {
    "canonical": frozenset(),
    "ed25519": frozenset({"key", "signature"}),
    "merkle": frozenset({"proves", "leaf", "index", "old size", "old root", "size", "root", "path"}),
    "note": frozenset({"vkey", "verified"}),
    "checkpoint": frozenset({"vkey", "size"}),
    "tiles": frozenset({"form", "count", "index", "size"}),
    "tlogproof": frozenset({"vkey", "entry"}),
    "policy": frozenset({"times", "met"}),
    "request": frozenset({"vkey", "kept", "status"}),
    "update": frozenset({"pinned", "rule"}),
}

# The published test key of the log in tlog-tiles (tessera testdata/build_log.sh), and its leaves.
TESTDATA_SIGNER = "PRIVATE+KEY+example.com/log/testdata+33d7b496+AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"
TESTDATA_LEAVES = b"one two three four five six seven eit nain ten ileven twelf threeten fourten fivten".split(b" ")


class PortableSigner:
    """RFC 8032 signing with the portable arithmetic: deterministic, slow, not constant-time; for test keys only."""

    def __init__(self, name: str, seed: bytes, kind: int = ED25519) -> None:
        expanded = hashlib.sha512(seed).digest()
        self._scalar = int.from_bytes(expanded[:32], "little") & (2**254 - 8) | 2**254
        self._prefix = expanded[32:]
        self.key = VerifierKey(name, kind, times_base(self._scalar))

    def sign(self, message: bytes) -> bytes:
        r = int.from_bytes(hashlib.sha512(self._prefix + message).digest(), "little") % portable._L
        nonce = times_base(r)
        k = int.from_bytes(hashlib.sha512(nonce + self.key.public + message).digest(), "little")
        return nonce + ((r + k * self._scalar) % portable._L).to_bytes(32, "little")


def times_base(scalar: int) -> bytes:
    """The encoding of [scalar]B."""
    return portable._encode(*portable._combine(scalar, 0, portable._BASE))


def parse_signer(text: str) -> PortableSigner:
    """A signer from the Go text form PRIVATE+KEY+name+key id+base64(1 seed)."""
    name, key_id, key = text.removeprefix("PRIVATE+KEY+").split("+", 2)
    signer = PortableSigner(name, b64decode(key)[1:])
    if signer.key.key_id.hex() != key_id:
        raise ValueError("the key id is not that of the signer")
    return signer


def read_vector(area: str, data: bytes) -> tuple[dict[str, str], bytes]:
    """The headers and the body of one of our vectors; ValueError for a key or `expect` that is not known."""
    head, blank, body = data.partition(b"\n\n")
    headers = dict(line.partition(": ")[::2] for line in head.decode().split("\n"))
    unknown = headers.keys() - HEADERS[area] - {"expect", "comment"}
    if not blank or unknown or headers.get("expect") not in EXPECTATIONS or not headers.get("comment"):
        raise ValueError(f"not a vector of {area}: {sorted(unknown)}")
    return headers, body


class DisagreementError(Exception):
    """A disagreement that no `expect` allows: it fails the vector, whatever was expected."""


def same(given: object, made: object) -> None:
    if given != made:
        raise DisagreementError("not the same after parsing and formatting")


def run_canonical(_headers: dict[str, str], body: bytes, _verify: Verify) -> bool:
    same(body, format_canonical(parse_canonical(body)))
    return True


def run_ed25519(headers: dict[str, str], body: bytes, verify: Verify) -> bool:
    return verify(bytes.fromhex(headers["key"]), body, bytes.fromhex(headers["signature"]))


def run_merkle(headers: dict[str, str], _body: bytes, _verify: Verify) -> bool:
    path = [bytes.fromhex(one) for one in headers["path"].split()]
    size, top = int(headers["size"]), bytes.fromhex(headers["root"])
    if headers["proves"] == "inclusion":
        check_inclusion(bytes.fromhex(headers["leaf"]), int(headers["index"]), size, path, top)
    else:
        check_consistency(int(headers["old size"]), bytes.fromhex(headers["old root"]), size, top, path)
    return True


def run_note(headers: dict[str, str], body: bytes, verify: Verify) -> bool:
    if "vkey" not in headers:  # the body is itself a verifier key
        same(body.decode(), format_vkey(parse_vkey(body.decode())))
        return True
    note = open_note(body, [parse_vkey(text) for text in headers["vkey"].split()], verify)
    same(body, format_note(note.text, note.signatures))
    same(headers["verified"], " ".join(key.name for key in note.verified))
    same(parse_note(body), Note(note.text, note.signatures))
    return True


def run_checkpoint(headers: dict[str, str], body: bytes, verify: Verify) -> bool:
    checkpoint = open_checkpoint(body, parse_vkey(headers["vkey"]), verify)
    same(parse_note(body).text, format_checkpoint(checkpoint))
    same(headers["size"], str(checkpoint.size))
    return True


def run_tiles(headers: dict[str, str], body: bytes, _verify: Verify) -> bool:
    if headers["form"] == "bundle":
        same(body, format_bundle(parse_bundle(body, int(headers["count"]))))
    elif headers["form"] == "tile":  # the body is the only tile of a tree of `size`; the leaf itself is in it
        index, size = int(headers["index"]), int(headers["size"])
        path = inclusion_from_tiles(index, size, {tile_path(0, 0, size): body})
        hashes = parse_tile(body, size)
        check_inclusion(hashes[index], index, size, path, root(hashes))
    else:
        level, number, width = parse_tile_path(body.decode())
        made = entries_path(number, width) if level == "entries" else tile_path(level, number, width)
        same(body.decode(), made)
    return True


def run_tlogproof(headers: dict[str, str], body: bytes, verify: Verify) -> bool:
    proof = parse_proof(body)
    same(body, format_proof(proof))
    checkpoint = open_checkpoint(proof.note, parse_vkey(headers["vkey"]), verify)
    leaf = leaf_hash(headers["entry"].encode())
    check_inclusion(leaf, proof.index, checkpoint.size, list(proof.path), checkpoint.root)
    return True


def run_policy(headers: dict[str, str], body: bytes, _verify: Verify) -> bool:
    policy = parse_policy(body.decode())
    same(policy, parse_policy(format_policy(policy)))
    times = dict(pair.split("=") for pair in headers.get("times", "").split())
    met = policy.met_at({policy.witnesses[name].key: int(time) for name, time in times.items()})
    same(headers["met"], "never" if met is None else str(met))
    return True


def run_request(headers: dict[str, str], body: bytes, verify: Verify) -> bool:
    key = parse_vkey(headers["vkey"])
    size, top = headers.get("kept", f"0 {EMPTY_ROOT.hex()}").split()
    kept = {key.name: Checkpoint(key.name, int(size), bytes.fromhex(top))}
    try:
        new, note = admit(body, {key.name: key}, kept if int(size) else {}, verify)
    except Refused as refused:
        same(headers["status"], f"{refused.status}" if refused.size is None else f"{refused.status} {refused.size}")
        return False
    same(body, format_request(parse_request(body)))
    same(note.text, format_checkpoint(new))
    return True


def run_update(headers: dict[str, str], body: bytes, verify: Verify) -> bool:
    try:
        stated = open_update(body, parse_trust(headers["pinned"].encode()), verify)
    except RuleError as error:
        same(headers["rule"], error.rule)
        raise
    same(parse_note(body).text, format_update(stated))
    return True


RUNNERS: Mapping[str, Callable[[dict[str, str], bytes, Verify], bool]] = {
    "canonical": run_canonical,
    "ed25519": run_ed25519,
    "merkle": run_merkle,
    "note": run_note,
    "checkpoint": run_checkpoint,
    "tiles": run_tiles,
    "tlogproof": run_tlogproof,
    "policy": run_policy,
    "request": run_request,
    "update": run_update,
}


def run_vector(area: str, data: bytes, verify: Verify) -> str:
    """What really happens with one of our vectors, in the words of `expect`."""
    headers, body = read_vector(area, data)
    try:
        return SUCCESS if RUNNERS[area](headers, body, verify) else "refused"
    except LedgerError as error:
        return type(error).__name__
    except DisagreementError as error:
        return str(error)


def run_own(folder: Path, verify: Verify) -> Iterator[Result]:
    """Our own vectors, one suite an area."""
    for area in sorted(RUNNERS):
        failures = []
        paths = sorted((folder / area).glob("*.txt"))
        for path in paths:
            data = path.read_bytes()
            expected = read_vector(area, data)[0]["expect"]
            happened = run_vector(area, data, verify)
            if happened != expected:
                failures.append(f"{area}/{path.name}: {happened} instead of {expected}")
        yield area, len(paths), len(paths) - len(failures), failures


def load(path: Path) -> Any:  # noqa: ANN401 - JSON of others
    return json.loads(path.read_bytes())


def signatures(shared: Path) -> Iterator[tuple[str, str, bytes, bytes, bytes, bool]]:
    """The 1,077 published signatures: suite, number, key, message, signature, accepted by our rule."""
    for group in load(shared / "ed25519/wycheproof/ed25519_test.json")["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            yield "wycheproof", str(case["tcId"]), key, message, signature, case["result"] == "valid"
    for number, case in enumerate(load(shared / "ed25519/speccheck/cases.json")):
        key, message, signature = (bytes.fromhex(case[name]) for name in ("pub_key", "message", "signature"))
        yield "speccheck", str(number), key, message, signature, number == 3
    # Our rule in the words of its flags: mixed order is fine if the cofactorless equation holds, all else is not.
    bad = {"low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue"}
    for case in load(shared / "ed25519/cctv/ed25519vectors.json"):
        key, message, signature = bytes.fromhex(case["key"]), case["msg"].encode(), bytes.fromhex(case["sig"])
        yield "cctv", str(case["number"]), key, message, signature, not bad & set(case["flags"] or [])


def run_signatures(shared: Path, verify: Verify) -> Iterator[tuple[str, str, bool]]:
    for suite, number, key, message, signature, accepted in signatures(shared):
        yield f"ed25519/{suite}", number, verify(key, message, signature) == accepted


def run_probes(shared: Path) -> Iterator[tuple[str, str, bool]]:
    """RFC 6962 proofs, most of them wrong in one place."""
    for kind in ("inclusion", "consistency"):
        for path in sorted((shared / "merkle" / kind).rglob("*.json")):
            probe = load(path)
            proof = [b64decode(one) for one in probe["proof"] or []]
            try:
                if kind == "inclusion":
                    leaf, top = (b64decode(probe[name] or "") for name in ("leafHash", "root"))
                    check_inclusion(leaf, probe["leafIdx"], probe["treeSize"], proof, top)
                else:
                    old, top = (b64decode(probe[name] or "") for name in ("root1", "root2"))
                    check_consistency(probe["size1"], old, probe["size2"], top, proof)
                accepted = True
            except ProofError:
                accepted = False
            yield f"merkle/{kind}", str(path.relative_to(shared)), accepted != probe["wantErr"]


def run_log(shared: Path, verify: Verify) -> Iterator[tuple[str, str, bool]]:
    """A small log of another implementation: every file of it is made again, byte for byte."""
    folder = shared / "tlog-tiles"
    signer = parse_signer(TESTDATA_SIGNER)
    for size in range(len(TESTDATA_LEAVES) + 1):
        leaves = [leaf_hash(entry) for entry in TESTDATA_LEAVES[:size]]
        checkpoint = Checkpoint(signer.key.name, size, root(leaves))
        published = (folder / f"checkpoint.{size}").read_bytes()
        good = sign_checkpoint(checkpoint, signer) == published
        good = good and open_checkpoint(published, signer.key, verify) == checkpoint
        yield "tlog-tiles/checkpoint", str(size), good and parse_checkpoint(parse_note(published).text) == checkpoint
        if size:
            tile = (folder / tile_path(0, 0, size)).read_bytes()
            yield "tlog-tiles/tile", str(size), tile == b"".join(leaves) and parse_tile(tile, size) == leaves
            bundle = (folder / entries_path(0, size)).read_bytes()
            entries = parse_bundle(bundle, size)
            good = entries == TESTDATA_LEAVES[:size] and format_bundle(entries) == bundle
            yield "tlog-tiles/bundle", str(size), good


class TwiceError(ValueError):
    """A key that stands twice in one object."""


def read_loosely(data: bytes) -> Any:  # noqa: ANN401 - JSON of others
    """JSON as everybody reads it, but 56.0 is 56 and repeated keys are an error."""

    def number(text: str) -> int | float:
        value = float(text)
        return int(value) if value.is_integer() and abs(value) < 2**53 else value

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise TwiceError
        return dict(pairs)

    return json.loads(data, object_pairs_hook=once, parse_float=number)


def in_subset(value: object, depth: int = 0) -> bool:
    """Whether a value read by `read_loosely` lies in our subset: the rules again, written another way."""
    if isinstance(value, dict):
        inside = all(key.isascii() and in_subset(one, depth + 1) for key, one in value.items())
        return inside and depth < 16
    if isinstance(value, list):
        return all(in_subset(one, depth + 1) for one in value) and depth < 16
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value) == value and not any("\ud800" <= c <= "\udfff" for c in value)
    return isinstance(value, int) and abs(value) < 2**53


def accepts(function: Callable[[Any], object], value: object) -> bool:
    try:
        function(value)
    except LedgerError:
        return False
    return True


def run_jcs(shared: Path) -> Iterator[tuple[str, str, bool]]:
    """RFC 8785: equal bytes inside our subset, a refusal outside it, by writer and reader."""
    for path in sorted((shared / "jcs/input").iterdir()):
        value = read_loosely(path.read_bytes())
        output = (shared / "jcs/output" / path.name).read_bytes()
        hexed = bytes.fromhex((shared / "jcs/outhex" / path.with_suffix(".txt").name).read_text("ascii"))
        if in_subset(value):
            good = output == hexed == format_canonical(value) and parse_canonical(output) == value
        else:
            good = not accepts(format_canonical, value) and not accepts(parse_canonical, output)
        yield "jcs", path.name, good


def run_parsing(shared: Path) -> Iterator[tuple[str, str, bool]]:
    """JSONTestSuite: n_ and i_ are refused; of the others, exactly the canonical bytes of values in the subset."""
    for path in sorted((shared / "json-parsing").rglob("*.json")):
        data = path.read_bytes()
        accepted = accepts(parse_canonical, data)
        good = not accepted or format_canonical(parse_canonical(data)) == data
        if path.name.startswith(("n_", "i_")):
            good = good and not accepted
        elif path.name.startswith("y_"):
            try:
                value = read_loosely(data)
                inside: bool | None = in_subset(value)
            except TwiceError:
                value, inside = None, None
            plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
            good = good and accepted == bool(inside and plain.encode("utf-8", "surrogatepass") == data)
            if inside:
                good = good and parse_canonical(format_canonical(value)) == value
            elif inside is False:
                good = good and not accepts(format_canonical, value)
        yield f"json-parsing/{path.parent.name}", path.name, good


def read_multikey(text: str) -> bytes:
    """The 32 bytes of a Multikey: z, base58btc of 0xed01 and the public key."""
    number = 0
    for character in text.removeprefix("z"):
        number = number * 58 + BASE58.index(character)
    return number.to_bytes(34, "big").removeprefix(b"\xed\x01")


def run_credentials(shared: Path, verify: Verify) -> Iterator[tuple[str, str, bool]]:
    """The W3C's eddsa vectors: canonical forms (JCS is ours to make, RDFC is taken), both hashes, the signature."""
    root = shared / "vc-di-eddsa"
    key = read_multikey(read_loosely((root / "keyPair.json").read_bytes())["publicKeyMultibase"])
    for name, suffix in (
        ("eddsa-jcs-2022", "JCS"),
        ("eddsa-rdfc-2022", "DataInt"),
        ("eddsa-rdfc-2022/employ", "DataInt"),
    ):
        folder = root / name
        document, proof = ((folder / f"{part}{suffix}.txt").read_bytes() for part in ("canonDoc", "proofCanon"))
        hashes = [
            (folder / f"{part}{suffix}.txt").read_text("ascii") for part in ("docHash", "proofHash", "combinedHash")
        ]
        signature = bytes.fromhex((folder / f"sigHex{suffix}.txt").read_text("ascii"))
        if suffix == "JCS":
            config = read_loosely((folder / "proofConfigJCS.json").read_bytes())
            unsigned = read_loosely((root / "unsigned.json").read_bytes())
            yield "vc-di-eddsa", f"{name} document", format_canonical(unsigned) == document
            yield "vc-di-eddsa", f"{name} proof", format_canonical(config) == proof
        made = [sha256(document).hex(), sha256(proof).hex()]
        yield "vc-di-eddsa", f"{name} hashes", [*made, made[1] + made[0]] == hashes
        message = bytes.fromhex(hashes[2])
        yield "vc-di-eddsa", f"{name} signature", verify(key, message, signature)
        yield "vc-di-eddsa", f"{name} other message", not verify(key, message[::-1], signature)


def run_all(own: Path, shared: Path | None, verify: Verify) -> list[Result]:
    """Every vector of both folders: (suite, total, passed, failures) for each suite."""
    results = list(run_own(own, verify))
    if shared is None:
        return results
    suites: dict[str, list[tuple[str, bool]]] = {}
    for run in (run_signatures(shared, verify), run_probes(shared), run_log(shared, verify), run_jcs(shared)):
        for suite, name, good in run:
            suites.setdefault(suite, []).append((name, good))
    for suite, name, good in (*run_parsing(shared), *run_credentials(shared, verify)):
        suites.setdefault(suite, []).append((name, good))
    for suite, cases in suites.items():
        failures = [f"{suite}: {name}" for name, good in cases if not good]
        results.append((suite, len(cases), len(cases) - len(failures), failures))
    return results
