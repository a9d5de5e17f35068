"""Freeze the ledgers of the case tables as data: python tests/vectors/ledger_vectors.py [--check].

Byte for byte the same whenever it runs: keys are derived from their names, times are fixed, nothing is random. With
--check nothing is written; the exit code is 1 if a file differs, is missing or is not made here.
"""

import json
import sys
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from ledger.app.auditing import audit_place  # noqa: E402 - after the path
from ledger.app.places import MemoryPlace  # noqa: E402 - after the path
from ledger.core.checklist import Absent  # noqa: E402 - after the path
from ledger.core.digest import sha256  # noqa: E402 - after the path
from ledger.core.trust import format_trust  # noqa: E402 - after the path
from tests.simulator import PROFILES, look_up  # noqa: E402 - after the path
from tests.vectors.audit_cases import AUDITS, DOUBTS, WARNED, Audited  # noqa: E402 - after the path
from tests.vectors.breach_cases import ADVISED, BREACHES, UNDECIDED  # noqa: E402 - after the path
from tests.vectors.ledger_cases import CASES, SOUND, Case  # noqa: E402 - after the path
from tests.vectors.ledger_runner import outcome  # noqa: E402 - after the path

AUDITED = [*AUDITS, *WARNED, *DOUBTS, *BREACHES, *ADVISED, *UNDECIDED]
INLINE = 1000  # bytes; longer files stand in the pool, once each

README = """\
# 冻结的账本 · Frozen ledgers

由 `ledger_vectors.py` 逐字节生成；`lookup/` 由 `ledger_runner.py` 在本机和浏览器中以同一份代码运行，
`audit/` 由审计运行。每个文件是一本小账本，只有一处缺陷，文件名就是缺陷。

Made byte for byte by `python tests/vectors/ledger_vectors.py` (`--check` compares only). Each file is a small ledger
with one defect and is named for it. All keys are TEST keys, derived from their names; nobody in them is real.

`lookup/<name>.json`, one verification:

| member | |
|---|---|
| `code` `now` `trust` | the number, the verifier's clock (unix seconds), the text of trust.json |
| `seen` | the checkpoint note remembered from last time, or empty |
| `known` | the text of the trust.json remembered from last time, if one was |
| `disclosures` | what the holder shows |
| `files` | every file that is asked for, by its path below public/ |
| `expect` | `verdict`, `reason`, and `steps`: state and reason of every step that is reached |

`audit/<name>.json`, one audit: `trust`, all `files` of the folder, and `expect`: `verdict`, `findings` and `warnings`
as [rule, where], sorted.

A file is `{"text": …}`, `{"base64": …}`, `{"pool": name}` (a file of `pool/`), or `{"absent": "missing"}` or
`{"absent": "unreachable"}`.

"""


class Pool:
    """Files that stand once, named by the beginning of their SHA-256."""

    def __init__(self) -> None:
        self.files: dict[Path, bytes] = {}

    def listed(self, files: Mapping[str, bytes | Absent]) -> dict[str, dict[str, str]]:
        return {path: self.value(data) for path, data in files.items()}

    def value(self, data: bytes | Absent) -> dict[str, str]:
        if isinstance(data, Absent):
            return {"absent": data.value}
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = None
        if len(data) > INLINE:
            name = sha256(data).hex()[:16] + (".bin" if text is None else ".txt")
            self.files[Path("pool") / name] = data
            return {"pool": name}
        return {"base64": b64encode(data).decode()} if text is None else {"text": text}


def lookup_vector(case: Case, pool: Pool) -> dict[str, Any]:
    s = case.make()
    asked: list[tuple[str, ...]] = []
    report = look_up(
        *(s.files, s.code, s.trust),
        now=s.now,
        seen=s.seen,
        known=s.known,
        disclosures=s.disclosures,
        asked=asked,
    )
    paths = [path for one in asked for path in one]
    return {
        **({} if s.known is None else {"known": format_trust(s.known).decode()}),
        "code": s.code,
        "comment": case.comment,
        "disclosures": list(s.disclosures),
        "expect": outcome(report),
        "files": pool.listed({path: s.files.get(path, Absent.MISSING) for path in paths}),
        "now": s.now,
        "seen": (s.seen or b"").decode(),
        "trust": format_trust(s.trust).decode(),
    }


def audit_vector(case: Audited, pool: Pool) -> dict[str, Any]:
    folder = case.make()
    there = {path: data for path, data in folder.files.items() if data is not Absent.MISSING}
    found = audit_place(MemoryPlace(there), folder.trust, PROFILES)
    return {
        "comment": case.comment,
        "expect": {
            "findings": sorted([finding.rule, finding.where] for finding in found.findings),
            "verdict": found.verdict,
            "warnings": sorted([finding.rule, finding.where] for finding in found.warnings),
        },
        "files": pool.listed(there),
        "trust": format_trust(folder.trust).decode(),
    }


def all_files() -> dict[Path, bytes]:
    """Every generated file, path relative to ledger/ to bytes."""
    pool = Pool()
    vectors: dict[Path, dict[str, Any]] = {}
    readme = [README]
    for area, cases in (("lookup", [*SOUND, *CASES]), ("audit", AUDITED)):
        readme.append(f"## {area}\n\n")
        for case in cases:
            made = lookup_vector(case, pool) if isinstance(case, Case) else audit_vector(case, pool)
            path = Path(area) / f"{case.name}.json"
            if path in vectors:
                raise ValueError(f"{path}: made twice")
            vectors[path] = made
            verdict = made["expect"]["verdict"]
            reason = case.reason if isinstance(case, Case) else case.rule
            readme.append(
                f"- `{case.name}` ({verdict if verdict == reason else f'{verdict}: {reason}'}): {case.comment}\n"
            )
        readme.append("\n")
    files = {
        path: (json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
        for path, made in vectors.items()
    }
    return {**files, **pool.files, Path("README.md"): "".join(readme).rstrip("\n").encode() + b"\n"}


def main(arguments: list[str]) -> int:
    folder = HERE / "ledger"
    files = all_files()
    present = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    stale = sorted(present - files.keys())
    changed = sorted(p for p, data in files.items() if p not in present or (folder / p).read_bytes() != data)
    if "--check" in arguments:
        for path in [*changed, *stale]:
            print(f"ledger/{path}: not as generated; run: python tests/vectors/ledger_vectors.py", file=sys.stderr)
        return 1 if changed or stale else 0
    for path in stale:
        (folder / path).unlink()
    for path in changed:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(files[path])
    print(f"{len(files) - 1} files, {len(changed)} written, {len(stale)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
