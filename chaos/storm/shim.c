/* Loaded into a node before the C library (LD_PRELOAD): makes its disk slow or failing and its
 * wall clock wrong, as a control file says. The monotonic clock stays as it is.
 *
 * The file, named by STORM_CONTROL, is mapped and holds `struct control`; the storm writes to it
 * while the node runs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct control {
    volatile int64_t clock_offset_ns;   /* added to the wall clock */
    volatile int64_t sync_delay_us;     /* each sync takes this much longer */
    volatile int64_t sync_errors;       /* so many of the next syncs fail with EIO */
    volatile int64_t syncs;             /* counted here: the storm sees that the shim works */
};

static struct control nothing;
static struct control *control = &nothing;
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_clock_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("STORM_CONTROL");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    if (!path) return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) abort();
    void *map = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (map == MAP_FAILED) abort();
    control = map;
}

static int sync_with(int (*real)(int), int file) {
    int64_t delay = control->sync_delay_us;
    __atomic_add_fetch(&control->syncs, 1, __ATOMIC_RELAXED);
    if (delay > 0) {
        struct timespec rest = {delay / 1000000, delay % 1000000 * 1000};
        while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {}
    }
    if (control->sync_errors > 0) {
        if (__atomic_sub_fetch(&control->sync_errors, 1, __ATOMIC_RELAXED) >= 0) {
            errno = EIO;
            return -1;
        }
    }
    return real(file);
}

int fsync(int file) {
    return sync_with(real_fsync, file);
}

int fdatasync(int file) {
    return sync_with(real_fdatasync, file);
}

static void shift(struct timespec *time) {
    int64_t offset = control->clock_offset_ns;
    if (offset == 0) return;
    int64_t nanoseconds = time->tv_nsec + offset % 1000000000;
    time->tv_sec += offset / 1000000000;
    if (nanoseconds < 0) {
        nanoseconds += 1000000000;
        time->tv_sec -= 1;
    } else if (nanoseconds >= 1000000000) {
        nanoseconds -= 1000000000;
        time->tv_sec += 1;
    }
    time->tv_nsec = nanoseconds;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    /* Before the constructor ran, another library's may ask for the time. */
    if (!real_clock_gettime) real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real_clock_gettime(clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(time);
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *into) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}
