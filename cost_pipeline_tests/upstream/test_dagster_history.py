"""What Dagster's pages ask to list a run on the Timeline and under its job, asked in this process.

The pages leave out a run without `repositoryOrigin`, and ask for the runs of a job by its name and
the code location's label.
"""

from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.events import RunFailureReason
from dagster._core.execution.retries import auto_reexecution_should_retry_run
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster_graphql.schema import create_schema

from cost_pipeline.defs.history import LOCATION, ORIGIN, OwnHistory, in_own_history
from cost_pipeline.defs.upstream import InstanceRef

ROOT = Path(__file__).resolve().parents[2]
TIMELINE = """
    query { runsOrError(filter: {statuses: [SUCCESS]}) { ... on Runs { results {
      pipelineName
      repositoryOrigin { repositoryName repositoryLocationName }
    } } } }"""
OF_A_JOB = """
    query ($job: String!, $label: String!) {
      runsOrError(filter: {
        pipelineName: $job, tags: [{key: ".dagster/repository", value: $label}]
      }) { ... on Runs { results { pipelineName } } }
    }"""


@dg.job(executor_def=dg.in_process_executor)
def quiet():
    dg.op(name="nothing")(lambda: None)()


@dg.job(executor_def=dg.in_process_executor)
def failing():
    dg.op(name="fails")(lambda: 1 // 0)()


@pytest.fixture(params=[True, False], ids=["own history", "Dagster's own"])
def asked(request, tmp_path):
    """Answers to questions about an instance in which a job ran once, and whose it is."""
    ref = InstanceRef.from_dir(str(tmp_path), overrides={"telemetry": {"enabled": False}})
    with dg.DagsterInstance.from_ref(in_own_history(ref) if request.param else ref) as instance:
        assert isinstance(instance, OwnHistory) is request.param
        assert quiet.execute_in_process(instance=instance).success
        with WorkspaceProcessContext(instance, EmptyWorkspaceTarget(), version="") as process:

            def ask(question, **variables):
                found = create_schema().execute(
                    question,
                    context_value=process.create_request_context(),
                    variable_values=variables,
                )
                assert not found.errors, found.errors
                return found.data["runsOrError"]["results"]

            yield request.param, ask


def test_a_run_is_on_the_timeline_and_under_its_job_if_it_says_its_code_location(asked):
    own, ask = asked
    origin = {"repositoryName": "__repository__", "repositoryLocationName": LOCATION}
    assert ask(TIMELINE) == [{"pipelineName": "quiet", "repositoryOrigin": origin if own else None}]
    found = ask(OF_A_JOB, job="quiet", label=ORIGIN.get_label())
    assert found == ([{"pipelineName": "quiet"}] if own else [])


def test_the_daemon_starts_no_failed_run_of_the_command_line_again(tmp_path):
    retries = {"enabled": True, "max_retries": 2, "retry_on_asset_or_op_failure": False}
    ref = InstanceRef.from_dir(str(tmp_path), overrides={"run_retries": retries})
    again = []
    for own in (True, False):
        with dg.DagsterInstance.from_ref(in_own_history(ref) if own else ref) as instance:
            with pytest.raises(ZeroDivisionError):
                failing.execute_in_process(instance=instance)
            (run,) = instance.get_runs(limit=1)
            assert run.status is dg.DagsterRunStatus.FAILURE
            reason = RunFailureReason.RUN_EXCEPTION
            again.append(auto_reexecution_should_retry_run(instance, run, reason))
    assert again == [False, True]


def test_the_location_is_named_as_the_project_and_the_workspace_name_it():
    (one,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    assert one["python_module"]["location_name"] == LOCATION
    assert f'code_location_name = "{LOCATION}"' in (ROOT / "pyproject.toml").read_text()


def test_an_instance_class_that_a_home_names_is_left_as_it_is(tmp_path):
    ref = in_own_history(InstanceRef.from_dir(str(tmp_path)))
    assert in_own_history(ref) is ref
