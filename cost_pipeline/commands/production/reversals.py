"""`reversals`: negative rows that a person allows, each against the original that it takes back."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    home_option,
    json_option,
    plain,
    print_json,
)
from cost_pipeline.commands.production.session import open_production
from cost_pipeline.core.people import money

by_option = click.option("--by", metavar="WHO", required=True, help="Who decides; kept for ever.")
reason_option = click.option("--reason", metavar="WORDS", required=True, help="Why; kept for ever.")


@click.group()
def reversals() -> None:
    """Negative amounts that may be posted: approve, list, withdraw."""


@reversals.command(short_help="Allow a refused negative row to reverse an original.")
@click.argument("dead_letter")
@click.option(
    "--reverses",
    metavar="ORIGINAL",
    required=True,
    help="A posting id, a transaction id of the same vendor, or VENDOR/TRANSACTION.",
)
@by_option
@reason_option
@home_option
@json_option
@clear_errors
def approve(
    dead_letter: str,
    reverses: str,
    by: str,
    reason: str,
    home: Path,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Allow the negative row of a DEAD_LETTER (id or fingerprint) to reverse an original.

    Refused at once if the original is not there, not posted, of another production or currency, of
    a closed period, negative itself, or less than what would be taken back.
    """
    from cost_pipeline.feeds.production.reversals import approve as approve_reversal

    act = approve_reversal(open_production(home), dead_letter, reverses, by=by, reason=reason)
    if as_json:
        print_json({name: act[name] for name in ("approval", "dead_letter", "fingerprint")})
        return
    out = console()
    out.print(f"approved: {act['approval'][:16]}")
    out.print("the next `cost-pipeline run` posts it")


@reversals.command("list", short_help="Every approval and what came of it.")
@home_option
@json_option
@clear_errors
def list_(home: Path, as_json: bool) -> None:  # noqa: FBT001
    """List every approval, who gave it and why, and what came of it."""
    from cost_pipeline.feeds.production.reversals import reversals_listed

    rows = reversals_listed(open_production(home))
    if as_json:
        print_json(rows)
        return
    if not rows:
        console().print("no reversal was approved")
        return
    table = columns("approval", "state", "vendor", "transaction", "amount", "", "reverses", "by",
                    numbers=("amount",), middle=("vendor", "reverses"))  # fmt: skip
    for row in rows:
        named = row["reverses"]
        what = named["transaction_id"] or (named["posting"] or "")[:16]
        table.add_row(
            row["approval"][:8],
            row["ruling"] or row["state"],
            row["vendor"],
            row["transaction_id"] or "",
            money(Decimal(row["amount"])) if row["amount"] else "",
            row["currency"] or "",
            what if named["vendor"] == row["vendor"] else f"{named['vendor']}/{what}",
            row["by"],
        )
    out = console()
    out.print(table)
    for row in rows:
        if row["message"]:
            out.print(plain(f"{row['approval'][:8]}: {row['message']}"))


@reversals.command(short_help="Take an approval back; recorded, too.")
@click.argument("approval")
@by_option
@reason_option
@home_option
@json_option
@clear_errors
def withdraw(approval: str, by: str, reason: str, home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Take an APPROVAL back: the next posting takes its posting out of the active ledger."""
    from cost_pipeline.feeds.production.approvals import withdraw as withdraw_approval

    act = withdraw_approval(open_production(home), approval, by=by, reason=reason)
    if as_json:
        print_json({name: act[name] for name in ("approval", "dead_letter", "fingerprint")})
        return
    out = console()
    out.print(f"withdrawn: {act['approval'][:16]}")
    out.print("the next `cost-pipeline run` takes what it allowed out of the active ledger")
