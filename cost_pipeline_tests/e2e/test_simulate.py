"""`simulate` as a person uses it: one process serves, another pulls."""

import os
import signal
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

ROUGH = "data/samples/recipes/rough_day.yaml"


def test_a_rough_day_is_served_until_ctrl_c_and_pulled_whole(tmp_path, project_root):
    home = tmp_path / "home"
    server = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "cost_pipeline", "simulate", "--home", str(home), "--recipe", ROUGH],
        stdout=subprocess.PIPE,
        text=True,
        cwd=project_root,
    )
    try:
        environment = dict(os.environ)
        assert server.stdout is not None
        for line in server.stdout:
            if "export " in line:
                name, _, value = line.strip().removeprefix("export ").partition("=")
                environment[name] = value
            if "Ctrl-C" in line:
                break
        pulled = subprocess.run(  # noqa: S603 - our own program
            [
                *(sys.executable, "-m", "cost_pipeline", "run", "--home", str(home)),
                *("--pull-dates", "2026-03-31", "--json"),
            ],
            capture_output=True,
            text=True,
            env=environment,
            timeout=120,
            check=False,
        )
        assert pulled.returncode == 0, pulled.stderr
        assert "FETCH_FAILED" not in pulled.stdout
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=20)
        server.stdout.close()
    assert server.returncode == 3
