"""What is for sale."""

import json
import tempfile
import unittest
from decimal import Decimal
from pathlib import Path

from storefront import catalogue


class CatalogueTest(unittest.TestCase):
    def test_every_product_has_a_price_and_a_name(self):
        for product in catalogue.load():
            self.assertGreater(product.price, Decimal(0), product.sku)
            self.assertTrue(product.name)

    def test_a_product_without_a_price_is_refused(self):
        entry = {"sku": "x-1", "name": "Gift", "price": "0", "stock": 1, "hue": 0, "text": ""}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "catalogue.json"
            path.write_text(json.dumps([entry]))
            with self.assertRaisesRegex(ValueError, "x-1 has no price"):
                catalogue.load(path)

    def test_search_finds_all_words_in_any_order(self):
        names = [product.name for product in catalogue.search(catalogue.load(), "light LAMP")]
        self.assertEqual(names, ["Desk lamp Arc"])


if __name__ == "__main__":
    unittest.main()
