"""What a value is in the core: a dataclass that nobody can change, made and copied at nearly the price of one that can be.

dataclasses fill a frozen one field by field through `object.__setattr__`, which takes ten times as long; one press makes a hundred values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache, wraps
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """`@dataclass(frozen=True, slots=True)`, faster: while it is filled a value is of a twin class that can be changed."""
    body = {name: one for name, one in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    clay = dataclass(slots=True)(type(cls.__name__, (), body))
    value = dataclass(frozen=True, slots=True)(cls)
    fill, become = clay.__init__, object.__setattr__  # type: ignore[misc]

    @wraps(value.__init__)
    def make(self: Any, *given: Any, **named: Any) -> None:
        become(self, "__class__", clay)
        fill(self, *given, **named)
        self.__class__ = value

    value.__init__ = make  # type: ignore[method-assign, assignment]
    return value


def replace(value: T, **changes: object) -> T:
    """`dataclasses.replace` without its checks: the same value but for these fields. Raises KeyError for a field that it does not have."""
    place, read = _fields(type(value))
    after = list(read(value))
    for name, new in changes.items():
        after[place[name]] = new
    return type(value)(*after)


@cache
def _fields(cls: Any) -> tuple[dict[str, int], Callable[[object], tuple[Any, ...]]]:
    names = [one.name for one in fields(cls)]
    read = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    return {name: number for number, name in enumerate(names)}, read
