/*
 * A disk quota for the program that it is loaded into (LD_PRELOAD): while the file "over-quota" stands in QUOTA_FOLDER, no file of
 * that folder becomes larger, and who tries is told EDQUOT. What is there can be written over, as with a real quota.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuses(int file, off64_t end)
{
    const char *folder = getenv("QUOTA_FOLDER");
    char link[64], path[PATH_MAX], flag[PATH_MAX];
    struct stat64 now;
    ssize_t length;
    if (!folder)
        return 0;
    snprintf(flag, sizeof flag, "%s/over-quota", folder);
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, path, sizeof path - 1);
    if (length <= 0 || strncmp(path, folder, strlen(folder)) != 0 || access(flag, F_OK) != 0)
        return 0;
    path[length] = 0;
    return fstat64(file, &now) == 0 && S_ISREG(now.st_mode) && end > now.st_size;
}

#define REFUSE_PAST(end) \
    if (refuses(file, end)) { \
        errno = EDQUOT; \
        return -1; \
    }

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

ssize_t write(int file, const void *data, size_t size)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    off64_t at = lseek64(file, 0, SEEK_CUR);
    if (at >= 0)
        REFUSE_PAST(at + (off64_t)size)
    return real(file, data, size);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at) { REAL(ssize_t, "pwrite", int, const void *, size_t, off_t); REFUSE_PAST(at + (off_t)size) return real(file, data, size, at); }
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) { REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t); REFUSE_PAST(at + (off64_t)size) return real(file, data, size, at); }
