#pragma once
// What the Glibc module of Swift does not carry: epoll, eventfd, accept4 and a signal handler.
// Only fixed-width types appear here: including the system's headers with _GNU_SOURCE would give
// fd_set and others a second definition beside the Glibc module's.
#include <stdint.h>

/// One ready file descriptor; the fields of epoll_event, aligned.
struct linux_event {
    uint64_t token;
    uint32_t events;
};

enum {
    LINUX_READABLE = 0x001,
    LINUX_WRITABLE = 0x004,
    LINUX_ERROR = 0x008,
    LINUX_HANGUP = 0x010,
};

/// A new epoll instance, or -1.
int linux_epoll_create(void);
/// Adds `fd` with its interest and token; 0, or -1.
int linux_epoll_add(int epoll, int fd, uint32_t events, uint64_t token);
/// Changes the interest of `fd`; 0, or -1.
int linux_epoll_change(int epoll, int fd, uint32_t events, uint64_t token);
/// Removes `fd`; 0, or -1.
int linux_epoll_remove(int epoll, int fd);
/// At most `capacity` (and 256) events; milliseconds < 0 waits for ever; count, or -1.
int linux_epoll_wait(int epoll, struct linux_event *events, int capacity, int milliseconds);
/// A non-blocking, close-on-exec eventfd, or -1.
int linux_eventfd(void);
/// Accepts one connection, non-blocking and close-on-exec; `address` holds at least 128 bytes.
int linux_accept(int listener, void *address, uint32_t *length);
/// A non-blocking, close-on-exec TCP socket of an address family, or -1.
int linux_tcp_socket(int family);
/// Sends without SIGPIPE; bytes sent, or -1.
long linux_send(int fd, const void *bytes, long count);
/// The two ends of a non-blocking, close-on-exec pipe: reader, writer; 0, or -1.
int linux_pipe(int ends[2]);
/// Lets the kernel begin to write a file's changed pages to the disk, and does not wait for it;
/// 0, or -1. A hint: nothing is durable by it.
int linux_begin_writeback(int fd);
/// Names the calling thread (15 bytes at most).
void linux_name_thread(const char *name);
/// From now on `signal` writes its number as one byte to `fd` (a pipe's end, non-blocking).
int linux_route_signal(int signal, int fd);
/// Gives `signal` its default action back.
int linux_reset_signal(int signal);
