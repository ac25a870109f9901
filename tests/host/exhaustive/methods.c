/* SPDX-License-Identifier: MIT */
/*
 * What each method of the reference model (model.h) does, and for which reasons it may be refused.
 * Written from the description of objects and methods, not from kernel/core.
 */
#include "tests/host/exhaustive/model.h"

#include <string.h>

static void refuse_with(struct model_answer *answer, enum error error)
{
	answer->refusals |= 1u << error;
}

static void refuse_if(struct model_answer *answer, bool condition, enum error error)
{
	if (condition)
		refuse_with(answer, error);
}

static bool can_be_copied(enum object_type type)
{
	return type != OBJECT_UNTYPED && type != OBJECT_TABLE_MEMORY &&
		type != OBJECT_IRQ_CONTROL && type != OBJECT_CPU_CONTROL &&
		type != OBJECT_LOG_CONTROL;
}

static bool has(const struct capability *capability, uint8_t rights)
{
	return (capability->rights & rights) == rights;
}

/*
 * A new capability is to lie in slot `index` of this CNode capability. Returns the place, 0 when
 * that is refused.
 */
static paddr_t destination(struct model *model, const struct capability *cnode, uint64_t index,
	struct model_answer *answer)
{
	paddr_t place;

	if (cnode->type != OBJECT_CNODE) {
		refuse_with(answer, ERR_TYPE);
		return 0;
	}
	refuse_if(answer, !has(cnode, RIGHT_WRITE), ERR_RIGHTS);
	if (index >= cnode->size) {
		refuse_with(answer, ERR_ARGUMENT);
		return 0;
	}
	place = cnode->object + index * SLOT_SIZE;
	refuse_if(answer, model_at(model, place) != NULL, ERR_OCCUPIED);
	return place;
}

/* A capability is to be taken from slot `index` of this CNode capability, which needs `right`. */
static struct capability *source(struct model *model, const struct capability *cnode,
	uint64_t index, uint8_t right, struct model_answer *answer)
{
	struct capability *capability;

	if (cnode->type != OBJECT_CNODE) {
		refuse_with(answer, ERR_TYPE);
		return NULL;
	}
	refuse_if(answer, !has(cnode, right), ERR_RIGHTS);
	if (index >= cnode->size) {
		refuse_with(answer, ERR_ARGUMENT);
		return NULL;
	}
	capability = model_live_at(model, cnode->object + index * SLOT_SIZE);
	refuse_if(answer, !capability, ERR_NOCAP);
	return capability;
}

static uint64_t bytes_of(enum object_type type, uint64_t size)
{
	switch (type) {
	case OBJECT_UNTYPED:
	case OBJECT_REGION:
		return size % PAGE_SIZE ? 0 : size;
	case OBJECT_CNODE:
		return size < CNODE_BITS_MIN || size > CNODE_BITS_MAX ? 0
								      : (uint64_t)SLOT_SIZE << size;
	case OBJECT_THREAD:
		return size ? 0 : PAGE_SIZE;
	case OBJECT_ENDPOINT:
	case OBJECT_NOTIFICATION:
	case OBJECT_REPLY:
		return size ? 0 : 64;
	case OBJECT_VSPACE:
		return size ? 0 : 2 * PAGE_SIZE;
	case OBJECT_IRQ_HANDLER:
		return size ? 0 : 128;
	default:
		return 0;
	}
}

/*
 * The first address at or above the used part of an Untyped where `count` objects of `bytes` fit; 0
 * when they do not.
 */
static paddr_t memory_find(
	const struct capability *untyped, enum object_type type, uint64_t bytes, uint64_t count)
{
	uint64_t align = bytes < PAGE_SIZE			    ? bytes
		: type == OBJECT_REGION && bytes >= LARGE_PAGE_SIZE ? LARGE_PAGE_SIZE
								    : PAGE_SIZE;
	paddr_t address = untyped->object + untyped->used;

	address += (align - address % align) % align;
	return address + bytes * count <= untyped->object + untyped->size ? address : 0;
}

