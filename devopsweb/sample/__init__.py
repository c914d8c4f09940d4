"""The storefront sample that a first start creates."""
