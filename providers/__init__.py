"""One folder per provider; `load_providers()` finds every folder that exports PROVIDER.

Here, and in a folder `providers` anywhere else on the path, for adapters that somebody keeps to themselves.
"""

from functools import cache
from importlib import import_module
from pkgutil import extend_path, iter_modules
from types import MappingProxyType
from typing import Any

from providers._kit.provider import Provider

__path__ = extend_path(__path__, __name__)


@cache
def load_providers() -> MappingProxyType[str, Provider[Any]]:
    """All providers by slug. A folder whose import fails raises here: a provider must not be missing in silence."""
    names = [module.name for module in iter_modules(__path__) if module.ispkg and not module.name.startswith("_")]
    found = [import_module(f"{__name__}.{name}").PROVIDER for name in sorted(set(names))]
    return MappingProxyType({provider.slug: provider for provider in found})
