/* Memory with three lifetimes: program (mem_alloc), batch (struct arena, reset as a whole), scope (scope.h).
 * Running out of memory aborts with a clear message: sizes driven by input have limits that fail long before. */
#ifndef WINNOW_BASE_MEM_H
#define WINNOW_BASE_MEM_H

#include <stddef.h>
#include <string.h>

/* Never return NULL; size 0 gives a unique pointer. mem_alloc memory is zeroed. mem_resize keeps the first old bytes,
 * new ones are not zeroed. All are freed with free(). */
void *mem_alloc(size_t size);
void *mem_resize(void *memory, size_t size);
void *mem_resize_array(void *memory, size_t count, size_t size_each);

/* All of the memory is about to be written: its pages are made at once, instead of one fault each. Only advice. */
void mem_expect(void *memory, size_t size);

/* An arena hands out memory that lives until arena_reset or arena_release. Zero-initialised = empty and ready.
 * Under AddressSanitizer each allocation is its own malloc so that overflows are seen. One thread at a time. */
struct arena_chunk;
struct arena {
    struct arena_chunk *chunks; /* newest first */
    char *free, *end;           /* of the newest one: what is not handed out yet, both aligned */
    size_t used_bytes;          /* handed out since the last reset */
};
enum { ARENA_ALIGNMENT = 16 };

void arena_release(struct arena *arena);
/* Forgets everything handed out; keeps its largest chunk for reuse. */
void arena_reset(struct arena *arena);
/* The arena, empty, is about to hand out this much: it takes all of it at once, in large pages if it is large. Only advice. */
void arena_expect(struct arena *arena, size_t size);
/* What arena_alloc does where the newest chunk has no room, or nothing is asked for. */
void *arena_alloc_more(struct arena *arena, size_t size);
/* Aligned to 16; not zeroed. */
static inline void *arena_alloc(struct arena *arena, size_t size)
{
    if (size - 1 >= (size_t)(arena->end - arena->free)) /* 0 is the largest of all here */
        return arena_alloc_more(arena, size);
    char *memory = arena->free;
    arena->free += (size + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
    arena->used_bytes += size;
    return memory;
}
/* Zeroed. */
static inline void *arena_zalloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (size_t)(count)))
#define ARENA_NEW(arena, type) ((type *)arena_zalloc((arena), sizeof(type)))

#endif
