"""Follow which module of a network is running."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import nn

__all__ = ["module_paths"]


@contextmanager
def module_paths(network: nn.Module, enter: Callable[[str], None], leave: Callable[[], None]) -> Iterator[None]:
    """Call ``enter`` with the path of each module that begins and ``leave`` when it ends, also after an error."""
    hooks = []
    for name, module in network.named_modules():
        hooks.append(module.register_forward_pre_hook(lambda *_, name=name: enter(name)))
        hooks.append(module.register_forward_hook(lambda *_: leave(), always_call=True))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
