/*
 * Kills the program that it is loaded into (LD_PRELOAD) with SIGKILL just before its Nth change to a file under a folder, so that a
 * test can end a program at each of its steps, one after the other.
 *
 *   KILL_AT         which change, counted from 1; 0 counts only
 *   KILL_AT_FOLDER  changes under this folder count: rename, link, unlink, truncate, sync, and open for writing
 *   KILL_AT_LOG     the changes are noted here, one a line, so that a test can say at which step it failed
 *
 * Writes themselves do not count: a killed process loses none that it made, and what a power cut loses is told by the syncs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long changes;

static int (*open_of_libc(void))(const char *, int, ...)
{
    static int (*found)(const char *, int, ...);
    if (!found)
        found = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    return found;
}

static int counts(const char *path)
{
    const char *folder = getenv("KILL_AT_FOLDER");
    char full[PATH_MAX];
    if (!folder || !path)
        return 0;
    if (path[0] != '/') {
        if (!getcwd(full, sizeof full) || strlen(full) + strlen(path) + 2 > sizeof full)
            return 0;
        strcat(full, "/");
        strcat(full, path);
        path = full;
    }
    /* Lock files and logs are no steps of the work. */
    return strncmp(path, folder, strlen(folder)) == 0 && !strstr(path, "/logs/") && !strstr(path, ".server") && !strstr(path, "-shm");
}

static void step(const char *what, const char *path)
{
    long now, last;
    const char *log = getenv("KILL_AT_LOG");
    if (!counts(path))
        return;
    now = atomic_fetch_add(&changes, 1) + 1;
    last = getenv("KILL_AT") ? atol(getenv("KILL_AT")) : 0;
    if (log) {
        char line[PATH_MAX + 64];
        int length = snprintf(line, sizeof line, "%ld %s %s\n", now, what, path);
        int file = open_of_libc()(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (file >= 0) {
            if (write(file, line, length) < 0) {}
            close(file);
        }
    }
    if (last > 0 && now == last)
        kill(getpid(), SIGKILL);
}

static void step_of_file(const char *what, int file)
{
    char link[64], path[PATH_MAX];
    ssize_t length;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, path, sizeof path - 1);
    if (length > 0) {
        path[length] = 0;
        step(what, path);
    }
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

int rename(const char *from, const char *to) { REAL(int, "rename", const char *, const char *); step("rename", to); return real(from, to); }
int link(const char *from, const char *to) { REAL(int, "link", const char *, const char *); step("link", to); return real(from, to); }
int unlink(const char *path) { REAL(int, "unlink", const char *); step("unlink", path); return real(path); }
int truncate(const char *path, off_t size) { REAL(int, "truncate", const char *, off_t); step("truncate", path); return real(path, size); }
int ftruncate(int file, off_t size) { REAL(int, "ftruncate", int, off_t); step_of_file("truncate", file); return real(file, size); }
int ftruncate64(int file, off64_t size) { REAL(int, "ftruncate64", int, off64_t); step_of_file("truncate", file); return real(file, size); }
int fsync(int file) { REAL(int, "fsync", int); step_of_file("sync", file); return real(file); }
int fdatasync(int file) { REAL(int, "fdatasync", int); step_of_file("sync", file); return real(file); }

#define OPEN(function) \
    int function(const char *path, int flags, ...) \
    { \
        mode_t mode = 0; \
        REAL(int, #function, const char *, int, ...); \
        if (flags & (O_CREAT | O_TMPFILE)) { \
            va_list more; \
            va_start(more, flags); \
            mode = va_arg(more, mode_t); \
            va_end(more); \
        } \
        if (flags & (O_WRONLY | O_RDWR)) step("open", path); \
        return real(path, flags, mode); \
    }

OPEN(open)
OPEN(open64)
