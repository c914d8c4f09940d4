"""YAML with the line of every value, so that an error can say where."""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from devopsweb.kernel.errors import Invalid

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20


class YamlError(Invalid):
    """The text is not what it must be; ``line`` and ``column`` count from 1."""

    def __init__(self, file: str, line: int, reason: str, column: int = 0) -> None:
        place = f"{file}, line {line}" + (f", column {column}" if column else "")
        super().__init__(f"{place}: {reason}")
        self.file, self.line, self.column, self.reason = file, line, column, reason


@dataclass(frozen=True)
class Text:
    """A scalar and its line."""

    value: str
    line: int
    is_null: bool = False


@dataclass(frozen=True)
class Tree:
    """A YAML node that knows its file and path; its readers raise ``YamlError``."""

    node: Node
    file: str
    path: str = ""

    @property
    def line(self) -> int:
        """The line where it begins, from 1."""
        return int(self.node.start_mark.line) + 1

    def error(self, reason: str) -> YamlError:
        """An error about this node."""
        return YamlError(self.file, self.line, f"{self.path}: {reason}" if self.path else reason)

    @property
    def is_null(self) -> bool:
        """Whether it is empty or ``null``."""
        return isinstance(self.node, ScalarNode) and self.node.tag == "tag:yaml.org,2002:null"

    def mapping(self) -> dict[str, "Tree"]:
        """The pairs of a mapping; a key that stands twice is an error."""
        if not isinstance(self.node, MappingNode):
            raise self.error("a mapping of names to values is expected here")
        pairs: dict[str, Tree] = {}
        for key, value in self.node.value:
            if not isinstance(key, ScalarNode):
                raise YamlError(self.file, key.start_mark.line + 1, "a name must be plain text")
            path = f"{self.path}.{key.value}" if self.path else key.value
            if key.value in pairs:
                raise YamlError(self.file, key.start_mark.line + 1, f"{path}: stands here twice")
            pairs[key.value] = Tree(value, self.file, path)
        return pairs

    def items(self) -> Iterator["Tree"]:
        """The items of a list."""
        if not isinstance(self.node, SequenceNode):
            raise self.error("a list is expected here (each item after a dash)")
        for index, item in enumerate(self.node.value):
            yield Tree(item, self.file, f"{self.path}[{index}]")

    def text(self) -> Text:
        """A scalar as it is written: ``0.2`` stays ``0.2``, ``yes`` stays ``yes``."""
        if not isinstance(self.node, ScalarNode):
            raise self.error("text is expected here; quote it if it holds ': ' or begins with [ or {")
        return Text(self.node.value, self.line, self.is_null)

    def flag(self) -> bool:
        """A yes or no."""
        value = self.text().value.lower()
        if value in {"yes", "true", "on"}:
            return True
        if value in {"no", "false", "off"}:
            return False
        raise self.error(f"{value!r} is neither yes nor no")

    def texts(self) -> tuple[Text, ...]:
        """A list of scalars; one scalar counts as a list of one."""
        if isinstance(self.node, ScalarNode) and not self.is_null:
            return (self.text(),)
        return tuple(item.text() for item in self.items())


def parse(text: str, file: str) -> Tree:
    """The root of the YAML document ``text``. Raises ``YamlError``."""
    if len(text.encode()) > MAX_BYTES:
        raise YamlError(file, 1, f"the file is larger than {MAX_BYTES // 1024} KB")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = error.problem or error.context or "this is not YAML"
        raise YamlError(file, mark.line + 1 if mark else 1, reason, mark.column + 1 if mark else 0) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise YamlError(file, 1, f"this is not YAML ({error})") from None
    if node is None:
        raise YamlError(file, 1, "the file is empty")
    _refuse_depth(node, file)
    return Tree(node, file)


def _refuse_depth(node: Node, file: str) -> None:
    """Aliases can make a small file endless; nothing here needs depth."""
    waiting = [(node, 0)]
    seen = 0
    while waiting:
        current, depth = waiting.pop()
        seen += 1
        if depth > MAX_DEPTH or seen > 50_000:
            raise YamlError(file, current.start_mark.line + 1, "the document is nested too deeply")
        if isinstance(current, MappingNode):
            waiting.extend((child, depth + 1) for pair in current.value for child in pair)
        elif isinstance(current, SequenceNode):
            waiting.extend((child, depth + 1) for child in current.value)
