"""From a date of the ledger to the vendor's bytes, by what the web UI shows; and the story of a
corrected rate, which no later run hides."""

import hashlib
import re
from datetime import date
from typing import NamedTuple

import dagster as dg
import pytest

from cost_pipeline.contracts.production import Rounding
from cost_pipeline.defs.lineage_tables import MADE_FROM
from cost_pipeline.feeds.production.names import CORRECTIONS
from cost_pipeline.feeds.production.rates import correct_rates
from cost_pipeline.feeds.production.tables import LEDGER as POSTINGS
from cost_pipeline.fx.convert import rounded_quotient
from cost_pipeline_tests.defs.conftest import FIRST, FIRST_ROWS, Works
from cost_pipeline_tests.defs.production_keys import LEDGER, SNAPSHOTS, raw_key, records_key
from cost_pipeline_tests.feeds.recomputed import recomputed

DAY = "2026-03-31"
LINK = re.compile(r"\]\((/assets/([^?)]+)(?:\?view=partitions&partition=([\d-]+))?)\)")


class Stages(NamedTuple):
    """What was shown when the dates were posted, when a rate was corrected, when its date was
    repaired, and when that date was posted once more."""

    works: Works
    posted: dict
    corrected: dict
    repaired: dict
    ledger_repaired: dict
    ledger_again: dict
    again: dict


@pytest.fixture(scope="module")
def stages(door, tmp_path_factory):
    root = tmp_path_factory.mktemp("auditor")
    house = door.House(root / "home", ("rentals",))
    house.drop("rentals", FIRST, FIRST_ROWS)
    with dg.DagsterInstance.ephemeral() as instance:
        works = Works(house, instance)
        works.pull(FIRST)
        assert works.post(DAY, FIRST).success
        posted = shown(works, LEDGER, DAY)
        assert works.materialized(dg.AssetKey(CORRECTIONS)) == {}, "there is nothing to tell"
        file = root / "mended.csv"
        file.write_text("currency,rate\nGBP,0.8\n", encoding="utf-8")
        correct_rates(house.session(), date.fromisoformat(DAY), file, "keyed | wrongly")
        works.hand_over()
        corrected = shown(works, dg.AssetKey(CORRECTIONS))
        assert works.post(DAY).success
        repaired, ledger_repaired = (
            shown(works, dg.AssetKey(CORRECTIONS)),
            shown(works, LEDGER, DAY),
        )
        assert works.post(DAY).success
        again, ledger_again = shown(works, dg.AssetKey(CORRECTIONS)), shown(works, LEDGER, DAY)
        yield Stages(works, posted, corrected, repaired, ledger_repaired, ledger_again, again)


def shown(works, key, day=None):
    """Name to what a person reads: rows of a table, or the value."""
    metadata = works.materialized(key)[day].metadata
    return {
        name: [dict(record.data) for record in value.records]
        if isinstance(value, dg.TableMetadataValue)
        else value.value
        for name, value in metadata.items()
    }


def cells(markdown):
    """The rows of a table in Markdown, without its head."""
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    return [re.split(r"(?<!\\) \| ", line[2:-2]) for line in lines[2:]]


def ledger_line(stages, beginning):
    session = stages.works.house.session()
    lines = [x for x in door_lines(session) if x["posting_id"].startswith(beginning.strip("`"))]
    (line,) = lines
    return line


def door_lines(session):
    return session.lake.table(POSTINGS).snapshot().read().to_pylist()


def test_every_posting_is_shown_with_arithmetic_that_gives_it(stages):
    rows = cells(stages.posted["largest_postings"])
    assert len(rows) == 2
    for posting, vendor, _, row, arithmetic in rows:
        line = ledger_line(stages, posting)
        assert (vendor, row) == (line["vendor"], str(line["row"]))
        exact, currency, base, base_currency = recomputed(arithmetic)
        cents = exact * 100
        rounded = rounded_quotient(cents.numerator, cents.denominator, Rounding(line["rounding"]))
        assert (base, base * 100) == (line["base_amount"], rounded)
        assert (currency, base_currency) == (line["original_currency"], line["base_currency"])
    first = rows[0][0].strip("`")
    assert f"`cost-pipeline ledger trace {first}`" in stages.posted["largest_postings"]


def test_the_pinned_rates_say_their_source_day_and_snapshot(stages):
    by_pair = {(row["from"], row["to"]): row for row in stages.posted["rates"]}
    pounds = by_pair["GBP", "USD"]
    assert pounds["largest_of_them"] == "100.00 GBP x 1.1 / 0.85 = 129.41 USD"
    assert pounds["rates"] == "1.1 USD for 1 EUR, 0.85 GBP for 1 EUR"
    told = ("source", "published", "vintage", "rounding", "postings")
    assert [pounds[name] for name in told] == ["ecb", DAY, 1, "half even", 1]
    lines = door_lines(stages.works.house.session())
    line = next(x for x in lines if (x["batch"], x["original_currency"]) == (1, "GBP"))
    assert pounds["snapshot"] == line["snapshot"]


