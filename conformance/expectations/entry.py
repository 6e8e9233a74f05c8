"""One entry of an expectations file: what a person may write, and what it applies to.

Each description completes the sentence "must be …", for error messages and for the published JSON Schema.
"""

from __future__ import annotations

import platform
import re
import sys
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from conformance.case import Outcome
from conformance.runner import Result

__all__ = ["PLATFORM", "Expectation", "Kind", "json_schema"]

PLATFORM = f"{sys.platform}-{platform.machine()}"
"""Against which `platform` is matched: linux-x86_64, darwin-arm64, win32-AMD64, …"""

_WRONG = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.CRASHED, Outcome.TIMED_OUT})


class Kind(StrEnum):
    """As what a deviation is accepted.

    Attributes:
        KNOWN: the case fails, however.
        UNSUPPORTED: it asks what the implementation does not offer, which raises.
    """

    KNOWN = "known"
    UNSUPPORTED = "unsupported"


def _range(text: str) -> str:
    try:
        SpecifierSet(text)
    except InvalidSpecifier as error:
        raise ValueError("is no range of versions") from error
    return text


class Expectation(BaseModel):
    """One known deviation."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    implementation: str = Field(min_length=1, description="a SPEC, as behind -i")
    version: Annotated[str, AfterValidator(_range)] = Field(
        "", description="a range of versions in quotes, such as '>=2.20,<2.22'"
    )
    platform: str = Field(
        "*", min_length=1, description="a system and a machine such as linux-x86_64, in which * and ? may stand"
    )
    case: str = Field(min_length=1, description="the id of a case, in which * and ? may stand")
    kind: Kind = Field(Kind.KNOWN, strict=False, description=f"one of {', '.join(Kind)}")
    words: str = Field("", description="a part of what the failure says, so that another one is not taken for it")
    reason: str = Field(pattern=r"\S", description="a sentence: what is wrong, and how that was seen")
    link: str = Field("", description="an address where it is reported")
    sometimes: bool = Field(False, description="true or false: whether the case may pass too")

    def applies(self, implementation: str, version: str) -> bool:
        """Tell whether it is about an implementation, in a version, on this machine."""
        is_here = self.implementation == implementation and fnmatchcase(PLATFORM, self.platform)
        return is_here and (not self.version or _is_within(version, self.version))

    def names(self, case_id: str) -> bool:
        """Tell whether it is about a case."""
        return fnmatchcase(case_id, self.case)

    def covers(self, result: Result) -> bool:
        """Tell whether a result is the deviation, if the implementation is the one that it is about."""
        wrong = {Outcome.ERROR} if self.kind is Kind.UNSUPPORTED else _WRONG
        return result.outcome in wrong and self.names(result.case.id) and self.words in result.detail


def _is_within(version: str, wanted: str) -> bool:
    """Tell whether a version, which an implementation says and may be any text, is within a range."""
    try:
        return SpecifierSet(wanted).contains(Version(re.split(r"[\s,;(]", version)[0]), prereleases=True)
    except InvalidVersion:
        return False


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an expectations file, for editors."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Expectations of convolutions"}
    return head | TypeAdapter(list[Expectation]).json_schema()
