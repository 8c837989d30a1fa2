"""A copy of a model that knows nothing but what a file tells it.

Its parameters are drawn anew before it takes over the file's state, so that what it gives then is
the file's doing. It is made in a fork that is thrown away.
"""

from __future__ import annotations

import copy
from typing import Any

from .probes.saved_files import measured
from .probes.states import state_in


def with_state_of(model: Any, path: str, torch: Any) -> Any:
    """A copy of a model that took over the state in a file.

    Raises:
        OSError: there is no regular file.
        Exception: of any kind: it cannot be copied, the file cannot be read, or does not fit.
    """
    _, wrong = measured(path)
    if wrong:
        raise OSError(wrong)
    made = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in torch.nn.Module.parameters(made):
            parameter.copy_(torch.rand_like(parameter, dtype=torch.float32) - 0.5)
    state = state_in(torch.load(path, map_location="cpu", weights_only=True), torch)
    torch.nn.Module.load_state_dict(made, state or {}, strict=True)
    return made
