#pragma once
// What the Glibc module of Swift does not carry: epoll, eventfd, accept4.
#define _GNU_SOURCE 1
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
