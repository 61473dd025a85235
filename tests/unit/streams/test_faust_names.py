"""The private names that the engine leans on are there, in the versions that were read."""

import inspect
from importlib import import_module
from importlib.metadata import version
from operator import attrgetter

import pytest

from streams.engine.consumer import BatchConsumer
from streams.engine.faust_names import CALLED, OVERRIDDEN, SET_IN_INIT, VERSIONS


def found(place: str) -> object:
    module, _, path = place.partition(":")
    return attrgetter(path)(import_module(module))


@pytest.mark.parametrize(("package", "read"), VERSIONS.items())
def test_the_version_is_the_one_that_was_read(package, read):
    assert version(package) == read


@pytest.mark.parametrize(("place", "name"), OVERRIDDEN + CALLED)
def test_the_name_is_there(place, name):
    assert hasattr(found(place), name)


@pytest.mark.parametrize(("place", "name"), SET_IN_INIT)
def test_the_attribute_is_set_where_it_was(place, name):
    assert f"self.{name} = " in inspect.getsource(found(place))


def test_each_method_that_is_replaced_here_is_listed():
    theirs = {name for base in BatchConsumer.__mro__[1:] for name in vars(base)}
    ours = {name for name, member in vars(BatchConsumer).items() if inspect.isfunction(member)}

    assert {name for name in ours & theirs if not name.startswith("__")} <= {name for _, name in OVERRIDDEN}
