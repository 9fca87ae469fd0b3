#ifndef ROUNDHOUSE_CSQLITE_H
#define ROUNDHOUSE_CSQLITE_H

#include <sqlite3.h>

// Swift imports no variadic functions.

/// Stops counting memory under a lock that all threads share; before any other call.
static inline int rh_sqlite_without_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// Keeps a connection from checkpointing when it is the last one to close.
static inline int rh_sqlite_no_checkpoint_on_close(sqlite3 *database) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

/// Binds a text that SQLite copies: SQLITE_TRANSIENT is a macro that Swift does not import.
static inline int rh_sqlite_bind_text(
    sqlite3_stmt *statement, int parameter, const void *text, sqlite3_uint64 bytes) {
    return sqlite3_bind_text64(
        statement, parameter, (const char *)text, bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
}

#endif
