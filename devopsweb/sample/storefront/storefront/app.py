"""The shop's WSGI application: catalogue, product, health."""

import json
import mimetypes
import os
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from storefront import catalogue

HERE = Path(__file__).parent
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="/static/shop.css"></head>
<body><header><a href="/">Storefront</a>
<form action="/" role="search"><input name="q" aria-label="Search" placeholder="Search" value="{query}"></form></header>
<main><h1>{title}</h1>{body}</main>
<footer>Version {version} · instance {instance}</footer></body></html>
"""


def version():
    """The commit that the build was made of."""
    path = HERE / "VERSION"
    return path.read_text().strip() if path.exists() else "development"


class Shop:
    """Answers requests from a list of products."""

    def __init__(self, products):
        self.products = products
        self.by_sku = {product.sku: product for product in products}

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "/")
        query = parse_qs(environ.get("QUERY_STRING", "")).get("q", [""])[0]
        status, kind, body = self.answer(path, query)
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def answer(self, path, query=""):
        """Status line, content type and body for a path."""
        if path == "/health":
            state = {"status": "ok", "version": version(), "products": len(self.products)}
            return "200 OK", "application/json", json.dumps(state).encode()
        if path.startswith("/static/"):
            return self.static(path.removeprefix("/static/"))
        if path == "/":
            return self.page("200 OK", "Everything for the desk", self.shelf(query), query)
        product = self.by_sku.get(path.removeprefix("/products/"))
        if product:
            return self.page("200 OK", product.name, self.details(product))
        return self.page("404 Not Found", "Not here", "<p>This shelf is empty. <a href='/'>Back to the shop</a></p>")

    def shelf(self, query):
        """The product list, or a sentence when nothing fits."""
        found = catalogue.search(self.products, query)
        if not found:
            return f"<p>Nothing is called “{escape(query)}”. <a href='/'>See everything</a></p>"
        return "<ul class='shelf'>" + "".join(self.card(product) for product in found) + "</ul>"

    def card(self, product):
        """One product in the list."""
        left = f"<em>{product.stock} left</em>" if product.is_scarce else ""
        return (
            f"<li><a href='/products/{product.sku}'><img src='/static/{product.sku}.svg' alt=''>"
            f"<strong>{escape(product.name)}</strong></a><span>{product.price} €</span>{left}</li>"
        )

    def details(self, product):
        """One product's page."""
        return (
            f"<img class='large' src='/static/{product.sku}.svg' alt=''><p>{escape(product.text)}</p>"
            f"<p><strong>{product.price} €</strong>, {product.stock} in stock</p>"
        )

    def page(self, status, title, body, query=""):
        """A whole HTML page."""
        html = PAGE.format(
            title=escape(title), body=body, query=escape(query), version=escape(version()),
            instance=escape(os.environ.get("INSTANCE", os.uname().nodename)),
        )
        return status, "text/html; charset=utf-8", html.encode()

    def static(self, name):
        """A file of the static folder, never one outside it."""
        path = HERE / "static" / Path(name).name
        if not path.is_file():
            return "404 Not Found", "text/plain", b"No such file.\n"
        return "200 OK", mimetypes.guess_type(path.name)[0] or "application/octet-stream", path.read_bytes()
