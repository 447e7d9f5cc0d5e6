"""What can be wrong with the text of a definition before it means anything: YAML's own traps.

YAML 1.1 reads an unquoted `no` as false and `13_17` as the number 1317, and lets the second of two
keys of one name win in silence. Each is named with its line and its place.
"""

from collections.abc import Iterator
from typing import Final

import yaml

from services.intake.domain.definition import LOADER
from services.intake.domain.errors import BadDefinition

_TRUTHS: Final = frozenset(("true", "false"))
_BOOL: Final = "tag:yaml.org,2002:bool"
_NUMBERS: Final = frozenset(("tag:yaml.org,2002:int", "tag:yaml.org,2002:float"))


def problems(text: str) -> list[str]:
    """One sentence for each trap. Raises BadDefinition for what is no YAML at all."""
    try:
        root = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as error:
        raise BadDefinition("file", f"is not YAML: {error}") from error
    return [] if root is None else list(_walk(root, ()))


def _walk(node: yaml.Node, place: tuple[str, ...]) -> Iterator[str]:
    if isinstance(node, yaml.ScalarNode):
        yield from _scalar(node, place)
    elif isinstance(node, yaml.SequenceNode):
        for number, part in enumerate(node.value):
            yield from _walk(part, (*place, _name(part) or str(number)))
    elif isinstance(node, yaml.MappingNode):
        yield from _mapping(node, place)


def _mapping(node: yaml.MappingNode, place: tuple[str, ...]) -> Iterator[str]:
    seen: set[str] = set()
    for key, value in node.value:
        if key.value in seen:
            yield f"{_where(key, place)}: {key.value} stands here twice, and only one would count."
        seen.add(key.value)
        yield from _scalar(key, place)
        yield from _walk(value, (*place, key.value))


def _scalar(node: yaml.ScalarNode, place: tuple[str, ...]) -> Iterator[str]:
    if node.style in ('"', "'") or not isinstance(node.value, str):
        return
    if node.tag == _BOOL and node.value not in _TRUTHS:
        yield f"{_where(node, place)}: {node.value} needs quotes, or it is read as true or false."
    if node.tag in _NUMBERS and not node.value.lstrip("+-").replace(".", "", 1).isdecimal():
        yield f"{_where(node, place)}: {node.value} needs quotes, or it is read as a number."


def _where(node: yaml.Node, place: tuple[str, ...]) -> str:
    return f"line {node.start_mark.line + 1}, {'.'.join(place) or 'the file'}"


def _name(node: yaml.Node) -> str:
    """What a part of a list calls itself."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in ("id", "value", "flag", "level", "suggest"):
                return str(value.value)
    return ""
