"""What ``dev.py`` says to a newcomer whose Python cannot run contactpoint."""

import ast
import subprocess
import sys

import pytest

from tests.architecture.tree import ROOT

DEV = ROOT / "dev.py"


def started(before):
    """Run ``dev.py setup`` in a Python that some lines have changed; its code and what it said."""
    script = f"import sys\n{before}\nsys.argv = ['dev.py', 'setup']\n"
    script += f"import runpy\nrunpy.run_path({str(DEV)!r}, run_name='__main__')\n"
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    return ran.returncode, ran.stderr


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 13), (3, 14, 0)])
def test_a_python_too_old_or_too_new_is_told_which_would_be_right(version):
    code, said = started(f"sys.version_info = {version}")
    assert code == 1
    assert said.startswith("contactpoint needs Python 3.11, 3.12 or 3.13; this is ")
    assert said.count("\n") == 1


def test_an_old_python_comes_as_far_as_being_told():
    tree = ast.parse(DEV.read_text(), feature_version=(3, 7))
    kinds = [type(node) for node in tree.body]
    told = next(at for at, node in enumerate(tree.body) if "sys.exit" in ast.unparse(node))
    assert kinds.index(ast.FunctionDef) > told


def test_a_python_without_venv_is_told_how_to_get_it():
    code, said = started("sys.modules['ensurepip'] = None")
    assert code == 1
    assert "apt install python3-venv" in said
    assert said.count("\n") == 1
