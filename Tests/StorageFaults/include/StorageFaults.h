#ifndef ROUNDHOUSE_STORAGE_FAULTS_H
#define ROUNDHOUSE_STORAGE_FAULTS_H

/// A SQLite VFS over the system's that counts operations, fails one on demand, and remembers what
/// was not synced, so that a power cut can be played. One thread at a time may use it.
typedef struct rh_faults rh_faults;

/// Registers a VFS under a name of its own. NULL: out of memory.
rh_faults *rh_faults_create(const char *name);
/// Unregisters it; every file must be closed.
void rh_faults_destroy(rh_faults *faults);

/// How many operations were counted: opens, reads, writes, truncations, syncs, deletions.
long rh_faults_count(const rh_faults *faults);

/// Fails the n-th operation from now (1 is the next) with a SQLite result code; 0 picks the code
/// of the operation. With `is_lasting` every later one fails too, as when the power is gone.
/// A failing write leaves half of its bytes behind. `least` is 0 when every operation counts, 1
/// when reads and opens don't, 2 when only writes do.
void rh_faults_fail(rh_faults *faults, long n, int code, int is_lasting, int least);
/// Whether the operation to fail has come.
int rh_faults_has_failed(const rh_faults *faults);
/// No failure from here on.
void rh_faults_heal(rh_faults *faults);

/// Rewrites every file as a power cut could leave it: what was synced, and of the later writes an
/// arbitrary part, torn at 512 bytes. Every file must be closed. Returns 0 on success.
int rh_faults_cut_power(rh_faults *faults, unsigned long long seed);

#endif
