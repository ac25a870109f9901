# SPDX-License-Identifier: MIT
# The personality leaves its place to a service of the test.
SYSTEM_EDIT_kozo-run := /^service linux$$/,/^$$/d
