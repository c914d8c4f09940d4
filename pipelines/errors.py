"""Errors of pipelines that several verbs and reads share; ``code`` is AWS's."""

from devopsweb.kernel.errors import NotFound


class PipelineNotFound(NotFound):
    """No pipeline has this name."""

    code = "PipelineNotFoundException"


class PipelineExecutionNotFound(NotFound):
    """The pipeline has no such execution."""

    code = "PipelineExecutionNotFoundException"


class StageNotFound(NotFound):
    """The pipeline has no such stage."""

    code = "StageNotFoundException"


class ActionNotFound(NotFound):
    """The execution has no such action."""

    code = "ActionNotFoundException"


class PipelineVersionNotFound(NotFound):
    """The pipeline has no such version."""

    code = "PipelineVersionNotFoundException"
