#include "CChecksum.h"

#include <string.h>

#if defined(__x86_64__)

bool checksum_has_crc32c(void) { return __builtin_cpu_supports("sse4.2"); }

__attribute__((target("sse4.2"))) uint32_t checksum_crc32c(
    uint32_t state, const void *bytes, size_t count)
{
    const unsigned char *next = bytes;
    uint64_t crc = state;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    for (; count > 0; count--, next++) {
        crc = __builtin_ia32_crc32qi((uint32_t)crc, *next);
    }
    return (uint32_t)crc;
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>

bool checksum_has_crc32c(void) { return true; }

uint32_t checksum_crc32c(uint32_t state, const void *bytes, size_t count)
{
    const unsigned char *next = bytes;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        state = __crc32cd(state, word);
    }
    for (; count > 0; count--, next++) { state = __crc32cb(state, *next); }
    return state;
}

#else

bool checksum_has_crc32c(void) { return false; }

uint32_t checksum_crc32c(uint32_t state, const void *bytes, size_t count)
{
    (void)bytes;
    (void)count;
    return state;
}

#endif
