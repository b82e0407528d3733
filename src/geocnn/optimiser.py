"""Adam with decoupled weight decay.

The arithmetic is that of ``torch.optim.AdamW``, with which tests compare it. It exists because the first use of
anything in ``torch.optim`` imports the compiler, which takes longer than training the textbook example, and because
its state is a flat dictionary of tensors that fits into a safetensors file.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from geocnn.errors import DataError

__all__ = ["AdamW"]


class AdamW:
    """Kingma & Ba (2015), Algorithm 1, with the decay of Loshchilov & Hutter (2019), Algorithm 2.

    Args:
        parameters: named parameters, as from ``model.named_parameters()``.
        weight_decay: decay per step relative to the learning rate; applied to kernels, not to vectors such as biases.
        betas: decay of the two running moments.
        eps: added to the root of the second moment.

    Raises:
        DataError: there are no parameters.
    """

    def __init__(
        self,
        parameters: Iterable[tuple[str, nn.Parameter]],
        *,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        named = {name: parameter for name, parameter in parameters if parameter.requires_grad}
        if not named:
            raise DataError(
                "the network has no parameters that can be learnt; what geocnn.load returns is frozen, and "
                "model.requires_grad_() lets it learn again."
            )
        self.names = tuple(named)
        self.parameters = list(named.values())
        self._tensors: list[Tensor] = [*self.parameters]  # the same objects, for functions that take plain tensors
        self.weight_decay, self.betas, self.eps = weight_decay, betas, eps
        self.step_count = 0
        self.first = [torch.zeros_like(p) for p in self.parameters]
        self.second = [torch.zeros_like(p) for p in self.parameters]

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update every parameter from its gradient, then forget the gradients; a missing gradient counts as zero."""
        self.step_count += 1
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
        beta1, beta2 = self.betas
        torch._foreach_lerp_(self.first, gradients, 1 - beta1)
        torch._foreach_mul_(self.second, beta2)
        torch._foreach_addcmul_(self.second, gradients, gradients, 1 - beta2)
        if self.weight_decay:
            kernels = [p for p in self._tensors if p.ndim > 1]
            torch._foreach_mul_(kernels, 1 - learning_rate * self.weight_decay)
        correction1 = 1 - beta1**self.step_count
        correction2 = 1 - beta2**self.step_count
        denominator = torch._foreach_sqrt(self.second)
        torch._foreach_div_(denominator, correction2**0.5)
        torch._foreach_add_(denominator, self.eps)
        torch._foreach_addcdiv_(self._tensors, self.first, denominator, -learning_rate / correction1)
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def clip(self, limit: float | None) -> float:
        """Scale all gradients down to a common norm of at most ``limit``; return the norm before."""
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        if not gradients:
            return 0.0
        norm = float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))))
        if limit is not None and norm > limit:
            torch._foreach_mul_(gradients, limit / norm)
        return norm

    def state(self) -> dict[str, Tensor]:
        """Moments by parameter name and the step count, all as tensors."""
        tensors = {f"first.{n}": t for n, t in zip(self.names, self.first, strict=True)}
        tensors |= {f"second.{n}": t for n, t in zip(self.names, self.second, strict=True)}
        return tensors | {"step": torch.tensor(self.step_count)}

    @torch.no_grad()
    def load_state(self, state: dict[str, Tensor]) -> None:
        """Restore the state that :meth:`state` returned."""
        self.step_count = int(state["step"])
        for name, first, second in zip(self.names, self.first, self.second, strict=True):
            first.copy_(state[f"first.{name}"])
            second.copy_(state[f"second.{name}"])
