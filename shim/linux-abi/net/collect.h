/* SPDX-License-Identifier: MIT */
/* Sockets that only lie in messages (SCM_RIGHTS, unix(7)): in each other's queues or in their own, where nobody can ever receive them. */
#pragma once

/* Finds them, and frees what lies in their queues, of which they end. Nothing when no open file is on its way. To be called when a socket, or a number of one, has been closed. May wait. */
void sockets_collect(void);
