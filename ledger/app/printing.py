"""Printing: certificates as PDF from what is proven, never from what is merely stored.

For each number the public folder is looked up as any verifier would, with all disclosures of the holder. What is
printed are the facts of that report; a number that is not proven valid is not printed. The files the lookup rested on
travel in the PDF as a receipt, with the disclosures, so that the paper can be checked without a network.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

from ledger.app.checking import check_certificate
from ledger.app.compacting import Compacting
from ledger.app.holders import Holder, open_holder
from ledger.app.home import Home, HomeError
from ledger.app.opening import DATA_KEY
from ledger.app.places import FolderPlace, KeptPlace, Place, RecordingPlace
from ledger.app.writing import trust_of_ledger
from ledger.core.compact import format_compact
from ledger.core.disclosure import group_verification_code, private_disclosures
from ledger.core.ed25519 import Verify
from ledger.core.profile import Profile
from ledger.core.receipt import Receipt, format_receipt
from ledger.core.report import GOOD, Report
from ledger.core.subject import subject_hash
from ledger.core.trust import Trust
from ledger.crypto.keyring import Keyring
from ledger.crypto.pynacl_verify import verify
from ledger.crypto.rowseal import RowSealer
from ledger.forms.certificate import STANDARD, TEMPLATE, Paper, Printer
from ledger.forms.photos import find_photo
from ledger.publish.durable import flush_all, write_atomic
from ledger.store import Store

__all__ = [
    "Order",
    "by_shard",
    "make_paper",
    "make_papers",
    "numbers_of_batch",
    "papers_of",
    "print_papers",
    "register_holders",
    "site_link",
]


_AT_ONCE = 32  # certificates that are set together


@dataclass(frozen=True, slots=True)
class Order:
    """How to print: the site's address for links, a template and font files, a folder of photos (`find_photo`).

    `seal` returns a PDF with the issuer's electronic seal. `proof`: the QR code carries record, proof and what is
    shown, besides number and verification code.
    """

    site: str
    fonts: Sequence[Path]
    template: Path = TEMPLATE
    photos: Path | None = None
    proof: bool = False
    seal: Callable[[bytes], bytes] = bytes  # as it is


def numbers_of_batch(store: Store, batch: str) -> list[tuple[str, bool]]:
    """Return the numbers of the batch whose digest begins with `batch`, and whether the holder is still there.

    Raises HomeError if it is not one batch.
    """
    found = [row for row in store.batches() if row.digest.hex().startswith(batch.lower())]
    if len(found) != 1:
        raise HomeError(f"{len(found)} batches begin with {batch}; `ledger status` and the outputs folder name them")
    return [(row.code, row.sealed is not None) for row in store.certificates(found[0].first, found[0].size)]


def by_shard(numbers: Sequence[str]) -> list[str]:
    """Return the numbers in an order in which those of one shard stand together."""
    return sorted(numbers, key=subject_hash)


def make_papers(
    home: Home,
    store: Store,
    keyring: Keyring,
    numbers: Sequence[str],
    profiles: Mapping[str, Profile],
    order: Order,
    *,
    now: int,
) -> Iterator[tuple[str, Paper]]:
    """Yield (profile, paper) for each number of a ledger's own register, in order; raises as `papers_of`.

    Numbers of one shard that stand together (`by_shard`) are made faster.
    """
    holder_of, place = register_holders(store, keyring), FolderPlace(home.public)
    return papers_of(holder_of, place, trust_of_ledger(store), numbers, profiles, order, now=now)


def register_holders(store: Store, keyring: Keyring) -> Callable[[str], Holder]:
    """Return what gives a number's holder from a ledger's own register. It raises HomeError where there is none."""
    sealer = RowSealer(keyring.data_key(DATA_KEY))

    def holder_of(code: str) -> Holder:
        row = store.get_certificate(code)
        if row is None:
            raise HomeError(f"{code} is not a certificate of this ledger")
        if row.sealed is None:
            raise HomeError(f"the holder's data of {code} are not in the register any more")
        return open_holder(sealer, code, row.sealed)

    return holder_of


def papers_of(
    holder_of: Callable[[str], Holder],
    place: Place,
    trust: Trust,
    numbers: Sequence[str],
    profiles: Mapping[str, Profile],
    order: Order,
    *,
    now: int,
) -> Iterator[tuple[str, Paper]]:
    """Yield (profile, paper) for each number, in order. Raises HomeError for one that may not be printed."""
    kept = KeptPlace(place)
    compacting = Compacting(kept, trust) if order.proof else None
    # Whoever prints a batch asks for the same few signatures of head and organisation again and again.
    verify_once = lru_cache(maxsize=1024)(verify)
    for code in numbers:
        holder = holder_of(code)
        report, receipt = _proven(kept, code, holder, trust, profiles, now, verify_once)
        facts = cast("Mapping[str, Any]", report.sections["facts"])
        profile = profiles[facts["profile"]]
        link = site_link(order.site, code, holder.verification_code)
        if compacting is not None:
            link = f"{link}.{format_compact(compacting.make(code, holder))}"
        yield (
            profile.name,
            make_paper(
                report,
                profile,
                {"name": holder.name, "doc_type": holder.doc_type, "doc_no": holder.doc_no},
                verification_code=holder.verification_code,
                site=order.site,
                link=link,
                receipt=receipt,
                photo=_photo(order.photos, code, holder.doc_no),
            ),
        )


def site_link(site: str, code: str, verification_code: str) -> str:
    """Return the address in a plain QR code: everything stands behind the `#`, which no browser sends."""
    return f"{site.rstrip('/')}/#{code}.{verification_code}"


def _proven(
    place: Place,
    code: str,
    holder: Holder,
    trust: Trust,
    profiles: Mapping[str, Profile],
    now: int,
    verify_once: Verify,
) -> tuple[Report, str]:
    recorder = RecordingPlace(place)
    shown = tuple(private_disclosures(holder.verification_code, holder.fields()).values())
    report = check_certificate(
        code, recorder, trust=trust, profiles=profiles, now=now, disclosures=shown, verify=verify_once
    )
    if report.verdict not in GOOD:
        raise HomeError(f"{code} is not printed: its answer is {report.verdict} ({report.reason})")
    return report, format_receipt(Receipt(code, recorder.files, shown)).decode("ascii")


def make_paper(
    report: Report,
    profile: Profile,
    holder: Mapping[str, str],
    *,
    verification_code: str,
    site: str,
    link: str,
    receipt: str,
    photo: bytes | None,
) -> Paper:
    """Return what is set in type: the facts of a report, and name, doc_type and doc_no of the holder."""
    facts = cast("Mapping[str, Any]", report.sections["facts"])
    occupation, level = facts["occupation"], profile.level(facts["level"])
    level_name = level.zh if level else facts["level"]
    kind = profile.document_type(holder["doc_type"])
    job = occupation.get("job") or "——"
    statement = (
        f"本证书由{facts['evaluator']}颁发，表明持证人通过本机构组织的职业技能等级认定，"
        f"具备{occupation['name']}{level_name}相应的技能水平。"
    )
    rows = (
        ("姓名", holder["name"]),
        ("证件类型", kind.zh if kind else holder["doc_type"]),
        ("证件号码", holder["doc_no"]),
        ("职业名称", occupation["name"]),
        ("工种名称", job),
        ("职业技能等级", level_name),
        ("证书编号", report.code),
        ("发证日期", facts["issued"]),
    )
    year, month, day = facts["issued"].split("-")
    return Paper(
        code=report.code,
        statement=statement,
        issuer=facts["evaluator"],
        issued_words=f"{year}年{int(month)}月{int(day)}日",
        site=site,
        rows=rows,
        verification_code=group_verification_code(verification_code),
        link=link,
        receipt=receipt,
        photo=photo,
        dense=link != site_link(site, report.code, verification_code),
    )


def _photo(folder: Path | None, code: str, doc_no: str) -> bytes | None:
    if folder is None:
        return None
    file = find_photo(folder, code, doc_no)
    if file is None:
        raise HomeError(f"{folder} has no photo of {code} (.jpg, .jpeg or .png)")
    return file.read_bytes()


def _some(papers: Iterator[tuple[str, Paper]]) -> Iterator[tuple[str, list[Paper]]]:
    """Yield (profile, papers that are set together), in order."""
    for name, group in groupby(papers, itemgetter(0)):
        while some := [paper for _, paper in islice(group, _AT_ONCE)]:
            yield name, some


def print_papers(
    papers: Iterator[tuple[str, Paper]], profiles: Mapping[str, Profile], order: Order, out: Path, *, one_file: bool
) -> Iterator[tuple[str, Path]]:
    """Write each paper to `out`/NUMBER.pdf, or all of them to `out`/certificates.pdf; yield (number, file).

    Once the iterator has ended they are on the disk. Papers of one file have one layout: HomeError if they are of
    profiles that differ in it.
    """
    out.mkdir(parents=True, exist_ok=True)
    printers: dict[str, Printer] = {}
    together: list[Paper] = []
    written: list[Path] = []
    try:
        for name, some in _some(papers):
            if name not in printers:
                printers[name] = Printer(profiles[name].layout or STANDARD, order.template, order.fonts)
            if one_file:
                together += some
                continue
            for paper, pdf in zip(some, printers[name].print_each(some), strict=True):
                file = out / f"{paper.code}.pdf"
                write_atomic(file, order.seal(pdf), private=True, flush=False)
                written.append(file)
                yield paper.code, file
        if together:
            if len({profiles[name].layout or STANDARD for name in printers}) > 1:
                raise HomeError("certificates of different layouts do not go into one file; leave out --one-file")
            file = out / "certificates.pdf"
            write_atomic(file, order.seal(next(iter(printers.values())).print(together)), private=True)
            yield from ((paper.code, file) for paper in together)
        flush_all(written)
    finally:
        for printer in printers.values():
            printer.close()
