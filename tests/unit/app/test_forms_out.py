"""Forms filled in from the ledger: what it knows, what it leaves out, and what it refuses to say."""

from pathlib import Path

import pytest

from ledger.app.events import record_event
from ledger.app.forms_out import Exported, FormRefused, Wanted, export_form, find_batch, rows_of_batch
from ledger.app.home import HomeError
from ledger.core.encoding import local_date
from ledger.core.errors import RuleError
from ledger.forms.filling import FormValues
from ledger.forms.layouts import load_layout
from ledger.forms.page_reader import FormReading, read_form
from ledger.forms.roster import normal_form, read_roster
from tests.unit.app.world import NOW, PROFILE, PROFILES, SCHOOL, World, people

HEAD = {"filed": "2026-11-20", "held": "2026年11月（测试数据）", "applied": "9", "sources": "本校", "examined": "8"}


def export(world: World, form_id: str, wanted: Wanted, *, listed: int | None = None) -> tuple[Exported, FormReading]:
    layout, path = load_layout(form_id), world.root / f"{form_id}.xlsx"
    done = export_form(path, layout, wanted, world.store, PROFILES, world.keyring)
    return done, read_form(path, layout, listed=listed)


@pytest.mark.domain("H2")
def test_annex_6_of_a_batch_is_the_roster_with_its_numbers(world: World) -> None:
    batch = find_batch(world.store, world.append(people(3)).batch[:8])
    done, _ = export(world, "certificates", Wanted(batch))
    assert (done.rows, done.left_out, done.blank) == (3, 0, [])
    again = read_roster(world.root / "certificates.xlsx", PROFILE, local_date(NOW))
    assert again.findings == []
    rows, _ = rows_of_batch(world.store, world.keyring, batch)
    assert normal_form(again.rows) == normal_form([row._replace(org="", occupation_code="") for row in rows])
    assert [row.code[-6:] for row in again.rows] == ["000001", "000002", "000003"]


@pytest.mark.domain("H2", "G8")
def test_revoked_certificates_and_erased_holders_are_left_out(world: World) -> None:
    done = world.append(people(3))
    record_event(
        *(world.home, world.store, world.keyring, "certificate.revoke", done.first),
        reason="fraud",
        effective=None,
        side="organisation",
        now=world.tick(),
    )
    with world.store.transaction():
        world.store.replace_personal(done.last, person_tag=None, masked=None, sealed=None)
    exported, _ = export(world, "certificates", Wanted(find_batch(world.store, done.batch)))
    assert (exported.rows, exported.left_out) == (1, 2)
    summary, _ = export(world, "summary", Wanted(org=SCHOOL.org, values=FormValues(HEAD)))
    assert (summary.rows, summary.left_out) == (1, 1)


@pytest.mark.domain("H4", "H5")
@pytest.mark.parametrize("form_id", ["roster-shandong", "register-zhejiang"])
def test_the_other_rosters_of_a_batch(world: World, form_id: str) -> None:
    batch = find_batch(world.store, world.append(people(2)).batch)
    done, reading = export(world, form_id, Wanted(batch))
    assert (done.rows, reading.ok) == (2, True)
    row = dict(reading.values.rows[0])
    assert row["sex"] in ("男", "女")
    assert row["code"].startswith(SCHOOL.org)
    assert not row.get("phone")
    assert not row.get("email")


@pytest.mark.domain("H1")
def test_the_summary_counts_by_job_and_level(world: World) -> None:
    done = world.append(people(5))
    wanted = Wanted(find_batch(world.store, done.batch), values=FormValues(HEAD))
    _, reading = export(world, "summary", wanted, listed=5)
    assert reading.findings == []
    assert (reading.values.fields["total"], reading.values.fields["passed"]) == ("5", "5")
    assert sum(int(row["level_3"]) for row in reading.values.rows) == 5
    assert reading.values.fields["unit"] == SCHOOL.name


