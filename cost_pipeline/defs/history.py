"""Runs of the command line are runs of the code location, as those that the UI starts.

Dagster's pages list a run under its job only if the run says which code location it is of: Timeline
and Jobs leave out the others, and no sensor of the location sees them. A run that a process makes
for itself says nothing of that, so here it does.
"""

from __future__ import annotations

from typing import Any, Final

import dagster as dg

from cost_pipeline.defs.upstream import (
    MAX_RETRIES_TAG,
    SINGLETON_REPOSITORY_NAME,
    ConfigurableClassData,
    InstanceRef,
    RegisteredCodeLocationOrigin,
    RemoteRepositoryOrigin,
)

LOCATION: Final = "cost_pipeline"
"""The name of the code location, as `pyproject.toml` and `workspace.yaml` have it."""
ORIGIN: Final = RemoteRepositoryOrigin(
    RegisteredCodeLocationOrigin(LOCATION), SINGLETON_REPOSITORY_NAME
)


class OwnHistory(dg.DagsterInstance):
    """An instance whose runs are of the code location, whoever makes them.

    The daemon starts failed runs of the location again, and knows a crash by the reason that every
    error gets whose raiser is told of it. Whoever ran a command sees how it ended, and a vendor is
    not asked again behind their back: such a run is never started again by itself.
    """

    def create_run_for_job(self, job_def: dg.JobDefinition, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as Dagster has them
        """Creates a run, as the class above does; its origin is the code location."""
        kwargs["remote_job_origin"] = ORIGIN.get_job_origin(job_def.name)
        kwargs["tags"] = {**(kwargs.get("tags") or {}), MAX_RETRIES_TAG: "0"}
        return super().create_run_for_job(job_def, *args, **kwargs)


def in_own_history(ref: InstanceRef) -> InstanceRef:
    """Returns the reference to an instance whose runs are of the code location.

    A `dagster.yaml` that names a class for its instance is left as it is.
    """
    if ref.custom_instance_class_data is not None:
        return ref
    own = ConfigurableClassData(__name__, OwnHistory.__name__, "{}")
    return ref._replace(custom_instance_class_data=own)
