"""The declaration of a feed: what one line of business adds to the pipeline that all of them share.

A feed is a value. What is declared here is what the pipeline asks of it; everything else that a
feed does stays in its own package. Functions of a feed are given the session (`S`), which carries
the feed: the type is a parameter because the two know each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic

from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.tables import Shape
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.reasons import ReasonList, ReasonText, catalogue
from cost_pipeline.home.load import Home
from cost_pipeline.lake.lake import Lake
from cost_pipeline.lake.tables import TableSpec
from cost_pipeline.pipeline.declared.assets import Asset, Job, S
from cost_pipeline.pipeline.declared.book import Book
from cost_pipeline.pipeline.declared.checks import Check
from cost_pipeline.pipeline.declared.names import Key, Names
from cost_pipeline.pipeline.declared.reports import Reports
from cost_pipeline.pipeline.declared.views import View


@dataclass(frozen=True, slots=True)
class Feed(Generic[S]):
    """The declaration of one line of business.

    Attributes:
        contract: What its vendor files, settings and rows look like.
        records: The table of its records.
        dead_letters: The table of what happened to its dead letters.
        audited: The tables whose commits the audit log announces.
        choices: The codes of reference data that people may choose for a field, by the home.
        refuse_damaged: Raises an error if the feed's book must not be worked upon, because its end
            is missing; asked before anything is written.
        checks: Its checks, those that every feed has among them (`pipeline/checks.py`).
        reports: Says what became of its rows.
        book: What its records are posted to; None if they are kept and nothing more.
        assets: Returns the assets of its own in a home, its book among them.
        jobs: The jobs of its own.
        owners: The owners of its assets, as Dagster names them.
        prefix: Stands before the names of its jobs, sensors, schedules, steps and pools; its name
            and `_` if None.
        meanings: The meanings of the columns that only its tables have.
        renamed: Keys that assets of its own had before, each with the present one.
        views: What people may ask of it in a notebook or in SQL, beside what every feed shows.
    """

    contract: FeedContract
    records: TableSpec
    dead_letters: TableSpec
    audited: tuple[TableSpec, ...]
    choices: Callable[[Home], Mapping[str, Sequence[str]]] = lambda _home: {}
    refuse_damaged: Callable[[Lake], None] = lambda _lake: None
    checks: tuple[Check[S], ...] = ()
    reports: Reports[S] = field(default_factory=Reports)
    book: Book[S] | None = None
    assets: Callable[[Home], Sequence[Asset[S]]] = lambda _home: ()
    jobs: tuple[Job[S], ...] = ()
    owners: tuple[str, ...] = ()
    prefix: str | None = None
    meanings: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[Key, Key] = field(default_factory=dict)
    views: tuple[View[S], ...] = ()

    @property
    def name(self) -> str:
        """Its name in vendor files, asset keys and stored rows."""
        return self.contract.name

    @property
    def shape(self) -> Shape:
        """The columns of its records."""
        return self.contract.shape

    @property
    def reasons(self) -> ReasonList:
        """Its own reason codes, beside those that all feeds share."""
        return self.contract.reasons

    @property
    def names(self) -> Names:
        """The names of its assets, jobs, sensors and schedules."""
        return Names(self.name, f"{self.name}_" if self.prefix is None else self.prefix)

    @property
    def keys_of_before(self) -> Mapping[Key, Key]:
        """The keys that its assets had before, each with the present one."""
        return {**self.names.renamed, **self.renamed}

    @property
    def measures(self) -> str:
        """What people call several of what its records measure."""
        return self.shape.measure.words if self.shape.measure is not None else "values"

    def words_of(self, check: Check[S]) -> str:
        """Returns what holds while a check is green, in the words of this feed."""
        return check.words.format(Measures=self.measures.capitalize())

    def column_of(self, kind: str, name: str) -> str:
        """Returns the column of the records that holds a field of a kind."""
        packed = self.contract.kinds[kind].packed
        return packed.column if packed is not None and name in packed.fields else name

    def scoped(self, vendor: Vendor) -> dict[str, str | None]:
        """Returns the column of a dead letter that says whose rows a vendor sends, if there is one.

        It is for what concerns a whole delivery: a row may say itself whose it is.
        """
        return {} if self.shape.scope is None else {self.shape.scope: vendor.scope}

    def texts(self) -> Mapping[str, ReasonText]:
        """Returns what each reason code means, those of all feeds among them."""
        return catalogue(self.reasons)
