"""Every act that the audit log tells, in words that go after somebody's name."""

ACTS = {
    "product.created": "created a product",
    "product.updated": "changed a product",
    "product.deleted": "deleted a product",
}
"""What is done -> how it reads: "Ada changed a product". The part before the dot is what it is done to."""
