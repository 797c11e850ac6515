"""Tax ids: their kind by country and shape."""

import pytest

from polar_server.resource_server.tax_ids import UnknownTaxId, read_tax_id


@pytest.mark.parametrize(
    "text,country,read",
    [
        ("12-3456789", "US", ("123456789", "us_ein")),
        ("fr61 954 506 077", "FR", ("FR61954506077", "eu_vat")),
        ("61954506077", "FR", ("FR61954506077", "eu_vat")),
        ("EL123456789", "GR", ("EL123456789", "eu_vat")),
        ("11.222.333/0001-81", "BR", ("11222333000181", "br_cnpj")),
        ("111.444.777-35", "BR", ("11144477735", "br_cpf")),
        ("CHE-123.456.788 MWST", "CH", ("CHE123456788MWST", "ch_vat")),
    ],
)
def test_a_number_is_read_by_its_country(text: str, country: str, read: tuple[str, str]) -> None:
    """Separators and case do not matter; a missing prefix of a VAT number is added."""
    assert read_tax_id(text, country) == read


@pytest.mark.parametrize(
    "text,country", [("1234", "US"), ("", "DE"), ("FR!", "FR"), ("123456789", "AQ"), ("१" * 9, "US")]
)
def test_what_no_tax_id_can_be_is_refused(text: str, country: str) -> None:
    """A wrong shape, or a country whose numbers we do not know."""
    with pytest.raises(UnknownTaxId):
        read_tax_id(text, country)