static uint64_t count_max(enum object_type type)
{
	return type == OBJECT_THREAD ? 32 : type == OBJECT_VSPACE ? 8 : RETYPE_COUNT_MAX;
}

static void retype(struct model *model, const struct model_call *call, struct model_answer *answer)
{
	struct capability *untyped = model_at(model, call->target);
	const struct capability *cnode = model_at(model, call->cap[0]);
	enum object_type type = (enum object_type)call->words[0];
	uint64_t bytes = bytes_of(type, call->words[1]), count = call->words[3];
	bool bare = type == OBJECT_UNTYPED || type == OBJECT_REGION;
	paddr_t address = 0, first = 0;

	refuse_if(answer,
		bytes == 0 || (bare && bytes > untyped->size) || (untyped->device && !bare),
		ERR_ARGUMENT);
	refuse_if(answer, count == 0 || count > count_max(type), ERR_ARGUMENT);
	refuse_if(answer, cnode->type != OBJECT_CNODE, ERR_TYPE);
	refuse_if(answer, !has(cnode, RIGHT_WRITE), ERR_RIGHTS);
	if (count)
		first = destination(model, cnode, call->words[2], answer);
	for (uint64_t i = 1; i < count && i < RETYPE_COUNT_MAX && first; i++)
		destination(model, cnode, call->words[2] + i, answer);
	if (bytes && count) {
		address = memory_find(untyped, type, bytes, count);
		refuse_if(answer, !address, ERR_NOMEM);
	}
	answer->commits = true;
	if (answer->refusals)
		return;
	for (uint64_t i = 0; i < count; i++, address += bytes) {
		struct capability *made = model_capability_new(model, first + i * SLOT_SIZE,
			model_index(model, untyped), type, RIGHTS_ALL, address);

		made->original = true;
		made->device = untyped->device;
		made->size = bare ? bytes : type == OBJECT_CNODE ? bytes / SLOT_SIZE : 0;
	}
	untyped->used = address - untyped->object;
}

static void reclaim(struct model *model, const struct model_call *call, struct model_answer *answer)
{
	struct capability *untyped;

	answer->teardown = true;
	model_revoke(model, call->target);
	untyped = model_at(model, call->target);
	if (untyped)
		untyped->used = 0;
}

/* MINT's word for a type, as badge or range of the copy. */
static void mint(const struct capability *from, uint64_t word, struct capability *to,
	struct model_answer *answer)
{
	uint64_t first = word & 0xffffffff, pages = word >> 32;

	switch (from->type) {
	case OBJECT_ENDPOINT:
	case OBJECT_NOTIFICATION:
		refuse_if(answer, word == 0 || from->badge, ERR_ARGUMENT);
		to->badge = word;
		break;
	case OBJECT_REGION:
		refuse_if(answer, pages == 0 || (first + pages) * PAGE_SIZE > from->size,
			ERR_ARGUMENT);
		to->object = from->object + first * PAGE_SIZE;
		to->size = pages * PAGE_SIZE;
		break;
	case OBJECT_IO_PORTS:
		refuse_if(answer, word > 0xffffffff || (word & 0xffff) > word >> 16, ERR_ARGUMENT);
		refuse_if(answer,
			(word & 0xffff) < (from->size & 0xffff) || word >> 16 > from->size >> 16,
			ERR_ARGUMENT);
		to->size = word;
		break;
	default:
		refuse_with(answer, ERR_ARGUMENT);
		break;
	}
}

static void copy(struct model *model, const struct model_call *call, bool minted,
	struct model_answer *answer)
{
	struct capability *from = source(
		model, model_at(model, call->cap[0]), call->words[1], RIGHT_READ, answer);
	paddr_t place = destination(model, model_at(model, call->target), call->words[0], answer);
	struct capability result, *to;

