"""What a model gives for inputs that the host chose, as plain numbers."""

from __future__ import annotations

from typing import Any

MOST_NUMBERS = 1024
"""Of one prediction that are told."""


def predictions(model: Any, inputs: list[dict[str, Any]], torch: Any) -> list[Any]:
    """For each input the prediction in evaluation mode: shape and numbers.

    A model that does not give the same twice, or that raises, is told by `problem`.
    """
    was = {m: m.training for m in torch.nn.Module.modules(model)}
    try:
        torch.nn.Module.train(model, mode=False)
        with torch.no_grad():
            return [one(model, told, torch) for told in inputs]
    finally:
        for module, training in was.items():
            module.training = training


def one(model: Any, told: dict[str, Any], torch: Any) -> Any:
    """One prediction, made twice."""
    try:
        given = tensor(told, torch, model)
        first, second = (tensor_in(model(given.clone()), torch) for _ in range(2))
        flat = first.detach().to(torch.float64).reshape(-1)
        if not flat.equal(second.detach().to(torch.float64).reshape(-1)):
            return {"problem": "it does not give the same twice"}
        return {"shape": list(first.shape), "values": flat[:MOST_NUMBERS].tolist()}
    except BaseException as problem:  # whatever it raises, also to leave
        return {"problem": f"{type(problem).__name__}: {problem}"[:300]}


def tensor(told: dict[str, Any], torch: Any, model: Any) -> Any:
    """A tensor from its shape and numbers, of the dtype of a model's parameters."""
    dtypes = [p.dtype for p in torch.nn.Module.parameters(model) if p.dtype.is_floating_point]
    made = torch.tensor(told["numbers"], dtype=dtypes[0] if dtypes else torch.float32)
    return made.reshape(told["shape"])


def tensor_in(result: Any, torch: Any) -> Any:
    """A result, or the first tensor in a tuple, list or dictionary of such."""
    while not isinstance(result, torch.Tensor) and isinstance(result, (tuple, list, dict)):
        result = next(iter(result.values() if isinstance(result, dict) else result))
    return torch.as_tensor(result)
