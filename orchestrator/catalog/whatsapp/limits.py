"""Every number and list of names that a WhatsApp template is measured by: Meta's template reference, November 2026."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME_LENGTH_MAX = 512
HEADER_LENGTH_MAX = 60
HEADER_VARIABLES_MAX = 1
BODY_LENGTH_MAX = 1024
FOOTER_LENGTH_MAX = 60

# Meta refuses "too many variables for the length" (2388293) and keeps the ratio to itself: this catches clear cases.
WORDS_PER_VARIABLE_MIN = 2

BUTTONS_MAX = 10
BUTTON_TEXT_LENGTH_MAX = 25
BUTTONS_OF_A_TYPE_MAX: Mapping[str, int] = MappingProxyType({"URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1})
URL_LENGTH_MAX = 2000
COUPON_LENGTH_MAX = 15

# In the value of a parameter.
SPACES_IN_A_ROW_MAX = 4

# Seconds for which an undelivered message is tried again, by category: from, to.
TTL_SECONDS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"AUTHENTICATION": (30, 900), "UTILITY": (30, 43_200), "MARKETING": (43_200, 2_592_000)}
)
CODE_EXPIRATION_MINUTES = (1, 90)

CATEGORIES = frozenset(TTL_SECONDS)
COMPONENTS = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER"})
# Type → whether we write the words on it; on the others Meta does.
BUTTONS: Mapping[str, bool] = MappingProxyType({
    "QUICK_REPLY": True, "URL": True, "PHONE_NUMBER": True, "FLOW": True, "VOICE_CALL": True, "APP": True,
    "COPY_CODE": False, "OTP": False, "CATALOG": False, "MPM": False, "SPM": False, "CALL_PERMISSION_REQUEST": False,
    "REQUEST_CONTACT_INFO": False,
})  # fmt: skip

# With an underscore, never a hyphen.
LANGUAGES = frozenset({
    "af", "ar", "ar_AE", "ar_EG", "ar_LB", "ar_MA", "ar_QA", "ar_SA", "az", "be_BY", "bg", "bn", "bn_IN", "ca", "cs",
    "da", "de", "de_AT", "de_CH", "el", "en", "en_AE", "en_AU", "en_CA", "en_GB", "en_GH", "en_IE", "en_IN", "en_JM",
    "en_MY", "en_NZ", "en_QA", "en_SG", "en_UG", "en_US", "en_ZA", "es", "es_AR", "es_CL", "es_CO", "es_CR", "es_DO",
    "es_EC", "es_ES", "es_HN", "es_MX", "es_PA", "es_PE", "es_UY", "es_VE", "et", "fa", "fi", "fil", "fr", "fr_BE",
    "fr_CA", "fr_CH", "fr_CI", "fr_MA", "ga", "gu", "ha", "he", "hi", "hr", "hu", "id", "it", "ja", "ka", "kk", "kn",
    "ko", "ky_KG", "lo", "lt", "lv", "mk", "ml", "mr", "ms", "nb", "nl", "nl_BE", "pa", "pl", "prs_AF", "ps_AF",
    "pt_BR", "pt_PT", "ro", "ru", "rw_RW", "si_LK", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk",
    "ur", "uz", "vi", "zh_CN", "zh_HK", "zh_TW", "zu",
})  # fmt: skip
