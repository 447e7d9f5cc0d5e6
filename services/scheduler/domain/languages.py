"""Languages in which people may want to talk: ISO 639 codes, and their names in English.

A short list, of what is most spoken or signed at homes in the US, so that one language has one
code. It is not the language of the pages.
"""

from types import MappingProxyType
from typing import Final

_LISTED: Final = (
    "en English|es Spanish|ase American Sign Language|am Amharic|ar Arabic|hy Armenian|bn Bangla|"
    "yue Cantonese|zh Chinese (Mandarin)|tl Filipino (Tagalog)|fr French|de German|el Greek|"
    "gu Gujarati|ht Haitian Creole|he Hebrew|hi Hindi|hmn Hmong|it Italian|ja Japanese|km Khmer|"
    "ko Korean|ne Nepali|nv Navajo|fa Persian|pl Polish|pt Portuguese|pa Punjabi|ro Romanian|"
    "ru Russian|so Somali|sw Swahili|ta Tamil|te Telugu|th Thai|tr Turkish|uk Ukrainian|ur Urdu|"
    "vi Vietnamese|yi Yiddish"
)

LANGUAGES: Final = MappingProxyType(
    {code: name for code, _, name in (entry.partition(" ") for entry in _LISTED.split("|"))}
)
"""Code -> name, English and Spanish first."""
