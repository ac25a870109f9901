# SPDX-License-Identifier: MIT
HOST_NO_CORE_linux-headers := 1
