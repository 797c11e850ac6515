"""Tax ids: which kind a number is, from its country and its shape. Nobody asks the tax office here."""

import re

_EU = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())  # noqa: SIM905
_NOISE = re.compile(r"[\s./-]")

# For each country its formats with their shapes, the first that fits wins.
_FORMATS: dict[str, tuple[tuple[str, str], ...]] = {
    "AD": (("ad_nrt", r"[A-Z]\d{6}[A-Z]"),),
    "AE": (("ae_trn", r"\d{15}"),),
    "AR": (("ar_cuit", r"\d{11}"),),
    "AU": (("au_abn", r"\d{11}"), ("au_arn", r"\d{12}")),
    "BH": (("bh_vat", r"\d{15}"),),
    "BO": (("bo_tin", r"\d{7,12}"),),
    "BR": (("br_cnpj", r"[0-9A-Z]{12}\d{2}"), ("br_cpf", r"\d{11}")),
    "CA": (("ca_bn", r"\d{9}"), ("ca_gst_hst", r"\d{9}RT\d{4}"), ("ca_qst", r"\d{10}TQ\d{4}")),
    "CH": (("ch_uid", r"CHE\d{9}"), ("ch_vat", r"CHE\d{9}(?:MWST|TVA|IVA)")),
    "CL": (("cl_tin", r"\d{7,8}[0-9K]"),),
    "CN": (("cn_tin", r"[0-9A-Z]{15,20}"),),
    "CO": (("co_nit", r"\d{8,10}"),),
    "CR": (("cr_tin", r"\d{9,12}"),),
    "DO": (("do_rcn", r"\d{9,11}"),),
    "EC": (("ec_ruc", r"\d{13}"),),
    "EG": (("eg_tin", r"\d{9}"),),
    "GB": (("gb_vat", r"(?:GB|XI)?(?:\d{9}|\d{12})"),),
    "GE": (("ge_vat", r"\d{9,11}"),),
    "HK": (("hk_br", r"\d{8}"),),
    "ID": (("id_npwp", r"\d{15,16}"),),
    "IL": (("il_vat", r"\d{9}"),),
    "IN": (("in_gst", r"\d{2}[0-9A-Z]{13}"),),
    "IS": (("is_vat", r"\d{5,6}"),),
    "JP": (("jp_cn", r"\d{13}"), ("jp_trn", r"T\d{13}"), ("jp_rn", r"\d{5}")),
    "KE": (("ke_pin", r"[A-Z]\d{9}[A-Z]"),),
    "KR": (("kr_brn", r"\d{10}"),),
    "KZ": (("kz_bin", r"\d{12}"),),
    "LI": (("li_uid", r"CHE\d{9}"),),
    "MK": (("mk_vat", r"(?:MK)?\d{13}"),),
    "MU": (("mu_tan", r"\d{8}"),),
    "MX": (("mx_rfc", r"[A-Z&Ñ]{3,4}\d{6}[0-9A-Z]{3}"),),
    "MY": (("my_itn", r"[A-Z]{1,2}\d{10,11}"), ("my_sst", r"[A-Z]\d{14}"), ("my_frp", r"\d{8}")),
    "NG": (("ng_tin", r"\d{10,12}"),),
    "NO": (("no_vat", r"\d{9}(?:MVA)?"), ("no_voec", r"\d{7}")),
    "NZ": (("nz_gst", r"\d{8,9}"),),
    "OM": (("om_vat", r"OM\d{10}"),),
    "PE": (("pe_ruc", r"\d{11}"),),
    "PH": (("ph_tin", r"\d{9,14}"),),
    "RS": (("rs_pib", r"\d{9}"),),
    "SA": (("sa_vat", r"\d{15}"),),
    "SG": (("sg_uen", r"(?:\d{8,9}|[TSR]\d{2}[A-Z]{2}\d{4})[A-Z]"), ("sg_gst", r"M\d{8}[A-Z]")),
    "SV": (("sv_nit", r"\d{14}"),),
    "TH": (("th_vat", r"\d{13}"),),
    "TR": (("tr_tin", r"\d{10,11}"),),
    "TW": (("tw_vat", r"\d{8}"),),
    "UA": (("ua_vat", r"\d{10,12}"),),
    "US": (("us_ein", r"\d{9}"),),
    "UY": (("uy_ruc", r"\d{12}"),),
    "VE": (("ve_rif", r"[VEJPG]\d{9}"),),
    "VN": (("vn_tin", r"\d{10}(?:\d{3})?"),),
    "ZA": (("za_vat", r"\d{10}"),),
}


class UnknownTaxId(Exception):
    """The number is no tax id of this country. The message is for who sent it."""


def read_tax_id(text: str, country: str) -> tuple[str, str]:
    """(number, format): without spaces, dots, hyphens and slashes, in upper case. Raises UnknownTaxId."""
    number = _NOISE.sub("", text).upper()
    if country in _EU:
        return _read_vat(number, "EL" if country == "GR" else country)
    for name, shape in _FORMATS.get(country, ()):
        if re.fullmatch(shape, number, re.ASCII):
            return number, name
    raise UnknownTaxId(f"This is no tax id of the country {country}.")


def _read_vat(number: str, prefix: str) -> tuple[str, str]:
    """A VAT number of the European Union always carries its prefix."""
    full = number if number.startswith(prefix) else prefix + number
    is_foreign = full != number and number[:2] in _EU | {"EL"}
    if is_foreign or not re.fullmatch(r"[A-Z]{2}[0-9A-Z+*]{2,12}", full, re.ASCII):
        raise UnknownTaxId("This is no VAT number of the European Union.")
    return full, "eu_vat"
