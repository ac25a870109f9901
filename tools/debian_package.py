# SPDX-License-Identifier: MIT
"""The commands that fetch and unpack packages of Debian's: apt and dpkg, whose failures are told with what they printed."""

import subprocess


class PackageError(Exception):
    """A package cannot be fetched, unpacked or used, and why."""


def run(*words, **options):
    """What the command prints. `options` are those of subprocess.run()."""
    try:
        return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise PackageError(f"{error}: {getattr(error, 'stdout', '') or ''}".rstrip(": \n")) from error
