/* SPDX-License-Identifier: MIT */
/* Nodes, by filesystem and inode, in a hash table (file/node.h). */
#include "file/node.h"

#include "mm/slab.h"

#define BUCKETS 1024

static struct slab structures = SLAB(struct node);
static struct node *buckets[BUCKETS];

static struct node **bucket_of(uint64_t filesystem, uint64_t inode)
{
	return &buckets[((inode ^ filesystem << 32) * 0x9e3779b97f4a7c15) >> 54];
}
_Static_assert(BUCKETS == 1 << (64 - 54), "the upper bits of the product");

struct node *node_find(uint64_t filesystem, uint64_t inode)
{
	struct node *node = *bucket_of(filesystem, inode);

	while (node && (node->inode != inode || node->filesystem != filesystem))
		node = node->next;
	return node;
}

struct node *node_take(uint64_t filesystem, uint64_t inode)
{
	struct node **bucket = bucket_of(filesystem, inode), *node = node_find(filesystem, inode);

	if (!node) {
		node = slab_take(&structures);
		if (!node)
			return NULL;
		node->filesystem = filesystem;
		node->inode = inode;
		node->next = *bucket;
		*bucket = node;
	}
	node->users++;
	return node;
}

void node_release(struct node *node)
{
	struct node **at = bucket_of(node->filesystem, node->inode);

	if (--node->users)
		return;
	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	slab_return(&structures, node);
}

void nodes_visit(void (*visit)(struct node *node, void *argument), void *argument)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct node *node = buckets[i]; node; node = node->next)
			visit(node, argument);
}
