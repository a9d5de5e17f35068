"""Vectors of the trust: policies of witnesses, requests to them, updates of what is pinned."""

from collections.abc import Iterator
from dataclasses import replace

from ledger.core.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.custody import format_update, sign_update
from ledger.core.encoding import format_base64
from ledger.core.merkle import EMPTY_ROOT, prove_consistency, root
from ledger.core.note import COSIGNATURE, Signer, VerifierKey, format_vkey
from ledger.core.trust import Custodians, Trust, format_trust
from ledger.core.witness import Request, format_request
from tests.vectors.making import LEAVES, LOG, LOG_VKEY, Vector, flip, seeded

# --- policies: C2SP tlog-policy ---------------------------------------------------------------------------------------

NAMES = ("archive", "press", "university")
WITNESSES = {name: seeded(f"the witness {name}", f"{name}.example/w", COSIGNATURE) for name in NAMES}
LINES = "".join(f"witness {name} {format_vkey(one.key)}\n" for name, one in WITNESSES.items())
GROUP = "group two 2 archive press university\n"


def policy() -> Iterator[Vector]:
    def good(name: str, comment: str, text: str, times: str, met: str) -> Vector:
        return Vector("policy", name, "success", comment, text.encode(), {"times": times, "met": met})

    def bad(name: str, comment: str, text: str) -> Vector:
        return Vector("policy", name, "FormatError", comment, text.encode(), {"met": "never"})

    two = LINES + GROUP + "quorum two\n"
    yield good("two_of_three", "the second newest of three times", two, "archive=30 press=10 university=20", "20")
    yield good("two_of_two", "the older of two times: then both had seen it", two, "archive=30 press=10", "10")
    yield good("one_of_two", "one is not enough", two, "archive=30", "never")
    yield good(
        "any", "any of three, the newest", LINES + GROUP.replace(" 2 ", " any ") + "quorum two\n", "press=10", "10"
    )
    everybody = LINES + GROUP.replace(" 2 ", " all ") + "quorum two\n"
    yield good("all", "all of three, the oldest", everybody, "archive=30 press=10 university=20", "10")
    yield good("all_but_one", "one of all is missing", everybody, "archive=30 press=10", "never")
    yield good("a_witness_alone", "a witness is a quorum too", LINES + "quorum press\n", "press=10 archive=30", "10")
    nested = LINES + "group both all archive press\ngroup either any both university\nquorum either\n"
    yield good("groups_in_groups", "one witness, or both others", nested, "archive=30 press=10", "10")
    yield good("none", "no witness is asked for", "quorum none\n", "", "never")
    yield good("nothing", "the empty text asks for nothing", "", "", "never")
    spaced = two.replace("group two", "group \t two").replace("quorum", "# which are enough\n\nquorum")
    yield good(
        "spaces_and_comments", "spaces, tabs, comments and empty lines say nothing", spaced, "archive=1 press=2", "1"
    )
    known = f"log {LOG_VKEY}\n{two}"
    yield good("with_its_log", "the log's own key", known, "archive=1 press=2", "1")
    yield bad("quorum_missing", "nothing says what is enough", LINES + GROUP)
    yield bad("quorum_twice", "two quorums", two + "quorum archive\n")
    yield bad("quorum_unknown", "a quorum that nobody defined", LINES + "quorum two\n")
    yield bad("group_unknown_member", "a member that no line before defines", LINES + "group two 1 radio\nquorum two\n")
    yield bad("group_of_itself", "a group among its own members", LINES + "group two 1 two\nquorum two\n")
    yield bad("member_of_two_groups", "a member of two groups", two.replace("quorum", "group more any press\nquorum"))
    yield bad("group_asks_for_none", "0 of 3", two.replace(" 2 ", " 0 "))
    yield bad("group_asks_for_more", "4 of 3", two.replace(" 2 ", " 4 "))
    yield bad("group_leading_zero", "02", two.replace(" 2 ", " 02 "))
    yield bad("name_twice", "one name for two witnesses", two.replace("witness press", "witness archive"))
    yield bad("name_none", "a witness named none", two.replace("witness press", "witness none"))
    yield bad(
        "key_twice",
        "one key under two names",
        LINES + LINES.split("\n")[0].replace(" archive", " radio") + "\n" + GROUP + "quorum two\n",
    )
    yield bad("key_of_a_log", "a witness with a key of kind 1", two + f"witness log {LOG_VKEY}\n")
    yield bad("unknown_line", "a word that begins no line", two + "observer archive\n")
    yield bad("end_missing", "the last line has no end", two[:-1])
    yield bad("carriage_returns", "lines ended by CR LF", two.replace("\n", "\r\n"))


