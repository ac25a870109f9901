/* SPDX-License-Identifier: MIT */
/*
 * The servers that the personality uses: vfs and ramfs, their real cores (tests/host/vfs/system.h), with answers that may come late; a serial driver that swallows what it gets and sends what it is told; and the one that ends the system,
 * which nobody is to call.
 */
#pragma once

#include "abi/start.h"
#include "lib/call.h"

enum peer { PEER_VFS, PEER_RAMFS, PEER_SERIAL, PEER_SHUTDOWN, PEERS };

/* Makes the filesystem with what a small system has, and the start page that names the servers. */
void peers_begin(void);

/* What they have in memory that is not the program's own, for who saves and restores it (snapshot.h). */
void peers_memory(void (*each)(void *memory, size_t bytes));

/* A call of a session, or a signal to a server. */
enum error peer_call(struct kernel_call *call);

/* Whether some requests are refused, or carried out in part. */
void answers_refuse(bool refuse);

/* Whether answers are late at all; gives the one that has waited longest, and tells whether there was one. */
void answers_delay(bool late);
bool late_answer_give(void);

/* Another instance of vfs, or of ramfs, begins. */
void filesystem_restart(bool vfs);

/* Bits of signals for the service; taken. */
uint64_t peer_signals(void);

/* A byte arrives at the console. */
void console_type(unsigned char byte);

/* A null pointer, or what is wrong with the filesystem. */
const char *peers_check(void);
