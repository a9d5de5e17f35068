"""Make our test vectors and their README, byte for byte: python tests/vectors/generate.py [--check].

Everything is derived from the published test key of the runner and from seeds that are hashes of sentences, so running
it again changes nothing, and a change to it shows as a reviewable difference. With --check nothing is written; the
exit code is 1 if a file differs, is missing or is not made here.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from ledger.core import ed25519_portable as portable  # noqa: E402 - after the path
from ledger.core.checkpoint import Checkpoint, format_checkpoint, sign_checkpoint  # noqa: E402 - after the path
from ledger.core.encoding import format_base64  # noqa: E402 - after the path
from ledger.core.merkle import EMPTY_ROOT, prove_consistency, prove_inclusion, root  # noqa: E402 - after the path
from ledger.core.note import (  # noqa: E402 - after the path
    COSIGNATURE,
    NoteSignature,
    cosignature_message,
    format_note,
    format_vkey,
    sign_note,
)
from ledger.core.tiles import format_bundle  # noqa: E402 - after the path
from ledger.core.tlogproof import TlogProof, format_proof  # noqa: E402 - after the path
from tests.vectors.making import LEAVES, LOG, LOG_VKEY, Vector, flip, seeded  # noqa: E402 - after the path
from tests.vectors.runner import HEADERS, TESTDATA_LEAVES, PortableSigner, times_base  # noqa: E402 - after the path
from tests.vectors.trust_areas import policy, request, update  # noqa: E402 - after the path

P, L = portable._P, portable._L


# --- canonical JSON ---------------------------------------------------------------------------------------------


def canonical() -> Iterator[Vector]:
    def good(name: str, comment: str, body: bytes) -> Vector:
        return Vector("canonical", name, "success", comment, body)

    def bad(name: str, comment: str, body: bytes) -> Vector:
        return Vector("canonical", name, "FormatError", comment, body)

    yield good("object", "sorted ASCII keys, no white space", '{"level":"三级","seq":17,"time":"2026-11-20"}'.encode())
    yield good("empty_object", "nothing in it", b"{}")
    yield good("empty_array", "nothing in it", b"[]")
    yield good("empty_string", "a string is a value too", b'""')
    yield good("empty_key", "a key may be empty, and sorts first", b'{"":1,"a":2}')
    yield good("booleans", "true and false", b"[true,false]")
    yield good("word_null_in_string", "the word null inside a string is only a word", b'["null"]')
    yield good("largest_integer", "2^53 - 1", b"[9007199254740991]")
    yield good("smallest_integer", "-(2^53 - 1)", b"[-9007199254740991]")
    yield good("escapes", "the seven short escapes and \\u00xx for other controls", rb'["\"\\\b\f\n\r\t\u0000\u001f"]')
    yield good("delete_character", "U+007F is written as itself", b'["\x7f"]')
    yield good("solidus", "a solidus is not escaped", b'["a/b"]')
    yield good("outside_basic_plane", "four bytes of UTF-8, no surrogates", '["𠮷😀"]'.encode())
    yield good("brackets_in_strings", "brackets inside strings are no levels", b'["[[[[[[[[[[[[[[[[[[[[","\\"[{"]')
    yield good("depth_16", "sixteen levels", b"[" * 16 + b"]" * 16)
    deep = b"[" * 15 + b"[],[]" + b"]" * 15
    yield good("depth_16_many_brackets", "sixteen levels, and more brackets than levels", b"[" + deep[1:-1] + b",[]]")
    yield good(
        "escape_before_combining",
        "a newline before a combining tilde: n and the tilde stand side by side in the bytes, not in the string",
        '["\\n\u0303"]'.encode(),
    )
    yield good("combining_first", "a string may begin with a combining character", '["\u0301"]'.encode())
    yield good("longest", "65,535 bytes", b'"' + b"a" * 65_533 + b'"')

    yield bad("too_long", "65,536 bytes", b'"' + b"a" * 65_534 + b'"')
    yield bad("empty", "no value", b"")
    yield bad("space_after_colon", "white space", b'{"a": 1}')
    yield bad("space_before", "white space before the value", b" {}")
    yield bad("newline_after", "white space after the value", b"{}\n")
    yield bad("byte_order_mark", "a byte order mark before the value", b"\xef\xbb\xbf{}")
    yield bad("two_values", "something after the value", b"{}{}")
    yield bad("keys_not_sorted", "keys in another order", b'{"b":1,"a":2}')
    yield bad("key_twice", "the same key twice, the same value twice", b'{"a":1,"a":1}')
    yield bad("key_not_ascii", "a key outside ASCII", '{"级":1}'.encode())
    yield bad("key_not_ascii_escaped", "a key outside ASCII behind an escape", rb'{"\u7ea7":1}')
    yield bad("key_not_string", "an integer as a key", b"{1:2}")
    yield bad("null", "null is an absent field", b'{"a":null}')
    yield bad("null_beside_chinese", "null again, beside text outside ASCII", '["级",null]'.encode())
    yield bad("fraction", "a number with a fraction", b"[1.5]")
    yield bad("fraction_zero", "a whole number with a fraction", b"[1.0]")
    yield bad("exponent", "a whole number with an exponent", b"[1e2]")
    yield bad("nan", "Python reads NaN, nobody else does", b"[NaN]")
    yield bad("infinity", "Python reads Infinity, nobody else does", b"[-Infinity]")
    yield bad("integer_too_large", "2^53", b"[9007199254740992]")
    yield bad("integer_too_small", "-2^53", b"[-9007199254740992]")
    yield bad("integer_of_5000_digits", "more digits than Python converts", b"[" + b"9" * 5000 + b"]")
    yield bad("integer_minus_zero", "a second spelling of 0", b"[-0]")
    yield bad("integer_leading_zero", "not JSON", b"[01]")
    yield bad("escape_letter", "a letter behind an escape", rb'["\u0061"]')
    yield bad("escape_solidus", "a solidus behind an escape", rb'["\/"]')
    yield bad("escape_newline_long", "\\u000a instead of \\n", rb'["\u000a"]')
    yield bad("escape_upper_case", "\\u001F instead of \\u001f", rb'["\u001F"]')
    yield bad("escape_surrogates", "a character behind two surrogate escapes", rb'["\ud83d\ude00"]')
    yield bad("lone_surrogate", "half a character", rb'["\ud800"]')
    yield bad("lone_surrogate_key", "half a character in a key", rb'{"\udc00":1}')
    yield bad("raw_newline", "a newline inside a string, not escaped", b'["\n"]')
    yield bad("utf8_surrogate", "a surrogate in UTF-8", b'["\xed\xa0\x80"]')
    yield bad("utf8_overlong", "an overlong form", b'["\xc0\xaf"]')
    yield bad("utf8_cut", "half a UTF-8 sequence", b'["\xe4\xb8"]')
    yield bad("utf16", "UTF-16", '["a"]'.encode("utf-16-le"))
    yield bad("decomposed", "e and an acute accent instead of é", '["e\u0301"]'.encode())
    yield bad("decomposed_hangul", "two jamo instead of one syllable", '["\u1100\u1161"]'.encode())
    yield bad("singleton", "the ohm sign, which normal form C writes as omega", '["\u2126"]'.encode())
    yield bad("compatibility_ideograph", "U+F900, which normal form C writes as U+8C48", '["\uf900"]'.encode())
    yield bad("marks_out_of_order", "two combining marks in the wrong order", '["a\u0301\u0323"]'.encode())
    yield bad("mark_of_unicode_16", "U+0897, a combining mark only since Unicode 16", '["\u0897"]'.encode())
    yield bad(
        "vowel_of_unicode_16", "U+16D67 twice, which Unicode 16 writes as U+16D68", '["\U00016d67\U00016d67"]'.encode()
    )
    yield bad("depth_17", "seventeen levels", b"[" * 17 + b"]" * 17)
    yield bad("depth_17_mixed", "seventeen levels of both kinds", b'{"a":[' * 8 + b"[]" + b"]}" * 8)
    yield bad("depth_30000", "a bomb for recursive readers", b"[" * 30_000)
    yield bad(
        "quote_bomb", "30,000 escaped quotes in an open string, among brackets", b"[" * 17 + b'"' + rb"\"" * 30_000
    )
    yield bad("comma_trailing", "not JSON", b"[1,]")
    yield bad("single_quotes", "not JSON", b"['a']")
    yield bad("unclosed", "the end is missing", b'{"a":1')


# --- Ed25519 ----------------------------------------------------------------------------------------------------

RFC8032 = [  # section 7.1, tests 1 to 3: seed, message
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", b""),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", b"\x72"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", b"\xaf\x82"),
]
ORDER_8 = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")


def challenge(nonce: bytes, key: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(nonce + key + message).digest(), "little") % L


def plus_order_8(encoded: bytes) -> bytes:
    """The encoding of a point moved by a point of order 8."""
    point, small = portable._decode(encoded), portable._decode(ORDER_8)
    if point is None or small is None:
        raise ValueError("not a point")
    return portable._encode(*portable._add(point, portable._cache(small))[:3])


def mixed_order(message: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """A key of mixed order, and for it a signature that stands without cofactor and one that needs the cofactor."""
    scalar = int.from_bytes(hashlib.sha512(b"a key of mixed order").digest(), "little") % L
    key = plus_order_8(times_base(scalar))
    found: dict[bool, tuple[bytes, bytes]] = {}
    counter = 0
    while len(found) < 2:
        r = int.from_bytes(hashlib.sha512(b"nonce %d" % counter).digest(), "little") % L
        nonce = times_base(r)
        k = challenge(nonce, key, message)
        found.setdefault(k % 8 == 0, (nonce + ((r + k * scalar) % L).to_bytes(32, "little"), key))
        counter += 1
    return key, found[True][0], key, found[False][0]


def ed25519() -> Iterator[Vector]:
    def one(name: str, accepted: bool, comment: str, key: bytes, message: bytes, signature: bytes) -> Vector:
        headers = {"key": key.hex(), "signature": signature.hex()}
        return Vector("ed25519", name, "success" if accepted else "refused", comment, message, headers)

    for number, (seed, message) in enumerate(RFC8032, 1):
        signer, text = PortableSigner("rfc8032", bytes.fromhex(seed)), message
        yield one(
            f"rfc8032_test_{number}",
            True,
            f"RFC 8032 section 7.1, test {number}",
            signer.key.public,
            text,
            signer.sign(text),
        )

    signer, text = seeded("a vector of ed25519"), b"This is a message.\n"
    key, good = signer.key.public, signer.sign(text)
    nonce, s = good[:32], int.from_bytes(good[32:], "little")

    def with_s(number: int) -> bytes:
        return nonce + number.to_bytes(32, "little")

    yield one("good", True, "the signature that the following spoil", key, text, good)
    odd = next(one for one in (seeded(f"an odd key {i}") for i in range(99)) if one.key.public[31] & 0x80)
    yield one("key_x_odd", True, "A with an odd x: its top bit is set", odd.key.public, text, odd.sign(text))
    even = flip(odd.key.public, 31, 0x80)
    yield one("key_x_other_sign", False, "the same A with the other x", even, text, odd.sign(text))
    r_odd = next(m for m in (b"message %d" % i for i in range(99)) if signer.sign(m)[31] & 0x80)
    yield one("r_x_odd", True, "R with an odd x: its top bit is set", key, r_odd, signer.sign(r_odd))
    yield one("r_x_other_sign", False, "the same R with the other x", key, r_odd, flip(signer.sign(r_odd), 31, 0x80))
    yield one("message_changed", False, "another message", key, text + b"x", good)
    yield one("key_changed", False, "another key", seeded("another key").key.public, text, good)
    yield one("r_changed", False, "one bit of R", key, text, flip(good, 0))
    yield one("s_changed", False, "one bit of S", key, text, flip(good, 32))
    yield one("s_plus_l", False, "S + L: the same number, not below L", key, text, with_s(s + L))
    yield one("s_is_l", False, "S = L", key, text, with_s(L))
    yield one("s_top_bit", False, "a bit above the 253 of L", key, text, flip(good, 63, 0x80))
    yield one("signature_empty", False, "no signature", key, text, b"")
    yield one("signature_63", False, "one byte short", key, text, good[:-1])
    yield one("signature_65", False, "one byte long", key, text, good + b"\0")
    yield one("key_31", False, "one byte short", key[:-1], text, good)
    yield one("key_33", False, "one byte long", key + b"\0", text, good)
    no_point = next(y for y in range(2, 99) if portable._decode(y.to_bytes(32, "little")) is None)
    yield one("key_no_point", False, "y of no point", no_point.to_bytes(32, "little"), text, good)
    yield one("r_no_point", False, "R is y of no point", key, text, no_point.to_bytes(32, "little") + good[32:])
    high = next(y for y in range(2, 19) if portable._decode(y.to_bytes(32, "little")) is not None)
    yield one("key_y_not_below_p", False, "A with y + p instead of y", (high + P).to_bytes(32, "little"), text, good)
    yield one(
        "r_y_not_below_p", False, "R with y + p instead of y", key, text, (high + P).to_bytes(32, "little") + good[32:]
    )
    yield one("all_zero", False, "key and signature of zeros: y = 0 has order 4", bytes(32), text, bytes(64))

    small = {
        "neutral": (1).to_bytes(32, "little"),
        "neutral_minus_x": (1 | 2**255).to_bytes(32, "little"),
        "order_2": (P - 1).to_bytes(32, "little"),
        "order_2_minus_x": (P - 1 | 2**255).to_bytes(32, "little"),
        "order_4": bytes(32),
        "order_4_minus_x": (2**255).to_bytes(32, "little"),
        "order_8": ORDER_8,
        "order_8_minus_x": flip(ORDER_8, 31, 0x80),
        "order_8_other": bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        "order_8_other_minus_x": bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
        "y_is_p": P.to_bytes(32, "little"),
        "y_is_p_minus_x": (P | 2**255).to_bytes(32, "little"),
        "y_is_p_plus_1": (P + 1).to_bytes(32, "little"),
        "y_is_p_plus_1_minus_x": (P + 1 | 2**255).to_bytes(32, "little"),
    }
    scalar = int.from_bytes(hashlib.sha512(b"any number").digest(), "little") % L
    any_point = times_base(scalar)
    for name, point in small.items():
        # [S]B = R + [8 m]A holds with R = [S]B: the equation alone would let anybody sign for such a key.
        message = next(m for m in (b"message %d" % i for i in range(999)) if challenge(any_point, point, m) % 8 == 0)
        yield one(
            f"key_small_{name}",
            False,
            "A of small order, and the equation holds",
            point,
            message,
            any_point + scalar.to_bytes(32, "little"),
        )
        yield one(
            f"r_small_{name}",
            False,
            "R of small order",
            key,
            text,
            point + (challenge(point, key, text) * signer._scalar % L).to_bytes(32, "little"),
        )

    message = b"mixed order"
    mixed, stands, _, needs = mixed_order(message)
    yield one(
        "key_mixed_order", True, "A has a part of order 8, and the cofactorless equation holds", mixed, message, stands
    )
    yield one(
        "needs_cofactor",
        False,
        "A has a part of order 8, and only the cofactored equation holds",
        mixed,
        message,
        needs,
    )
    r = int.from_bytes(hashlib.sha512(b"a nonce").digest(), "little") % L
    nonce = plus_order_8(times_base(r))
    s = (r + challenge(nonce, key, text) * signer._scalar) % L
    yield one(
        "r_mixed_order",
        False,
        "R has a part of order 8, and only the cofactored equation holds",
        key,
        text,
        nonce + s.to_bytes(32, "little"),
    )


# --- Merkle -----------------------------------------------------------------------------------------------------


def merkle() -> Iterator[Vector]:
    def inclusion(name: str, expect: str, comment: str, **changes: object) -> Vector:
        values = {
            "leaf": LEAVES[6],
            "index": 6,
            "size": 11,
            "root": root(LEAVES[:11]),
            "path": prove_inclusion(6, LEAVES[:11]),
        } | changes
        return Vector("merkle", f"inclusion_{name}", expect, comment, b"", {"proves": "inclusion"} | spell(values))

    def consistency(name: str, expect: str, comment: str, **changes: object) -> Vector:
        values = {
            "old size": 6,
            "old root": root(LEAVES[:6]),
            "size": 11,
            "root": root(LEAVES[:11]),
            "path": prove_consistency(6, LEAVES[:11]),
        } | {k.replace("_", " "): v for k, v in changes.items()}
        return Vector("merkle", f"consistency_{name}", expect, comment, b"", {"proves": "consistency"} | spell(values))

    def spell(values: dict[str, object]) -> dict[str, str]:
        def text(value: object) -> str:
            if isinstance(value, bytes):
                return value.hex()
            return " ".join(one.hex() for one in value) if isinstance(value, list) else str(value)

        return {key: text(value) for key, value in values.items()}

    path = prove_inclusion(6, LEAVES[:11])
    yield inclusion("good", "success", "leaf 6 of 11, which the following spoil")
    yield inclusion(
        "only_leaf",
        "success",
        "a tree of one leaf needs no hashes",
        leaf=LEAVES[0],
        index=0,
        size=1,
        root=LEAVES[0],
        path=[],
    )
    yield inclusion(
        "last_leaf",
        "success",
        "the last leaf of 11 has a short path",
        leaf=LEAVES[10],
        index=10,
        path=prove_inclusion(10, LEAVES[:11]),
    )
    yield inclusion("other_leaf", "ProofError", "another leaf", leaf=LEAVES[7])
    yield inclusion("other_index", "ProofError", "the neighbour's index", index=7)
    yield inclusion("index_is_size", "ProofError", "an index beyond the tree", index=11)
    yield inclusion("index_negative", "ProofError", "an index before the tree", index=-1)
    yield inclusion("size_zero", "ProofError", "an empty tree has no leaf", index=0, size=0, root=EMPTY_ROOT, path=[])
    yield inclusion("other_size", "ProofError", "a smaller tree, whose paths are shorter", size=8)
    yield inclusion("other_root", "ProofError", "an older tree's root", root=root(LEAVES[:10]))
    yield inclusion("root_empty", "ProofError", "no root at all", root=b"")
    yield inclusion("leaf_short", "ProofError", "a leaf hash of 31 bytes", leaf=LEAVES[6][:-1])
    yield inclusion("hash_missing", "ProofError", "the last hash is missing", path=path[:-1])
    yield inclusion("hash_too_many", "ProofError", "a hash too many", path=[*path, LEAVES[0]])
    yield inclusion("hash_short", "ProofError", "a hash of 31 bytes", path=[path[0][:-1], *path[1:]])
    yield inclusion("hashes_swapped", "ProofError", "two hashes in the wrong order", path=[path[1], path[0], *path[2:]])
    for number in range(len(path)):
        broken = [*path[:number], flip(path[number], 31), *path[number + 1 :]]
        yield inclusion(f"hash_{number}_changed", "ProofError", f"one bit of hash {number}", path=broken)

    path = prove_consistency(6, LEAVES[:11])
    yield consistency("good", "success", "6 leaves and 11, which the following spoil")
    yield consistency(
        "power_of_two",
        "success",
        "4 leaves and 11: the older tree is a node of the newer",
        old_size=4,
        old_root=root(LEAVES[:4]),
        path=prove_consistency(4, LEAVES[:11]),
    )
    yield consistency(
        "same_size", "success", "the same tree needs no hashes", old_size=11, old_root=root(LEAVES[:11]), path=[]
    )
    yield consistency(
        "from_empty", "success", "the empty tree begins every tree", old_size=0, old_root=EMPTY_ROOT, path=[]
    )
    yield consistency(
        "both_empty",
        "success",
        "nothing and nothing",
        old_size=0,
        old_root=EMPTY_ROOT,
        size=0,
        root=EMPTY_ROOT,
        path=[],
    )
    yield consistency(
        "from_empty_wrong_root",
        "ProofError",
        "an empty tree with another root",
        old_size=0,
        old_root=LEAVES[0],
        path=[],
    )
    yield consistency(
        "from_empty_with_path",
        "ProofError",
        "hashes where nothing needs proof",
        old_size=0,
        old_root=EMPTY_ROOT,
        path=[LEAVES[0]],
    )
    yield consistency(
        "both_empty_wrong_root",
        "ProofError",
        "an empty tree with another root",
        old_size=0,
        old_root=EMPTY_ROOT,
        size=0,
        root=LEAVES[0],
        path=[],
    )
    yield consistency(
        "from_empty_root_short",
        "ProofError",
        "a root of 31 bytes",
        old_size=0,
        old_root=EMPTY_ROOT,
        root=LEAVES[0][:-1],
        path=[],
    )
    yield consistency(
        "same_size_other_root",
        "ProofError",
        "one size, two roots: a fork",
        old_size=11,
        old_root=root(LEAVES[1:12]),
        path=[],
    )
    yield consistency("shrinks", "ProofError", "the older tree is larger", old_size=12, path=[])
    yield consistency("old_size_negative", "ProofError", "a size below zero", old_size=-1)
    yield consistency("old_root_changed", "ProofError", "another older root", old_root=root(LEAVES[:5]))
    yield consistency("root_changed", "ProofError", "another newer root", root=root(LEAVES[:12]))
    yield consistency(
        "roots_swapped", "ProofError", "the roots exchanged", old_root=root(LEAVES[:11]), root=root(LEAVES[:6])
    )
    yield consistency(
        "entry_rewritten",
        "ProofError",
        "entry 2 is another one in the newer tree",
        root=root([*LEAVES[:2], LEAVES[12], *LEAVES[3:11]]),
        path=prove_consistency(6, [*LEAVES[:2], LEAVES[12], *LEAVES[3:11]]),
    )
    yield consistency("hash_missing", "ProofError", "the last hash is missing", path=path[:-1])
    yield consistency("hash_too_many", "ProofError", "a hash too many", path=[*path, LEAVES[0]])
    yield consistency("hash_short", "ProofError", "a hash of 31 bytes", path=[path[0][:-1], *path[1:]])
    for number in range(len(path)):
        broken = [*path[:number], flip(path[number], 31), *path[number + 1 :]]
        yield consistency(f"hash_{number}_changed", "ProofError", f"one bit of hash {number}", path=broken)


# --- note -------------------------------------------------------------------------------------------------------

N1_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
N1_NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZ"
    "XsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
N2_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
W1_VKEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
W1_NOTE = (
    "arche2025h1.staging.ct.transparency.dev\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n"
    "— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0D"
    "rAWfBw==\n"
).encode()
W2_BODY = "example.org/log\n10\nHA5HAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"


def note() -> Iterator[Vector]:
    def opened(name: str, expect: str, comment: str, body: bytes | str, vkeys: str, verified: str = "") -> Vector:
        data = body if isinstance(body, bytes) else body.encode()
        return Vector("note", name, expect, comment, data, {"vkey": vkeys, "verified": verified})

    def malformed(name: str, comment: str, body: bytes | str) -> Vector:
        return opened(name, "FormatError", comment, body, f"{PETER_VKEY} {ENOCH_VKEY}")

    both = f"{N2_TEXT}\n{PETER_LINE}{ENOCH_LINE}"
    known = f"{PETER_VKEY} {ENOCH_VKEY}"
    yield opened("n1", "success", "the example of C2SP signed-note", N1_NOTE, N1_VKEY, "example.com/foo")
    yield opened("n2_both", "success", "two lines, two known keys", both, known, "PeterNeumann EnochRoot")
    yield opened("n2_one_known", "success", "two lines, one known key", both, ENOCH_VKEY, "EnochRoot")
    yield opened("n2_none_known", "SignatureError", "two lines, no known key", both, N1_VKEY)
    yield opened(
        "n2_line_twice",
        "success",
        "a good line twice counts once",
        f"{N2_TEXT}\n{PETER_LINE}{PETER_LINE}",
        known,
        "PeterNeumann",
    )
    yield opened(
        "n2_ambiguous",
        "SignatureError",
        "one key listed twice, and its line present",
        both,
        f"{PETER_VKEY} {ENOCH_VKEY} {ENOCH_VKEY}",
    )
    yield opened(
        "n2_ambiguous_unused",
        "success",
        "one key listed twice, and no line by it",
        f"{N2_TEXT}\n{PETER_LINE}",
        f"{PETER_VKEY} {ENOCH_VKEY} {ENOCH_VKEY}",
        "PeterNeumann",
    )
    spoiled = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    yield opened(
        "n2_line_spoiled",
        "SignatureError",
        "ABCD put into a known line, beside a good one",
        f"{N2_TEXT}\n{spoiled}{ENOCH_LINE}",
        known,
    )
    yield opened(
        "n2_line_spoiled_unknown",
        "success",
        "ABCD put into a line nobody asked about",
        f"{N2_TEXT}\n{spoiled}{ENOCH_LINE}",
        ENOCH_VKEY,
        "EnochRoot",
    )
    second = NoteSignature("PeterNeumann", bytes.fromhex("c74f20a3"), bytes(64))
    yield opened(
        "second_line_bad",
        "SignatureError",
        "a good line and a bad one by the same key",
        both.encode() + f"— PeterNeumann {format_base64(second.key_id + second.payload)}\n".encode(),
        known,
    )
    yield opened("text_changed", "SignatureError", "one letter of the text", both.replace("answer", "Answer"), known)
    lookalike = seeded("another Peter", "PeterNeumann")
    yield opened(
        "same_name_other_key",
        "SignatureError",
        "a line by the right name and another key",
        sign_note(N2_TEXT, [lookalike]),
        known,
    )
    yield opened(
        "blank_lines_in_text",
        "success",
        "the last blank line ends the text, not the first",
        sign_note("one\n\ntwo\n\n\nthree\n", [LOG]),
        LOG_VKEY,
        LOG.key.name,
    )
    chinese = seeded("a name in Chinese", "重庆市技能人才评价")
    yield opened(
        "name_in_chinese",
        "success",
        "a name may be any text without white space and plus",
        sign_note("文本\n", [chinese]),
        format_vkey(chinese.key),
        chinese.key.name,
    )
    lines = [NoteSignature(f"unknown-{i}", bytes(4), bytes(64)) for i in range(99)]
    hundred = format_note(N2_TEXT, [*lines, parsed_peter()])
    yield opened("signatures_100", "success", "one hundred lines", hundred, PETER_VKEY, "PeterNeumann")
    yield malformed("signatures_101", "one hundred and one lines", hundred + ENOCH_LINE.encode())
    yield malformed("text_only", "no blank line and no signature", N2_TEXT)
    yield malformed("no_signatures", "a blank line and no signature", N2_TEXT + "\n")
    yield malformed("last_newline_missing", "the last line has no end", both[:-1])
    yield malformed("control_character_first", "U+0001 before the text", "\x01" + both)
    yield malformed("control_character_tab", "a tab in the text", both.replace("you think", "you\tthink"))
    yield malformed("carriage_returns", "lines ended by CR LF", both.replace("\n", "\r\n"))
    yield malformed("not_utf8", "0xff before the text", b"\xff" + both.encode())
    yield malformed("byte_order_mark_in_line", "a byte order mark before the dash", f"{N2_TEXT}\n\ufeff{PETER_LINE}")
    yield malformed("line_after", "a line of text after the signatures", both + "a line\n")
    yield malformed("hyphen", "a hyphen instead of the dash", both.replace("—", "-"))
    yield malformed("two_spaces", "two spaces after the dash", both.replace("— P", "—  P"))
    yield malformed("space_at_end", "a space after the base64", both.replace("=\n", "= \n", 1))
    yield malformed("name_with_space", "a name of two words", both.replace("PeterNeumann", "Peter Neumann"))
    yield malformed(
        "name_with_no_break_space", "a name with a no-break space", both.replace("PeterNeumann", "Peter\u00a0Neumann")
    )
    yield malformed("name_with_plus", "a name with a plus sign", both.replace("PeterNeumann", "Peter+Neumann"))
    yield malformed("name_missing", "no name", both.replace("PeterNeumann ", " "))
    yield malformed("base64_missing", "no base64", f"{N2_TEXT}\n— PeterNeumann \n")
    yield malformed("base64_no_padding", "the padding is missing", both.replace("=\n", "\n", 1))
    yield malformed("base64_trailing_bits", "a bit after the last byte is set", both.replace("AM=\n", "AN=\n"))
    yield malformed("base64_url", "the other base64 alphabet", both.replace("/ZJku", "_ZJku"))
    yield malformed(
        "base64_unknown_key", "bad base64 in a line nobody asked about", f"{N2_TEXT}\n{PETER_LINE}— somebody A===\n"
    )
    yield malformed("payload_missing", "a key id and nothing else", f"{N2_TEXT}\n— PeterNeumann x08gow==\n")

    yield opened("w1_cosignature", "success", "a real witness line of a public log", W1_NOTE, W1_VKEY, "remora.n621.de")
    witness = PortableSigner("example.org/witness", bytes([0x11, *bytes(31)]), COSIGNATURE)
    payload = (1234).to_bytes(8, "big") + witness.sign(cosignature_message(W2_BODY, 1234))
    signature = NoteSignature(witness.key.name, witness.key.key_id, payload)
    good, vkey = format_note(W2_BODY, [signature]), format_vkey(witness.key)
    yield opened(
        "w2_cosignature", "success", "the deterministic witness line of sigsum-go", good, vkey, "example.org/witness"
    )

    def cosigned(name: str, comment: str, payload: bytes) -> Vector:
        line = NoteSignature(witness.key.name, witness.key.key_id, payload)
        return opened(name, "SignatureError", comment, format_note(W2_BODY, [line]), vkey)

    yield cosigned("cosignature_time_changed", "the time is another", flip(payload, 7))
    yield cosigned(
        "cosignature_plain", "the witness signed the bare text", payload[:8] + witness.sign(W2_BODY.encode())
    )
    yield cosigned("cosignature_short", "the time is missing", payload[8:])
    yield cosigned("cosignature_time_huge", "a time beyond 2^53 seconds", b"\xff" * 8 + payload[8:])
    as_signature = PortableSigner("example.org/witness", bytes([0x11, *bytes(31)]))
    yield opened(
        "cosignature_as_signature",
        "SignatureError",
        "a known key of kind 1, a line of kind 4: another key id",
        good,
        format_vkey(as_signature.key),
    )

    def vkey_of(name: str, expect: str, comment: str, text: str) -> Vector:
        return Vector("note", f"vkey_{name}", expect, comment, text.encode())

    yield vkey_of("good", "success", "a verifier key", PETER_VKEY)
    yield vkey_of("witness", "success", "a verifier key of kind 4", W1_VKEY)
    yield vkey_of("plus_in_base64", "success", "base64 may hold plus signs: only the first two separate", plus_vkey())
    yield vkey_of(
        "key_too_long",
        "FormatError",
        "a key of 34 bytes, its key id right",
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
    )
    yield vkey_of(
        "kind_unknown",
        "FormatError",
        "kind 0x65, its key id right",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    )
    yield vkey_of("key_id_wrong", "FormatError", "another key's key id", PETER_VKEY.replace("c74f20a3", "c74f20a4"))
    yield vkey_of("key_id_upper_case", "FormatError", "hex in upper case", PETER_VKEY.replace("c74f20a3", "C74F20A3"))
    yield vkey_of("key_id_missing", "FormatError", "name and key only", PETER_VKEY.replace("+c74f20a3", ""))
    yield vkey_of("name_missing", "FormatError", "no name", PETER_VKEY.replace("PeterNeumann", ""))
    yield vkey_of("name_with_space", "FormatError", "a name of two words", PETER_VKEY.replace("rN", "r N"))
    yield vkey_of("newline_after", "FormatError", "a newline at the end", PETER_VKEY + "\n")
    for name, point in (("small_order", bytes(32)), ("not_canonical", b"\xff" * 31 + b"\x7f")):
        key = PortableSigner("example.org/test", bytes(32)).key
        bad = type(key)(key.name, 1, point)
        yield vkey_of(f"key_{name}", "FormatError", "a public key that no rule accepts", format_vkey(bad))


def parsed_peter() -> NoteSignature:
    from ledger.core.note import parse_note

    return parse_note(f"{N2_TEXT}\n{PETER_LINE}".encode()).signatures[0]


def plus_vkey() -> str:
    """A vkey whose base64 holds a plus sign."""
    texts = (format_vkey(seeded(f"key {i}").key) for i in range(99))
    return next(text for text in texts if text.count("+") > 2)


# --- checkpoint -------------------------------------------------------------------------------------------------


def checkpoint() -> Iterator[Vector]:
    def one(name: str, expect: str, comment: str, body: bytes, size: int = 0, vkey: str = LOG_VKEY) -> Vector:
        return Vector("checkpoint", name, expect, comment, body, {"vkey": vkey, "size": str(size)})

    for size in range(len(LEAVES) + 1):
        signed = sign_checkpoint(Checkpoint(LOG.key.name, size, root(LEAVES[:size])), LOG)
        yield one(f"c1_size_{size:02d}", "success", f"tessera testdata, {size} entries", signed, size)

    text = format_checkpoint(Checkpoint(LOG.key.name, 3, root(LEAVES[:3])))
    origin, size_line, root_line = text.split("\n")[:3]

    def signed_text(changed: str) -> bytes:
        return sign_note(changed, [LOG])

    witness = seeded("a witness", "example.org/witness", COSIGNATURE)
    payload = (1_795_161_600).to_bytes(8, "big") + witness.sign(cosignature_message(text, 1_795_161_600))
    lines = [
        NoteSignature(LOG.key.name, LOG.key.key_id, LOG.sign(text.encode())),
        NoteSignature(witness.key.name, witness.key.key_id, payload),
    ]
    yield one("witness_line", "success", "a witness line beside the log's", format_note(text, lines), 3)
    yield one("witness_line_only", "SignatureError", "the log's own line is missing", format_note(text, lines[1:]))
    yield one(
        "signature_changed",
        "SignatureError",
        "one bit of the signature",
        signed_text(text).replace(b"M9e0lv", b"M9e0lu"),
    )
    yield one(
        "text_changed",
        "SignatureError",
        "another size under the old signature",
        signed_text(text).replace(b"\n3\n", b"\n4\n"),
    )
    other = seeded("another log", "example.org/other")
    yield one(
        "origin_not_key_name",
        "SignatureError",
        "signed by a known key of another name",
        sign_note(text, [other]),
        vkey=format_vkey(other.key),
    )
    cosigner = PortableSigner(LOG.key.name, hashlib.sha256(b"the log as witness").digest(), COSIGNATURE)
    payload = (1).to_bytes(8, "big") + cosigner.sign(cosignature_message(text, 1))
    line = NoteSignature(LOG.key.name, cosigner.key.key_id, payload)
    yield one(
        "key_is_witness",
        "SignatureError",
        "a cosignature is not the log's signature",
        format_note(text, [line]),
        vkey=format_vkey(cosigner.key),
    )
    for name, comment, changed in (
        ("extension_line", "a fourth line, which nobody could audit", text + "extension\n"),
        ("line_missing", "no root", f"{origin}\n{size_line}\n"),
        ("blank_line", "a blank line in the text", f"{origin}\n\n{root_line}\n"),
        ("origin_with_space", "an origin of two words", f"example.com log\n{size_line}\n{root_line}\n"),
        ("origin_with_plus", "an origin with a plus sign", f"example.com+log\n{size_line}\n{root_line}\n"),
        ("size_leading_zero", "03", f"{origin}\n03\n{root_line}\n"),
        ("size_signed", "+3", f"{origin}\n+3\n{root_line}\n"),
        ("size_negative", "-3", f"{origin}\n-3\n{root_line}\n"),
        ("size_full_width", "a digit that Python's int() would read", f"{origin}\n３\n{root_line}\n"),
        ("size_with_space", "a space before the digit", f"{origin}\n 3\n{root_line}\n"),
        ("size_underscore", "1_0, which Python's int() would read", f"{origin}\n1_0\n{root_line}\n"),
        ("size_not_exact", "2^53", f"{origin}\n9007199254740992\n{root_line}\n"),
        ("size_empty", "no digits", f"{origin}\n\n{root_line}\n".replace("\n\n", "\nx\n")),
        ("root_short", "31 bytes", f"{origin}\n{size_line}\n{format_base64(bytes(31))}\n"),
        ("root_no_padding", "the padding is missing", f"{origin}\n{size_line}\n{root_line[:-1]}\n"),
        ("root_trailing_bits", "bits after the last byte are set", text.replace("Kk=", "Kl=")),
        ("root_not_empty", "size 0 with a root that is not of the empty tree", f"{origin}\n0\n{root_line}\n"),
    ):
        yield one(name, "FormatError", comment, signed_text(changed))


# --- tiles ------------------------------------------------------------------------------------------------------


def tiles() -> Iterator[Vector]:
    def path(text: str, name: str, comment: str, expect: str = "FormatError") -> Vector:
        return Vector("tiles", f"path_{name}", expect, comment, text.encode(), {"form": "path"})

    for text, name, comment in (
        ("tile/0/000", "first", "the first tile"),
        ("tile/0/x001/x234/067", "groups", "number 1,234,067"),
        ("tile/1/000.p/17", "partial", "seventeen hashes"),
        ("tile/63/000.p/255", "limits", "the highest level and the widest partial tile"),
        ("tile/entries/005", "entries", "a bundle"),
        ("tile/entries/x001/000.p/1", "entries_partial", "a bundle of one entry"),
    ):
        yield path(text, name, comment, "success")
    for text, name, comment in (
        ("", "empty", "nothing"),
        ("tile/0", "no_number", "a level only"),
        ("tiles/0/000", "other_folder", "another folder"),
        ("/tile/0/000", "absolute", "a slash before"),
        ("tile/64/000", "level_64", "a level beyond 63"),
        ("tile/-1/000", "level_negative", "a level below 0"),
        ("tile/00/000", "level_zeros", "two spellings of 0"),
        ("tile/data/000", "level_data", "neither a level nor entries"),
        ("tile/0/0", "short_group", "one digit"),
        ("tile/0/0000", "long_group", "four digits"),
        ("tile/0/x001", "last_group_x", "an x before the last group"),
        ("tile/0/001/002", "first_group_plain", "no x before the first group"),
        ("tile/0/x000/001", "leading_zeros", "a leading group of zeros"),
        ("tile/0/-02", "number_negative", "a minus sign"),
        ("tile/0/０００", "full_width", "full-width digits"),
        ("tile/0/000/", "slash_after", "a slash at the end"),
        ("tile/0/000.p/0", "width_0", "an empty tile"),
        ("tile/0/000.p/256", "width_256", "a full tile called partial"),
        ("tile/0/000.p/01", "width_zeros", "a leading zero"),
        ("tile/0/000.p/", "width_missing", "no width"),
        ("tile/0/000.p", "width_cut", "half a suffix"),
        ("tile/0/000\n", "newline", "a newline at the end"),
        ("tile/0/" + "x999/" * 5 + "999", "number_huge", "a number beyond 2^53 - 1"),
        ("tile/0/" + "x999/" * 30 + "999", "number_endless", "more groups than any number needs"),
    ):
        yield path(text, name, comment)

    def bundle(name: str, expect: str, comment: str, body: bytes, count: int) -> Vector:
        return Vector("tiles", f"bundle_{name}", expect, comment, body, {"form": "bundle", "count": str(count)})

    three = format_bundle(TESTDATA_LEAVES[:3])
    yield bundle("good", "success", "three entries, which the following spoil", three, 3)
    yield bundle("empty_entry", "success", "an entry may be empty", b"\0\0\0\1x", 2)
    yield bundle("too_few", "FormatError", "one entry is missing", three, 4)
    yield bundle("too_many", "FormatError", "one entry too many", three, 2)
    yield bundle("entry_cut", "FormatError", "the last byte is missing", three[:-1], 3)
    yield bundle("length_cut", "FormatError", "half a length after the last entry", three + b"\0", 4)
    yield bundle("length_too_large", "FormatError", "a length beyond the end", b"\xff\xff" + three[2:], 3)
    yield bundle("byte_after", "FormatError", "a byte after the last entry", three + b"\n", 3)

    tile = b"".join(LEAVES[:11])

    def hashes(name: str, expect: str, comment: str, body: bytes, index: int, size: int) -> Vector:
        headers = {"form": "tile", "index": str(index), "size": str(size)}
        return Vector("tiles", f"tile_{name}", expect, comment, body, headers)

    yield hashes("good", "success", "leaf 6 proved from the tile of 11 leaves", tile, 6, 11)
    yield hashes("one_leaf", "success", "a tile of one hash", LEAVES[0], 0, 1)
    yield hashes("short", "FormatError", "one byte is missing", tile[:-1], 6, 11)
    yield hashes("long", "FormatError", "the tile of 11 for a tree of 10", tile, 6, 10)
    yield hashes("index_beyond", "ProofError", "a leaf that the tree does not have", tile, 11, 11)


# --- tlog-proof -------------------------------------------------------------------------------------------------


def tlogproof() -> Iterator[Vector]:
    def one(name: str, expect: str, comment: str, body: bytes, entry: str = "seven") -> Vector:
        return Vector("tlogproof", name, expect, comment, body, {"vkey": LOG_VKEY, "entry": entry})

    signed = sign_checkpoint(Checkpoint(LOG.key.name, 11, root(LEAVES[:11])), LOG)
    path = tuple(prove_inclusion(6, LEAVES[:11]))
    good = format_proof(TlogProof(6, path, signed))
    first = format_base64(path[0]).encode()
    yield one("good", "success", "entry 6 of 11, end to end, which the following spoil", good)
    yield one("extra", "success", "with extra data", format_proof(TlogProof(6, path, signed, b"seven")))
    lone = sign_checkpoint(Checkpoint(LOG.key.name, 1, LEAVES[0]), LOG)
    yield one("no_hashes", "success", "a log of one entry needs no hashes", format_proof(TlogProof(0, (), lone)), "one")
    yield one("other_entry", "ProofError", "another entry", good, "eight")
    yield one("other_index", "ProofError", "the neighbour's index", good.replace(b"index 6", b"index 7"))
    yield one("index_beyond", "ProofError", "an index beyond the log", good.replace(b"index 6", b"index 11"))
    yield one(
        "hash_changed", "ProofError", "a hash of another leaf", good.replace(first, format_base64(LEAVES[0]).encode())
    )
    yield one("hash_missing", "ProofError", "the first hash is missing", good.replace(first + b"\n", b""))
    yield one(
        "checkpoint_changed", "SignatureError", "a size that the log did not sign", good.replace(b"\n11\n", b"\n12\n")
    )
    many = b"".join(format_base64(bytes(32)).encode() + b"\n" for _ in range(64))
    most = good.split(b"index 6\n")[0] + b"index 6\n" + many[: len(many) // 64 * 63] + b"\n" + signed
    yield one("hashes_63", "ProofError", "as many hashes as a tree can need, and not those of this one", most)
    for name, comment, body in (
        ("empty", "nothing", b""),
        ("header_version", "another version", good.replace(b"@v1", b"@v2")),
        ("header_space", "a space after the header", good.replace(b"@v1\n", b"@v1 \n")),
        ("header_missing", "no header", good.split(b"\n", 1)[1]),
        ("index_missing", "no index", good.replace(b"index 6\n", b"")),
        ("index_negative", "-6", good.replace(b"index 6", b"index -6")),
        ("index_leading_zero", "06", good.replace(b"index 6", b"index 06")),
        ("index_twice", "two index lines", good.replace(b"index 6\n", b"index 6\nindex 6\n")),
        ("extra_empty", "extra data of no bytes", good.replace(b"index", b"extra \nindex")),
        ("extra_not_base64", "extra data that is not base64", good.replace(b"index", b"extra ?\nindex")),
        ("extra_after_index", "extra data after the index", good.replace(b"index 6\n", b"index 6\nextra AA==\n")),
        ("hash_long", "a hash of 64 bytes", good.replace(first, format_base64(path[0] * 2).encode())),
        ("hash_trailing_bits", "bits after the last byte are set", good.replace(first, trailing_bits(first))),
        ("hashes_64", "more hashes than a tree can need", good.replace(first + b"\n", many)),
        ("not_ascii", "a full-width digit", good.replace(b"index 6", "index ６".encode())),
        ("carriage_returns", "lines ended by CR LF", good.replace(b"\n", b"\r\n")),
        ("checkpoint_missing", "no blank line and no checkpoint", good.split(b"\n\n")[0] + b"\n"),
        ("checkpoint_empty", "a blank line and nothing after it", good.split(b"\n\n")[0] + b"\n\n"),
        ("checkpoint_cut", "the checkpoint has no signature line", good.rsplit("—".encode(), 1)[0]),
    ):
        yield one(name, "FormatError", comment, body)


def trailing_bits(base64: bytes) -> bytes:
    """Another spelling of the same 32 bytes, with a bit set after the last one."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return base64[:-2] + bytes([alphabet[alphabet.index(base64[-2]) + 1]]) + b"="