# --- requests: C2SP tlog-witness --------------------------------------------------------------------------------------


def request() -> Iterator[Vector]:
    def state(size: int, signer: Signer = LOG, top: bytes | None = None) -> bytes:
        return sign_checkpoint(Checkpoint(LOG.key.name, size, top or root(LEAVES[:size])), signer)

    def asked(old: int, size: int, note: bytes | None = None) -> bytes:
        path = prove_consistency(old, LEAVES[:size]) if 0 < old < size else []
        return format_request(Request(old, tuple(path), note or state(size)))

    def one(name: str, status: str, comment: str, body: bytes, kept: int = 7, top: bytes | None = None) -> Vector:
        headers = {"vkey": LOG_VKEY, "status": status}
        if kept:
            headers["kept"] = f"{kept} {(top or root(LEAVES[:kept])).hex()}"
        return Vector("request", name, "success" if status == "200" else "refused", comment, body, headers)

    yield one("first", "200", "a log that is new to the witness", asked(0, 7), 0)
    yield one("first_of_nothing", "200", "an empty log", asked(0, 0, state(0, top=EMPTY_ROOT)), 0)
    yield one("grown", "200", "seven entries, then eleven", asked(7, 11))
    yield one("again", "200", "the same state once more", asked(7, 7))
    yield one("old_too_small", "409 7", "the sender knows an older state than the witness", asked(3, 11))
    yield one("old_too_large", "409 3", "the sender knows a newer state than the witness", asked(7, 11), 3)
    yield one("old_of_a_new_log", "409 0", "the witness has never seen this log", asked(7, 11), 0)
    yield one(
        "rolled_back", "400", "the new state is smaller than the old one", format_request(Request(7, (), state(3)))
    )
    yield one("other_root", "409 7", "another history of the same size", asked(7, 7), 7, root(LEAVES[1:8]))
    yield one(
        "other_history", "422", "a larger state that does not continue the one kept", asked(7, 11), 7, root(LEAVES[1:8])
    )
    path = asked(7, 11)
    first = path.split(b"\n")[1]
    yield one("hash_changed", "422", "a hash of another leaf", path.replace(first, format_base64(LEAVES[0]).encode()))
    yield one("hash_missing", "422", "the first hash is missing", path.replace(first + b"\n", b""))
    yield one("hash_too_many", "422", "the first hash twice", path.replace(first, first + b"\n" + first))
    yield one(
        "hash_at_the_same_size",
        "422",
        "a hash where none is needed",
        asked(7, 7).replace(b"old 7\n", b"old 7\n" + first + b"\n"),
    )
    thief = seeded("a key of the log's name", LOG.key.name)
    yield one("by_a_thief", "403", "signed by another key of the log's name", asked(7, 11, state(11, thief)))
    yield one("signature_changed", "403", "a signature that does not verify", flip(path, len(path) - 20))
    other = seeded("another log", "example.org/another")
    note = sign_checkpoint(Checkpoint(other.key.name, 11, root(LEAVES)), other)
    yield one("another_log", "404", "a log that the witness does not follow", asked(7, 11, note))
    for name, comment, body in (
        ("empty", "nothing", b""),
        ("old_missing", "no old size", path.replace(b"old 7\n", b"")),
        ("old_negative", "-7", path.replace(b"old 7", b"old -7")),
        ("old_leading_zero", "07", path.replace(b"old 7", b"old 07")),
        ("hash_short", "a hash of 31 bytes", path.replace(first, format_base64(LEAVES[0][:31]).encode())),
        ("hashes_64", "more hashes than a tree can need", path.replace(first + b"\n", (first + b"\n") * 64)),
        ("checkpoint_missing", "a blank line and nothing after it", path.split(b"\n\n")[0] + b"\n\n"),
        ("not_ascii", "a full-width digit", path.replace(b"old 7", "old ７".encode())),
    ):
        yield one(name, "400", comment, body)


# --- updates of the trust ---------------------------------------------------------------------------------------------

CUSTODIANS = tuple(seeded(f"the custodian {name}", f"{name}.example/root") for name in ("zhang", "li", "wang"))
NEW_LOG = seeded("the log's next key", LOG.key.name)
REGISTRAR = seeded("the registrar", "registrar.example")
OPENED = Trust(LOG.key, 604_800, LOG.key.name, (REGISTRAR.key,), "", ("cn-chongqing-2020-1",))
BODY = Custodians(tuple(one.key for one in CUSTODIANS), 2, "2046-01-01T00:00:00Z")
FIRST = replace(OPENED, version=1, custodians=BODY)
SECOND = replace(FIRST, version=2, log=NEW_LOG.key)