@pytest.mark.domain("H1")
def test_the_summary_of_a_period(world: World) -> None:
    rows = people(4)
    for row, day in zip(rows, ("2026-10-01", "2026-10-31", "2026-11-01", "2026-11-18"), strict=True):
        row[8] = day
    world.append(rows)
    october = Wanted(org=SCHOOL.org, first="2026-10-01", last="2026-10-31", values=FormValues(HEAD))
    assert export(world, "summary", october)[1].values.fields["passed"] == "2"
    later = Wanted(org=SCHOOL.org, first="2026-11-01", values=FormValues(HEAD))
    assert export(world, "summary", later)[1].values.fields["passed"] == "2"


@pytest.mark.domain("H1", "A13")
def test_a_level_that_annex_5_has_no_column_for_is_refused(world: World) -> None:
    rows = people(1)
    rows[0][6] = "预备技师"
    world.append(rows)
    with pytest.raises(RuleError, match="no column for level 9"):
        export(world, "summary", Wanted(org=SCHOOL.org, values=FormValues(HEAD)))


@pytest.mark.domain("H1")
def test_values_that_contradict_the_ledger_are_refused_and_nothing_is_written(world: World) -> None:
    world.append(people(3))
    with pytest.raises(FormRefused) as raised:
        export(world, "summary", Wanted(org=SCHOOL.org, values=FormValues(HEAD | {"passed": "4"})))
    assert {finding.rule for finding in raised.value.findings} == {"sum.equal", "sum.listed"}
    assert not (world.root / "summary.xlsx").exists()


@pytest.mark.domain("F6")
def test_the_confirmation_of_a_batch(world: World) -> None:
    rows = people(3)
    for row in rows:
        row[4:6] = [SCHOOL.jobs[0][1], SCHOOL.jobs[0][2]]
    batch = find_batch(world.store, world.append(rows).batch)
    done, reading = export(world, "confirmation", Wanted(batch, values=FormValues({"plan": "2026-001"})), listed=3)
    assert (done.blank, reading.findings) == ([], [])
    assert (reading.values.fields["count"], reading.values.fields["org"]) == ("3", SCHOOL.name)


@pytest.mark.domain("B1")
def test_the_receipt_of_an_organisation(world: World) -> None:
    values = FormValues({"legal": "测试人", "day": "2026-01-05"})
    done, reading = export(world, "receipt", Wanted(org=SCHOOL.org, values=values))
    assert (done.blank, reading.findings) == ([], [])
    fields = reading.values.fields
    assert (fields["name"], fields["org"], fields["uscc"]) == (SCHOOL.name, SCHOOL.org, SCHOOL.uscc)
    assert (fields["valid_from"], fields["valid_to"]) == (SCHOOL.valid_from, SCHOOL.valid_to)
    code, name, job, _ = SCHOOL.jobs[0]
    assert f"{code} {name}/{job}：" in fields["scope"]
    assert fields["legal"] == "测试人"


def test_a_form_that_the_ledger_knows_nothing_about_is_made_of_the_values(world: World) -> None:
    done, reading = export(
        world, "scores", Wanted(values=FormValues({"org": "甲"}, ({"name": "张三", "total": "90"},)))
    )
    assert done.rows == 1
    assert "认定计划号" in done.blank
    assert dict(reading.values.rows[0])["total"] == "90"


def test_what_is_not_named_rightly(world: World) -> None:
    with pytest.raises(HomeError, match="no batch begins with ffff"):
        find_batch(world.store, "ffff")
    world.append(people(1))
    world.append(people(2)[1:])
    with pytest.raises(HomeError, match="more than one batch"):
        find_batch(world.store, "")
    assert find_batch(world.store, "last") == world.store.batches()[-1]
    with pytest.raises(HomeError, match="--batch"):
        export(world, "certificates", Wanted())
    with pytest.raises(HomeError, match="--org"):
        export(world, "receipt", Wanted())
    with pytest.raises(HomeError, match="not filed"):
        export(world, "receipt", Wanted(org="S000050000009"))
    assert list(Path(world.root).glob("*.part")) == []
