/* SPDX-License-Identifier: MIT */
/*
 * On what an answer depends, for clients that remember it (struct path_dependencies): the generations of all inodes that were looked at on the way. Each is read before the inode is, so a change in between makes the answer one that no longer holds.
 *
 * What the caches of vfs say is as good as what the tree would answer, but for a name or a mode that is being changed at that moment: another request may have been told of what was there before, and what is in the cache is not corrected until the
 * change is done, while its generation has advanced. So an answer that was made while anything changed is told as one that depends on things unknown; so is one for which a tree had to look a name up, since which inode it would find was not known
 * before: the second time the name is in the cache.
 */
#include "requests.h"

#include "lib/string.h"

#define UNKNOWN (PATH_DEPENDENCIES + 1)

void depend_begin_wanted(struct vfs_call *call)
{
	struct vfs *vfs = call->vfs;

	call->depends = &vfs->workers[call->worker].depends;
	call->depends->count = vfs->changing ? UNKNOWN : 0;
	call->changed = vfs->changed;
}

void depend_on_more(const struct vfs_call *call, uint32_t tree, uint64_t inode, enum generation which)
{
	const struct generations *generations = call->vfs->options.tree_generations[tree];
	struct path_dependencies *depends = call->depends;
	uint32_t index = generation_index(inode, which);

	if (!generations || depends->count >= PATH_DEPENDENCIES) {
		depends->count = UNKNOWN;
		return;
	}
	depends->dependency[depends->count++] = (struct path_dependency){
		.badge = (uint32_t)call->vfs->options.tree_badge[tree],
		.index = index,
		.value = __atomic_load_n(&generations->counter[index], __ATOMIC_ACQUIRE),
	};
}

void depend_unknown(const struct vfs_call *call)
{
	if (call->depends)
		call->depends->count = UNKNOWN;
}

void depend_tell(const struct vfs_call *call)
{
	unsigned char *to;

	if (!call->depends)
		return;
	to = span_at(call, span_make(low(words(call)[7]), sizeof(*call->depends)));
	if (call->depends->count == UNKNOWN || call->vfs->changing || call->changed != call->vfs->changed)
		call->depends->count = 0;
	if (to)
		memcpy(to, call->depends, offsetof(struct path_dependencies, dependency) + call->depends->count * sizeof(struct path_dependency));
}
