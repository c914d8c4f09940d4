"""The pages."""

import json
import unittest
from wsgiref.util import setup_testing_defaults

from storefront import assets, catalogue
from storefront.app import Shop


class ShopTest(unittest.TestCase):
    def setUp(self):
        self.shop = Shop(catalogue.load())

    def get(self, path, query=""):
        environ = {"PATH_INFO": path, "QUERY_STRING": query}
        setup_testing_defaults(environ)
        answer = {}
        body = b"".join(self.shop(environ, lambda status, headers: answer.update(status=status)))
        return answer["status"], body.decode()

    def test_the_front_page_lists_every_product(self):
        status, body = self.get("/")
        self.assertEqual(status, "200 OK")
        for product in catalogue.load():
            self.assertIn(product.name, body)

    def test_a_search_narrows_the_list(self):
        _, body = self.get("/", "q=mug")
        self.assertIn("Enamel mug Fjord", body)
        self.assertNotIn("Desk lamp Arc", body)

    def test_a_search_is_shown_as_text_never_as_markup(self):
        _, body = self.get("/", "q=%3Cscript%3E")
        self.assertNotIn("<script>", body)

    def test_a_product_has_a_page(self):
        status, body = self.get("/products/lamp-01")
        self.assertEqual(status, "200 OK")
        self.assertIn("49.00", body)

    def test_an_unknown_product_is_not_found(self):
        status, _ = self.get("/products/none")
        self.assertEqual(status, "404 Not Found")

    def test_static_files_never_leave_their_folder(self):
        status, _ = self.get("/static/../catalogue.json")
        self.assertEqual(status, "404 Not Found")

    def test_health_names_the_version(self):
        status, body = self.get("/health")
        self.assertEqual(status, "200 OK")
        self.assertEqual(json.loads(body)["status"], "ok")


class AssetsTest(unittest.TestCase):
    def test_the_style_sheet_loses_comments_and_blanks(self):
        self.assertEqual(assets.shrink("/* x */\na { color: red; }\n"), "a{color:red;}\n")

    def test_every_picture_is_svg(self):
        for product in catalogue.load():
            self.assertTrue(assets.picture(product).startswith("<svg "))


if __name__ == "__main__":
    unittest.main()
