#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(LINUX_READABLE == EPOLLIN, "EPOLLIN");
_Static_assert(LINUX_WRITABLE == EPOLLOUT, "EPOLLOUT");
_Static_assert(LINUX_ERROR == EPOLLERR, "EPOLLERR");
_Static_assert(LINUX_HANGUP == EPOLLHUP, "EPOLLHUP");

int linux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, operation, fd, &event);
}

int linux_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_ADD, fd, events, token);
}

int linux_epoll_change(int epoll, int fd, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_MOD, fd, events, token);
}

int linux_epoll_remove(int epoll, int fd) { return control(epoll, EPOLL_CTL_DEL, fd, 0, 0); }

int linux_epoll_wait(int epoll, struct linux_event *events, int capacity, int milliseconds) {
    struct epoll_event ready[256];
    int count = epoll_wait(epoll, ready, capacity < 256 ? capacity : 256, milliseconds);
    for (int i = 0; i < count; i++) {
        events[i].token = ready[i].data.u64;
        events[i].events = ready[i].events;
    }
    return count;
}

int linux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int linux_accept(int listener, void *address, uint32_t *length) {
    socklen_t size = sizeof(struct sockaddr_storage);
    int fd = accept4(listener, address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    *length = size;
    return fd;
}

int linux_tcp_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
}

long linux_send(int fd, const void *bytes, long count) {
    return send(fd, bytes, (size_t)count, MSG_NOSIGNAL);
}

int linux_pipe(int ends[2]) { return pipe2(ends, O_NONBLOCK | O_CLOEXEC); }

int linux_begin_writeback(int fd) { return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); }

void linux_name_thread(const char *name) {
    // It fails for a name too long only, and nothing depends on the name.
    (void)pthread_setname_np(pthread_self(), name);
}

// Written before the handler is installed, read by the handler; one pipe for each signal.
static volatile int pipe_of_signal[NSIG];

static void write_signal(int signal) {
    int saved = errno;
    unsigned char number = (unsigned char)signal;
    // A full pipe already carries a wake-up, so a lost byte loses nothing but a repetition.
    ssize_t written = write(pipe_of_signal[signal], &number, 1);
    (void)written;
    errno = saved;
}

int linux_route_signal(int signal, int fd) {
    if (signal <= 0 || signal >= NSIG) {
        errno = EINVAL;
        return -1;
    }
    pipe_of_signal[signal] = fd;
    struct sigaction action = {.sa_handler = write_signal, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    return sigaction(signal, &action, NULL);
}

int linux_reset_signal(int signal) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigemptyset(&action.sa_mask);
    return sigaction(signal, &action, NULL);
}