	answer->commits = true;
	if (!from)
		return;
	result = *from;
	refuse_if(answer, !can_be_copied(from->type), ERR_TYPE);
	if (minted)
		mint(from, call->words[3], &result, answer);
	if (answer->refusals)
		return;
	to = model_capability_new(model, place, model_index(model, from), from->type,
		(uint8_t)(from->rights & call->words[2]), result.object);
	to->device = from->device;
	to->size = result.size;
	to->badge = result.badge;
}

static void move(struct model *model, const struct model_call *call, struct model_answer *answer)
{
	struct capability *from = source(
		model, model_at(model, call->cap[0]), call->words[1], RIGHT_WRITE, answer);
	paddr_t place = destination(model, model_at(model, call->target), call->words[0], answer);

	answer->commits = true;
	refuse_if(answer, from && from->type == OBJECT_TABLE_MEMORY, ERR_TYPE);
	if (answer->refusals)
		return;
	model->at[from->place / SLOT_SIZE] = 0;
	model->at[place / SLOT_SIZE] = (int8_t)(model_index(model, from) + 1);
	from->place = place;
}

/* DELETE, REVOKE and QUERY name a slot of the CNode that is invoked. */
static void slot_method(
	struct model *model, const struct model_call *call, struct model_answer *answer)
{
	const struct capability *cnode = model_at(model, call->target), *here;
	paddr_t place = cnode->object + call->words[0] * SLOT_SIZE;

	refuse_if(answer, call->words[0] >= cnode->size, ERR_ARGUMENT);
	if (answer->refusals)
		return;
	here = model_at(model, place);
	switch (call->label) {
	case CNODE_DELETE:
		answer->teardown = true;
		model_delete(model, place);
		break;
	case CNODE_REVOKE:
		answer->teardown = true;
		refuse_if(answer, !here, ERR_NOCAP);
		if (here)
			model_revoke(model, place);
		break;
	default:
		refuse_if(answer, !here || here->dying, ERR_NOCAP);
		if (answer->refusals)
			break;
		answer->results = 4;
		answer->result[0] = here->type | (uint64_t)here->rights << 8 |
			(uint64_t)here->original << 16 | (uint64_t)here->device << 17;
		answer->result[1] = here->type == OBJECT_CNODE ? here->size - 1 : here->size;
		answer->result[2] = here->type == OBJECT_UNTYPED ? here->used : here->badge;
		if (here->type == OBJECT_UNTYPED || here->type == OBJECT_REGION)
			answer->result[3] = has(here, RIGHT_DMA) ? here->object : 0;
		break;
	}
}

/*
 * Put a copy of the argument into an object's own slot, if it is of this type and has these rights.
 */
static void bind(struct model *model, const struct model_call *call, paddr_t place,
	enum object_type type, uint8_t rights, struct model_answer *answer)
{
	const struct capability *from = model_at(model, call->cap[0]);
	struct capability *to;

	answer->commits = true;
	refuse_if(answer, from->type != type, ERR_TYPE);
	refuse_if(answer, !has(from, rights), ERR_RIGHTS);
	refuse_if(answer, model_at(model, place) != NULL, ERR_OCCUPIED);
	if (answer->refusals)
		return;
	to = model_capability_new(model, place, model_index(model, from), type, from->rights, from->object);
	to->size = from->size;
	to->badge = from->badge;
	to->device = from->device;
}

static void thread_bind(
	struct model *model, const struct model_call *call, struct model_answer *answer)
{
	const struct capability *thread = model_at(model, call->target),
				*from = model_at(model, call->cap[0]);
	paddr_t place = thread->object + call->words[0] * SLOT_SIZE;
	int owner;

