# SPDX-License-Identifier: MIT
# The Linux programs that this test runs, built from tests/linux/hello.c.
BLOBS_hello := hello.musl=$(BUILD)/linux/hello.musl hello.glibc=$(BUILD)/linux/hello.glibc
