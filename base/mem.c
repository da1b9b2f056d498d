#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The arena. A chunk is one malloc: this header, then `size` bytes handed out from the front. Only the newest chunk is
 * handed out from; a request too large for the next chunk's size gets a chunk of exactly its own, behind the newest, so
 * that the newest one's rest is not lost. Sizes go 64 KiB, 128 KiB, ... 8 MiB; behind what was expected they start anew. A
 * reset leaves one chunk that holds all of what was handed out before, so that an arena that is used again and again soon
 * allocates nothing.
 *
 * Under AddressSanitizer every request gets its own chunk of exactly its size. */

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_SEPARATE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_SEPARATE 1
#endif
#endif
#ifndef ARENA_SEPARATE
#define ARENA_SEPARATE 0
#endif

enum {
    HUGE_BYTES = 2 << 20,
    CHUNK_BYTES_MIN = 64 << 10,
    CHUNK_BYTES_MAX = 8 << 20,
    KEPT_BYTES_MAX = 64 << 20,
};

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
    bool expected; /* made by arena_expect */
    _Alignas(ARENA_ALIGNMENT) char data[];
};

static _Noreturn void out_of_memory(size_t size)
{
    fprintf(stderr, "winnow: out of memory (%zu bytes more were needed)\n", size);
    abort();
}

/* Lets the kernel back large memory with large pages: fewer faults, and addresses that are found sooner. Only advice. */
static void *prefer_huge(void *memory, size_t size)
{
    uintptr_t from = ((uintptr_t)memory + HUGE_BYTES - 1) & ~(uintptr_t)(HUGE_BYTES - 1);
    uintptr_t to = ((uintptr_t)memory + size) & ~(uintptr_t)(HUGE_BYTES - 1);
    if (memory != NULL && size >= HUGE_BYTES && from < to)
        madvise((char *)memory + (from - (uintptr_t)memory), to - from, MADV_HUGEPAGE);
    return memory;
}

void *mem_alloc(size_t size)
{
    void *memory = prefer_huge(calloc(1, size ? size : 1), size);
    if (memory == NULL)
        out_of_memory(size);
    return memory;
}

void *mem_resize(void *memory, size_t size)
{
    void *resized = prefer_huge(realloc(memory, size ? size : 1), size);
    if (resized == NULL)
        out_of_memory(size);
    return resized;
}

void *mem_resize_array(void *memory, size_t count, size_t size_each)
{
    size_t size;
    if (__builtin_mul_overflow(count, size_each, &size))
        out_of_memory(SIZE_MAX);
    return mem_resize(memory, size);
}

void mem_expect(void *memory, size_t size)
{
#ifdef MADV_POPULATE_WRITE
    enum { PAGE = 4096, WORTH_A_CALL = 16 * PAGE };
    uintptr_t from = ((uintptr_t)memory + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    uintptr_t to = ((uintptr_t)memory + size) & ~(uintptr_t)(PAGE - 1);
    if (to > from && to - from >= WORTH_A_CALL)
        madvise((char *)memory + (from - (uintptr_t)memory), to - from, MADV_POPULATE_WRITE);
#else
    (void)memory;
    (void)size;
#endif
}

static struct arena_chunk *chunk_init(struct arena_chunk *chunk, size_t size)
{
    if (chunk == NULL)
        out_of_memory(size);
    chunk->next = NULL;
    chunk->size = size;
    chunk->expected = false;
    return chunk;
}

static struct arena_chunk *chunk_new(size_t size)
{
    struct arena_chunk *chunk = NULL;
    if (size <= SIZE_MAX / 2)
        chunk = prefer_huge(malloc(sizeof *chunk + size), size);
    return chunk_init(chunk, size);
}

static void chunks_free(struct arena_chunk *chunk)
{
    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

/* All that comes next is handed out from this chunk, which has all of its bytes, or from none. */
static void hand_out_from(struct arena *arena, struct arena_chunk *chunk)
{
    arena->chunks = chunk;
    arena->free = chunk != NULL ? chunk->data : NULL;
    arena->end = chunk != NULL ? chunk->data + (chunk->size & ~(size_t)(ARENA_ALIGNMENT - 1)) : NULL;
}

void arena_release(struct arena *arena)
{
    chunks_free(arena->chunks);
    *arena = (struct arena){0};
}

void arena_reset(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunks;
    bool one = chunk != NULL && chunk->next == NULL && !ARENA_SEPARATE;
    if (!one || chunk->size > KEPT_BYTES_MAX) {
        size_t size = arena->used_bytes + arena->used_bytes / 4;
        chunks_free(chunk);
        chunk = ARENA_SEPARATE || size == 0 || size > KEPT_BYTES_MAX ? NULL : chunk_new(size);
    }
    hand_out_from(arena, chunk);
    arena->used_bytes = 0;
}

void arena_expect(struct arena *arena, size_t size)
{
    if (ARENA_SEPARATE || arena->chunks != NULL || size < HUGE_BYTES / 2 || size > CHUNK_BYTES_MAX)
        return;
    /* One fault for a whole large page, where there would be hundreds. */
    size_t whole = (size + HUGE_BYTES - 1) & ~(size_t)(HUGE_BYTES - 1);
    struct arena_chunk *chunk = prefer_huge(aligned_alloc(HUGE_BYTES, whole), whole);
    hand_out_from(arena, chunk_init(chunk, whole - sizeof *chunk));
    arena->chunks->expected = true;
}

/* A chunk of its own, which nothing else is handed out from, behind the newest one. */
static void *alloc_alone(struct arena *arena, size_t size)
{
    struct arena_chunk *own = chunk_new(size), **place = arena->chunks ? &arena->chunks->next : &arena->chunks;
    own->next = *place;
    *place = own;
    return own->data;
}

void *arena_alloc_more(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        out_of_memory(size);
    arena->used_bytes += size;
    if (ARENA_SEPARATE)
        return alloc_alone(arena, size);
    size_t taken = (size ? size + ARENA_ALIGNMENT - 1 : ARENA_ALIGNMENT) & ~(size_t)(ARENA_ALIGNMENT - 1);
    if (taken > (size_t)(arena->end - arena->free)) {
        bool larger = arena->chunks != NULL && !arena->chunks->expected;
        size_t regular = larger ? arena->chunks->size * 2 : CHUNK_BYTES_MIN;
        if (regular > CHUNK_BYTES_MAX)
            regular = CHUNK_BYTES_MAX;
        if (taken > regular && arena->chunks != NULL)
            return alloc_alone(arena, taken);
        struct arena_chunk *chunk = chunk_new(taken > regular ? taken : regular);
        chunk->next = arena->chunks;
        hand_out_from(arena, chunk);
    }
    char *memory = arena->free;
    arena->free += taken;
    return memory;
}