	switch (call->words[0]) {
	case THREAD_CNODE:
		bind(model, call, place, OBJECT_CNODE, RIGHT_READ, answer);
		break;
	case THREAD_VSPACE:
		bind(model, call, place, OBJECT_VSPACE, RIGHT_ATTACH, answer);
		break;
	case THREAD_MESSAGE:
		refuse_if(answer, from->device,
			from->type == OBJECT_REGION ? ERR_ARGUMENT : ERR_TYPE);
		bind(model, call, place, OBJECT_REGION, RIGHT_READ | RIGHT_WRITE, answer);
		break;
	case THREAD_FAULT:
	case THREAD_PERSONALITY:
		bind(model, call, place, OBJECT_ENDPOINT, RIGHT_WRITE, answer);
		owner = model_container(model, place);
		if (!answer->refusals && call->words[0] == THREAD_PERSONALITY)
			model->capability[owner].foreign = 1;
		break;
	case THREAD_NOTIFICATION:
		for (int i = 0; i < model->count; i++) {
			const struct capability *other = &model->capability[i];
			int holder = other->type == OBJECT_NOTIFICATION && !other->dying
				? model_container(model, other->place)
				: NOBODY;

			refuse_if(answer,
				from->type == OBJECT_NOTIFICATION &&
					other->object == from->object && holder != NOBODY &&
					model->capability[holder].type == OBJECT_THREAD,
				ERR_BUSY);
		}
		bind(model, call, place, OBJECT_NOTIFICATION, RIGHT_READ, answer);
		break;
	default:
		refuse_with(answer, ERR_ARGUMENT);
		break;
	}
}

static void thread_method(
	struct model *model, const struct model_call *call, struct model_answer *answer)
{
	const struct capability *thread = model_at(model, call->target);
	int original = model_original(model, thread);

	switch (call->label) {
	case THREAD_BIND:
		thread_bind(model, call, answer);
		break;
	case THREAD_UNBIND:
		refuse_if(answer, call->words[0] >= THREAD_SLOTS, ERR_ARGUMENT);
		answer->teardown = true;
		if (!answer->refusals)
			model_delete(model, thread->object + call->words[0] * SLOT_SIZE);
		break;
	case THREAD_SET_PRIORITY:
		answer->commits = true;
		refuse_if(answer,
			call->words[0] >= PRIORITY_LEVELS || call->words[1] >= PRIORITY_LEVELS,
			ERR_ARGUMENT);
		refuse_if(answer,
			call->words[0] > model->caller_max || call->words[1] > model->caller_max,
			ERR_PRIORITY);
		if (answer->refusals)
			break;
		model->capability[original].priority = (uint8_t)call->words[0];
		model->capability[original].priority_max = (uint8_t)call->words[1];
		break;
	default: /* registers and the like: no authority */
		break;
	}
}

bool model_tables_left(const struct model *model, paddr_t vspace, unsigned mappings_per_page)
{
	uint64_t room = 0, used = 0;

	for (int i = 0; i < model->count; i++) {
		const struct capability *other = &model->capability[i];

		if (other->type == OBJECT_TABLE_MEMORY && other->object == vspace)
			room += other->size / PAGE_SIZE * mappings_per_page;
		if (other->type == OBJECT_MAPPING && other->original && other->vspace == vspace)
			used++;
	}
	return used < room;
}

static void donate(struct model *model, const struct model_call *call, struct model_answer *answer)
{
	struct capability *untyped = model_at(model, call->cap[0]), *made;
	uint64_t bytes = call->words[1] * PAGE_SIZE;
	paddr_t place = destination(model, model_at(model, call->cap[1]), call->words[0], answer),
		address;

	answer->commits = true;
	if (untyped->type != OBJECT_UNTYPED) {
		refuse_with(answer, ERR_TYPE);
		return;
	}
	refuse_if(answer, !has(untyped, RIGHT_WRITE), ERR_RIGHTS);
	refuse_if(answer, untyped->device || call->words[1] == 0 || call->words[1] > 65536,
		ERR_ARGUMENT);
	address = memory_find(untyped, OBJECT_TABLE_MEMORY, PAGE_SIZE, call->words[1]);
	refuse_if(answer, !address, ERR_NOMEM);
	if (answer->refusals)
		return;
	made = model_capability_new(model, place, model_index(model, untyped), OBJECT_TABLE_MEMORY,
		RIGHTS_ALL, model_at(model, call->target)->object);
	made->original = true;
	made->memory = address;
	made->size = bytes;
	untyped->used = address + bytes - untyped->object;
}

