"""`gphotosfs doctor`."""

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click
import trio

from gphotosfs.cli.arguments import json_option, profile_option, typed
from gphotosfs.cli.mounting.checks import Life, life_of
from gphotosfs.cli.telling.failures import FAILED, SIGN_IN_NEEDED
from gphotosfs.config import Folders, Profile, Settings, read_config_file, settings_from
from gphotosfs.control import mounts, recorded_mounts
from gphotosfs.control.mounts import MOUNTINFO
from gphotosfs.doctor import Finding, Level, Machine, Patient, examine_google, examine_machine
from gphotosfs.errors import ConfigError
from gphotosfs.google.questions import questions
from gphotosfs.google.sign_in import token_file
from gphotosfs.google.transport.endpoints import GOOGLE, Endpoints
from gphotosfs.google.transport.quota import Ledger, ledger_path

_SIGNS: Final = {
    Level.FINE: ("ok  ", "green"),
    Level.WARNING: ("note", "yellow"),
    Level.FAILED: ("BAD ", "red"),
}


@click.command()
@profile_option
@json_option
def doctor(profile: Profile, as_json: bool) -> None:
    """Find out what is wrong, by really calling Google, and what to do about it.

    Exit codes: 0 nothing is wrong, 1 something is, 3 all that is missing is a sign-in.
    """
    findings = examine_machine(machine_of(profile)) + asked_google(profile)
    if as_json:
        answer = {
            "profile": profile.name,
            "ok": exit_code(findings) == 0,
            "findings": [asdict(finding) for finding in findings],
        }
        click.echo(json.dumps(answer, indent=2))
    else:
        for finding in findings:
            show(finding)
    sys.exit(exit_code(findings))


def machine_of(profile: Profile) -> Machine:
    """This machine, with our mounts on it."""
    return Machine(
        profile=profile,
        mounts=mounts_of(os.getuid(), profile.folders),
        dead=lambda path: life_of(path) is not Life.ALIVE,
        is_root=os.getuid() == 0,
    )


def mounts_of(uid: int, folders: Folders, mountinfo: Path = MOUNTINFO) -> list[Path]:
    """Our mount points that a user can mend: for root all, for others those that they serve."""
    # An option changes the type that mount tables show; a record tells that it is ours.
    recorded = {Path(record.mountpoint) for record in recorded_mounts(folders, mountinfo)}
    return sorted(
        {
            mounted.mountpoint
            for mounted in mounts(mountinfo)
            if (mounted.is_ours or (mounted.is_fuse and mounted.mountpoint in recorded))
            and (uid == 0 or mounted.user_id == uid)
        }
    )


def asked_google(profile: Profile) -> list[Finding]:
    """What Google says to this profile's sign-in."""
    try:
        settings = settings_from(read_config_file(profile.config_path), {})
    except ConfigError:
        settings = Settings()  # that the file is wrong has been found already
    places = Endpoints(settings.endpoints) if settings.endpoints else GOOGLE

    def ledger(project: str) -> Ledger:
        return Ledger(
            ledger_path(profile.state_dir, project),
            quota_calls=settings.quota_calls,
            quota_bytes=settings.quota_byte_requests,
        )

    patient = Patient(
        load=lambda: token_file.load(profile.credentials_path),
        ledger=ledger,
        login=typed("login", profile),
    )

    async def ask() -> list[Finding]:
        async with questions(places) as google:
            return await examine_google(google, patient, time.time())

    return trio.run(ask)


def show(finding: Finding) -> None:
    """A line of what was found, and below it what to do."""
    sign, colour = _SIGNS[finding.level]
    click.echo(f"{click.style(sign, fg=colour)} {finding.check}: {finding.what}")
    if finding.action:
        click.echo(f"       -> {finding.action}" + (f": {finding.link}" if finding.link else ""))


def exit_code(findings: Sequence[Finding]) -> int:
    """0, or 3 if a sign-in mends all that failed, else 1."""
    bad = [finding for finding in findings if finding.level is Level.FAILED]
    if not bad:
        return 0
    return SIGN_IN_NEEDED if all(finding.needs_sign_in for finding in bad) else FAILED
