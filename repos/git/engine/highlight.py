"""Source text as lines of HTML, in the few colours of our own palette."""

from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_for_filename
from pygments.token import Comment, Keyword, Literal, Name, Number, String, Token, _TokenType
from pygments.util import ClassNotFound

MAX_CHARACTERS = 400_000

_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "com"),
    (String, "str"),
    (Number, "num"),
    (Literal, "str"),
    (Keyword, "kw"),
    (Name.Function, "fn"),
    (Name.Class, "cls"),
    (Name.Exception, "cls"),
    (Name.Decorator, "fn"),
    (Name.Tag, "kw"),
    (Name.Attribute, "key"),
    (Name.Builtin, "fn"),
    (Token.Operator.Word, "kw"),
)


@lru_cache(maxsize=256)
def _class(token: _TokenType) -> str:
    # A token type is the tuple of its names from the general to the special.
    return next((css for kind, css in _CLASSES if token[: len(kind)] == kind), "")


def _lexer(path: str) -> Lexer | None:
    try:
        return get_lexer_for_filename(path, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def lines(path: str, text: str) -> list[SafeString]:
    """``text`` as one HTML fragment per line, coloured by the language that ``path`` suggests."""
    lexer = _lexer(path) if len(text) <= MAX_CHARACTERS else None
    if lexer is None:
        return [escape(line) for line in text.split("\n")]
    out: list[list[str]] = [[]]
    for token, value in lexer.get_tokens(text):
        css = _class(token)
        first, *others = value.split("\n")
        _put(out[-1], css, first)
        for piece in others:
            out.append([])
            _put(out[-1], css, piece)
    # Every piece was escaped by _put.
    return [mark_safe("".join(pieces)) for pieces in out]  # noqa: S308  each piece is escaped above


def _put(line: list[str], css: str, text: str) -> None:
    if text:
        line.append(f'<span class="{css}">{escape(text)}</span>' if css else escape(text))
