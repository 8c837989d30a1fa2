"""What a file is and would run, found without running it."""

from __future__ import annotations

import collections
import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest

from grader.kernel.inspecting import TooLarge, globals_in, is_plain, looked_into


class Harm:
    """Runs a program when it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch harm",)


def zipped(folder: Path, **members: bytes) -> str:
    path = folder / "saved"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"archive/{name.replace('_', '.')}", data)
    return str(path)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_globals_are_named_in_every_protocol(protocol: int) -> None:
    data = pickle.dumps([collections.OrderedDict(), Harm(), Harm()], protocol)
    found = {n.replace("posix.", "os.").replace("nt.", "os.") for n in globals_in(data)}
    assert {"collections.OrderedDict", "os.system"} <= found


def test_a_global_that_a_pickle_works_out_is_told_as_unknown() -> None:
    data = b"\x80\x04(\x8c\x02os\x8c\x06systemt\x85R\x93."
    assert "?" in list(globals_in(data))


def test_nothing_that_is_looked_into_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = zipped(tmp_path, data_pkl=pickle.dumps(Harm()))
    assert looked_into(path, [])["unsafe"] == [f"{os.system.__module__}.system"]
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    ("members", "form"),
    [
        ({"data_pkl": b"}."}, "torch"),
        ({"data_pkl": b"}.", "constants_pkl": b")."}, "script"),
        ({"readme": b"x"}, "unknown"),
    ],
)
def test_the_form_of_a_zip(tmp_path: Path, members: dict[str, bytes], form: str) -> None:
    assert looked_into(zipped(tmp_path, **members), [])["form"] == form


def test_other_forms(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    path.write_bytes((2).to_bytes(8, "little") + b"{}")
    assert looked_into(str(path), [])["form"] == "safetensors"
    path.write_bytes(pickle.dumps({}))
    assert looked_into(str(path), [])["form"] == "pickle"
    path.write_bytes(b"no model")
    with pytest.raises(ValueError, match="no pickle"):
        looked_into(str(path), [])


def test_all_pickles_at_the_beginning_are_read(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    path.write_bytes(pickle.dumps(1) + pickle.dumps(2) + pickle.dumps(Harm()) + b"numbers")
    assert looked_into(str(path), [])["unsafe"] == [f"{os.system.__module__}.system"]


def test_what_becomes_too_large_is_not_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(2**25))
    (tmp_path / "saved").write_bytes(out.getvalue())
    with pytest.raises(TooLarge):
        looked_into(str(tmp_path / "saved"), [])


def test_a_zip_of_very_many_members_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        looked_into(zipped(tmp_path, **{f"m{n}": b"" for n in range(10_001)}), [])


@pytest.mark.parametrize(
    "name",
    ["torch._utils._rebuild_tensor_v2", "collections.OrderedDict", "__main__.Net", "own.Net",
     "numpy.dtype", "numpy.core.multiarray.scalar", "__builtin__.set", "builtins.dict",
     "_codecs.encode", "__torch__.Net", "torch.nn.modules.linear.Linear"],
)  # fmt: skip
def test_what_models_are_made_of_is_plain(name: str) -> None:
    assert is_plain(name, ["own"])


@pytest.mark.parametrize(
    "name",
    ["os.system", "posix.system", "builtins.eval", "builtins.getattr", "__builtin__.exec",
     "subprocess.Popen", "torch.hub.load", "numpy.testing._private.utils.runstring", "?",
     "other.Net", "torchy.x", "functools.reduce", "importlib.import_module"],
)  # fmt: skip
def test_what_no_model_is_made_of_is_not(name: str) -> None:
    assert not is_plain(name, ["own"])
