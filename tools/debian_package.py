# SPDX-License-Identifier: MIT
"""The commands that fetch and unpack packages of Debian's: apt and dpkg, whose failures are told with what they printed; and files of installed packages."""

import hashlib
import subprocess

CHECKSUMS = "/var/lib/dpkg/info/{}.md5sums"


class PackageError(Exception):
    """A package cannot be fetched, unpacked or used, and why."""


def run(*words, **options):
    """What the command prints. `options` are those of subprocess.run()."""
    try:
        return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise PackageError(f"{error}: {getattr(error, 'stdout', '') or ''}".rstrip(": \n")) from error


def installed_file(path, package):
    """The path of a file of an installed package, which is as the package's own checksums say; PackageError when it is not."""
    try:
        with open(CHECKSUMS.format(package), encoding="utf-8") as lines:
            sums = {name: digest for digest, name in (line.rstrip("\n").split("  ", 1) for line in lines)}
        with open(path, "rb") as file:
            digest = hashlib.md5(file.read(), usedforsecurity=False).hexdigest()
    except OSError as error:
        raise PackageError(f"{error.filename}: {error.strerror} (tools/install-packages installs {package})") from error
    if sums.get(path.lstrip("/")) != digest:
        raise PackageError(f"{path} is not as the package {package} has it (apt-get install --reinstall {package})")
    return path
