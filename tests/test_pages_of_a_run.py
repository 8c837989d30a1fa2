"""The pages of hand-ins that really ran, written by the real command."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ID = "00-fundamentals"
PLOT = """import matplotlib.pyplot as plt
from IPython.display import HTML, display
print("\\x1b[31mred\\x1b[0m")
display(HTML("<script>alert(1)</script>"))
plt.plot([1, 2, 3])
plt.show()
1 / 0"""

pytestmark = [pytest.mark.kernel, pytest.mark.slow]


def grader(*words: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "grader", *map(str, words), "--course", str(ROOT)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two samples, one of them with a cell more that plots, displays markup and raises."""
    folder = tmp_path_factory.mktemp("handins")
    for student in ("bo", "eli"):
        shutil.copytree(ROOT / "submissions" / ID / student, folder / student)
    [path] = (folder / "bo").glob("*.ipynb")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"].append({"cell_type": "code", "metadata": {}, "source": PLOT, "outputs": [],
                              "execution_count": None, "id": "last"})  # fmt: skip
    path.write_text(json.dumps(notebook), encoding="utf-8")
    said = grader("grade", folder, "--assignment", ID, "--out", folder / "out")
    assert f"open {folder / 'out' / 'index.html'}" in said
    return folder / "out"


def page(out: Path, name: str) -> str:
    return (out / ID / name).read_text(encoding="utf-8")


def test_findings_stand_at_their_cells_with_the_outputs_of_the_run(out: Path) -> None:
    review = page(out, "bo/review.html")
    [cell] = re.findall(r'id="cell-11">.*?</section>', review, re.DOTALL)
    assert "torch.cuda.manual_seed" in re.sub("<.*?>", "", cell)
    assert "saw <code>42</code>, expected <code>1234</code>" in cell
    [cell] = re.findall(r'id="cell-9">.*?</section>', review, re.DOTALL)
    assert "1.5985" in cell
    for word in ("corroborated", "fenced", "PyTorch", "random generators started at"):
        assert word in review


def test_the_figure_is_in_the_page_and_markup_is_not(out: Path) -> None:
    for name in ("bo/report.html", "bo/review.html"):
        text = page(out, name)
        assert len(re.findall(r'<img src="data:image/png;base64,iVBOR', text)) == 1
        assert "<script>alert" not in text
        assert "\x1b" not in text
        assert "ZeroDivisionError: division by zero" in text
        assert '<span class="look"><i class="n">1</i> / <i class="n">0</i>' in text


def test_what_a_clean_run_does_not_define_is_first_on_the_review(out: Path) -> None:
    review = page(out, "eli/review.html")
    assert review.index("Needs a person") < review.index('id="exercises"')
    assert '<a href="#exercise-7">to the exercise</a>' in review
    assert "gpu_tensor_1" in (out / "index.html").read_text(encoding="utf-8")


def test_all_pages_come_back_from_the_records(out: Path) -> None:
    before = {p: p.read_bytes() for p in out.rglob("*") if p.suffix in (".html", ".csv")}
    assert len(before) == 6
    for path in before:
        path.unlink()
    assert "2 of 2 hand-ins" in grader("report", out)
    assert {p: p.read_bytes() for p in before} == before
