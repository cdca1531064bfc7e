"""Finds what no single key of the production feed's settings shows: pairs, rate sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cost_pipeline.contracts.complaints import Complaint
from cost_pipeline.contracts.cost_vendor import CostVendor, ReconcileWith
from cost_pipeline.contracts.production import Productions, RateFetch
from cost_pipeline.contracts.rate_sources import PLAIN, published_sources, sources_of
from cost_pipeline.core.text import nearest


def wrong_in_productions(productions: Productions) -> Iterator[Complaint]:
    """Yields productions whose source of rates nobody defines, and sources defined twice."""
    known = sources_of(productions).keys()
    for code, production in productions.productions.items():
        name = production.fx.source
        if name not in known:
            yield Complaint(
                ("productions", code, "fx", "source"),
                f"there is no source of exchange rates `{name}`",
                nearest(name, known),
            )
    for name in productions.fx_sources.keys() & published_sources().keys():
        yield Complaint(
            ("fx_sources", name),
            f"the source `{name}` comes with the product and cannot be defined again",
            "give it another name",
        )
    for name, told in productions.fx_fetch.items():
        yield from _wrong_fetch(name, told, productions)


def _wrong_fetch(name: str, told: RateFetch, productions: Productions) -> Iterator[Complaint]:
    """Yields what is wrong with where rates are to be fetched from."""
    known = sources_of(productions)
    if name not in known:
        yield Complaint(
            ("fx_fetch", name),
            f"there is no source of exchange rates `{name}`",
            nearest(name, known.keys()),
        )
    elif PLAIN in known[name].layouts:
        if told.history is not None:
            yield Complaint(
                ("fx_fetch", name, "history"),
                "files `currency,rate` do not say of which day they are, so there is no history",
                "take `history` out",
            )
        if not told.names_the_day():
            yield Complaint(
                ("fx_fetch", name, "source"),
                "files `currency,rate` do not say of which day they are",
                "name the day in the address, such as `{pull_date:%Y-%m-%d}.csv`",
            )


def wrong_between(vendors: Sequence[CostVendor]) -> Iterator[Complaint]:
    """Yields what is wrong between vendors that are reconciled with each other."""
    known = {vendor.vendor: vendor for vendor in vendors}
    for vendor in vendors:
        if vendor.reconcile_with is not None:
            other = known.get(vendor.reconcile_with.vendor)
            yield from _of_pair(vendor, vendor.reconcile_with, other, sorted(known))


def _of_pair(
    vendor: CostVendor, rule: ReconcileWith, other: CostVendor | None, names: Sequence[str]
) -> Iterator[Complaint]:
    place = ("reconcile_with", "vendor")
    if other is None:
        others = [name for name in names if name != vendor.vendor]
        message = f"there is no vendor `{rule.vendor}`"
        yield Complaint(place, message, nearest(rule.vendor, others), vendor.vendor)
        return
    if other.vendor == vendor.vendor:
        message = "a vendor cannot be reconciled with itself"
        yield Complaint(place, message, "name the other one", vendor.vendor)
        return
    yield from _of_roles(vendor, other)
    for side in (vendor, other):
        yield from _not_given(vendor, rule, side)


def _of_roles(vendor: CostVendor, other: CostVendor) -> Iterator[Complaint]:
    if other.reconcile_with is not None and other.reconcile_with.vendor == vendor.vendor:
        yield Complaint(
            ("reconcile_with",),
            f"`{vendor.vendor}` and `{other.vendor}` name each other",
            "keep `reconcile_with` in one of the two files",
            vendor.vendor,
        )
    if other.record is not vendor.record:
        yield Complaint(
            ("reconcile_with", "vendor"),
            f"`{other.vendor}` has {other.record}s and this vendor {vendor.record}s",
            "the two of a pair must have the same `record`",
            vendor.vendor,
        )
    if vendor.posts and other.posts:
        yield Complaint(
            ("reconcile_with",),
            f"`{vendor.vendor}` and `{other.vendor}` would both post the same costs",
            "write `posts: false` in the file of the one that only serves reconciliation",
            vendor.vendor,
        )


def _not_given(vendor: CostVendor, rule: ReconcileWith, side: CostVendor) -> Iterator[Complaint]:
    # Deliveries of all dates are compared, by whatever settings each was read.
    every = ({*own.read_from, *own.constants, "production"} for _, own in side.in_force)
    given = set.intersection(*every)
    for section, fields in (("key", rule.key), ("fields", rule.fields)):
        for number, name in enumerate(fields):
            path = ("reconcile_with", section, number)
            if name not in given:
                message = f"no column and no constant of `{side.vendor}` gives `{name}`"
                yield Complaint(path, message, nearest(name, given), vendor.vendor)
            elif section == "fields" and name in rule.key and side is vendor:
                message = f"`{name}` is in the key already"
                yield Complaint(path, message, "name it once", vendor.vendor)