def update() -> Iterator[Vector]:
    def one(name: str, rule: str, comment: str, body: bytes, pinned: Trust = FIRST) -> Vector:
        expect = {"": "success", "FormatError": "FormatError"}.get(rule, "RuleError")
        headers = {"pinned": format_trust(pinned).decode(), **({"rule": rule} if expect == "RuleError" else {})}
        return Vector("update", name, expect, comment, body, headers)

    def said(stated: Trust, *signers: Signer) -> bytes:
        return sign_update(format_update(stated), signers)

    zhang, li, wang = CUSTODIANS
    stranger = seeded("a custodian of nobody", "stranger.example/root")
    good = said(SECOND, zhang, li, NEW_LOG)
    yield one("custodians_named", "", "the log key names the first custodians", said(FIRST, zhang, li, LOG), OPENED)
    yield one(
        "log_key_alone",
        "",
        "without custodians the log key replaces itself",
        said(replace(OPENED, version=1, log=NEW_LOG.key), LOG, NEW_LOG),
        OPENED,
    )
    yield one("log_key_replaced", "", "two of three custodians, and the new key", good)
    yield one(
        "log_key_lost", "", "the old key need not sign where there are custodians", said(SECOND, li, wang, NEW_LOG)
    )
    yield one("signed_by_more", "", "a stranger's signature is not counted", said(SECOND, zhang, li, NEW_LOG, stranger))
    later = replace(FIRST, version=2, custodians=Custodians((zhang.key, li.key, stranger.key), 2, BODY.expires))
    yield one(
        "custodian_replaced", "", "two of the old body, who are two of the new one too", said(later, zhang, li, LOG)
    )
    yield one("one_of_two", "trust_threshold", "one custodian for two", said(SECOND, zhang, NEW_LOG))
    yield one(
        "same_one_twice",
        "trust_threshold",
        "one custodian's line twice",
        good.replace(_line(good, li), _line(good, zhang)),
    )
    yield one(
        "stranger_for_one", "trust_threshold", "a stranger for one of two", said(SECOND, zhang, stranger, NEW_LOG)
    )
    yield one(
        "signature_changed",
        "trust_threshold",
        "a line of a custodian that does not verify",
        flip(good, good.index(b"li.example/root ") + 40),
    )
    yield one(
        "new_body_silent",
        "trust_threshold",
        "too few of the new custodians signed",
        said(replace(later, custodians=Custodians((wang.key, stranger.key), 2, BODY.expires)), zhang, wang, LOG),
    )
    yield one("new_key_silent", "trust_log_key", "the new log key has not signed", said(SECOND, zhang, li, LOG))
    yield one(
        "log_key_silent",
        "trust_log_key",
        "there are no custodians, and the pinned log key has not signed",
        said(FIRST, zhang, li),
        OPENED,
    )
    yield one("rolled_back", "trust_version", "the version that is pinned", said(FIRST, zhang, li, LOG))
    yield one(
        "skipped", "trust_version", "a version too far ahead", said(replace(SECOND, version=3), zhang, li, NEW_LOG)
    )
    yield one(
        "another_ledger",
        "trust_origin",
        "of another ledger",
        said(replace(SECOND, origin="example.org/another", log=_named("example.org/another")), zhang, li),
    )
    yield one(
        "custodians_dropped", "trust_scope", "without custodians", said(replace(OPENED, version=2), zhang, li, LOG)
    )
    yield one(
        "rules_dropped",
        "trust_scope",
        "a rule set is dropped",
        said(replace(FIRST, version=2, profiles=("cn-anhui-2020-1",)), zhang, li, LOG),
    )
    yield one(
        "log_key_names_a_registrar",
        "trust_scope",
        "without custodians nothing but the log key changes",
        said(replace(OPENED, version=1, max_age=60), LOG),
        OPENED,
    )
    yield one(
        "no_update",
        "FormatError",
        "a note about something else",
        good.replace(b"skill-ledger/trust/v1", b"skill-ledger/trust/v2"),
    )
    yield one("version_0", "FormatError", "version 0 is the opening", said_text(format_update(OPENED), LOG))
    yield one("unsigned", "FormatError", "no signature line", format_update(SECOND).encode() + b"\n")


def said_text(text: str, *signers: Signer) -> bytes:
    return sign_update(text, signers)


def _named(origin: str) -> VerifierKey:
    """The key of another ledger."""
    return seeded("another log", origin).key


def _line(note: bytes, signer: Signer) -> bytes:
    return next(
        line for line in note.split(b"\n") if signer.key.name.encode() + b" " in line and line.startswith("—".encode())
    )
