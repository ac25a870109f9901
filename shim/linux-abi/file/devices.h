/* SPDX-License-Identifier: MIT */
/* What is in /dev: the device files, links and directories of a devtmpfs. */
#pragma once

/* Makes the device files and links of a devtmpfs in an open directory. 0 or a negative error number. May wait. */
int devices_make(int directory);
