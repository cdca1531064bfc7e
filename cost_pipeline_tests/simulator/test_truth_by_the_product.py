"""The product's own readers find in the simulated deliveries what the simulator says is in them."""

from collections import Counter
from decimal import Decimal

from cost_pipeline.contracts.production import Productions
from cost_pipeline.feeds.all import load_home
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.parse import RowReader, open_rows
from cost_pipeline.simulator.cast import GUILD, NORTHWIND, PAGE_SIZES
from cost_pipeline.simulator.costs import AFTER_VALIDATION
from cost_pipeline.simulator.crew import LATE_MEAL
from cost_pipeline.simulator.demo_home import write_demo_home
from cost_pipeline.simulator.world import DAYS, make_world
from cost_pipeline.validate.chunk import validate_chunk
from cost_pipeline.validate.interpreter import compile_interpreter
from cost_pipeline.validate.state import DeliveryState


def _deliveries(world, home, vendor, day):
    name = vendor.vendor
    if name in {NORTHWIND.name, GUILD.name}:
        count = -(-len(world.costs[name, day]) // PAGE_SIZES[name])
        for number in range(1, count + 1):
            path = home.path / f"{name}-{number}"
            path.write_bytes(world.page(name, day, number, PAGE_SIZES[name]))
            yield path
    else:
        yield from (home.path / vendor.source.path).glob(f"{day}.*")


def test_rows_blank_rows_records_reasons_and_sums_agree(tmp_path):
    world = make_world()
    home = load_home(write_demo_home(tmp_path / "home", "http://127.0.0.1:1", world))
    truth = {(day.vendor, day.pull_date): day for day in world.truth().days}
    for vendor in home.vendors:
        interpreter = compile_interpreter(
            vendor, COST_CONTRACT, home.settings_of(Productions).productions, ()
        )
        # Not DAYS[4]: to know a delivery that came before is the feed's business.
        for day in (DAYS[0], DAYS[2], DAYS[3], DAYS[5], DAYS[6]):
            if (vendor.vendor, day) not in truth:
                assert not list(_deliveries(world, home, vendor, day)), "no work, no cards"
                continue
            rows = blank = records = negative = 0
            reasons: Counter[str] = Counter()
            sums: Counter[str] = Counter()
            for path in _deliveries(world, home, vendor, day):
                reader = open_rows(path, vendor.format)
                assert isinstance(reader, RowReader), reader
                state = DeliveryState()
                for chunk in reader:
                    done = validate_chunk(
                        chunk, interpreter, delivery="0" * 64, pull_date=day, state=state
                    )
                    records += done.records.num_rows
                    for found in done.dead_letters["reasons"].to_pylist():
                        reasons.update(found)
                    for amount, currency in zip(
                        done.records["amount"].to_pylist(),
                        done.records["currency"].to_pylist(),
                        strict=True,
                    ):
                        # A credit is a record; whether it may be posted is ruled on later.
                        negative += amount < 0
                        sums[currency] += max(amount, 0)
                rows += reader.rows
                blank += reader.blank_rows
            expected = truth[vendor.vendor, day]
            where = (vendor.vendor, day)
            assert (rows, blank) == (expected.rows, expected.blank_rows), where
            assert negative == expected.by_reason.get("NEGATIVE_AMOUNT", 0), where
            assert records - negative == expected.records, (where, reasons)
            early = {
                reason: count
                for reason, count in expected.by_reason.items()
                if reason not in {*AFTER_VALIDATION, LATE_MEAL, "NEGATIVE_AMOUNT"}
            }
            assert dict(reasons) == early, where
            if expected.posted == expected.records:
                assert dict(sums) == {
                    currency: Decimal(amount) for currency, amount in expected.amounts.items()
                }
