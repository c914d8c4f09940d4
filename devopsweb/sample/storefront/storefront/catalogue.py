"""What is for sale."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Product:
    """One thing on the shelf."""

    sku: str
    name: str
    price: Decimal
    stock: int
    hue: int
    text: str

    @property
    def is_scarce(self):
        """Whether only a few are left."""
        return self.stock < 10


def load(path=HERE / "catalogue.json"):
    """All products, in the order of the file; a price must be a positive amount."""
    products = [Product(**{**entry, "price": Decimal(entry["price"])}) for entry in json.loads(path.read_text())]
    for product in products:
        if product.price <= 0:
            raise ValueError(f"{product.sku} has no price")
    return products


def search(products, words):
    """The products whose name or text has every one of the words."""
    wanted = words.lower().split()
    return [p for p in products if all(word in f"{p.name} {p.text}".lower() for word in wanted)]
