"""Mutation testing of the check functions and the normalisers: prints the share of mutants that the tests kill.

`make mutants`. Works on a copy, takes some ten minutes on two cores, and ends with status 1 below 90 %.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = "messages normalise checks review assemble programmes outcomes city_lists narrative".split()  # noqa: SIM905
CONFIG = """
[tool.mutmut]
source_paths = ["pipeline/"]
only_mutate = ["pipeline/normalise*.py", "pipeline/checks/*.py"]
also_copy = ["extractors", "fixtures", "pipeline"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "-x", "-q"]
pytest_add_cli_args_test_selection = ["tests"]
"""
WANTED = 0.90


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for package in ("pipeline", "extractors"):
            shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "fixtures" / "expected", copy / "fixtures" / "expected")
        shutil.copytree(ROOT / "tests" / "golden", copy / "tests" / "golden")
        for name in ["conftest", *(f"test_{test}" for test in TESTS)]:
            shutil.copy(ROOT / "tests" / f"{name}.py", copy / "tests")
        (copy / "pyproject.toml").write_text(CONFIG, "utf-8")
        subprocess.run([sys.executable, "-m", "mutmut", "run"], cwd=copy, check=True)
        return report(copy / "mutants")


def report(mutants: Path) -> int:
    """Print killed and survived by module and in all."""
    killed = survived = 0
    for path in sorted(mutants.rglob("*.meta")):
        exits = [code for code in json.loads(path.read_text("utf-8"))["exit_code_by_key"].values() if code is not None]
        alive = exits.count(0)
        killed, survived = killed + len(exits) - alive, survived + alive
        if exits:
            print(f"{path.stem:30} {len(exits):5} mutants, {alive:4} survive")
    share = killed / (killed + survived)
    print(f"{killed} of {killed + survived} mutants killed: {share:.1%}")
    return 0 if share >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
