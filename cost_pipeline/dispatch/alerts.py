"""What is told to a webhook: alerts as values, which of them are new, and the message's body.

Pure. An alert is told when it is red and differs from what was told last; so the same red check is
told once, whoever looks how often, and again when it says something else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from cost_pipeline.core.canonical import digest

Class = Literal["permanent", "transient"]
_MOST: Final = 20
_OPENINGS: Final = {
    "permanent": "to be mended by somebody",
    "transient": "that may pass; a rerun can help",
    "resolved": "well again",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that is red: a check or a run.

    Attributes:
        key: What it is about, the same as long as it is red: `check/...` or `run/...`.
        title: Says to people which check of which asset and partition, or which job.
        message: What it says.
        failure_class: permanent (somebody must mend something) or transient (a rerun can help).
        severity: `ERROR` or `WARN` for a check, `ERROR` for a run.
        run_id: Where to look in the web UI.
    """

    key: str
    title: str
    message: str
    failure_class: Class
    severity: str
    run_id: str

    @property
    def digest(self) -> str:
        """A hash that changes when there is something else to tell."""
        return digest("alert", self.key, self.failure_class, self.severity, self.message)


@dataclass(frozen=True, slots=True)
class Told:
    """What was told last about a key; `digest` is empty if that was that it is well again."""

    title: str
    digest: str


@dataclass(frozen=True, slots=True)
class Telling:
    """One message: its class, the alerts that are new, or the keys that are well again."""

    kind: Literal["permanent", "transient", "resolved"]
    alerts: tuple[Alert, ...] = ()
    over: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """A key that is equal for equal messages: a receiver can drop one that came twice."""
        parts = [alert.digest for alert in self.alerts] + [key for key, _ in self.over]
        return digest("telling", self.kind, *sorted(parts))

    def body(self, home: str, *, text_only: bool) -> dict[str, Any]:
        """Returns the message: `text` for chat tools, the rest for programs."""
        lines = [f"{alert.title}: {alert.message}" for alert in self.alerts]
        lines += [title for _, title in self.over]
        more = [f"... and {len(lines) - _MOST} more"] if len(lines) > _MOST else []
        opening = f"cost_pipeline, {home}: {len(lines)} {_OPENINGS[self.kind]}"
        text = "\n".join([opening, *(f"- {line}" for line in lines[:_MOST]), *more])
        if text_only:
            return {"text": text}
        return {
            "text": text,
            "source": "cost_pipeline",
            "home": home,
            "class": self.kind,
            "alerts": [
                {name: value for name, value in asdict(alert).items() if name != "failure_class"}
                for alert in self.alerts
            ],
            "resolved": [{"key": key, "title": title} for key, title in self.over],
        }


def plan(red: Sequence[Alert], told: Mapping[str, Told], well: Collection[str]) -> list[Telling]:
    """Returns the messages to send.

    Args:
        red: Everything that is red now.
        told: What was told last, by key.
        well: Keys that are known to be well. What is neither red nor well, such as a check whose
            run is under way, is left as it was told.
    """
    fresh = [a for a in red if a.key not in told or told[a.key].digest != a.digest]
    over = tuple(
        (key, was.title) for key, was in sorted(told.items()) if was.digest and key in well
    )
    kinds: tuple[Class, ...] = ("permanent", "transient")
    found = [
        Telling(kind, tuple(a for a in fresh if a.failure_class == kind))
        for kind in kinds
        if any(a.failure_class == kind for a in fresh)
    ]
    return [*found, *([Telling("resolved", over=over)] if over else [])]
