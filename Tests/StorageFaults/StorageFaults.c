#include "StorageFaults.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// A write (data is set) or truncation (data is NULL) that was not synced.
typedef struct change {
    struct change *next;
    sqlite3_int64 offset;
    int count;
    unsigned char *data;
} change;

/// A file as the disk is sure to hold it, and what came after.
typedef struct track {
    struct track *next;
    char *path;
    unsigned char *image;
    sqlite3_int64 size;
    change *first, *last;
} track;

struct rh_faults {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    char *name;
    long count;
    long fail_at;
    int code, is_lasting, least, has_failed;
    track *tracks;
};

typedef struct file {
    sqlite3_file base;
    rh_faults *faults;
    track *track;
    sqlite3_file *real;
} file;

enum { A_READ, A_CHANGE, A_WRITE };

/// Counts an operation; the result code to fail with, or SQLITE_OK.
static int count(rh_faults *f, int sort, int own_code) {
    if (sort < f->least) return SQLITE_OK;
    f->count++;
    if (!f->fail_at) return SQLITE_OK;
    if (f->count != f->fail_at && !(f->is_lasting && f->count > f->fail_at)) return SQLITE_OK;
    f->has_failed = 1;
    return f->code ? f->code : own_code;
}

static void apply(track *t, const change *c) {
    sqlite3_int64 end = c->data ? c->offset + c->count : c->offset;
    if (end > t->size || !c->data) {
        unsigned char *image = realloc(t->image, end ? (size_t)end : 1);
        if (!image) abort();
        if (end > t->size) memset(image + t->size, 0, (size_t)(end - t->size));
        t->image = image;
        t->size = end;
    }
    if (c->data) memcpy(t->image + c->offset, c->data, (size_t)c->count);
}

static void drop_changes(track *t) {
    for (change *c = t->first; c;) {
        change *next = c->next;
        free(c->data);
        free(c);
        c = next;
    }
    t->first = t->last = NULL;
}

static void note(track *t, const void *data, int bytes, sqlite3_int64 offset) {
    if (!t) return;
    change *c = calloc(1, sizeof *c);
    if (!c) abort();
    c->offset = offset;
    c->count = bytes;
    if (data) {
        c->data = malloc(bytes ? (size_t)bytes : 1);
        if (!c->data) abort();
        memcpy(c->data, data, (size_t)bytes);
    }
    if (t->last) t->last->next = c;
    else t->first = c;
    t->last = c;
}

static track *find_track(rh_faults *f, const char *path) {
    for (track *t = f->tracks; t; t = t->next)
        if (!strcmp(t->path, path)) return t;
    track *t = calloc(1, sizeof *t);
    if (!t) abort();
    t->path = strdup(path);
    t->next = f->tracks;
    f->tracks = t;
    return t;
}

#define SELF(p) ((file *)(p))
#define REAL(p) (SELF(p)->real)

