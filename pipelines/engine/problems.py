"""What is wrong with a pipeline definition: AWS's error code, the path, the rule."""

from collections.abc import Sequence
from dataclasses import dataclass

from devopsweb.kernel.errors import Invalid

SHAPE = "ValidationException"
STRUCTURE = "InvalidStructureException"
STAGE = "InvalidStageDeclarationException"
ACTION = "InvalidActionDeclarationException"


@dataclass(frozen=True)
class Problem:
    """One broken rule: ``code`` is AWS's, ``path`` says where (``pipeline.stages[1].name``)."""

    code: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class InvalidDefinition(Invalid):
    """The pipeline definition breaks rules; ``problems`` lists them, ``code`` is the first one's."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        self.code = self.problems[0].code
        super().__init__(" ".join(str(problem) for problem in self.problems))
