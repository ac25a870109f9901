/* SPDX-License-Identifier: MIT */
/*
 * The notes of a core file, in Linux's order: registers and state of the task whose signal it is (PRSTATUS), the process (PRPSINFO), the signal (SIGINFO), the auxiliary vector (AUXV), the files that are mapped (FILE), then that task's FPU
 * state (FPREGSET, X86_XSTATE), and all three of each other task.
 */
#pragma once

#include "abi/file.h"
#include "core/image.h"

/* What the FILE note is made of. */
struct core_files {
	uint64_t count;
	struct proc_text ranges, names;
};

/* The name of the file that an area shows, as in /proc/PID/maps; a null pointer when it shows none. May wait. */
const char *core_area_file(const struct area *area, char path[PATH_BYTES_MAX + 1]);

/* Whether such a name is one of a file that has none any more. */
bool path_is_deleted(const char *path);

void core_files_add(struct core_files *files, const struct area *area, const char *name);
void core_files_end(struct core_files *files);

/* The notes about tasks, each as long as core_thread_bytes() tells: the first one's own, then the others'. Does not wait. */
void core_threads_tell(struct proc_text *text, const struct core_image *image);

/* All notes. May wait. */
void core_notes_tell(struct proc_text *text, const struct core_image *image, const struct proc_text *threads, const struct core_files *files);
