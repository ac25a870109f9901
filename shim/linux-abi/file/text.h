/* SPDX-License-Identifier: MIT */
/*
 * Absolute paths as texts, for /proc/self/fd, /proc/self/exe and getcwd(2). What is kept with an open file is where its name was when it was opened, as it was spelt; who asks gets that without ".", ".." and symbolic links, if it is
 * still the way to the file.
 */
#pragma once

#include "abi/file.h"

struct description;

/* The text of `path` seen from a directory whose own text is `start`: "" for the root of all, null when it is not known. A null pointer when it is not known, too long, or there is no memory. */
char *text_make(const char *start, const char *path);
char *text_copy(const char *text);

/* That of a file without a name in a directory, whose text is taken: as Linux calls it, "#" and its inode. */
char *text_nameless(char *directory, uint64_t inode);
void text_return(char *text);

/*
 * The absolute path of an open file, from the root of all, as it is now; its length. For a file that does not lie where it was opened: " (deleted)" behind its path, for a directory the path found by way of its parents, and -ENOENT if it
 * has been removed. -ENOENT for what has no path. May wait.
 */
int64_t text_resolve(const struct description *description, char path[PATH_BYTES_MAX + 1]);

/* The same for a file that vfs knows by these numbers, and that was opened by `text`. May wait. */
int64_t text_resolve_file(const char *text, uint64_t filesystem, uint64_t inode, char path[PATH_BYTES_MAX + 1]);

/* An absolute path without ".", ".." and symbolic links; its length, -ENAMETOOLONG, -ELOOP. What is not there is taken as it is. May wait. */
int64_t text_without_links(const char *text, char path[PATH_BYTES_MAX + 1]);
