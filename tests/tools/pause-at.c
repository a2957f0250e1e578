/*
 * Holds the program that it is loaded into (LD_PRELOAD) just before or after it renames one file, so that a test can do something at
 * that moment and at no other.
 *
 *   PAUSE_AT      "before " or "after " and the path that the file has before
 *   PAUSE_FOLDER  "paused" is made there when it is held; it goes on when "go" is there, after a minute in any case
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void look(const char *when, const char *path)
{
    const char *at = getenv("PAUSE_AT"), *folder = getenv("PAUSE_FOLDER");
    char moment[PATH_MAX + 8], file[PATH_MAX];
    int made, rounds;
    if (!at || !folder)
        return;
    snprintf(moment, sizeof moment, "%s %s", when, path);
    if (strcmp(moment, at) != 0)
        return;
    snprintf(file, sizeof file, "%s/paused", folder);
    made = open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (made < 0)
        return;
    close(made);
    snprintf(file, sizeof file, "%s/go", folder);
    for (rounds = 0; rounds < 6000 && access(file, F_OK) != 0; rounds++)
        usleep(10000);
}

int rename(const char *from, const char *to)
{
    static int (*real)(const char *, const char *);
    int result;
    if (!real)
        real = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
    look("before", from);
    result = real(from, to);
    look("after", from);
    return result;
}