README = """\
# 测试向量 · Test vectors

本目录的文件由 `generate.py` 逐字节生成，`runner.py` 在本机和浏览器中以同一份代码运行。
每个文件只有一处缺陷，文件名就是缺陷。

Made byte for byte by `python tests/vectors/generate.py` (`--check` compares only); run by `runner.py`, the very same
file natively and in the browser. Each file has one defect and is named for it.

```
expect: FormatError
comment: keys in another order

{"b":1,"a":2}
```

Header lines `key: value`, a blank line, then the bytes under test, without a newline of their own. `expect` is
`success` (accepted, and formatting what was parsed gives the same bytes), `refused` (the verifier says no) or the class
of the error. Unknown keys and values are errors in the runner.

| area | bytes under test | more headers |
|---|---|---|
| canonical | a value | |
| ed25519 | the message | `key`, `signature` (hex) |
| merkle | none | `proves` (inclusion, consistency) and the arguments of the check (hex; `path` separated by spaces) |
| note | a note, or without `vkey` a verifier key | `vkey` (the known keys), `verified` (the names, in order) |
| checkpoint | a note | `vkey`, `size` |
| tiles | a path, an entry bundle or a hash tile | `form`, `count`, `index`, `size` |
| tlogproof | a proof | `vkey`, `entry` |
| policy | a tlog-policy | `times` (name=Unix seconds, of cosignatures), `met` (when the quorum was met, or `never`) |
| request | what a witness is sent | `vkey` of its log, `kept` (size and root in hex), `status` of its answer |
| update | an update of the trust | `pinned` (trust.json), `rule` that it breaks |

Published vectors among them: RFC 8032 section 7.1; the example of C2SP signed-note (`n1`) and the note of golang/mod
(`n2_…`); cosignatures of tlog-scales and sigsum-go (`w1_…`, `w2_…`); the sixteen checkpoints of tessera testdata
(`c1_…`). The third-party suites themselves are not copied here: the runner takes their folder as an argument.

`number.json` is written by `number_vectors.py`: what the core says of typed certificate numbers, position by position,
for the page's JavaScript to say the same (tests/site/test_number.py). `told.json` is written by `tests.second.told`:
the data that the specification lists, the profiles and the working days, for another verifier to read.
"""


