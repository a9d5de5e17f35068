"""Two machines: the authority with a ledger, an organisation with a home of its own, and files carried between them."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from ledger.app.batch import BatchAppended, append_batch
from ledger.app.carried import Carried
from ledger.app.collecting import Collected, collect
from ledger.app.evidence import Piece, Side, record_evidence
from ledger.app.joining import OrganisationHome, join_ledger
from ledger.app.learning import learn
from ledger.app.organisations import file_organisation
from ledger.app.places import FolderPlace
from ledger.app.signing import Signed, sign_roster
from ledger.app.writing import publish, writing
from ledger.core.canonical import Value
from ledger.core.note import Signer, VerifierKey
from ledger.core.published import PublishedList, digest_of_list, format_list
from ledger.core.record import sign_record
from ledger.crypto.keyring import Keyring
from ledger.crypto.sealed import TEST
from ledger.store.holdings import Holdings
from tests.fixtures.forms import write_xlsx
from tests.simulator import PROFILES
from tests.unit.app.courses import Course
from tests.unit.app.world import CONFIG, PASSPHRASE

PROFILE = "cn-chongqing-2020-1"
# What the notices of an evaluation publish: as many masked people as they say.
LISTS = {
    listed: format_list(PublishedList(("name",), (("张**",),) * count, bytes(16)))
    for listed, count in (("candidates", 30), ("results", 28))
}


@dataclass
class Member:
    """An organisation's machine. `carried` is the public folder that it was given last."""

    root: Path
    org: str
    random: Random = field(default_factory=lambda: Random(11))

    @property
    def carried(self) -> Path:
        return self.root / "carried"

    @property
    def path(self) -> Path:
        return self.root / "own"

    def bring(self, public: Path) -> None:
        """Carry the public folder here."""
        shutil.rmtree(self.carried, ignore_errors=True)
        shutil.copytree(public, self.carried)

    def join(self) -> VerifierKey:
        _, keyring = join_ledger(
            self.path, FolderPlace(self.carried), self.org, PASSPHRASE, random=self.random.randbytes, kdf=TEST
        )
        return keyring.signer(self.org).key

    @property
    def home(self) -> OrganisationHome:
        return OrganisationHome.at(self.path)

    @property
    def keyring(self) -> Keyring:
        return self.home.open_keyring(PASSPHRASE, allow_test=True)

    def register(self) -> Holdings:
        return self.home.open_register()

    def sign(
        self,
        rows: list[list[object]],
        now: int,
        *,
        out: str = "batch.txt",
        plan: int | None = None,
        medium: str | None = None,
        issued: str = "",
        instead: str | None = None,
    ) -> tuple[Signed, Path]:
        path = write_xlsx(self.root / "roster.xlsx", rows)
        with self.register() as register:
            signed = sign_roster(
                self.home, register, self.keyring, FolderPlace(self.carried), path, self.root / out, PROFILES,
                now=now, random=self.random.randbytes, plan=plan, medium=medium, issued=issued, instead=instead,
            )  # fmt: skip
        return signed, self.root / out

    def record(self, pieces: list[Piece], now: int, out: str = "evidence.txt") -> Path:
        """Sign evidence into a batch file."""
        home = self.home
        known = learn(FolderPlace(self.carried), home.trust, PROFILES, self.org, seen=home.seen)
        carried = Carried(known, self.org, self.root / out)
        record_evidence(home.as_home(known.disclosure), carried, self.keyring, pieces, PROFILES, now=now)
        return self.root / out

    def collect(self) -> list[Collected]:
        with self.register() as register:
            return collect(self.home, register, self.keyring, FolderPlace(self.carried), PROFILES)


class Authority(Course):
    """The authority's machine: it has no key of the organisation, which is filed with the one that it made itself."""

    def __init__(
        self, root: Path, profile: str = PROFILE, *, required: bool = False, preset: str = "masked", **filed: Value
    ) -> None:
        self.member_root = root / "organisation"
        self.member_root.mkdir(parents=True)
        super().__init__(root / "authority", profile, required, filed, Random(str(root)), preset)

    def file(self, org: str, **changes: Value) -> int:
        """File an organisation by the key that its own machine made when joining."""
        self.member = Member(self.member_root, org)
        self.member.bring(self.home.public)
        key = self.member.join()
        seq = file_organisation(
            self.home, self.store, self.filing(org, **changes), PROFILES, PASSPHRASE,
            now=self.on("2026-09-01"), random=self.random.randbytes, allow_test=True, key=key,
        ).seq  # fmt: skip
        assert org not in self.keyring.sign
        self.member.bring(self.home.public)
        return seq

    def record(self, kind: str, body: Mapping[str, Value], day: str, side: Side = "organisation") -> int:
        """Append one piece of evidence, which the organisation signed on its own machine if it is its own."""
        if side == "registrar":
            return super().record(kind, body, day, side)
        self.hand_back()
        listed = body.get("list")
        data = LISTS[str(listed)] if kind == "notice.open" and listed is not None else None
        changed = dict(body) if data is None else {**body, "digest": digest_of_list(data)}
        done = self.take(self.member.record([Piece(kind, changed, side, data)], self.on(day)), day)
        return int(done.first)

    @property
    def registrar(self) -> Signer:
        return self.keyring.signer(CONFIG.registrar)

    def say(self, kind: str, /, **body: Value) -> int:
        """Write a record of the registrar into the ledger, whatever it says."""
        log = self.keyring.signer(CONFIG.origin)
        with writing(self.home, self.store, log, self.on("2026-09-02"), 2) as draft:
            seq = draft.add(sign_record(kind, body, self.registrar))
        publish(self.home, self.store)
        self.hand_back()
        return seq

    def take(self, batch: Path, day: str = "2026-10-23") -> BatchAppended:
        """Append a batch file."""
        return append_batch(self.home, self.store, self.keyring, batch, PROFILES, now=self.on(day))

    def hand_back(self) -> None:
        """Give the organisation the public folder."""
        self.member.bring(self.home.public)
