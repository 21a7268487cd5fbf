"""What passes between a connector and the hub is a value that nobody changes."""

from __future__ import annotations

import dataclasses
import inspect

import pytest
from crossdock.canonical import pages, pushes

VALUES = [
    thing
    for module in (pages, pushes)
    for _, thing in inspect.getmembers(module, inspect.isclass)
    if dataclasses.is_dataclass(thing)
]


@pytest.mark.parametrize("value_class", VALUES)
def test_every_page_and_push_is_frozen(value_class: type) -> None:
    names = [field.name for field in dataclasses.fields(value_class)]
    value = value_class(*names)
    assert value == value_class(*names)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, names[0], "changed")
