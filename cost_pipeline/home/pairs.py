"""What is wrong between two vendors that are reconciled with each other. Pure, as `checks` is."""

from __future__ import annotations

from collections.abc import Sequence

from cost_pipeline.contracts.vendor import ReconcileWith, Vendor
from cost_pipeline.home.document import Document
from cost_pipeline.home.explain import nearest


def check_pairs(vendors: list[tuple[Vendor, Document]]) -> None:
    """Note what is wrong between vendors that are reconciled with each other."""
    known = {vendor.vendor: vendor for vendor, _ in vendors}
    for vendor, document in vendors:
        if vendor.reconcile_with is not None:
            other = known.get(vendor.reconcile_with.vendor)
            _check_pair(vendor, vendor.reconcile_with, other, document, sorted(known))


def _check_pair(
    vendor: Vendor,
    rule: ReconcileWith,
    other: Vendor | None,
    document: Document,
    names: Sequence[str],
) -> None:
    place = ("reconcile_with", "vendor")
    if other is None:
        others = [name for name in names if name != vendor.vendor]
        document.complain(
            place, f"there is no vendor `{rule.vendor}`", nearest(rule.vendor, others)
        )
        return
    if other.vendor == vendor.vendor:
        document.complain(place, "a vendor cannot be reconciled with itself", "name the other one")
        return
    _check_roles(vendor, other, document)
    for side in (vendor, other):
        _check_given(rule, side, document)


def _check_roles(vendor: Vendor, other: Vendor, document: Document) -> None:
    if other.reconcile_with is not None and other.reconcile_with.vendor == vendor.vendor:
        document.complain(
            ("reconcile_with",),
            f"`{vendor.vendor}` and `{other.vendor}` name each other",
            "keep `reconcile_with` in one of the two files",
        )
    if other.record is not vendor.record:
        document.complain(
            ("reconcile_with", "vendor"),
            f"`{other.vendor}` has {other.record.value}s and this vendor {vendor.record.value}s",
            "the two of a pair must have the same `record`",
        )
    if vendor.posts and other.posts:
        document.complain(
            ("reconcile_with",),
            f"`{vendor.vendor}` and `{other.vendor}` would both post the same costs",
            "write `posts: false` in the file of the one that only serves reconciliation",
        )


def _check_given(rule: ReconcileWith, side: Vendor, document: Document) -> None:
    given = _given_by(side)
    for section, fields in (("key", rule.key), ("fields", rule.fields)):
        for number, name in enumerate(fields):
            path = ("reconcile_with", section, number)
            if name not in given:
                document.complain(
                    path,
                    f"no column and no constant of `{side.vendor}` gives `{name}`",
                    nearest(name, given),
                )
            elif section == "fields" and name in rule.key and side.reconcile_with is rule:
                document.complain(path, f"`{name}` is in the key already", "name it once")


def _given_by(vendor: Vendor) -> set[str]:
    """The fields of a record that its vendor file gives; those of a pair must be on both sides."""
    return {*vendor.columns, *vendor.constants, "production"}