static int x_close(sqlite3_file *p) {
    int rc = REAL(p)->pMethods ? REAL(p)->pMethods->xClose(REAL(p)) : SQLITE_OK;
    return rc;
}
static int x_read(sqlite3_file *p, void *out, int n, sqlite3_int64 at) {
    int rc = count(SELF(p)->faults, A_READ, SQLITE_IOERR_READ);
    return rc ? rc : REAL(p)->pMethods->xRead(REAL(p), out, n, at);
}
static int x_write(sqlite3_file *p, const void *data, int n, sqlite3_int64 at) {
    int rc = count(SELF(p)->faults, A_WRITE, SQLITE_IOERR_WRITE);
    int bytes = rc ? n / 2 : n;
    int done = bytes ? REAL(p)->pMethods->xWrite(REAL(p), data, bytes, at) : SQLITE_OK;
    if (bytes && done == SQLITE_OK) note(SELF(p)->track, data, bytes, at);
    return rc ? rc : done;
}
static int x_truncate(sqlite3_file *p, sqlite3_int64 size) {
    int rc = count(SELF(p)->faults, A_CHANGE, SQLITE_IOERR_TRUNCATE);
    if (!rc) rc = REAL(p)->pMethods->xTruncate(REAL(p), size);
    if (!rc) note(SELF(p)->track, NULL, 0, size);
    return rc;
}
static int x_sync(sqlite3_file *p, int flags) {
    (void)flags;
    int rc = count(SELF(p)->faults, A_CHANGE, SQLITE_IOERR_FSYNC);
    if (rc) return rc;
    // The test's disk is memory: nothing real is synced.
    track *t = SELF(p)->track;
    if (!t) return SQLITE_OK;
    for (change *c = t->first; c; c = c->next) apply(t, c);
    drop_changes(t);
    return SQLITE_OK;
}
static int x_size(sqlite3_file *p, sqlite3_int64 *size) {
    return REAL(p)->pMethods->xFileSize(REAL(p), size);
}
static int x_lock(sqlite3_file *p, int l) { return REAL(p)->pMethods->xLock(REAL(p), l); }
static int x_unlock(sqlite3_file *p, int l) { return REAL(p)->pMethods->xUnlock(REAL(p), l); }
static int x_reserved(sqlite3_file *p, int *out) {
    return REAL(p)->pMethods->xCheckReservedLock(REAL(p), out);
}
static int x_control(sqlite3_file *p, int op, void *arg) {
    // A size given in advance would bypass the record of writes.
    if (op == SQLITE_FCNTL_SIZE_HINT) return SQLITE_OK;
    return REAL(p)->pMethods->xFileControl(REAL(p), op, arg);
}
static int x_sector(sqlite3_file *p) { return REAL(p)->pMethods->xSectorSize(REAL(p)); }
static int x_device(sqlite3_file *p) {
    return REAL(p)->pMethods->xDeviceCharacteristics(REAL(p));
}
static int x_shm_map(sqlite3_file *p, int page, int size, int extend, void volatile **out) {
    return REAL(p)->pMethods->xShmMap(REAL(p), page, size, extend, out);
}
static int x_shm_lock(sqlite3_file *p, int offset, int n, int flags) {
    return REAL(p)->pMethods->xShmLock(REAL(p), offset, n, flags);
}
static void x_shm_barrier(sqlite3_file *p) { REAL(p)->pMethods->xShmBarrier(REAL(p)); }
static int x_shm_unmap(sqlite3_file *p, int erase) {
    return REAL(p)->pMethods->xShmUnmap(REAL(p), erase);
}

static const sqlite3_io_methods methods = {
    2, x_close, x_read, x_write, x_truncate, x_sync, x_size, x_lock, x_unlock, x_reserved,
    x_control, x_sector, x_device, x_shm_map, x_shm_lock, x_shm_barrier, x_shm_unmap, NULL, NULL,
};

/// Reads a file that was there before as synced.
static void read_image(rh_faults *f, sqlite3_file *real, track *t) {
    sqlite3_int64 size = 0;
    (void)f;
    if (t->image || t->first || real->pMethods->xFileSize(real, &size) || size == 0) return;
    t->image = malloc((size_t)size);
    if (!t->image) abort();
    t->size = size;
    real->pMethods->xRead(real, t->image, (int)size, 0);
}

