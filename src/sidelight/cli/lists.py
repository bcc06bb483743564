"""Files besides evidence and rules that have a say in findings, read for a hunt."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sidelight.cli.allow import today
from sidelight.cli.folders import allow_file, hijack_file
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.hunt.run import HuntOptions


@dataclass(frozen=True, slots=True)
class Lists:
    """Where the files are; None where there is none."""

    allow: Path | None = None
    assets: Path | None = None
    baseline: Path | None = None
    hijacks: Path | None = None
    roots: tuple[Path, ...] = ()
    revoked: tuple[Path, ...] = ()

    @classmethod
    def of(  # noqa: PLR0913
        cls,
        allow: Path | None,
        no_allow: bool,
        assets: Path | None,
        baseline: Path | None,
        hijacklibs: bool,
        trust: list[Path] | None,
        revoked: list[Path] | None,
    ) -> Self:
        """Give the files that options choose, and the user's own where they choose none."""
        return cls(
            allow_path(allow, off=no_allow),
            assets,
            baseline,
            hijack_path(on=hijacklibs),
            tuple(trust or ()),
            tuple(revoked or ()),
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        named = (self.allow, self.assets, self.baseline, self.hijacks)
        return (*(each for each in named if each is not None), *self.roots, *self.revoked)


def allow_path(named: Path | None, *, off: bool) -> Path | None:
    """Choose the allow-list: the one that is named, else the user's, where there is one."""
    if off:
        return None
    own = allow_file()
    return named or (own if own.is_file() else None)


def hijack_path(*, on: bool) -> Path | None:
    """Give the table of HijackLibs, where it was imported and is wanted."""
    own = hijack_file()
    return own if on and own.is_file() else None


def with_lists(options: "HuntOptions", lists: Lists) -> "HuntOptions":
    """Read the files into *options*.

    Raises:
        UsageError: one cannot be read, or is not as it should be.
    """
    from sidelight.analytics.knowledge import Knowledge  # noqa: PLC0415 - not for --help
    from sidelight.coverage import Companion  # noqa: PLC0415
    from sidelight.findings.assets import Assets  # noqa: PLC0415
    from sidelight.hunt.conclusion import Context  # noqa: PLC0415
    from sidelight.hunt.examination import Trusted  # noqa: PLC0415

    companions, assets, known = [], Assets(), Knowledge()
    if lists.assets:
        from sidelight.hunt.asset_file import read_asset_file  # noqa: PLC0415 - not for every hunt

        listed = read_asset_file(lists.assets)
        assets = listed.assets
        companions.append(Companion("assets", str(lists.assets), listed.sha256))
    if lists.baseline:
        from sidelight.hunt.learning import read_and_hash  # noqa: PLC0415

        baseline, sha256 = read_and_hash(lists.baseline)
        known = replace(known, baseline=baseline)
        companions.append(Companion("baseline", str(lists.baseline), sha256))
    if lists.hijacks:
        from sidelight.hunt.hijack_file import read_hijacks  # noqa: PLC0415

        imported = read_hijacks(lists.hijacks)
        known = replace(known, hijacks=imported.table)
        companions.append(Companion("hijacklibs", str(lists.hijacks), imported.sha256))
    if lists.allow:
        from sidelight.findings.allowlist import Sieve  # noqa: PLC0415
        from sidelight.hunt.allow_file import read_allow_file  # noqa: PLC0415

        file = read_allow_file(lists.allow)
        options = replace(options, allow=Sieve(file.entries, today()))
        companions.append(Companion("allow-list", str(lists.allow), file.sha256))
    some = (*(("roots", path) for path in lists.roots), *(("revoked", p) for p in lists.revoked))
    trusted = Trusted(lists.roots, lists.revoked)
    if some:
        trusted.read()  # a mistake in them is told before evidence is read
        companions += [Companion(name, str(path), _hash(path)) for name, path in some]
    context = Context(assets, known)
    return replace(options, context=context, trusted=trusted, companions=tuple(companions))


def _hash(path: Path) -> str:
    import hashlib  # noqa: PLC0415 - not for --help

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