static void attach(struct model *model, const struct model_call *call,
	const struct model_choice *choice, struct model_answer *answer)
{
	const struct capability *vspace = model_at(model, call->target),
				*region = model_at(model, call->cap[0]);
	paddr_t place = destination(model, model_at(model, call->cap[1]), call->words[0], answer);
	uint8_t rights = (uint8_t)(vspace->rights & region->rights & call->words[1] &
		(RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE));
	struct capability *made;

	answer->commits = true;
	refuse_if(answer, region->type != OBJECT_REGION, ERR_TYPE);
	if (region->device)
		rights &= RIGHT_READ | RIGHT_WRITE;
	refuse_if(answer, !(rights & RIGHT_READ), ERR_RIGHTS);
	refuse_if(answer, !model_tables_left(model, vspace->object, choice->mappings_per_page),
		ERR_NOMEM);
	if (answer->refusals)
		return;
	made = model_capability_new(
		model, place, model_index(model, region), OBJECT_MAPPING, rights, choice->mapping);
	made->original = true;
	made->vspace = vspace->object;
	made->base = region->object;
	made->pages = (uint16_t)(region->size / PAGE_SIZE);
	made->index = choice->index;
	made->device = false;
}

static bool vector_taken(const struct model *model, uint16_t vector)
{
	for (int i = 0; i < model->count; i++)
		if (model->capability[i].type == OBJECT_IRQ_HANDLER &&
			model->capability[i].vector == vector)
			return true;
	return false;
}

static void irq_attach(
	struct model *model, const struct model_call *call, struct model_answer *answer)
{
	const struct capability *handler = model_at(model, call->cap[0]);
	uint64_t line = call->words[0];
	struct capability *original;
	uint16_t vector = IRQ_VECTOR_FIRST;

	answer->commits = true;
	if (handler->type != OBJECT_IRQ_HANDLER) {
		refuse_with(answer, ERR_TYPE);
		return;
	}
	original = &model->capability[model_original(model, handler)];
	refuse_if(answer, !has(handler, RIGHT_MANAGE), ERR_RIGHTS);
	refuse_if(answer, line != IRQ_LINE_MSI && line >= model->lines, ERR_ARGUMENT);
	refuse_if(answer, call->words[1] > (IRQ_LEVEL | IRQ_LOW), ERR_ARGUMENT);
	refuse_if(answer, original->vector, ERR_BUSY);
	for (int i = 0; i < model->count; i++) {
		const struct capability *other = &model->capability[i];

		refuse_if(answer,
			other->type == OBJECT_IRQ_HANDLER && other->vector &&
				line != IRQ_LINE_MSI && other->line == line,
			ERR_BUSY);
	}
	while (vector_taken(model, vector))
		vector++;
	refuse_if(answer, vector > IRQ_VECTOR_LAST, ERR_NOMEM);
	if (answer->refusals)
		return;
	original->vector = vector;
	original->line = (uint16_t)line;
	original->flags = (uint16_t)call->words[1];
	answer->results = 3;
	answer->result[0] = vector;
	answer->result[1] = line == IRQ_LINE_MSI ? 0xfee00000 : 0;
	answer->result[2] = line == IRQ_LINE_MSI ? vector : 0;
}

static void irq_method(
	struct model *model, const struct model_call *call, struct model_answer *answer)
{
	paddr_t place = model_at(model, call->target)->object;

