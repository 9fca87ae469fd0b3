// The processor's own CRC32C instruction, where it has one.
#ifndef ROUNDHOUSE_CCHECKSUM_H
#define ROUNDHOUSE_CCHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether `checksum_crc32c` may be called on this processor.
bool checksum_has_crc32c(void);

/// The state of a CRC32C (RFC 3720, appendix B.4), not complemented, after `count` more bytes.
uint32_t checksum_crc32c(uint32_t state, const void *_Nullable bytes, size_t count);

#endif
