"""The build step: pictures, the small style sheet, the search index, the version.

    python3 -m storefront.assets VERSION
"""

import json
import re
import sys
from pathlib import Path

from storefront import catalogue

HERE = Path(__file__).parent


def picture(product):
    """A drawing of a product in its colour."""
    shapes = "".join(
        f'<circle cx="{30 + 35 * i}" cy="{60 + 12 * ((product.hue + i) % 3)}" r="{14 + (product.stock + i * 7) % 18}" '
        f'fill="hsl({product.hue} 60% {40 + 12 * i}%)"/>'
        for i in range(4)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 120" role="img">'
        f'<rect width="160" height="120" fill="hsl({product.hue} 50% 92%)"/>{shapes}</svg>\n'
    )


def shrink(css):
    """The style sheet without comments and needless blanks."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    return re.sub(r"\s*([{};:,])\s*", r"\1", re.sub(r"\s+", " ", css)).strip() + "\n"


def build(version, folder=HERE):
    """Write everything that a release needs; yields a line for each thing made."""
    static = folder / "static"
    products = catalogue.load(folder / "catalogue.json")
    for product in products:
        (static / f"{product.sku}.svg").write_text(picture(product))
        yield f"drew {product.sku}.svg for {product.name}"
    css = (static / "shop.css").read_text()
    (static / "shop.css").write_text(shrink(css))
    yield f"shrank shop.css from {len(css)} to {len(shrink(css))} bytes"
    (static / "index.json").write_text(json.dumps({p.sku: f"{p.name} {p.text}".lower().split() for p in products}))
    yield f"indexed {len(products)} products"
    (folder / "VERSION").write_text(version + "\n")
    yield f"stamped version {version}"


if __name__ == "__main__":
    for line in build(sys.argv[1]):
        print(line, flush=True)
