/* SPDX-License-Identifier: MIT */
/*
 * The scalar types that kernel and user space share.
 *
 * An address is never a bare integer type in a prototype: the name of the type says in which space it lies. A handle is an index into the
 * caller's root CNode and means nothing to anybody else.
 */
#pragma once

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t paddr_t;  /* physical address */
typedef uint64_t vaddr_t;  /* virtual address of some address space */
typedef uint64_t handle_t; /* capability handle: index into the owner's root CNode */
#endif

#define KOZO_ABI_VERSION 1

#define PAGE_BITS 12
#define PAGE_SIZE 4096
#define LARGE_PAGE_BITS 21
#define LARGE_PAGE_SIZE 0x200000
#define CPU_MAX 1

/* The first address that user space cannot map. The last page below the canonical hole stays empty, so that no `syscall` instruction can end at it. */
#define USER_TOP 0x00007ffffffff000
