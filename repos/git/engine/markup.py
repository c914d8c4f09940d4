"""Markdown of strangers as HTML that cannot hurt."""

import posixpath
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import nh3
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

Address = Callable[[str, bool], str]

_TAGS = nh3.ALLOWED_TAGS - {"style", "script"}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "code": {"class"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
    "ol": {"start"},
}
MAX_CHARACTERS = 500_000


def is_markdown(name: str) -> bool:
    """Whether a file of this name is Markdown."""
    return name.lower().endswith((".md", ".markdown"))


def render(text: str, *, name: str, folder: str, address: Address) -> SafeString:
    """A README as HTML.

    ``folder`` is where it lies; ``address(path, is_image)`` gives the URL of another file of
    the repository. Headings go down one level: the page has an h1 already.
    """
    if not is_markdown(name) or len(text) > MAX_CHARACTERS:
        return SafeString(linebreaks(text, autoescape=True))
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = parser.parse(text)
    for token in tokens:
        _lower(token)
        for child in token.children or []:
            _readdress(child, folder, address)
    html = parser.renderer.render(tokens, parser.options, {})
    return mark_safe(  # noqa: S308 - cleaned on this very line
        nh3.clean(
            html,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes={"http", "https", "mailto"},
            # Wide ones scroll inside themselves, and the keyboard must get there.
            set_tag_attribute_values={"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}},
            link_rel="noopener noreferrer nofollow",
        )
    )


def _lower(token: Token) -> None:
    if token.type in {"heading_open", "heading_close"}:
        token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"


def _readdress(token: Token, folder: str, address: Address) -> None:
    attribute = {"link_open": "href", "image": "src"}.get(token.type)
    if attribute is None:
        return
    target = urlsplit(str(token.attrs.get(attribute, "")))
    if target.scheme or target.netloc or not target.path:
        return
    path = unquote(target.path)
    inside = path.lstrip("/") if path.startswith("/") else posixpath.join(folder, path)
    inside = posixpath.normpath(inside)
    if inside.startswith(".."):
        return
    fragment = f"#{target.fragment}" if target.fragment else ""
    token.attrs[attribute] = address("" if inside == "." else inside, token.type == "image") + fragment
