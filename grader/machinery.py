"""Names by which code could reach what grades it, or change what the evidence rests on.

Nothing in a course about PyTorch needs them. What has an ordinary use besides, such as
`gc.collect()`, `torch.backends`, or `max = ...`, is not here.
"""

from __future__ import annotations

import re

ATTRIBUTES = {
    "f_back", "f_globals", "f_locals", "f_builtins", "gi_frame", "cr_frame", "ag_frame",
    "tb_frame", "_getframe", "_current_frames", "currentframe", "__globals__", "__closure__",
    "__code__", "cell_contents", "__subclasses__", "__self__", "addaudithook", "walk_stack",
    "__torch_function__", "__torch_dispatch__", "__array_function__", "__array_ufunc__",
    "_get_current_function_mode", "_get_current_function_mode_stack", "_pop_mode", "_push_mode",
    "_pop_mode_temporarily", "_pop_torch_function_stack", "_push_on_torch_function_stack",
    "_len_torch_function_stack", "_get_function_stack_at", "_make_subclass",
    "_make_wrapper_subclass", "DisableTorchFunction", "DisableTorchFunctionSubclass",
    "ast_transformers", "input_transformer_manager", "input_transformers_post",
    "input_transformers_cleanup", "shell_handlers", "iopub_thread", "iopub_socket", "display_pub",
    "get_objects", "get_referrers", "get_referents", "connection_file", "__kwdefaults__",
    "_global_optimizer_pre_hooks", "_global_optimizer_post_hooks", "_global_forward_hooks",
    "_global_forward_pre_hooks", "_global_forward_hooks_always_called",
    "_global_forward_hooks_with_kwargs", "_global_backward_hooks", "_global_backward_pre_hooks",
    "_global_module_registration_hooks", "_global_parameter_registration_hooks",
    "_global_buffer_registration_hooks", "getweakrefs", "__callback__", "persistent_id",
    "reducer_override", "cmdqueue", "rcLines", "register_at_fork",
}  # fmt: skip
"""Telling wherever they stand, as attributes and as texts."""

PATHS = (
    "sys.settrace", "sys.setprofile", "sys.displayhook", "sys.monitoring", "sys.meta_path",
    "sys.path_hooks", "sys.__dict__", "threading.settrace", "threading.setprofile",
    "inspect.stack", "inspect.trace", "inspect.getouterframes", "inspect.getinnerframes",
    "inspect.getclosurevars", "ctypes", "_ctypes", "cffi", "numpy.ctypeslib", "marshal.load",
    "marshal.loads", "os.fork", "os.forkpty", "os.write", "os.dup2", "os.closerange",
    "socket.fromfd", "sys.modules.values", "sys.modules.items", "sys.modules.copy",
    "threading.setprofile_all_threads", "threading.settrace_all_threads", "copyreg.__reduce_ex__",
    "copyreg.dispatch_table", "traceback.walk_tb", "IPython.utils.frame", "pdb.Pdb", "bdb",
    "trace.Trace", "stack_data", "executing", "gc.set_debug", "gc.garbage", "gc.callbacks",
    "numpy.lib.stride_tricks.as_strided", "atexit.register", "atexit.unregister", "atexit._clear",
    "atexit._run_exitfuncs", "signal.signal", "signal.setitimer", "signal.pthread_kill",
    "types.CodeType",
    "unittest.mock.patch", "mock.patch", "zmq", "ipykernel", "jupyter_client",
    "IPython.core.displaypub", "IPython.core.displayhook", "IPython.lib.kernel",
    "torch.overrides", "torch.utils._python_dispatch", "torch._subclasses",
    "torch._C.__dict__", "torch.library.Library", "torch.library.impl",
    "torch.utils.cpp_extension", "torch.__dict__",
    "torch.Tensor.__dict__", "builtins.__dict__", "_observer",
)  # fmt: skip
"""Telling with all that lies below them."""
TELLING = re.compile(f"({'|'.join(map(re.escape, PATHS))})(\\.|$)")

PRIVATE = re.compile(
    r"(threading|_thread|gc|IPython)\._(?!_)\w*"
    r"|torch\._C\.(_\w+|.*(Disable|Dispatch|TorchFunction|Mode)\w*)"
)
OF_THE_SHELL = {
    "run_line_magic", "run_cell_magic", "run_cell", "run_code", "ex", "ev", "system", "getoutput",
    "getoutput_pcolor", "magic", "set_next_input", "ast_node_interactivity", "user_ns", "config",
    "enable_matplotlib", "enable_gui", "execution_count", "ask_exit", "register_magic_function",
    "kernel.do_shutdown", "reset", "colors", "autoawait", "cache_size", "history_manager",
    "__class__", "__str__", "__repr__", "__doc__", "__module__",
}  # fmt: skip
"""What notebooks ask of `get_ipython()`; all else is its inner works."""

