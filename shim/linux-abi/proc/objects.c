/* SPDX-License-Identifier: MIT */
/*
 * /proc/slabinfo (slabinfo(5)): how many structures of each kind there are, and what kernel objects Linux processes have. When two looks at it tell the same numbers in use, nothing that was made between them is left: that is what
 * tests of what is given back compare (tests/linux/census).
 */
#include "mm/host.h"
#include "mm/slab.h"
#include "proc/proc.h"

/* A name without blanks: the type's, without `struct`. */
static const char *plain_name(const char *name)
{
	for (const char *at = name; *at; at++)
		if (*at == ' ')
			name = at + 1;
	return name;
}

static void kind_tell(struct proc_text *text, const char *name, uint64_t used, uint64_t made, uint64_t bytes, uint64_t in_frame)
{
	text_add(text, "%s ", plain_name(name));
	text_add_padded(text, used, 6);
	text_add(text, " ");
	text_add_padded(text, made, 6);
	text_add(text, " ");
	text_add_padded(text, bytes, 6);
	text_add(text, " ");
	text_add_padded(text, in_frame, 4);
	text_add(text, "    1 : tunables    0    0    0 : slabdata ");
	text_add_padded(text, in_frame ? made / in_frame : made, 6);
	text_add(text, " ");
	text_add_padded(text, in_frame ? made / in_frame : made, 6);
	text_add(text, "      0\n");
}

void objects_tell(struct proc_text *text, const struct proc_subject *subject)
{
	const struct host_census census = host_census();

	(void)subject;
	text_add(text, "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	for (const struct slab *slab = slabs; slab; slab = slab->next)
		kind_tell(text, slab->name, slab->used, slab->frames * slab_per_frame(slab), slab->size, slab_per_frame(slab));
	kind_tell(text, "host_thread", census.threads, census.threads_made, PAGE_SIZE, 1);
	kind_tell(text, "host_space", census.spaces, census.spaces_made, PAGE_SIZE, 1);
}
