/* SPDX-License-Identifier: MIT */
/* Pseudo-terminals (pty(7)): /dev/ptmx makes a pair; what is written to its master is typed at the slave, /dev/pts/N, and what processes write to the slave is read at the master. */
#pragma once

/* Makes /dev/ptmx, the devices 136:N and the filesystem type devpts known. */
void pty_start(void);