def all_vectors() -> Iterator[Vector]:
    for area in (canonical, checkpoint, ed25519, merkle, note, policy, request, tiles, tlogproof, update):
        yield from area()


def all_files() -> dict[Path, bytes]:
    """Every generated file, path relative to this folder to bytes."""
    files: dict[Path, bytes] = {}
    readme = [README]
    area = ""
    for vector in all_vectors():
        path = Path(vector.area) / f"{vector.name}.txt"
        if path in files or vector.headers.keys() - HEADERS[vector.area]:
            raise ValueError(f"{path}: made twice, or with unknown headers")
        files[path] = vector.data()
        if vector.area != area:
            area = vector.area
            readme.append(f"\n## {area}\n\n")
        readme.append(f"- `{vector.name}` ({vector.expect}): {vector.comment}\n")
    files[Path("README.md")] = "".join(readme).encode()
    return files


def main(arguments: list[str]) -> int:
    files = all_files()
    present = {path.relative_to(HERE) for area in HEADERS for path in (HERE / area).rglob("*") if path.is_file()}
    stale = sorted(present - files.keys())
    changed = sorted(p for p, data in files.items() if not (HERE / p).exists() or (HERE / p).read_bytes() != data)
    if "--check" in arguments:
        for path in [*changed, *stale]:
            print(f"{path}: not as generated; run: python tests/vectors/generate.py", file=sys.stderr)
        return 1 if changed or stale else 0
    for path in stale:
        (HERE / path).unlink()
    for path in changed:
        (HERE / path).parent.mkdir(exist_ok=True)
        (HERE / path).write_bytes(files[path])
    print(f"{len(files) - 1} vectors, {len(changed)} written, {len(stale)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
