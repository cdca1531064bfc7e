"""What a command says of vendor files that are wrong, when it did its work without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cost_pipeline.core.errors import CostPipelineError, UsageError
from cost_pipeline.core.text import printable

if TYPE_CHECKING:
    from cost_pipeline.home.load import Home
    from cost_pipeline.pipeline.session import Session


def warn_of_wrong_files(home: Home) -> None:
    """Tells on standard error which vendors are read as their files last said."""
    context = click.get_current_context(silent=True)
    if context is not None and context.params.get("as_json"):
        return  # what is asked of a machine is about what is stored; errors are JSON there
    for one in home.wrong:
        click.echo(printable(f"warning: {one.vendor}: {one.words}"), err=True)
    if home.wrong:
        click.echo("  do:    mend it; `cost-pipeline vendors check` shows what is left", err=True)


def refuse_wrong_files(session: Session, besides: CostPipelineError | None = None) -> None:
    """Ends a command that did everything else.

    Args:
        session: The session of the command.
        besides: What else went wrong, which is told with it: an error is one document.

    Raises:
        UsageError: BAD_HOME with every mistake, if a vendor file is wrong.
    """
    from cost_pipeline.pipeline.homes import wrong_files

    if not session.home.wrong:
        return
    error = wrong_files(session.home.wrong)
    more = f"\nbesides: {besides.message} ({besides.where})" if besides is not None else ""
    names = ", ".join(one.vendor for one in session.home.wrong)
    raise UsageError(
        f"{error.message}{more}",
        where=error.where,
        remedy=f"{error.remedy or 'mend it'}. Everything else was done, and nothing was pulled for "
        f"{names}: pull again what is provisional once `cost-pipeline vendors check` is content",
        code=error.code,
    )
