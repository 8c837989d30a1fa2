"""What reaches for the grader is noticed, and what students of the course write is not."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.machinery import ATTRIBUTES
from grader.notebook import Cell, Notebook, Unreadable, parse_notebook
from grader.origins import Origins
from grader.reaching import doubts, reaching

ROOT = Path(__file__).parents[1]
HOSTILE = {"segfault", "junk-on-the-wire", "torch-bound-anew"}


def found(*sources: str) -> list[str]:
    """What some cells reach for."""
    return [r.what for r in reaching(Cell(i, "code", s) for i, s in enumerate(sources))]


HONEST = [
    "max = 3\nmin = 2\nlist = [1]\nsum = torch.rand(3)\nprint(max, min)",
    "import gc\ngc.collect()\ntorch.cuda.empty_cache()",
    "torch.manual_seed = 7",
    "SEED = 42\ntorch.manual_seed = SEED\ntorch.cuda.manual_seed = -1",
    "import numpy as np\nnp.random.seed = 42\nnp.bool = bool\nnp.object = object",
    "torch.cuda.manual_seed = torch.manual_seed(7)\ntorch.rand = torch.rand(7, 7)",
    "x = torch.rand(3)\ntorch.max = torch.max(x)",
    "import IPython, threading\nprint(IPython.__version__, threading.__name__)",
    "root = 'data'\nopen(root + '/proc/x')\nopen(f'{root}/proc/{root}')\nopen('data/proc')",
    "models = [nn.Linear, nn.Conv2d]\nmodels[0] = nn.Linear(2, 3)\nd = {'a': torch}\nd['a'] = f",
    "def train(model, loss_fn, opt):\n    model.best = loss_fn()\ntrain(net, nn.L1Loss, opt=SGD)",
    "torch.set_printoptions(precision=2)\ntorch.set_default_device('cuda')",
    "torch.backends.cudnn.benchmark = use_it()\ntorch.backends.cuda.matmul.allow_tf32 = flag()",
    "torch._dynamo.config.suppress_errors = bool(1)\ntorch._dynamo.reset()",
    "old = torch.load\ntorch.load = lambda *a, **k: old(*a, weights_only=False, **k)",
    "import ctypes\nimport inspect, signal, zmq, marshal, atexit",
    "from zmq import device\ndevice = 'cuda' if torch.cuda.is_available() else 'cpu'\nx.to(device)",
    "from inspect import stack\nfrom torch import stack\nstack = torch.stack([x, x])",
    "from torch._C import device, dtype\nx = torch.rand(2, device=device('cpu'))",
    "model.eval()\ncompiled = torch.compile(model)\neval(model)",
    "def eval(model):\n    model.eval()\neval(model_0)",
    "for i in range(3):\n    print(eval(f'model_{i}'))",
    "exec(open('helper_functions.py').read())",
    "code = 'x = 1\\nprint(x)'\nexec(code)",
    "optimizer = getattr(torch.optim, name)(model.parameters())\nf = getattr(models, 'resnet18')",
    "dtype = getattr(torch, name)\nsetattr(model, name, layer)\nsetattr(args, k, v)",
    "print(model.__class__.__name__, torch.__version__, vars(args), obj.__dict__, A.__mro__)",
    "if 'google.colab' in sys.modules:\n    pass\ndel sys.modules['going_modular']",
    "import importlib, sys\nimportlib.reload(sys.modules['helper'])\nprint(sys.modules.keys())",
    "for m in list(sys.modules):\n    if m.startswith('going'):\n        del sys.modules[m]",
    "import sys, six\nsys.modules['sklearn.externals.six'] = six",
    "sys.stdout = io.StringIO()\nsys.path.append('..')\nsys.exit()\nsys.argv = ['']",
    "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n%config InlineBackend.x = 'y'",
    "get_ipython().run_line_magic('matplotlib', 'inline')\nget_ipython().system('pip install x')",
    "print('google.colab' in str(get_ipython()), get_ipython().__class__.__name__)",
    "from IPython.core.interactiveshell import InteractiveShell\n"
    "InteractiveShell.ast_node_interactivity = 'all'",
    "import IPython\napp = IPython.Application.instance()\napp.kernel.do_shutdown(True)",
    "import os\nos._exit(0)\nos.kill(os.getpid(), 9)",
    "df.to_csv('grades.csv')",
    "!cat /proc/cpuinfo\n!cat /proc/meminfo\n!ls /proc/driver/nvidia",
    "import pickle, zlib\ndata = pickle.loads(zlib.decompress(zlib.compress(pickle.dumps(df))))",
    "import base64\nimage = base64.b64decode(text)\nchr(65) + ''.join(reversed('ab'))",
    "class A(nn.Module):\n    def __eq__(self, other):\n        return self.x == other.x",
    "class Net(torch.nn.Module):\n    def forward(self, x):\n        return x[:, ::-1]",
    "class D(torch.utils.data.Dataset):\n    def __getitem__(self, i):\n        return i",
    "model.fc = nn.Linear(2, 3)\nmodel.classifier[0] = nn.Linear(2, 3)\nself.forward = f",
    "hook = model.register_forward_hook(lambda m, i, o: print(o.shape))\nhook.remove()",
    "from multiprocessing.pool import ThreadPool\nimport threading\nthreading.Thread(target=f)",
    "from scipy import signal\nsignal.convolve(a, b)",
    "import inspect\nprint(inspect.getsource(model.forward), inspect.signature(f))",
    "import timeit\ntimeit.timeit('x.sum()', globals=globals())\n%timeit x.sum()",
    "import traceback\ntry:\n    f()\nexcept Exception:\n    traceback.print_exc()",
    "%%writefile going_modular/engine.py\nimport torch\n\ndef train(): ...",
    "%%bash\ncat /etc/os-release\nps aux",
    "print(arr.__array_interface__['data'][0] == t.data_ptr())",
    "x = arr.ctypes.data\nt.data_ptr()\nt.data = t.data * 2",
    "my.observer = 1\nself._observer = None\nsystem.get('frames')",
    "this is prose, (and no Python",
    "globals()[f'model_{i}'] = 1\nprint(globals()['model_1'])",
    "torch.classes.__path__ = [os.path.join(torch.__path__[0], torch.classes.__file__)]",
    "class A(torch.utils.data.Dataset):\n    def __reduce__(self):\n"
    "        return super().__reduce__()",
    "import pdb\npdb.set_trace()\nbreakpoint()",
    "match layer:\n    case nn.Linear(in_features=n): print(n)\n    case {'name': name}: ...",
    "print('{0.shape} {m.training}'.format(x, m=model), 'closure: {}'.format(f))",
    "handle = layer.register_forward_hook(f)\nhandle.remove()\nlayer._forward_hooks.clear()",
    "import copy\ncopy.deepcopy(model, {})\nimport pickle\npickle.dumps(model)",
    "def f(x):\n    '''Returns gi_frame of nothing: prose, with f_back in it.'''",
]

TELLING = [
    ("import sys\nsys._getframe()", "_getframe"),
    ("from sys import _getframe as g\nf = 1", "sys._getframe"),
    ("import sys\ngetattr(sys, '_get' + 'frame')()", "_getframe"),
    ("import sys\nn = ''.join(['_get', 'frame'])\ngetattr(sys, n)()", "_getframe"),
    ("import sys as s\ngetattr(s, name())(0)", "getattr(sys, ...)"),
    ("import inspect as i\nframes = i.stack()", "inspect.stack"),
    ("import inspect\ninspect.currentframe().f_back", "currentframe"),
    ("def g(): yield\ng().gi_frame.f_globals", "gi_frame"),
    ("try:\n    1/0\nexcept Exception as e:\n    f = e.__traceback__.tb_frame", "tb_frame"),
    ("from operator import attrgetter\nattrgetter('tb_frame.f_back')(t)", "tb_frame"),
    ("import gc\nfor o in gc.get_objects(): pass", "get_objects"),
    ("import gc\nvars(gc)['get_' 'objects']()", "get_objects"),
    ("m = __import__('g' + 'c')\nm.get_referrers(x)", "get_referrers"),
    ("import importlib\nimportlib.import_module('ctypes').memmove(1, 2, 3)", "ctypes.memmove"),
    ("import ctypes\nctypes.pythonapi.PyGC_Disable()", "ctypes.pythonapi.PyGC_Disable"),
    ("from ctypes import *\nmemmove(a, b, 1)", "ctypes.*"),
    ("from ctypes import memmove\nmemmove = memmove\nmemmove(a, b, 1)", "ctypes.memmove"),
    ("import sys\nsys.modules['ctypes'].string_at(0)", "ctypes.string_at"),
    ("import sys\nsys.modules[name()].rand", "sys.modules[...]"),
    ("import sys\nsys.modules['torch'] = mine", "sys.modules[...] = ..."),
    ("import _observer.recorder", "_observer.recorder"),
    ("import sys\nsys.modules['_observer.launch']", "_observer"),
    ("print.__self__.open = f", "__self__"),
    ("object.__subclasses__()", "__subclasses__"),
    ("f.__globals__['x'] = 1", "__globals__"),
    ("f.__closure__[0].cell_contents = 1", "__closure__"),
    ("f.__code__ = g.__code__", "__code__"),
    ("get_ipython().kernel.session.send(s, 'evidence_reply', {})",
     "get_ipython().kernel.session.send"),
    ("ip = get_ipython()\nip.events.callbacks.clear()", "get_ipython().events.callbacks.clear"),
    ("ip = get_ipython()\nip.ast_transformers.append(t)", "ast_transformers"),
    ("globals()['get_ipython']().display_pub.publish = f", "display_pub"),
    ("from IPython.core.interactiveshell import InteractiveShell\n"
     "InteractiveShell.showtraceback = lambda *a, **k: None",
     "IPython.core.interactiveshell.InteractiveShell.showtraceback = ..."),
    ("from IPython.core.interactiveshell import InteractiveShell\n"
     "InteractiveShell.instance().kernel", "get_ipython().kernel"),
    ("import zmq\nc = zmq.Context()", "zmq.Context"),
    ("from ipykernel.kernelapp import IPKernelApp as K\nK.launch_instance()",
     "ipykernel.kernelapp.IPKernelApp.launch_instance"),
    ("import torch\ntorch.overrides._get_current_function_mode_stack()",
     "_get_current_function_mode_stack"),
    ("from torch.overrides import TorchFunctionMode\nclass M(TorchFunctionMode): pass",
     "torch.overrides.TorchFunctionMode"),
    ("import torch\nwith torch._C.DisableTorchFunction(): pass", "DisableTorchFunction"),
    ("import torch\ntorch._C._VariableFunctions.rand(3)", "torch._C._VariableFunctions.rand"),
    ("import torch\ntorch.rand = lambda *a: x", "torch.rand = ..."),
    ("import torch as t\ndef mine(s): ...\nt.manual_seed = mine", "torch.manual_seed = ..."),
    ("from torch import Tensor\nTensor.__matmul__ = f", "torch.Tensor.__matmul__ = ..."),
    ("import torch\nT = torch.Tensor\nT.tolist = f", "torch.Tensor.tolist = ..."),
    ("import torch\nsetattr(torch, 'ra' + 'nd', f)", "torch.rand = ..."),
    ("import torch\ntorch.cuda.is_available = lambda: True", "torch.cuda.is_available = ..."),
    ("import torch\ntorch.__setattr__('rand', f)", "torch.rand = ..."),
    ("import torch\nobject.__setattr__(torch, 'rand', f)", "torch.rand = ..."),
    ("import torch\nfor torch.rand in [f]: pass", "torch.rand = ..."),
    ("import torch\nm = [0, torch]\nm[1].rand = f", "torch.rand = ..."),
    ("import torch\nfor m in (torch,): m.rand = f", "torch.rand = ..."),
    ("import torch\ndef change(m): m.rand = f\nchange(torch)", "torch.rand = ..."),
    ("import torch\nset_it = lambda m, n: setattr(m, n, f)\nset_it(n='rand', m=torch)",
     "torch.rand = ..."),
    ("import sys\nsys.modules.get('torch').rand = f", "torch.rand = ..."),
    ("exec('torch.ra' + 'nd = f')", "torch.rand = ..."),
    ("def look(ip): return ip.kernel\nlook(get_ipython())", "get_ipython().kernel"),
    ("get_ipython().config['IPKernelApp']['connection_file']", "connection_file"),
    ("import os\nos.write(7, b'x')", "os.write"),
    ("import torch\ntorch.__dict__['rand'] = f", "torch.__dict__"),
    ("import torch\nvars(torch)['rand'] = f", "torch.rand = ..."),
    ("import torch\nvars(torch).update(rand=f)", "vars(torch)"),
    ("import builtins\nbuiltins.print = f", "builtins.print = ..."),
    ("__builtins__.print = f", "builtins.print = ..."),
    ("from unittest import mock\nmock.patch('torch.rand', f).start()", "unittest.mock.patch"),
    ("class T(torch.Tensor):\n    def tolist(self): return [1]", "a kind of tensor of its own"),
    ("T = type('T', (torch.Tensor,), {'tolist': f})", "a kind of tensor of its own"),
    ("class T:\n    @classmethod\n    def __torch_function__(c, *a): ...", "__torch_function__"),
    ("class Yes(int):\n    def __eq__(self, o):\n        return True",
     "an object that equals everything"),
    ("import base64\nexec(base64.b64decode('cHJpbnQ='))", "text that is decoded and executed"),
    ("s = bytes.fromhex('70').decode()\nexec(s)", "text that is decoded and executed"),
    ("def d(n):\n    return ''.join(chr(c) for c in n)\neval(d([49]))",
     "text that is decoded and executed"),
    ("exec('tnirp'[::-1])", "text that is decoded and executed"),
    ("exec('import gc; gc.get_' + 'objects()')", "get_objects"),
    ("eval('__import__(\"sys\")._getframe()')", "_getframe"),
    ("exec = exec\nexec('f.__globals__')", "__globals__"),
    ("import base64\ngetattr(x, base64.b64decode(b).decode())", "an attribute with a decoded name"),
    ("import marshal\nmarshal.loads(b)", "marshal.loads"),
    ("import sys\nsys.settrace(f)", "sys.settrace"),
    ("import sys\nsys.addaudithook(f)", "addaudithook"),
    ("import os\nos.register_at_fork(before=f)", "register_at_fork"),
    ("import threading\nthreading._shutdown()", "threading._shutdown"),
    ("import atexit\natexit.register(f)", "atexit.register"),
    ("import signal\nsignal.signal(2, f)", "signal.signal"),
    ("import os\nif os.fork(): pass", "os.fork"),
    ("import os\nopen('grade.json', 'w').write('{}')\nos._exit(0)",
     "os._exit beside a result file"),
    ("open('/proc/self/mem', 'wb')", "/proc/self"),
    ("import os\nopen(f'/proc/{os.getppid()}/environ')", "/proc/"),
    ("open('/proc/' + str(pid) + '/mem')", "/proc/"),
    ("import torch\ntorch.rand = torch.compile(f)", "torch.rand = ..."),
    ("import torch\nf = lambda *a: x\ntorch.rand = f", "torch.rand = ..."),
    ("!cat /proc/1/environ", "/proc/1"),
    ("%%time\nimport gc\ngc.get_objects()", "get_objects"),
    ("%%writefile a.py\nimport sys\nsys._getframe()", "_getframe"),
    ("%time f.__globals__", "__globals__"),
    ("%%check\nf.__globals__", "__globals__"),
    ("get_ipython().run_cell('f.__globals__')", "__globals__"),
    ("import torch.optim.optimizer as o\nfor h in o._global_optimizer_post_hooks.values(): ...",
     "_global_optimizer_post_hooks"),
    ("vars(torch.nn.modules.module)['_global_forward_' + 'hooks']", "_global_forward_hooks"),
    ("owner = hook.__reduce__()[1][0]", "__reduce__"),
    ("import operator\noperator.methodcaller('__reduce_ex__', 4)(hook)", "__reduce_ex__"),
    ("import copyreg\ncopyreg.__reduce_ex__(hook, 2)", "__reduce_ex__"),
    ("class P(pickle.Pickler):\n    def persistent_id(self, x): seen.append(x)", "persistent_id"),
    ("match hook:\n    case M(__self__=owner): ...", "__self__"),
    ("'{0.__self__}'.format(hook)", "__self__"),
    ("'{hook.__closure__[0].cell_contents}'.format(hook=f)", "__closure__"),
    ("import string\nstring.Formatter().get_field('0.__self__', [hook], {})", "__self__"),
    ("import weakref\nweakref.getweakrefs(x)[0].__callback__", "getweakrefs"),
    ("import traceback\nfor f, n in traceback.walk_tb(t): ...", "traceback.walk_tb"),
    ("import pdb\np = pdb.Pdb()\np.cmdqueue = ['up']", "cmdqueue"),
    ("import threading\nthreading.setprofile_all_threads(f)",
     "threading.setprofile_all_threads"),
    ("import numpy as np\nnp.lib.stride_tricks.as_strided(a, (9,), (8,))",
     "numpy.lib.stride_tricks.as_strided"),
    ("vars(torch._C)['x']", "vars(torch._C)"),
    ("class A:\n    __array_interface__ = {'data': (id(f), False)}", "__array_interface__ = ..."),
    ("class A:\n    @property\n    def __array_struct__(self): ...", "__array_struct__"),
    ("a.__array_interface__ = d", "__array_interface__ = ..."),
    ("type('A', (), {'__array_' + 'interface__': d})", "__array_interface__"),
    ("import torch.utils.cpp_extension as e\ne.load_inline('x', 'y')",
     "torch.utils.cpp_extension.load_inline"),
]  # fmt: skip


@pytest.mark.parametrize("source", HONEST)
def test_what_students_write_is_ordinary(source: str) -> None:
    assert found("import torch\nfrom torch import nn\nimport os, sys", source) == []


@pytest.mark.parametrize(("source", "what"), TELLING)
def test_what_reaches_for_the_grader_is_found(source: str, what: str) -> None:
    assert what in found(source)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(HONEST), min_size=2, max_size=12, unique=True))
def test_honest_cells_stay_ordinary_together(sources: list[str]) -> None:
    assert found("import torch\nfrom torch import nn\nimport os, sys", *sources) == []


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(ATTRIBUTES)), st.data())
def test_a_name_in_pieces_is_put_together(name: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(name)))
    assert name in found(f"a = {name[:cut]!r}", f"getattr(x, f'{{a}}' + {name[cut:]!r})")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=200))
def test_any_text_can_be_looked_at(source: str) -> None:
    reaching([Cell(0, "code", source)])


def test_the_place_is_told() -> None:
    cells = [Cell(2, "code", "import gc"), Cell(5, "code", "\n\nx = 1\ngc.get_objects()")]
    assert [(r.cell, r.line) for r in reaching(cells)] == [(5, 4)]


def test_a_name_is_followed_across_cells_in_any_order() -> None:
    assert "inspect.stack" in found("look()", "look = where.stack", "import inspect as where")


def test_each_thing_is_a_doubt_about_the_whole_hand_in_once() -> None:
    cells = (Cell(0, "code", "f.__globals__\nf.__globals__"), Cell(1, "code", "f.__globals__"))
    [doubt] = doubts(Notebook(cells))
    assert (doubt.exercise, doubt.cell, doubt.line) == (None, 0, 1)
    assert doubt.reason == "its code reaches for what grades it: __globals__ (cell 1, line 1)"


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 150 + "1" + ")" * 150,
        "x = " + " + ".join(["'a'"] * 5000),
        "x = a" + ".b" * 3000,
        "\n".join(f"a{i} = a{i + 1} + a{i + 1}" for i in range(60)) + "\na60 = 'x'\nexec(a0)",
        "\n".join(f"a{i} = a{(i + 1) % 20}" for i in range(20)),
        "x = [" + "1, " * 20000 + "]\n" + "exec(x)\n" * 2000,
        "\n".join("a = 1" for _ in range(3000)) + "\n" + "torch.x = a\n" * 3000,
    ],
    ids=["parentheses", "sum", "chain", "doubling", "circle", "many-execs", "many-bindings"],
)
def test_hostile_shapes_are_read_in_bounded_time(source: str) -> None:
    reaching([Cell(0, "code", "import torch\n" + source)])


def test_prefix_names_are_not_taken_for_paths() -> None:
    origins = Origins([ast.parse("import torch\nfrom a.b import c as d\ne, f = torch.rand, d")])
    names = {n: origins.paths(ast.Name(n)) for n in "def"}
    assert names == {"d": {"a.b.c"}, "e": {"torch.rand"}, "f": {"a.b.c"}}


FILES = sorted(p for p in ROOT.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


@pytest.mark.parametrize("path", FILES, ids=[p.stem for p in FILES])
def test_our_own_notebooks_are_ordinary_unless_they_are_hostile(path: Path) -> None:
    notebook = parse_notebook(path.read_bytes())
    if isinstance(notebook, Unreadable):
        return
    assert bool(reaching(notebook.code)) == (path.stem in HOSTILE), json.dumps(str(path))
