# SPDX-License-Identifier: MIT
"""Busybox's own tests, from the Debian source package of the installed busybox-static: fetched by apt, which checks the signature of the archive and by it each file, kept below $BUILD/debian, and laid out as the tests want to have it.

apt gets lists and a configuration of its own: the machine's list of sources need not have source packages, and is not changed. Nothing of the package is in this repository.
"""

import glob
import os
import shutil

from debian_package import PackageError, run

BINARY, PACKAGE = "/bin/busybox", "busybox-static"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
OLD_AND_NEW = ("testsuite", "scripts", "shell/ash_test")
SHELL_HELPERS = ("printenv", "recho", "zecho")  # little programs that the shell's tests call
NOT_RUN = {"bc", "ash-z_slow", "mdev", "all_sourcecode"}  # take minutes in emulation; Debian takes it out; looks at the source


def package_version():
    """(source package, version) of the busybox that the distribution's image has."""
    return run("dpkg-query", "-W", "-f", "${source:Package} ${source:Version}", PACKAGE).split()


def apt_options(directory):
    """A configuration that reads source packages from where the machine has its binary ones."""
    for name in ("lists/partial", "cache/archives/partial"):
        os.makedirs(f"{directory}/{name}", exist_ok=True)
    places = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages").splitlines()
    if not places:
        raise PackageError("apt knows no archive of Debian")
    with open(f"{directory}/sources.list", "w", encoding="utf-8") as file:
        file.writelines(f"deb-src [signed-by={KEYRING}] {place}\n" for place in sorted(set(places)))
    settings = {"Dir::Etc::sourcelist": f"{directory}/sources.list", "Dir::Etc::sourceparts": "-", "Dir::State::lists": f"{directory}/lists", "Dir::Cache": f"{directory}/cache"}
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def source_fetch(directory):
    """The unpacked source package below this directory; returns its path."""
    package, version = package_version()
    unpacked = f"{directory}/{package}-{version.replace(':', '_')}"
    if os.path.isdir(unpacked):
        return unpacked
    options = apt_options(f"{directory}/apt-source")
    run("apt-get", "-q", *options, "update")
    run("apt-get", "-q", *options, "source", "--download-only", f"{package}={version}", cwd=f"{directory}/apt-source")
    description, = glob.glob(f"{directory}/apt-source/{package}_{version.partition(':')[2]}.dsc")
    run("dpkg-source", "--no-check", "-x", description, f"{unpacked}.new")  # apt has checked it
    os.rename(f"{unpacked}.new", unpacked)
    return unpacked


def applets_find(suite):
    """What there are tests of: a directory of scripts or a file NAME.tests, or both."""
    names = os.listdir(suite)
    found = {name for name in names if os.path.isdir(f"{suite}/{name}")} | {name.removesuffix(".tests") for name in names if name.endswith(".tests")}
    return sorted(found - NOT_RUN)


def heading_write(suite, name):
    """A test of the suite's own kind that only says that NAME's come next: their own lines do not tell."""
    path = f"{suite}/all_{name}.tests"
    with open(path, "w", encoding="ascii") as file:
        file.write(f"#!/bin/sh\necho 'group: {name}'\n")
    os.chmod(path, 0o755)


def tree_make(source, tree):
    """Lays out `tree` from the unpacked package: the binary, its configuration, both suites. Returns the applets that have tests, and the shell's groups."""
    for name in OLD_AND_NEW:
        shutil.copytree(f"{source}/{name}", f"{tree}/{name}", symlinks=True)
    shutil.copy(BINARY, f"{tree}/busybox")
    with open(f"{tree}/.config", "wb") as config:
        for name in ("os/linux", "pkg/static"):
            with open(f"{source}/debian/config/{name}", "rb") as part:
                shutil.copyfileobj(part, config)
    shell = f"{tree}/shell/ash_test"
    for name in SHELL_HELPERS:
        run("musl-gcc", "-static", "-O2", "-w", "-o", f"{shell}/{name}", f"{shell}/{name}.c")
    applets = applets_find(f"{tree}/testsuite")
    for name in applets:
        heading_write(f"{tree}/testsuite", name)
    return applets, sorted(name for name in set(os.listdir(shell)) - NOT_RUN if os.path.isdir(f"{shell}/{name}"))