def test_no_link_is_dead(stages):
    graph = stages.works.definitions.resolve_asset_graph()
    texts = [
        *(stage["largest_postings"] for stage in (stages.posted, stages.ledger_again)),
        *(stage["repaired_dates"] for stage in (stages.repaired, stages.again)),
        *(spec.metadata[MADE_FROM].value
          for spec in stages.works.definitions.resolve_all_asset_specs()
          if MADE_FROM in spec.metadata),
    ]  # fmt: skip
    links = [link for text in texts for link in LINK.findall(text)]
    assert len(links) > len(texts), "columns of the ledger and of records have many"
    assert sum(text.count("](") for text in texts) == len(links), "there is no other address"
    for _, path, day in links:
        node = graph.get(dg.AssetKey(path.split("/")))
        if day:
            assert node.partitions_def.has_partition_key(day)
            assert day in stages.works.materialized(node.key), "the page has something to show"


def test_the_page_of_a_delivery_leads_to_its_bytes(stages):
    (_, path, day) = LINK.findall(stages.posted["largest_postings"])[0]
    (delivery,) = shown(stages.works, dg.AssetKey(path.split("/")), day)["deliveries"]
    bytes_ = (stages.works.house.root / delivery["kept_at"]).read_bytes()
    assert delivery["sha256"] == hashlib.sha256(bytes_).hexdigest()
    assert delivery["bytes"] == len(bytes_)
    assert delivery["file"] == f"{FIRST}.csv"
    line = ledger_line(stages, cells(stages.posted["largest_postings"])[0][0])
    assert line["delivery"] == delivery["sha256"]
    assert bytes_.splitlines()[line["row"]].startswith(f'"{line["transaction_id"]}"'.encode())


def test_nothing_that_a_vendor_wrote_is_shown(stages):
    """Descriptions, names of people and ids stay in the lake; a posting is named by its own id."""
    told = str([stages.posted, stages.repaired])
    for _, _, _, _, text in FIRST_ROWS:
        assert text not in told
    assert "R1" not in told


def test_a_corrected_rate_tells_what_waits_and_what_it_will_change(stages):
    (one,) = stages.corrected["corrections"]
    told = ("day", "source", "vintage", "currency", "from", "to", "quoted", "reason")
    expected = [DAY, "ecb", 2, "GBP", "0.85", "0.8", "GBP for 1 EUR", "keyed | wrongly"]
    assert [one[name] for name in told] == expected
    assert stages.corrected["dates_to_repair"] == [DAY]
    assert stages.corrected["state"].startswith("1 transaction date waits to be repaired")
    assert stages.corrected["impact"][0]["difference"] == "8.09"
    assert "no posting was changed" in stages.corrected["repaired_dates"]


def test_a_repair_tells_who_did_it_when_and_by_how_much(stages):
    assert stages.repaired["dates_to_repair"] == []
    assert stages.repaired["state"] == (
        "the ledger follows every correction; the newest one repaired 1 date"
    )
    ((day, postings, before, after, difference, at, run),) = cells(
        stages.repaired["repaired_dates"]
    )
    assert (postings, before, after, difference) == ("1", "129.41 USD", "137.50 USD", "8.09 USD")
    assert f"partition={DAY}" in day
    line = next(
        x for x in door_lines(stages.works.house.session()) if x["cause"] == "fx_correction"
    )
    assert run == f"`{line['run_id'][:8]}`"
    assert at.replace("\\", "") == f"{line['recorded_at']:%Y-%m-%d %H:%M:%S} UTC"
    newest, first = stages.ledger_repaired["batches"]
    assert (newest["batch"], newest["causes"], newest["base_changed_by"]) == (
        2,
        "fx correction",
        "8.09 USD",
    )
    assert (first["batch"], first["posted"], first["reversed"]) == (1, 2, 0)
    assert newest["root"] == line["batch_root"]


def test_a_run_that_appends_nothing_hides_nothing(stages):
    assert stages.ledger_again["posts_appended"] == 0
    for name in ("largest_postings", "rates", "batches"):
        assert stages.ledger_again[name] == stages.ledger_repaired[name]
    assert stages.again == stages.repaired


def test_the_story_does_not_make_the_checks_of_snapshots_look_unevaluated(stages):
    """It is an asset of its own: a materialization of the snapshots would outdate their checks."""
    assert stages.works.materialized(SNAPSHOTS) == {}


def test_columns_are_told_in_a_table_that_people_read(stages):
    specs = {spec.key: spec for spec in stages.works.definitions.resolve_all_asset_specs()}
    posted = specs[LEDGER].metadata[MADE_FROM].value
    (base,) = [row for row in cells(posted) if row[0] == "`base_amount`"]
    assert "amount, currency" in base[1]
    assert "[fx\\/rate\\_snapshots](/assets/fx/rate_snapshots): rate" in base[1]
    (records,) = [key for key in specs if key == records_key("vendor_invoice")]
    named = dict(cells(specs[records].metadata[MADE_FROM].value))
    assert raw_key("rentals").to_user_string().replace("/", "\\/") in named["`amount`"]
