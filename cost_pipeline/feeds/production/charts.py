"""The charts of accounts of a home: which files they are in, and whose costs they are asked about.

Belongs here: what the settings and the vendors have to do with charts. What a chart says of a cost
is `contracts.charts`' matter.
"""

from __future__ import annotations

from collections.abc import Mapping

from cost_pipeline.contracts.charts import chart_of, rules_of
from cost_pipeline.contracts.complaints import Step
from cost_pipeline.contracts.lookups import Table, WrongRow
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.rules import OwnRules
from cost_pipeline.contracts.vendor import Vendor

_Path = tuple[Step, ...]


def files(settings: Productions) -> dict[_Path, str]:
    """Returns the files of charts, by the key that names each."""
    return {
        _path(code): one.chart
        for code, one in settings.productions.items()
        if one.chart is not None
    }


def with_files(
    settings: Productions, tables: Mapping[_Path, Table]
) -> tuple[Productions, list[WrongRow]]:
    """Returns the settings with their charts, and what is wrong with those."""
    wrong: list[WrongRow] = []
    productions = dict(settings.productions)
    for code, one in settings.productions.items():
        table = tables.get(_path(code))
        if table is not None and one.chart is not None:
            chart, own = chart_of(table, one.chart)
            productions[code] = one.charged_by(chart)
            wrong += own
    return settings.model_copy(update={"productions": productions}), wrong


def own_rules(settings: Productions, vendor: Vendor) -> OwnRules:
    """Returns the rule that a vendor's costs are charged to accounts of their chart."""
    several = "production" in vendor.read_from
    return rules_of(
        {
            code: one.accounts
            for code, one in settings.productions.items()
            if one.accounts is not None and (several or code == vendor.scope)
        }
    )


def _path(code: str) -> _Path:
    return ("productions", code, "chart")
