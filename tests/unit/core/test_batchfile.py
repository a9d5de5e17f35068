"""Batch files: one form, one signature, and every defect named before anything is believed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.core import batchfile
from ledger.core.batchfile import (
    CERTIFICATES,
    EVENTS,
    EVIDENCE,
    BatchHead,
    BatchRow,
    check_batch,
    digest_of_rows,
    format_batch,
    format_rows,
    is_batch,
    parse_batch,
    sign_batch,
)
from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import FormatError, SignatureError
from ledger.core.note import NoteSignature, format_note, parse_note, sign_note
from ledger.core.record import Record, sign_record
from ledger.crypto.pynacl_verify import verify
from ledger.crypto.signer import Ed25519Signer

ORG = "S000050000001"
SIGNER = Ed25519Signer(ORG, bytes(range(32)))
SEEN = Checkpoint("ledger.example/test", 17, bytes(32))
HEAD = BatchHead("ab" * 32, 2, SEEN, ORG, CERTIFICATES, 9, "cn-chongqing-2020-1")
BODY: dict[str, Value] = {
    "batch": HEAD.batch,
    "code": f"{ORG}263000001",
    "disclosures": ["A" * 43],
    "evaluator": "测试机构",
    "evidence": [9, 12],
    "issued": "2026-11-18",
    "level": "3",
    "occupation": {"code": "6-18-01-01", "name": "车工"},
    "profile": "cn-chongqing-2020-1",
}


def record(number: int) -> Record:
    return sign_record("certificate.issue", {**BODY, "code": f"{ORG}26300000{number}"}, SIGNER)


ROWS = [BatchRow(record(1), "WyJhIl0"), BatchRow(record(2), None)]
DATA = format_batch(HEAD, ROWS, SIGNER)


def signed(text: str) -> bytes:
    """The bytes of a batch with other text, signed by its organisation all the same."""
    return sign_note(text, [SIGNER])


def with_lines(change: Callable[[list[str]], object]) -> bytes:
    lines = parse_note(DATA).text.split("\n")[:-1]
    change(lines)
    return signed("\n".join(lines) + "\n")


def with_head(**members: Value) -> bytes:
    def change(lines: list[str]) -> None:
        value = parse_canonical(lines[1].encode())
        assert isinstance(value, dict)
        lines[1] = format_canonical(value | members).decode()

    return with_lines(change)


class TestRead:
    def test_what_was_written_is_read_back(self) -> None:
        batch = parse_batch(DATA)
        assert (batch.head, batch.note) == (HEAD, DATA)
        assert list(batch.rows()) == [(3, ROWS[0]), (4, ROWS[1])]
        assert format_batch(batch.head, (row for _, row in batch.rows()), SIGNER) == DATA

    def test_a_batch_that_cites_no_plan_has_no_such_member(self) -> None:
        data = format_batch(replace(HEAD, plan=None), ROWS, SIGNER)
        assert b'"plan"' not in data
        assert parse_batch(data).head.plan is None

    def test_it_tells_itself_from_a_workbook_by_its_first_line(self) -> None:
        assert is_batch(DATA)
        assert not is_batch(b"PK\x03\x04")
        assert not is_batch(b"skill-ledger/batch/v2\n")

    def test_the_organisations_key_signed_the_whole(self) -> None:
        assert check_batch(parse_batch(DATA), [SIGNER.key], verify) == SIGNER.key


class TestSignature:
    def test_another_key_of_the_same_name(self) -> None:
        other = Ed25519Signer(ORG, bytes(32))
        with pytest.raises(SignatureError, match="no signature by a known key"):
            check_batch(parse_batch(format_batch(HEAD, ROWS, other)), [SIGNER.key], verify)

    def test_a_known_key_of_somebody_else(self) -> None:
        other = Ed25519Signer("S000050000002", bytes(32))
        with pytest.raises(SignatureError, match="no signature by a known key"):
            check_batch(parse_batch(format_batch(HEAD, ROWS, other)), [other.key], verify)

    def test_a_byte_changed_behind_the_signature(self) -> None:
        changed = DATA.replace("测试机构".encode(), "别的机构".encode())
        with pytest.raises(SignatureError, match="does not verify"):
            check_batch(parse_batch(changed), [SIGNER.key], verify)

    def test_two_signatures(self) -> None:
        note = parse_note(DATA)
        twice = format_note(note.text, [*note.signatures, NoteSignature("x", b"1234", bytes(64))])
        with pytest.raises(FormatError, match="exactly one signature"):
            parse_batch(twice)


MALFORMED: dict[str, tuple[Callable[[], bytes], str]] = {
    "another first line": (lambda: DATA.replace(b"batch/v1", b"batch/v2", 1), "does not begin with"),
    "cut off": (lambda: DATA[:-1], "blank line and signature lines"),
    "not UTF-8": (lambda: DATA.replace("测".encode(), b"\xff\xff\xff"), "not UTF-8"),
    "no head": (lambda: signed("skill-ledger/batch/v1\n{}\n"), "members must be exactly"),
    "a batch of certificates without its profile": (
        lambda: with_lines(lambda lines: lines.__setitem__(1, lines[1].replace(f'"profile":"{HEAD.profile}",', ""))),
        "members must be exactly",
    ),
    "evidence under a profile": (lambda: with_head(kind="evidence"), "members must be exactly"),
    "a kind that is none": (lambda: with_head(kind="others"), "members must be exactly"),
    "no rows": (lambda: with_lines(lambda lines: lines.__delitem__(slice(2, None))), "has 0 rows"),
    "a row less": (lambda: with_lines(lambda lines: lines.pop()), "has 1 rows"),
    "a row more": (lambda: with_lines(lambda lines: lines.append(lines[2])), "has 3 rows"),
    "a head with another member": (lambda: with_head(x=1), "members must be exactly"),
    "a head of version 2": (lambda: with_head(v=2), "members must be exactly"),
    "a head of version true": (lambda: with_head(v=True), "members must be exactly"),
    "a root of 31 bytes": (
        lambda: with_head(head={"origin": "o", "root": "A" * 40 + "AA==", "size": 1}),
        "members must be exactly",
    ),
    "a head in another order": (
        lambda: with_lines(lambda lines: lines.__setitem__(1, lines[1].replace('"v":1}', '"v":1 }'))),
        "not in canonical form",
    ),
    "a key twice in the head": (
        lambda: with_lines(lambda lines: lines.__setitem__(1, lines[1].replace('"v":1}', '"v":1,"v":1}'))),
        "not in canonical form",
    ),
    "a line that is no JSON": (
        lambda: with_lines(lambda lines: lines.__setitem__(1, "count = 2")),
        "not JSON",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_file_that_is_not_of_the_form_is_refused_before_its_rows(case: str) -> None:
    make, problem = MALFORMED[case]
    with pytest.raises(FormatError, match=problem):
        parse_batch(make())


ROW_CASES: dict[str, tuple[Callable[[str], str], str]] = {
    "not canonical": (lambda line: line.replace('{"disclosure"', '{ "disclosure"'), "not in canonical form"),
    "a key twice": (lambda line: line.replace('"v":1}', '"v":1,"v":1}'), "not in canonical form"),
    "a list": (lambda _: "[]", "members must be record"),
    "a published list among certificates": (lambda _: '{"list":"a"}', "members must be record"),
    "another member": (lambda line: line[:-1] + ',"x":1}', "members must be record"),
    "no record": (lambda _: '{"disclosure":"a"}', "members must be record"),
    "a disclosure that is a number": (lambda line: line.replace('"WyJhIl0"', "1"), "disclosure must be text"),
    "a record without its body": (lambda _: '{"record":{}}', "members must be exactly body"),
    "a body without a member": (lambda line: line.replace('"level":"3",', ""), "'level' is missing"),
}


@pytest.mark.parametrize("case", ROW_CASES)
def test_a_row_that_is_not_of_the_form_is_named_by_its_line(case: str) -> None:
    change, problem = ROW_CASES[case]
    batch = parse_batch(with_lines(lambda lines: lines.__setitem__(2, change(lines[2]))))
    check_batch(batch, [SIGNER.key], verify)
    with pytest.raises(FormatError, match=f"batch line 3: .*{problem}"):
        list(batch.rows())


def test_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batchfile, "MAX_BYTES", len(DATA))
    assert parse_batch(DATA).head == HEAD
    monkeypatch.setattr(batchfile, "MAX_BYTES", len(DATA) - 1)
    with pytest.raises(FormatError, match="bytes"):
        parse_batch(DATA)
    monkeypatch.undo()
    monkeypatch.setattr(batchfile, "MAX_ROWS", 1)
    with pytest.raises(FormatError, match="1 to 1"):
        format_batch(HEAD, ROWS, SIGNER)


def test_nothing_is_signed_that_could_not_be_read_back() -> None:
    with pytest.raises(FormatError, match="has 2 rows"):
        format_batch(replace(HEAD, count=3), ROWS, SIGNER)
    with pytest.raises(FormatError, match="members must be exactly"):
        format_batch(replace(HEAD, org="S1"), ROWS, SIGNER)


NOTICE: dict[str, Value] = {
    "count": 2,
    "digest": "A" * 43,
    "first": "2026-10-14",
    "last": "2026-10-21",
    "list": "results",
    "org": ORG,
    "plan": 9,
}
LISTED = ('{"columns":["name"],"rows":[' + ",".join(['["张**"]'] * 2500) + "]}").encode()


def evidence(*rows: BatchRow, kind: str = EVIDENCE) -> bytes:
    lines = format_rows(rows)
    return sign_batch(BatchHead(digest_of_rows(lines), len(lines), SEEN, ORG, kind), lines, SIGNER)


class TestEvidence:
    def test_a_published_list_follows_its_notice_in_parts(self) -> None:
        rows = [
            BatchRow(sign_record("notice.open", NOTICE, SIGNER), published=LISTED),
            BatchRow(sign_record("notice.open", {**NOTICE, "plan": 10}, SIGNER)),
        ]
        batch = parse_batch(evidence(*rows))
        assert (batch.head.plan, batch.head.profile, batch.head.count) == (None, None, 5)
        assert list(batch.rows()) == [(3, rows[0]), (7, rows[1])]
        assert batch.head.batch == digest_of_rows(batch.lines)

    def test_a_list_at_the_end_is_whole(self) -> None:
        row = BatchRow(sign_record("notice.open", NOTICE, SIGNER), published=LISTED)
        assert list(parse_batch(evidence(row)).rows()) == [(3, row)]

    @pytest.mark.parametrize(
        ("lines", "problem"),
        [
            (['{"list":"a"}'], "follows the notice"),
            (["", '{"list":""}'], "list must be text"),
            (["", '{"list":1}'], "list must be text"),
            (["", '{"list":"a","x":1}'], "members must be record"),
            (["revoke", '{"list":"a"}'], "follows the notice"),
        ],
    )
    def test_a_list_of_no_notice_is_refused(self, lines: list[str], problem: str) -> None:
        notice, plan = (
            format_rows([BatchRow(sign_record(kind, body, SIGNER))])[0].decode()
            for kind, body in (("notice.open", NOTICE), ("notice.close", CLOSING))
        )
        given = [{"": notice, "revoke": plan}.get(line, line).encode() for line in lines]
        head = BatchHead(digest_of_rows(given), len(given), SEEN, ORG, EVIDENCE)
        with pytest.raises(FormatError, match=problem):
            list(parse_batch(sign_batch(head, given, SIGNER)).rows())

    def test_events_have_neither_view_nor_list(self) -> None:
        body: dict[str, Value] = {"code": f"{ORG}263000001", "effective": "2026-11-18", "reason": "fraud"}
        row = BatchRow(sign_record("certificate.revoke", body, SIGNER))
        assert list(parse_batch(evidence(row, kind=EVENTS)).rows()) == [(3, row)]
        with pytest.raises(FormatError, match="members must be record"):
            list(parse_batch(evidence(replace(row, disclosure="a"), kind=EVENTS)).rows())


CLOSING: dict[str, Value] = {"notice": 12, "objections": 0, "org": ORG, "settled": 0}
