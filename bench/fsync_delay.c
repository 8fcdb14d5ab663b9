/* Sleeps before every fsync and fdatasync, as a slower disk would: BENCH_FSYNC_MS milliseconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>
static void wait_ms(void) { const char *ms = getenv("BENCH_FSYNC_MS"); if (ms) usleep(1000 * atoi(ms)); }
int fsync(int fd) { wait_ms(); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { wait_ms(); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
