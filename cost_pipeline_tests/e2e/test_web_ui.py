"""What a data engineer sees and does in Dagster's web UI, with its daemon beside it: through the
same requests that the pages make, and with the runs that they and the sensors launch."""

import pytest

from cost_pipeline.feeds.production.names import LEDGER
from cost_pipeline_tests.e2e.web_ui import WebUi, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

PULLED = "2026-04-08"
CORRECTED, EASTER, NEXT = "2026-04-02", "2026-04-05", "2026-04-07"
"""The last day with rates before Easter, a day that uses them, and the first day with others."""
ROWS = [
    ("R1", CORRECTED, "10.00", "GBP"),
    ("R2", EASTER, "20.00", "GBP"),
    ("R3", EASTER, "30.00", "CAD"),
    ("R4", NEXT, "40.00", "GBP"),
]


@pytest.fixture(scope="module")
def house(make_home, invoices, cli, tmp_path_factory):
    """A home whose one delivery was pulled and posted."""
    home = make_home(tmp_path_factory.mktemp("web") / "home", {"rentals": invoices("rentals")})
    lines = ["id,date,amount,currency", *map(",".join, ROWS)]
    (home / "inbox" / "rentals" / f"{PULLED}.csv").write_text("\n".join(lines) + "\n")
    worked = cli("run", "--pull-dates", PULLED, "--home", home)
    assert worked.code == 0, worked.err
    return home


@pytest.fixture
def ui(house, tmp_path):
    with (tmp_path / "log.txt").open("wb") as out:
        running = WebUi(house, out)
        try:
            yield running
        finally:
            running.stop()


def test_a_corrected_rate_shows_as_unsynced_until_the_sensor_has_repaired_it(
    ui, house, cli, tmp_path
):
    place = ui.located()
    assert ui.materialize(place, CORRECTED, LEDGER) == "SUCCESS"
    days = [CORRECTED, EASTER, NEXT]
    assert ui.unsynced(days) == []

    rates = tmp_path / "rates.csv"
    rates.write_text("currency,rate\nGBP,0.8000\n")
    reason = ("--reason", "mistyped")
    made = cli("fx", "correct", "--date", CORRECTED, "--file", rates, *reason, "--home", house)
    assert made.code == 0, made.err
    shown = set()

    def repaired():
        now = ui.unsynced(days)
        shown.update(now)  # the sensor tells of one date after the other
        return shown and not now

    wait_until(repaired, lambda: shown)
    assert shown == {CORRECTED, EASTER}
    verified = cli("ledger", "verify", "--home", house, "--json").json()
    assert verified["ok"]
    assert verified["postings"] == len(ROWS) + 2 * 2  # both pounds: taken back and posted anew
