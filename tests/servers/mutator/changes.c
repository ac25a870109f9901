/* SPDX-License-Identifier: MIT */
/* Changes of authority that lead to nothing: a copy in the own CNode, and its deletion (changes.h). */
#include "tests/servers/mutator/changes.h"

#include "lib/methods.h"
#include "lib/service.h"

#define SLOT (START_SLOT_FREE + 7)

enum error authority_changes(int pairs)
{
	handle_t cnode = start_find("cnode")->slot;
	enum error error = OK;

	for (int i = 0; error == OK && i < pairs; i++) {
		error = cnode_copy(cnode, SLOT, cnode, start_find("endpoint")->slot, RIGHT_READ);
		if (error == OK)
			error = cnode_delete(cnode, SLOT);
	}
	return error;
}
