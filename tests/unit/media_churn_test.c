// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls come, change and go while packets fly at their ports: what the signalling thread does to a
 * worker's flows, under the sanitizers.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/media_bed.h"

#define CALLS	8
#define ROUNDS	150

static struct bed bed;

/* Where to send to: ports in host order, 0 for none. The sprayer reads, the test writes; atomic. */
static unsigned int target[CALLS][2];
static bool stop;
static struct phone sprayer;

static void *spray(void *arg)
{
	struct datagram d = { .len = 172 };
	struct ksrtp_addr to = sprayer.at[0];
	unsigned int i, port;
	u32 noise_state = 1;
	u16 seq = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		struct shape shape = { .ssrc = 1, .seq = seq++, .payload = 160, .extension = -1 };

		rtp_make(&noise_state, d.data, &shape);
		for (i = 0; i < CALLS * 2; i++) {
			port = __atomic_load_n(&target[i / 2][i % 2], __ATOMIC_RELAXED);
			if (!port)
				continue;
			ksrtp_addr_parse(&to, "127.0.0.1", 9);
			ksrtp_addr_set_port(&to, (u16)port);
			phone_send(&sprayer, i % 2, &to, &d);
		}
	}
	return NULL;
}

static u64 sum(const struct ksrtp_media_stats *s)
{
	u64 all = 0;
	unsigned int i;

	for (i = 0; i < KSRTP_VERDICT_COUNT; i++)
		all += s->verdict[i];
	return all;
}

/* Everything that may be done to a flow in flight. Return: packets that arrived */
static u64 disturb(struct call *call, unsigned int round)
{
	struct ksrtp_media_flow *a = call->leg[0].flow, *b = call->leg[1].flow;
	struct ksrtp_media_stats s;
	struct ksrtp_master m;

	noise_master(&bed.noise, &m, bed_suite(round % 2 ? CM80 : GCM), 0);
	assert_int_equal(ksrtp_media_key_add(a, KSRTP_MEDIA_RX, 10, &m), 0);
	noise_master(&bed.noise, &m, bed_suite(CM32), 1);
	assert_int_equal(ksrtp_media_key_add(b, KSRTP_MEDIA_TX, 11, &m), 0);
	call->leg[1].remote.mux ^= true;
	assert_int_equal(ksrtp_media_flow_remote(b, &call->leg[1].remote), 0);
	assert_int_equal(ksrtp_media_key_remove(a, 10), 0);
	assert_int_equal(ksrtp_media_key_remove(b, 11), 0);
	assert_int_equal(ksrtp_media_flow_pair(b, a), 0);
	assert_int_equal(ksrtp_media_flow_stats(a, &s), 0);
	assert_int_equal(sum(&s), s.rx_packets);
	return s.rx_packets;
}

static void point(unsigned int i, const struct call *call)
{
	unsigned int side, port = 0;

	for (side = 0; side < 2; side++) {
		if (call)
			port = ksrtp_addr_port(ksrtp_media_flow_local(call->leg[side].flow));
		__atomic_store_n(&target[i][side], port, __ATOMIC_RELAXED);
	}
}

static void open_call(unsigned int i, struct call *call)
{
	struct terms terms = bed_terms(i % 2 ? CM80 : NULL, NULL);

	terms.source = i % 4 < 2 ? KSRTP_SOURCE_ANY : KSRTP_SOURCE_LATCH;
	call_open(&bed, call, &terms);
	point(i, call);
}

static void calls_come_and_go_under_traffic(void **state)
{
	static struct call call[CALLS];
	struct ksrtp_media_stats s;
	pthread_t thread;
	unsigned int round, i;
	u64 arrived = 0;

	phone_open(&sprayer, "127.0.0.5");
	for (i = 0; i < CALLS; i++)
		open_call(i, &call[i]);
	assert_int_equal(pthread_create(&thread, NULL, spray, NULL), 0);
	for (round = 0; round < ROUNDS; round++) {
		i = round % CALLS;
		arrived += disturb(&call[i], round);
		if (round % 3)
			continue;
		/* Packets are under way to the ports while they close. */
		call_close(&call[i]);
		point(i, NULL);
		open_call(i, &call[i]);
	}
	/* Whatever happened, they work. */
	do {
		assert_int_equal(ksrtp_media_flow_stats(call[0].leg[1].flow, &s), 0);
	} while (s.tx_packets < 100);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	for (i = 0; i < CALLS; i++)
		call_close(&call[i]);
	phone_close(&sprayer);
	assert_int_equal(bed.failures, 0);
	assert_true(arrived > 0);
}

static int set_up(void **state)
{
	return bed_open(&bed, "user");
}

static int tear_down(void **state)
{
	bed_close(&bed);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_come_and_go_under_traffic),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
