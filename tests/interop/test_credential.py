"""Other people's verifiers read our credentials unchanged: @digitalbazaar/vc, and verifier-core of the DCC.

Both run in node without a network (tests/interop/judges/verify.mjs): all they get are the files of an export and of a
built site. verifier-core uses the contexts that it brings along itself, @digitalbazaar/vc those of its own packages.
"""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sitegen.node import find_node
from sitegen.runtime import locked_packages

from ledger.core.errors import SignatureError
from ledger.crypto.canonize import Canonizer
from ledger.crypto.dataintegrity import check_document
from ledger.crypto.didkey import format_did_key
from ledger.crypto.pynacl_verify import verify
from ledger.forms.statuslist import list_path
from tests.credentials import DID, SITE, export, signed_again, status_lists
from tests.simulator import Simulator, number, signer
from tests.unit.test_vectors import SHARED, needs_shared

JUDGES = Path(__file__).with_name("judges")
NOW = "2026-11-20T02:00:00Z"
Answer = dict[str, Any]
Ask = Callable[..., list[Answer]]


def ask(
    judges: Path,
    credentials: Sequence[bytes],
    files: Mapping[str, bytes],
    now: str = NOW,
    *,
    any_issuer: bool = False,
) -> list[Answer]:
    """What both verifiers answer to each credential, at the moment `now`; `any_issuer`: of lists too."""
    job = {
        "now": now,
        "files": {f"{SITE}/{path}": data.decode() for path, data in files.items()},
        "anyIssuer": any_issuer,
        "credentials": [json.loads(data) for data in credentials],
    }
    answers: list[Answer] = json.loads(
        subprocess.run(
            [str(find_node().node), str(judges / "verify.mjs")],
            input=json.dumps(job),
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout
    )
    return answers


@pytest.fixture(scope="module")
def packages() -> Path:
    """The folder of the verifiers' packages, fetched once and kept in the cache."""
    return locked_packages(JUDGES, find_node(), lambda: None)


@pytest.fixture(scope="module")
def judged(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Asks the verifiers."""
    folder = tmp_path_factory.mktemp("judges")
    (folder / "node_modules").symlink_to(packages)
    (folder / "verify.mjs").write_bytes((JUDGES / "verify.mjs").read_bytes())
    return partial(ask, folder)


@pytest.fixture(scope="module")
def ledger() -> Simulator:
    made = Simulator()
    made.issue_many(range(1, 5))
    return made


def stands(answer: Answer) -> bool:
    """Whether both verifiers say that the signature stands; they must agree."""
    bazaar, core = answer["bazaar"]["verified"], answer["core"]["steps"].get("valid_signature") is True
    assert bazaar == core, answer
    return core


def statuses(answer: Answer) -> tuple[bool, bool]:
    """Whether it is revoked, and whether it is suspended, by both verifiers."""
    bazaar = answer["bazaar"]["status"]
    steps = answer["core"]["steps"]
    told = bazaar["revocation"], bazaar["suspension"]
    assert told == (not steps["revocation_status"], not steps["suspension_status"]), answer
    return told


def test_states(judged: Ask, ledger: Simulator) -> None:
    codes = [number(serial) for serial in range(1, 5)]
    files = export(ledger, *codes)
    changed = ledger.copy()
    changed.event("revoke", codes[1])
    changed.event("suspend", codes[2], reason="investigation")
    changed.correct(codes[3])
    answers = judged([*files, *export(changed, codes[3])], status_lists(changed))
    assert all(stands(answer) for answer in answers)
    assert [statuses(answer) for answer in answers] == [
        (False, False),
        (True, True),
        (False, True),
        (True, True),  # it was corrected since
        (False, False),  # exported after the correction
    ]


def test_every_way_to_export(judged: Ask, ledger: Simulator) -> None:
    code = number(1)
    ways = [
        *export(ledger, code),
        *export(ledger, code, name=True),
        *export(ledger, code, document=True),
        *export(ledger, code, name=True, document=True, one_status=True),
    ]
    answers = judged(ways, status_lists(ledger))
    assert all(stands(answer) for answer in answers)
    assert answers[3]["bazaar"]["status"] == {"suspension": False}


def changed_somewhere(data: bytes) -> dict[str, bytes]:
    """One defect each."""
    text = data.decode()
    plain = json.loads(data)
    forger = signer("forger")
    other = format_did_key(forger.key.public)
    method = f"{other}#{other.removeprefix('did:key:')}"
    proof = plain["proof"]

    def with_(**changes: object) -> bytes:
        return json.dumps(plain | changes).encode()

    def with_proof(**changes: object) -> bytes:
        return with_(proof=proof | changes)

    return {
        "another number": text.replace(number(1), number(2)).encode(),
        "another level": text.replace("三级/高级工", "一级/高级技师").encode(),
        "another name": text.replace("张1", "李四（测试数据）").encode(),
        "another day": with_(validFrom="2026-11-17T00:00:00Z"),
        "another place in the list": text.replace('"statusListIndex": "', '"statusListIndex": "1').encode(),
        "another list": text.replace("/revocation/0.json", "/revocation/1.json").encode(),
        "no status": json.dumps({name: value for name, value in plain.items() if name != "credentialStatus"}).encode(),
        "another issuer": with_(issuer=plain["issuer"] | {"id": other}),
        "another name of the issuer": with_(issuer=plain["issuer"] | {"name": "别的机构（测试数据）"}),
        "a member more": with_(nickname="测试数据"),
        "another context": with_(**{"@context": plain["@context"][:1]}),
        "a proof by another key": with_proof(verificationMethod=method),
        "another time of the proof": with_proof(created="2026-11-19T00:00:00Z"),
        "another purpose": with_proof(proofPurpose="authentication"),
        "another signature": with_proof(proofValue=proof["proofValue"][:-2] + "11"),
        "signed by who is not the issuer": signed_again(data, forger),
        "no proof": json.dumps({name: value for name, value in plain.items() if name != "proof"}).encode(),
    }


def test_one_defect_is_enough(judged: Ask, ledger: Simulator) -> None:
    [data] = export(ledger, number(1), name=True)
    cases = changed_somewhere(data)
    assert len(set(cases.values()) - {data}) == len(cases)
    answers = judged([*cases.values(), data], status_lists(ledger))
    stood = [name for name, answer in zip([*cases, "unchanged"], answers, strict=True) if stands(answer)]
    assert stood == ["unchanged"]


class TestLists:
    """A list that is not as it was signed is no answer: a credential never passes by it."""

    def refused(self, judged: Ask, ledger: Simulator, files: Mapping[str, bytes], now: str = NOW) -> bool:
        [answer] = judged(export(ledger, number(1)), files, now)
        steps = answer["core"]["steps"]
        assert steps["valid_signature"] is True, answer
        return not answer["bazaar"]["verified"] and steps["revocation_status"] is not True

    def test_they_are_good_as_they_are(self, judged: Ask, ledger: Simulator) -> None:
        assert not self.refused(judged, ledger, status_lists(ledger))

    def test_one_that_was_changed(self, judged: Ask, ledger: Simulator) -> None:
        revoked = ledger.copy()
        revoked.event("revoke", number(1))
        path = list_path(DID, "revocation", 0)
        old, new = (json.loads(status_lists(each)[path]) for each in (ledger, revoked))
        new["credentialSubject"] = old["credentialSubject"]  # not revoked, under the signature of another list
        assert self.refused(judged, ledger, {**status_lists(revoked), path: json.dumps(new).encode()})

    def test_one_by_another_key_is_refused_unless_any_issuer_is_allowed(self, judged: Ask, ledger: Simulator) -> None:
        """The organisation's key was not at hand when the site was built: the ledger's key has signed."""
        lists = status_lists(ledger, keys=())
        [told] = judged(export(ledger, number(1)), lists)
        assert not told["bazaar"]["verified"]
        assert any("do not match" in error for error in told["bazaar"]["errors"])
        [told] = judged(export(ledger, number(1)), lists, any_issuer=True)
        assert (stands(told), statuses(told)) == (True, (False, False))

    def test_one_that_is_missing(self, judged: Ask, ledger: Simulator) -> None:
        assert self.refused(judged, ledger, {})

    def test_one_that_is_stale(self, judged: Ask, ledger: Simulator) -> None:
        assert self.refused(judged, ledger, status_lists(ledger), "2026-12-20T02:00:00Z")


@needs_shared
def test_the_w3cs_employment_vector(packages: Path) -> None:
    """It is signed under a context that only its npm package has; the other vector is in tests/unit/crypto."""
    folder = SHARED / "vc-di-eddsa/eddsa-rdfc-2022/employ"
    context = packages / "@digitalbazaar/citizenship-context/contexts/v4rc1.jsonld"
    canonizer = Canonizer({"https://w3id.org/citizenship/v4rc1": json.loads(context.read_text("utf-8"))})
    unsigned = json.loads((SHARED / "vc-di-eddsa/employmentAuth.json").read_text("utf-8"))
    signed = json.loads((folder / "signedDataInt.json").read_text("utf-8"))
    config = json.loads((folder / "proofConfigDataInt.json").read_text("utf-8"))
    assert canonizer.canonize(config) == (folder / "proofCanonDataInt.txt").read_bytes()
    assert canonizer.canonize(unsigned) == (folder / "canonDocDataInt.txt").read_bytes()
    public = check_document(signed, verify, canonize=canonizer.canonize)
    assert f"{format_did_key(public)}#" in signed["proof"]["verificationMethod"]
    signed["credentialSubject"]["birthDate"] = "1999-07-18"
    with pytest.raises(SignatureError):
        check_document(signed, verify, canonize=canonizer.canonize)
