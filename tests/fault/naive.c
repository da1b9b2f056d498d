/* A follower as one writes it in an afternoon, to see that the harness notices: it remembers a byte offset per name, reads what
 * is new up to the last newline (or the end, when told to stop), and writes the offset down after the lines (so that a kill doubles them) or before
 * (so that it loses them). Output: one file.
 *
 *     naive before|after OUTPUT OFFSETS FILE-PATTERN... */
#include <glob.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_MAX = 4096, PIECE_MAX = 1 << 20 };

static struct {
    char name[240];
    long offset;
} names[NAMES_MAX];
static size_t name_count;
static volatile sig_atomic_t stopping;

static void stop(int number)
{
    (void)number;
    stopping = 1;
}

static void offsets_read(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    while (name_count < NAMES_MAX &&
           fscanf(file, "%ld %239[^\n]", &names[name_count].offset, names[name_count].name) == 2)
        name_count++;
    fclose(file);
}

static void offsets_write(const char *path)
{
    char fresh[4096];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *file = fopen(fresh, "w");
    if (file == NULL)
        exit(2);
    for (size_t i = 0; i < name_count; i++)
        fprintf(file, "%ld %s\n", names[i].offset, names[i].name);
    if (fclose(file) != 0 || rename(fresh, path) != 0)
        exit(2);
}

static size_t name_of(const char *name)
{
    for (size_t i = 0; i < name_count; i++)
        if (strcmp(names[i].name, name) == 0)
            return i;
    if (name_count == NAMES_MAX)
        exit(2);
    snprintf(names[name_count].name, sizeof names[0].name, "%s", name);
    return name_count++;
}

static void follow(const char *name, const char *output, const char *offsets, bool before, bool last)
{
    static char data[PIECE_MAX];
    size_t at = name_of(name);
    FILE *file = fopen(name, "r");
    if (file == NULL)
        return;
    fseek(file, 0, SEEK_END);
    if (ftell(file) < names[at].offset)
        names[at].offset = 0;
    fseek(file, names[at].offset, SEEK_SET);
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    while (!last && size > 0 && data[size - 1] != '\n')
        size--;
    if (size == 0)
        return;
    names[at].offset += (long)size;
    if (before)
        offsets_write(offsets);
    usleep(3000);
    FILE *to = fopen(output, "a");
    if (to == NULL || fwrite(data, 1, size, to) != size || fclose(to) != 0)
        exit(2);
    usleep(3000); /* a slow disk */
    if (!before)
        offsets_write(offsets);
}

int main(int argc, char *argv[])
{
    if (argc < 5)
        return 2;
    signal(SIGTERM, stop);
    offsets_read(argv[3]);
    for (bool last = false; !last;) {
        last = stopping != 0;
        for (int i = 4; i < argc; i++) {
            glob_t found;
            if (glob(argv[i], 0, NULL, &found) == 0)
                for (size_t k = 0; k < found.gl_pathc; k++)
                    follow(found.gl_pathv[k], argv[2], argv[3], strcmp(argv[1], "before") == 0, last);
            globfree(&found);
        }
        usleep(5000);
    }
    return 0;
}
