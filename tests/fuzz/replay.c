/* Runs a fuzz target over saved inputs, without libFuzzer: every file of the folders given, in order of name. Each input
 * lies in a memory block of exactly its size, so that AddressSanitizer sees a read behind it. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn static void replay_fail(const char *path)
{
    perror(path);
    exit(2);
}

static void replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size);
    if (!file || (!data && size > 0) || fread(data, 1, size, file) != size)
        replay_fail(path);
    fclose(file);
    fprintf(stderr, "%s\n", path); /* the last name printed is the one that failed */
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static unsigned replay_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        replay_fail(folder);
    unsigned files = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        if (stat(path, &status) != 0)
            replay_fail(path);
        if (!S_ISREG(status.st_mode))
            continue;
        replay_file(path, (size_t)status.st_size);
        files++;
    }
    free(entries);
    return files;
}

int main(int argc, char **argv)
{
    unsigned files = 0;
    for (int i = 1; i < argc; i++)
        files += replay_folder(argv[i]);
    fprintf(stderr, "%u inputs\n", files);
    return files > 0 ? 0 : 2; /* a corpus without files checks nothing */
}