	if (call->label != IRQ_HANDLER_ACKNOWLEDGE)
		refuse_if(answer, call->words[0] > 0, ERR_ARGUMENT);
	if (call->label == IRQ_HANDLER_BIND)
		bind(model, call, place, OBJECT_NOTIFICATION, RIGHT_WRITE, answer);
	if (call->label == IRQ_HANDLER_UNBIND) {
		answer->teardown = true;
		if (!answer->refusals)
			model_delete(model, place);
	}
}

static void log_method(
	struct model *model, const struct model_call *call, struct model_answer *answer)
{
	uint64_t tail = model->head - model->ring_used;

	switch (call->label) {
	case LOG_CONTROL_ADVANCE:
		refuse_if(answer, call->words[0] < tail || call->words[0] > model->head,
			ERR_ARGUMENT);
		if (!answer->refusals)
			model->ring_used = model->head - call->words[0];
		break;
	case LOG_CONTROL_BIND:
		refuse_if(answer, call->words[0] > 0, ERR_ARGUMENT);
		bind(model, call, model->log_place, OBJECT_NOTIFICATION, RIGHT_WRITE, answer);
		break;
	case LOG_CONTROL_UNBIND:
		refuse_if(answer, call->words[0] > 0, ERR_ARGUMENT);
		answer->teardown = true;
		if (!answer->refusals)
			model_delete(model, model->log_place);
		break;
	default:
		break;
	}
}

/* Which rights and how many capabilities a method asks for; false when there is no such method. */
static bool method_find(enum object_type type, uint32_t label, uint8_t *rights, unsigned *caps)
{
	static const struct {
		uint8_t type, number, rights, caps;
	} methods[] = {
#define METHOD(object, name, method, needed, arguments, takes, takes_rights, function, sentence) \
	{ OBJECT_##object, method, needed, arguments },
#include "abi/methods.def"
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i].type == type && methods[i].number == label) {
			*rights = methods[i].rights;
			*caps = methods[i].caps;
			return true;
		}
	return false;
}

static void decode(struct model *model, const struct model_call *call,
	const struct model_choice *choice, struct model_answer *answer)
{
	switch (model_at(model, call->target)->type) {
	case OBJECT_UNTYPED:
		if (call->label == UNTYPED_RETYPE)
			retype(model, call, answer);
		else
			reclaim(model, call, answer);
		break;
	case OBJECT_CNODE:
		if (call->label <= CNODE_MINT)
			copy(model, call, call->label == CNODE_MINT, answer);
		else if (call->label == CNODE_MOVE)
			move(model, call, answer);
		else
			slot_method(model, call, answer);
		break;
	case OBJECT_THREAD:
		thread_method(model, call, answer);
		break;
	case OBJECT_VSPACE:
		if (call->label == VSPACE_DONATE)
			donate(model, call, answer);
		else if (call->label == VSPACE_ATTACH_REGION)
			attach(model, call, choice, answer);
		break;
	case OBJECT_IRQ_HANDLER:
		irq_method(model, call, answer);
		break;
	case OBJECT_IRQ_CONTROL:
		irq_attach(model, call, answer);
		break;
	case OBJECT_LOG_CONTROL:
		log_method(model, call, answer);
		break;
	default: /* the machine's own methods: no authority */
		break;
	}
}

void model_invoke(struct model *model, const struct model_call *call,
	const struct model_choice *choice, struct model_answer *answer)
{
	const struct capability *target = model_at(model, call->target);
	uint8_t rights;
	unsigned caps;

	memset(answer, 0, sizeof(*answer));
	if (!method_find(target->type, call->label, &rights, &caps)) {
		refuse_with(answer, ERR_METHOD);
		return;
	}
	refuse_if(answer, !has(target, rights), ERR_RIGHTS);
	refuse_if(answer, call->caps != caps, ERR_ARGUMENT);
	if (!answer->refusals)
		decode(model, call, choice, answer);
}
