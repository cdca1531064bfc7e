"""Lakes that earlier versions wrote: they open, verify, go on and verify again.

`lakes/VERSION.tar.gz` is a small home as that version left it: two pull dates of four vendors, with
a bad amount, a key conflict, repeated lines and a purchase order.
"""

import shutil
import tarfile
from pathlib import Path

import pytest

from cost_pipeline.contracts.problems import errors_of
from cost_pipeline.feeds.production.tables import DEAD_LETTERS
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS
from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters

LAKES = sorted((Path(__file__).resolve().parent / "lakes").glob("*.tar.gz"))

MORE = [
    ("R1", "2026-03-31", "10.00", "GBP", "cameras"),
    ("R9", "2026-04-02", "77.70", "GBP", "a crane"),
]


@pytest.fixture(params=LAKES, ids=lambda path: path.name.removesuffix(".tar.gz"))
def house(request, tmp_path, door):
    with tarfile.open(request.param) as archive:
        # Python 3.11.0 to 3.11.3 have no filters, and 3.12 warns where none is given.
        chosen = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(tmp_path, **chosen)  # noqa: S202 - our own archive
    return door.House.existing(tmp_path / "home")


def test_a_lake_of_an_earlier_version_verifies_as_it_is(house, door):
    assert door.unlawful(house.session()) == []


def test_nothing_new_appends_nothing_to_an_earlier_lake(house, door):
    # The home lies in another folder now, so its files are seen at new addresses; nothing else is.
    tables = [table for table in door.TABLES if table is not DELIVERIES]
    before = door.versions(house.session(), tables)
    house.work("2026-04-01", "2026-04-02")
    assert door.versions(house.session(), tables) == before


def test_what_is_refused_for_the_same_reasons_is_not_written_again_by_a_replay(house, door):
    """The errors of this version have codes; a dead letter is the same by its reasons."""
    session = house.session()
    stored = open_dead_letters(session)
    assert {
        error["code"] for text in stored["errors"].to_pylist() for error in errors_of(text)
    } == {None}
    before = door.versions(session, [DEAD_LETTERS])
    for vendor in session.home.vendors:
        house.edit_vendor(vendor.vendor, "[text]", "[text, memo]")
    judged = door.rows_of(session, VALIDATIONS)
    house.work("2026-04-01", "2026-04-02")
    assert len(door.rows_of(house.session(), VALIDATIONS)) == 2 * len(judged)
    assert door.versions(house.session(), [DEAD_LETTERS]) == before
    assert open_dead_letters(house.session()).sort_by("id").equals(stored.sort_by("id"))


def test_an_earlier_lake_goes_on_as_if_this_version_had_written_all_of_it(house, door, tmp_path):
    fresh = door.House(tmp_path / "fresh")
    shutil.copytree(house.root / "inbox", fresh.root / "inbox", dirs_exist_ok=True)
    fresh.work("2026-04-01", "2026-04-02")
    for one in (house, fresh):
        one.drop("rentals", "2026-04-03", MORE)
        one.work("2026-04-03")

    session = house.session()
    assert door.unlawful(session) == []
    assert door.digest(session) == door.digest(fresh.session())
    assert door.open_reasons(session) == door.open_reasons(fresh.session())