static int x_open(sqlite3_vfs *v, const char *path, sqlite3_file *p, int flags, int *out) {
    rh_faults *f = v->pAppData;
    file *self = SELF(p);
    memset(self, 0, sizeof *self);
    int rc = count(f, A_READ, SQLITE_CANTOPEN);
    if (rc) return rc;
    self->faults = f;
    self->real = (sqlite3_file *)(self + 1);
    rc = f->real->xOpen(f->real, path, self->real, flags, out);
    if (rc != SQLITE_OK) return rc;
    self->base.pMethods = &methods;
    if (path && flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) {
        self->track = find_track(f, path);
        read_image(f, self->real, self->track);
    }
    return SQLITE_OK;
}
static int x_delete(sqlite3_vfs *v, const char *path, int sync) {
    rh_faults *f = v->pAppData;
    int rc = count(f, A_CHANGE, SQLITE_IOERR_DELETE);
    if (rc) return rc;
    for (track *t = f->tracks; t; t = t->next)
        if (!strcmp(t->path, path)) {
            drop_changes(t);
            free(t->image);
            t->image = NULL;
            t->size = 0;
        }
    return f->real->xDelete(f->real, path, sync);
}
static int x_access(sqlite3_vfs *v, const char *path, int flags, int *out) {
    rh_faults *f = v->pAppData;
    return f->real->xAccess(f->real, path, flags, out);
}
static int x_full(sqlite3_vfs *v, const char *path, int n, char *out) {
    rh_faults *f = v->pAppData;
    return f->real->xFullPathname(f->real, path, n, out);
}
static int x_random(sqlite3_vfs *v, int n, char *out) {
    rh_faults *f = v->pAppData;
    return f->real->xRandomness(f->real, n, out);
}
static int x_sleep(sqlite3_vfs *v, int us) {
    rh_faults *f = v->pAppData;
    return f->real->xSleep(f->real, us);
}
static int x_error(sqlite3_vfs *v, int n, char *out) {
    rh_faults *f = v->pAppData;
    return f->real->xGetLastError(f->real, n, out);
}
static int x_time(sqlite3_vfs *v, double *out) {
    rh_faults *f = v->pAppData;
    return f->real->xCurrentTime(f->real, out);
}

rh_faults *rh_faults_create(const char *name) {
    sqlite3_initialize();
    rh_faults *f = calloc(1, sizeof *f);
    if (!f) return NULL;
    f->real = sqlite3_vfs_find(NULL);
    f->name = strdup(name);
    f->vfs.iVersion = 1;
    f->vfs.szOsFile = (int)sizeof(file) + f->real->szOsFile;
    f->vfs.mxPathname = f->real->mxPathname;
    f->vfs.zName = f->name;
    f->vfs.pAppData = f;
    f->vfs.xOpen = x_open;
    f->vfs.xDelete = x_delete;
    f->vfs.xAccess = x_access;
    f->vfs.xFullPathname = x_full;
    f->vfs.xRandomness = x_random;
    f->vfs.xSleep = x_sleep;
    f->vfs.xCurrentTime = x_time;
    f->vfs.xGetLastError = x_error;
    sqlite3_vfs_register(&f->vfs, 0);
    return f;
}

void rh_faults_destroy(rh_faults *f) {
    sqlite3_vfs_unregister(&f->vfs);
    for (track *t = f->tracks; t;) {
        track *next = t->next;
        drop_changes(t);
        free(t->image);
        free(t->path);
        free(t);
        t = next;
    }
    free(f->name);
    free(f);
}

long rh_faults_count(const rh_faults *f) { return f->count; }

void rh_faults_fail(rh_faults *f, long n, int code, int is_lasting, int least) {
    f->count = 0;
    f->fail_at = n;
    f->code = code;
    f->is_lasting = is_lasting;
    f->least = least;
    f->has_failed = 0;
}

int rh_faults_has_failed(const rh_faults *f) { return f->has_failed; }
void rh_faults_heal(rh_faults *f) { f->fail_at = 0; }

static unsigned long long roll(unsigned long long *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

int rh_faults_cut_power(rh_faults *f, unsigned long long seed) {
    unsigned long long state = seed * 0x9e3779b97f4a7c15ULL + 0x1234567;
    for (track *t = f->tracks; t; t = t->next) {
        // Out of eight unsynced writes so many reach the disk.
        unsigned reach = (unsigned)(roll(&state) >> 33) % 9;
        for (change *c = t->first; c; c = c->next) {
            if ((roll(&state) >> 33) % 8 >= reach) continue;
            if (c->data && (roll(&state) >> 33) % 8 == 0) c->count -= c->count % 512;
            apply(t, c);
        }
        drop_changes(t);
        int fd = open(t->path, O_WRONLY | O_CREAT, 0600);
        if (fd < 0) return -1;
        int failed = ftruncate(fd, t->size) != 0;
        failed |= t->size && pwrite(fd, t->image, (size_t)t->size, 0) != t->size;
        close(fd);
        if (failed) return -1;
    }
    return 0;
}
