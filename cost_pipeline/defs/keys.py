"""The names that a feed declares, as Dagster takes them."""

from __future__ import annotations

import dagster as dg

from cost_pipeline.pipeline.declared.assets import Dep
from cost_pipeline.pipeline.declared.names import Key


def asset_key(key: Key) -> dg.AssetKey:
    """Returns the asset key of a declared key."""
    return dg.AssetKey(list(key))


def dependency(dep: Dep) -> dg.AssetDep:
    """Returns a declared dependency."""
    mapping = dg.AllPartitionMapping() if dep.whole else None
    return dg.AssetDep(asset_key(dep.key), partition_mapping=mapping)


def selection(*keys: Key) -> dg.AssetSelection:
    """Returns the selection of declared assets and of their checks."""
    return dg.AssetSelection.assets(*(asset_key(key) for key in keys))
