"""What a model gives for inputs that the host chose, as plain numbers."""

from __future__ import annotations

from typing import Any

MOST_NUMBERS = 1024
"""Of one prediction that are told."""


def predictions(model: Any, inputs: list[dict[str, Any]], torch: Any) -> list[Any]:
    """For each input the prediction in evaluation mode: shape and numbers; null for no tensor.

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
        first, second = (model(tensor(told, torch)) for _ in range(2))
        if not isinstance(first, torch.Tensor):
            return None
        flat = first.detach().to(torch.float64).reshape(-1)
        if not flat.equal(second.detach().to(torch.float64).reshape(-1)):
            return {"problem": "it does not give the same twice"}
        return {"shape": list(first.shape), "values": flat[:MOST_NUMBERS].tolist()}
    except Exception as problem:
        return {"problem": f"{type(problem).__name__}: {problem}"[:300]}


def tensor(told: dict[str, Any], torch: Any) -> Any:
    """A tensor from its shape, dtype and numbers."""
    flat = torch.tensor(told["values"], dtype=torch.float64)
    return flat.to(getattr(torch, told["dtype"])).reshape(told["shape"])
