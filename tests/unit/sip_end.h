/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_SIP_END_H
#define TESTS_UNIT_SIP_END_H

#include <errno.h>

#include "daemon/sip/build.h"
#include "daemon/sip/ctrans.h"
#include "daemon/sip/strans.h"
#include "tests/unit/sip_assert.h"

/* Two transaction layers in virtual time, for the tests of client and server transactions. */

#define WIRE 4096    /* messages an end remembers */
#define START 1000000 /* ms on the clock at the start of a test */

struct packet {
	uint64_t at;
	char *bytes;
	size_t n;
};

/* One end: a layer, what it sent, what its owner was told. */
struct end {
	struct ksrtp_trans *layer;
	struct packet sent[WIRE];
	size_t n;
	int send_err;
	char told[512]; /* "100 180 failed(timeout) ended " */
	struct ksrtp_ctrans *ct;
	struct ksrtp_strans *st;
	unsigned int due;
};

extern uint64_t clock_ms;
extern const struct ksrtp_trans_ops end_ops; /* their context is an end */
extern const struct ksrtp_ctrans_user ct_user;
extern const struct ksrtp_strans_user st_user;

/* A test's state is an array of two ends. */
int setup_ends(void **state);
int teardown_ends(void **state);

/* Let the time pass to @ms after the start of the test, timer by timer. */
void pass(struct end *end, uint64_t ms);

/* The moments, in ms from the start, at which something was sent. */
void assert_sent_at(const struct end *end, const char *expected);

/* Whether message @i was sent and starts so. */
bool sent_starts(const struct end *end, size_t i, const char *prefix);

void make_request(struct ksrtp_buf *out, const char *method, const char *branch);
void start_client(struct end *end, const char *method, bool reliable);
int start_server(struct end *end, const char *method, const char *branch, bool reliable);
enum ksrtp_trans_what give_text(struct end *end, struct slice text);
enum ksrtp_trans_what give_response(struct end *end, unsigned int status, const char *method);
enum ksrtp_trans_what give_request(struct end *end, const char *method, const char *branch);
int reply(struct end *end, unsigned int status);

#define END_TEST(f) cmocka_unit_test_setup_teardown(f, setup_ends, teardown_ends)

#endif
