"""The written policies on private information between partners, as data with a version (L12)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from services.intake.domain.errors import BadDefinition


@dataclass(frozen=True, kw_only=True)
class PolicyText:
    """One policy in the words that are shown and signed."""

    name: str
    version: str
    locale: str
    title: str
    paragraphs: tuple[str, ...]
    agreement: str

    @property
    def sha256(self) -> str:
        """Of every word that a person sees before signing."""
        words = "\n".join((self.version, self.title, *self.paragraphs, self.agreement))
        return hashlib.sha256(words.encode()).hexdigest()


def read_policies(text: str) -> dict[str, PolicyText]:
    """The policies of a file by name. Raises BadDefinition."""
    document = yaml.safe_load(text)
    try:
        return {
            name: _policy(name, found, document) for name, found in document["policies"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise BadDefinition("policies", f"{error} is missing or of another kind") from error


def _policy(name: str, found: Mapping[str, Any], document: Mapping[str, Any]) -> PolicyText:
    return PolicyText(
        name=name,
        version=str(document["version"]),
        locale=document["locale"],
        title=found["title"],
        paragraphs=tuple(" ".join(part.split()) for part in found["paragraphs"]),
        agreement=" ".join(found["agreement"].split()),
    )
