"""Demo products: what the demo organizations sell, one of each kind."""

from polar_server.database import Transaction
from polar_server.resource_server.benefits import CustomProperties, LicenseKeysProperties
from polar_server.resources.benefits import changes as benefits
from polar_server.resources.benefits import queries as benefit_queries
from polar_server.resources.benefits.schemas import BenefitCreate, BenefitCustomCreate, BenefitLicenseKeysCreate
from polar_server.resources.products import changes as products
from polar_server.resources.products.schemas import CustomPriceCreate, FixedPriceCreate, FreePriceCreate, ProductCreate

_KEY = BenefitLicenseKeysCreate(description="A license key", properties=LicenseKeysProperties(prefix="KITE"))
_LETTER = BenefitCustomCreate(
    description="A letter each month",
    properties=CustomProperties(note="The first letter leaves us on Monday. Write back to the address on it."),
)

CATALOGUE: dict[str, tuple[tuple[ProductCreate, BenefitCreate], ...]] = {
    "paper-kite": (
        (ProductCreate(name="Kite editor", prices=[FixedPriceCreate(4900)], description="Yours for good."), _KEY),
        (
            ProductCreate(
                name="Kite cloud",
                prices=[FixedPriceCreate(1000)],
                recurring_interval="month",
                trial_interval="day",
                trial_interval_count=14,
                description="Your documents on every device. The first 14 days are free.",
            ),
            _KEY,
        ),
    ),
    "lighthouse": (
        (ProductCreate(name="Supporter", prices=[CustomPriceCreate(300, None, 1000)]), _LETTER),
        (ProductCreate(name="Listening club", prices=[FreePriceCreate()], recurring_interval="month"), _LETTER),
    ),
}
"""By the slug of the organization: each product with its benefit. Products of one organization share equal ones."""


async def add_products(tx: Transaction, slug: str, organization_id: str, now: int) -> None:
    """Store what this organization sells, in the transaction that makes the organization."""
    made: dict[str, str] = {}
    for product, benefit in CATALOGUE.get(slug, ()):
        if benefit.description not in made:
            made[benefit.description] = await benefits.create_benefit(tx, benefit, organization_id, now)
        product_id = await products.create_product(tx, product, organization_id, now)
        await benefit_queries.replace_of_product(tx, product_id, organization_id, [made[benefit.description]])
