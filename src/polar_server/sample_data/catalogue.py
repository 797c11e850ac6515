"""What the sample organization sells, and to whom. All of these people are made up."""

from polar_server.resource_server.benefits import CustomProperties, FeatureFlagProperties, LicenseKeysProperties
from polar_server.resources.benefits.schemas import (
    BenefitCreate,
    BenefitCustomCreate,
    BenefitFeatureFlagCreate,
    BenefitLicenseKeysCreate,
)
from polar_server.resources.products.schemas import CustomPriceCreate, FixedPriceCreate, FreePriceCreate, ProductCreate

BENEFITS: dict[str, BenefitCreate] = {
    "key": BenefitLicenseKeysCreate(description="A license key", properties=LicenseKeysProperties(prefix="SAMPLE")),
    "letter": BenefitCustomCreate(
        description="A letter each month", properties=CustomProperties(note="The first letter leaves us on Monday.")
    ),
    "early": BenefitFeatureFlagCreate(description="New features first", properties=FeatureFlagProperties()),
}
"""By a name of their own here."""

PRODUCTS: dict[str, tuple[ProductCreate, tuple[str, ...]]] = {
    "editor": (
        ProductCreate(name="Editor", prices=[FixedPriceCreate(4900)], description="Yours for good, on three devices."),
        ("key",),
    ),
    "brushes": (ProductCreate(name="Brush set", prices=[FixedPriceCreate(1200)]), ()),
    "support": (ProductCreate(name="Support our work", prices=[CustomPriceCreate(300, None, 1000)]), ("letter",)),
    "studio": (
        ProductCreate(
            name="Studio",
            prices=[FixedPriceCreate(1900)],
            recurring_interval="month",
            trial_interval="day",
            trial_interval_count=14,
            description="Everything, on every device. The first 14 days are free.",
        ),
        ("key", "early"),
    ),
    "plus": (ProductCreate(name="Plus", prices=[FixedPriceCreate(900)], recurring_interval="month"), ("early",)),
    "year": (
        ProductCreate(name="Studio for a year", prices=[FixedPriceCreate(19000)], recurring_interval="year"),
        ("key", "early"),
    ),
    "news": (ProductCreate(name="Newsletter", prices=[FreePriceCreate()], recurring_interval="month"), ("letter",)),
}
"""By a name of their own here: each product with its benefits."""

CUSTOMERS = (
    "Amara Diallo", "Bruno Keller", "Chiara Fontana", "Dmitri Olsen", "Elif Aydin", "Farid Haddad", "Greta Lindqvist",
    "Hana Sato", "Ivo Marković", "Jonas Weber", "Kavya Nair", "Léa Moreau", "Mateo Ruiz", "Nora Byrne", "Oskar Nowak",
    "Priya Shah", "Quentin Dubois", "Rosa Almeida", "Sven Berg", "Tomás Silva", "Uma Reddy", "Viktor Horváth",
    "Wanjiru Kamau", "Ximena Torres", "Yusuf Demir", "Zofia Kowalska",
)  # fmt: skip


def email_of(name: str) -> str:
    """An address that reaches nobody (RFC 2606)."""
    first, *_ = name.split()
    ascii_name = first.lower().encode("ascii", "ignore").decode()
    return f"{ascii_name}{CUSTOMERS.index(name) + 1}@customers.example.com"