KEPT = ("torch", "builtins", "random", "numpy", "IPython", "get_ipython()")
"""Modules whose attributes are not to be bound anew."""
MAY_CHANGE = re.compile(
    r"torch\.(backends|classes|hub|serialization|_dynamo|_inductor|_logging|load)\b"
    r"|numpy\.(bool|int|float|object|str|complex|long|unicode|Inf|NaN|inf|nan|product|in1d|VisibleDe"
    r"precationWarning|float_|bool8|typeDict|asscalar|NINF|infty)$"
    r"|get_ipython\(\)\.(ast_node_interactivity|colors|autoawait|cache_size)$"
)
"""Except for these: settings, and the usual cures for old code on new libraries."""

WATCHED_OWNERS = ("sys", "builtins", "gc", "ctypes", "inspect", "os", "torch._C", "torch.overrides",
                  "get_ipython()", "IPython")  # fmt: skip
"""Whose attributes nobody asks for under a computed name."""

GIVES_NUMBERS = re.compile(
    r"(torch|random|torch\.(cuda|random)|numpy\.random)\.(?!compile|vmap)[a-z_]+$"
)
"""Functions of libraries whose result replaces nothing: `torch.rand = torch.rand(7, 7)`."""

RUNS_TEXT = {
    "exec", "eval", "compile", "builtins.exec", "builtins.eval", "builtins.compile",
    "get_ipython().run_cell", "get_ipython().run_code", "get_ipython().ex", "get_ipython().ev",
    "get_ipython().run_line_magic", "get_ipython().run_cell_magic", "timeit.timeit",
}  # fmt: skip
PICKLING = {"__reduce__", "__reduce_ex__"}
"""Methods that give away what an object is made of; defining one is ordinary, asking for it not."""
ADDRESSES = {"__array_interface__", "__array_struct__"}
"""With these an object says where in memory its numbers lie. Reading them is ordinary."""
STAND_INS = re.compile(
    r"(torch\.)?(random|cuda|cuda\.random|mps|xpu|accelerator|torch|numpy\.random|backends\.mps)"
    r"\.(manual_seed|manual_seed_all|seed|seed_all|is_available|device_count|current_device"
    r"|[gs]et_default_device|[gs]et_rng_state|Generator)$"
)
"""Functions whose attributes nobody asks for under a computed name."""

DECODES = {
    "b64decode", "b32decode", "b16decode", "b85decode", "a85decode", "decodebytes",
    "urlsafe_b64decode", "standard_b64decode", "unhexlify", "a2b_base64", "a2b_hex", "fromhex",
    "decompress", "translate", "maketrans", "chr", "codecs", "marshal", "reversed", "rot13",
    "rot_13",
}  # fmt: skip

PROC = re.compile(r"(?<![\w.-])/proc/(self|thread-self|\d+|\*|\$|\{)")
A_PROCESS = "/proc/"
"""At the start of a text whose rest is computed: the number of a process."""
RESULTS = re.compile(r"(?:^|/)(evidence\.jsonl|grade\.json)$")
DOTTED = re.compile(r"\w[\w.]{0,99}")
FIELD = re.compile(r"\{(\w*[.\[][\w.\[\]]{0,99})")
"""What `"{0.name}".format(x)` asks of x."""
OWN_NAME = re.compile(r"\b(_observer|(evidence|file)_(request|reply))\b")


TEXTS = ATTRIBUTES | PICKLING | ADDRESSES
"""Names that nobody writes as a text who does not mean to ask for them."""


def telling_text(text: str) -> str | None:
    """The name in a text that nobody writes who does not mean to reach for it."""
    if found := PROC.search(text):
        return found.group(0)
    if found := OWN_NAME.search(text):
        return found.group(0)
    fields = [text] if DOTTED.fullmatch(text) else FIELD.findall(text)
    parts = (part for field in fields for part in re.split(r"[.\[\]]", field))
    return next((p for p in parts if p in TEXTS), None)


def telling_path(path: str) -> bool:
    """Whether a dotted name is machinery or lies below it."""
    if TELLING.match(path):
        return True
    shell, _, below = path.partition("get_ipython().")
    if not shell and below:
        return not any(below == p or below.startswith(f"{p}.") for p in OF_THE_SHELL)
    return PRIVATE.match(path) is not None


def may_not_change(path: str) -> bool:
    """Whether a dotted name belongs to what the evidence rests on."""
    owner, _, below = path.partition(".")
    return bool(below) and owner in KEPT and not MAY_CHANGE.match(path)
