/* SPDX-License-Identifier: MIT */
/*
 * /proc (proc(5)): a tree of the shim's own. Its shape is in tables of *nodes*: a node is a directory with nodes in it, a file whose text a function makes when it is opened, or a link. The nodes of a process are the same for all; which
 * process it is comes with the entry.
 */
#pragma once

#include "file/entry.h"
#include "proc/text.h"
#include "process/task.h"

/* Of whom a file tells: null for what is the system's. `reader` is who opened it. */
struct proc_subject {
	struct process *process;
	struct task *task; /* of /proc/PID/task/TID; else a task of the process, null for a zombie */
	struct task *reader;
	uint64_t file; /* of /proc/PID/fdinfo/N: that number */
};

struct proc_node {
	const char *name; /* null ends a table */
	uint32_t mode;    /* type and permissions */
	const struct proc_node *nodes;                                                 /* of a directory */
	void (*tell)(struct proc_text *text, const struct proc_subject *subject);      /* of a file. May wait */
	int (*open)(const struct proc_subject *subject, struct description *description); /* of a file that is no text: sets operations and data; then `tell` is null */
	bool inspects; /* only for who may look into the process */
	int64_t (*take)(const struct proc_subject *subject, const char *line, size_t bytes); /* what is written to it: bytes or an error; null: nothing may be. May wait */
	int64_t (*read_link)(const struct proc_subject *subject, char *target, size_t bytes);
	bool magic; /* it is a magic link on Linux */
	int (*special)(struct entry *directory, struct task *task, const char *name, struct entry **found); /* names that no table has: file descriptors, tasks */
	int64_t (*list_special)(struct entry *directory, struct task *task, uint64_t *cookie, void *buffer, size_t bytes);
};

extern const struct proc_node proc_system_nodes[], proc_process_nodes[];

/* The root of the tree. */
struct entry *proc_root(void);

extern const struct proc_node proc_task_nodes[];

/* The text of /proc/slabinfo. */
void objects_tell(struct proc_text *text, const struct proc_subject *subject);

/* /proc/PID/fd, /proc/PID/fdinfo and /proc/PID/task. */
int proc_file_info_find(struct entry *directory, struct task *task, const char *name, struct entry **found);
int64_t proc_file_infos_list(struct entry *directory, struct task *task, uint64_t *cookie, void *buffer, size_t bytes);
int proc_file_find(struct entry *directory, struct task *task, const char *name, struct entry **found);
int64_t proc_files_list(struct entry *directory, struct task *task, uint64_t *cookie, void *buffer, size_t bytes);
int proc_task_find(struct entry *directory, struct task *task, const char *name, struct entry **found);
int64_t proc_tasks_list(struct entry *directory, struct task *task, uint64_t *cookie, void *buffer, size_t bytes);

/* Whether an entry is the directory /proc/PID of a process, and of which (null: one that is no more). */
bool proc_is_directory_of(const struct entry *entry, struct process **process);

/* Makes the type "proc" known to mount(2). */
void proc_start(void);
