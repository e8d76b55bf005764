/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bindings on disk, so that phones are reached again after a restart: a table in SQLite, written by
 * a thread of its own. Signalling reads memory only and never waits for the disk.
 */
#ifndef KSRTP_CALL_STORE_H
#define KSRTP_CALL_STORE_H

#include "daemon/call/binding.h"

struct ksrtp_store;

/**
 * ksrtp_store_open - read what is kept into @edge's bindings and start the thread
 * @path: made with mode 0600 if there is none; one that is damaged is put aside as PATH.bad
 *
 * Return: 0 or a negative errno; the log has said why.
 */
int ksrtp_store_open(struct ksrtp_store **store, struct ksrtp_edge *edge, const char *path);

/** ksrtp_store_close - write what waits, then end the thread; NULL is fine */
void ksrtp_store_close(struct ksrtp_store *store);

/**
 * ksrtp_store_put - keep a binding as it stands now; NULL as @store is fine
 *
 * Written within a second. When the disk cannot follow, or is full, the change is lost and that
 * said; the phone's next REGISTER brings it again.
 */
void ksrtp_store_put(struct ksrtp_store *store, const struct ksrtp_binding *binding);

/** ksrtp_store_drop - forget the binding with that id */
void ksrtp_store_drop(struct ksrtp_store *store, uint64_t id);

#endif
