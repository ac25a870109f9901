/* SPDX-License-Identifier: MIT */
/* Messages in queues (ipc/letter.h). Their pieces are of four sizes, so that a short message takes little memory and a long one few pieces. */
#include "ipc/letter.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "mm/user.h"

struct letter_piece {
	struct letter_piece *next;
	struct slab *slab; /* that it is of */
	uint64_t bytes;
	unsigned char data[];
};

static struct slab letters = SLAB(struct letter);
static struct slab pieces[] = {{.name = "letter-64", .size = 64}, {.name = "letter-248", .size = 248}, {.name = "letter-1008", .size = 1008}, {.name = "letter-4032", .size = 4032}};
#define SIZES (sizeof(pieces) / sizeof(pieces[0]))

static uint64_t room_of(const struct slab *slab)
{
	return slab->size - sizeof(struct letter_piece);
}

/* A piece for as many of `bytes` bytes as one can have. */
static struct letter_piece *piece_make(uint64_t bytes)
{
	struct letter_piece *piece;
	unsigned size = 0;

	while (size + 1 < SIZES && room_of(&pieces[size]) < bytes)
		size++;
	piece = slab_take(&pieces[size]);
	if (!piece)
		return NULL;
	piece->slab = &pieces[size];
	piece->bytes = bytes < room_of(&pieces[size]) ? bytes : room_of(&pieces[size]);
	return piece;
}

/* With pieces for all its bytes. */
static struct letter *letter_make(int64_t number, uint64_t bytes)
{
	struct letter *letter = slab_take(&letters);
	struct letter_piece **at = letter ? &letter->first : NULL;

	if (!letter)
		return NULL;
	letter->number = number;
	letter->bytes = bytes;
	while (bytes) {
		*at = piece_make(bytes);
		if (!*at) {
			letter_free(letter);
			return NULL;
		}
		bytes -= (*at)->bytes;
		at = &(*at)->next;
	}
	return letter;
}

void letter_free(struct letter *letter)
{
	struct letter_piece *piece;

	while ((piece = letter->first) != NULL) {
		letter->first = piece->next;
		slab_return(piece->slab, piece);
	}
	slab_return(&letters, letter);
}

int letter_read(struct letter **letter, int64_t number, struct memory *memory, uint64_t address, uint64_t bytes)
{
	int error = 0;

	*letter = letter_make(number, bytes);
	if (!*letter)
		return -ENOMEM;
	for (struct letter_piece *piece = (*letter)->first; piece && !error; piece = piece->next) {
		error = user_read(memory, piece->data, address, piece->bytes);
		address += piece->bytes;
	}
	if (error)
		letter_free(*letter);
	return error;
}

int letter_write(const struct letter *letter, struct memory *memory, uint64_t address, uint64_t bytes)
{
	int error = 0;

	for (const struct letter_piece *piece = letter->first; piece && bytes && !error; piece = piece->next) {
		uint64_t part = piece->bytes < bytes ? piece->bytes : bytes;

		error = user_write(memory, address, piece->data, part);
		address += part;
		bytes -= part;
	}
	return error;
}

struct letter *letter_copy(const struct letter *letter)
{
	struct letter *copy = letter_make(letter->number, letter->bytes);
	struct letter_piece *to = copy ? copy->first : NULL;

	for (const struct letter_piece *from = letter->first; to; from = from->next, to = to->next)
		memcpy(to->data, from->data, from->bytes); /* equal numbers of bytes give equal pieces */
	return copy;
}
