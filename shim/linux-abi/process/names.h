/* SPDX-License-Identifier: MIT */
/* What the system says it is (uname(2)). Programs ask which Linux it is and decide by that: the one whose interface this is. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SYSTEM_NAME "Linux"
#define SYSTEM_RELEASE "6.1.0-kozo"
#define SYSTEM_RELEASE_26 "2.6.61-kozo" /* the same to who asked for a 2.6 (UNAME26 of personality(2)): 60 more than 1 */
#define SYSTEM_VERSION "#1 Kozo"

const char *system_host_name(void);
const char *system_domain_name(void);

/* /proc/sys/kernel/hostname and domainname: a line is the new name, as far as it fits. The bytes of the line. */
int64_t system_host_name_take(const char *line, size_t bytes);
int64_t system_domain_name_take(const char *line, size_t bytes);

/* A number as text without a NUL: its length, -EINVAL when it does not fit. */
int64_t number_text(int64_t number, char *text, size_t bytes);
