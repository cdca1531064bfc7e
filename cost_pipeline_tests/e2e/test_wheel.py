"""The wheel: what a user installs, with the reference data inside and nothing of the tests."""

import os
import subprocess
import sys
import zipfile

import pytest

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def wheel(project_root, tmp_path_factory):
    pytest.importorskip(
        "hatchling", reason="the build needs hatchling, which `make setup` installs"
    )
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(  # noqa: S603 - our own build
        [
            sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check",
            "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(project_root),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_the_wheel_holds_the_reference_data_and_the_licence_and_no_tests(wheel, project_root):
    names = zipfile.ZipFile(wheel).namelist()
    reference = project_root / "data" / "reference"
    for file in reference.rglob("*"):
        if file.is_file():
            assert f"cost_pipeline/_reference/{file.relative_to(reference)}" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert not any("tests" in name or name.startswith(("data/", "benchmarks/")) for name in names)


def test_the_program_works_from_the_wheel_alone(wheel, tmp_path):
    # Not from the checkout: unpacked, because a program in a zip has no folder for its data.
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONSAFEPATH": "1"}
    for arguments, words in (
        (("-m", "cost_pipeline", "--help"), "dead-letters"),
        (("-c", "import cost_pipeline.core.reference as r; print(r.__file__)"), str(tmp_path)),
        (("-m", "cost_pipeline", "init", str(tmp_path / "home")), " run --home"),
        (("-m", "cost_pipeline", "fx", "load", "--home", str(tmp_path / "home")), "loaded"),
    ):
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, *arguments],
            env=environment,
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert words in done.stdout
