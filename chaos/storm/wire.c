/* wire A B MICROSECONDS: carries every frame between two interfaces, each frame later by this
 * much: what netem does where the kernel has it. Ends with the process. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAME = 70 << 10, QUEUE = 4096 };

/* A frame on its way, with the kernel's notes on checksum and segments before it. */
struct parcel {
    int64_t due;
    int to;
    size_t length;
    unsigned char *bytes;
};

static struct parcel queue[QUEUE];
static size_t first, count;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int64_t now_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static int attach(const char *name) {
    int on = 1;
    int file = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    if (file < 0) fail("socket");
    /* Frames come as they are: not yet cut into segments, checksums still to be made. */
    if (setsockopt(file, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0) fail("vnet header");
    if (setsockopt(file, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0)
        fail("ignore outgoing");
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = (int)if_nametoindex(name)};
    if (bind(file, (struct sockaddr *)&address, sizeof address) != 0) fail(name);
    struct packet_mreq promiscuous = {
        .mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
    if (setsockopt(
            file, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) != 0)
        fail("promiscuous");
    return file;
}

static void take(int from, int to, int64_t delay) {
    static unsigned char frame[FRAME];
    ssize_t length = recv(from, frame, sizeof frame, MSG_DONTWAIT);
    if (length <= 0 || count == QUEUE) return; /* A full wire loses what comes. */
    unsigned char *bytes = malloc((size_t)length);
    if (!bytes) fail("memory");
    memcpy(bytes, frame, (size_t)length);
    queue[(first + count++) % QUEUE] =
        (struct parcel){now_us() + delay, to, (size_t)length, bytes};
}

static void deliver(void) {
    int64_t now = now_us();
    while (count > 0 && queue[first].due <= now) {
        struct parcel *parcel = &queue[first];
        /* What can't be sent is lost, as on any wire. */
        if (send(parcel->to, parcel->bytes, parcel->length, 0) < 0 && errno == EBADF)
            fail("send");
        free(parcel->bytes);
        first = (first + 1) % QUEUE;
        count--;
    }
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "wire A B MICROSECONDS\n");
        return 2;
    }
    int a = attach(argv[1]), b = attach(argv[2]);
    int64_t delay = atoll(argv[3]);
    struct pollfd ends[2] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
    puts("ready");
    fflush(stdout);
    for (;;) {
        int64_t rest = count > 0 ? queue[first].due - now_us() : 1000000;
        struct timespec wait = {0, 0};
        if (rest > 0) wait = (struct timespec){rest / 1000000, rest % 1000000 * 1000};
        if (ppoll(ends, 2, &wait, NULL) < 0 && errno != EINTR) fail("poll");
        if (ends[0].revents) take(a, b, delay);
        if (ends[1].revents) take(b, a, delay);
        deliver();
    }
}
