// SPDX-License-Identifier: GPL-2.0-or-later
/* The user back end from inside: keys, streams, and a batch whose packets depend on each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/media/user.h"
#include "tests/unit/oracle.h"

/* Flow @in receives, its peer @out sends; no sockets. */
struct rig {
	struct ksrtp_media media;
	struct ksrtp_user_flow in, out;
	struct ksrtp_user_batch batch;
	u64 serial;
	u32 noise;
};

static const struct ksrtp_endpoint phone = { .addr = { 0x20, 1 }, .port = 4000 };
static const struct ksrtp_endpoint far = { .addr = { 0x20, 2 }, .port = 5000 };

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct ksrtp_user_flow *flow;

	assert_non_null(rig);
	assert_int_equal(ksrtp_ports_create(&rig->media.ports, 30000, 30001), 0);
	rig->batch.media = &rig->media;
	rig->batch.data = calloc(KSRTP_USER_BATCH, sizeof(rig->batch.data[0]));
	assert_non_null(rig->batch.data);
	rig->in.peer = &rig->out;
	rig->out.peer = &rig->in;
	for (flow = &rig->in; flow; flow = flow == &rig->in ? &rig->out : NULL) {
		flow->port[0] = (struct ksrtp_user_port){ .flow = flow };
		flow->port[1] = (struct ksrtp_user_port){ .flow = flow, .rtcp = true };
	}
	ksrtp_latch_set(&rig->in.latch[0], KSRTP_SOURCE_STRICT, &phone, &phone, 0);
	ksrtp_latch_set(&rig->out.latch[0], KSRTP_SOURCE_STRICT, &far, &far, 0);
	*state = rig;
	return 0;
}

static void drop_ring(struct ksrtp_user_ring *ring)
{
	while (ring->n)
		ksrtp_user_key_destroy(ksrtp_user_ring_take(ring, ring->key[0]->id));
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	drop_ring(&rig->in.rx_keys);
	drop_ring(&rig->out.tx_keys);
	ksrtp_user_stream_free(&rig->in.rx);
	ksrtp_user_stream_free(&rig->out.tx);
	ksrtp_ports_destroy(rig->media.ports);
	free(rig->batch.data);
	free(rig);
	return 0;
}

static struct ksrtp_master master_of(struct rig *rig, const char *suite, u8 mki_len)
{
	struct ksrtp_master m;

	noise_master(&rig->noise, &m, ksrtp_suite_find(suite, strlen(suite)), mki_len);
	return m;
}

static int add(struct rig *rig, struct ksrtp_user_ring *ring, u32 id, const struct ksrtp_master *m)
{
	struct ksrtp_user_key *key = ksrtp_user_key_create(id, m, NULL);
	int err;

	assert_non_null(key);
	key->serial = ++rig->serial;
	memcpy(key->print, m->key, sizeof(key->print));
	err = ksrtp_user_ring_add(ring, key);
	if (err)
		ksrtp_user_key_destroy(key);
	return err;
}

/* Puts a packet into the batch, protected under @m with @index unless @m is NULL. */
static void arrive(struct rig *rig, const struct ksrtp_master *m, u64 index)
{
	struct shape shape = { .ssrc = 7, .seq = (u16)index, .payload = 20, .extension = -1 };
	struct ksrtp_user_packet *p = &rig->batch.packet[rig->batch.n];
	u8 *data = rig->batch.data[rig->batch.n++];
	struct ksrtp_keys keys;
	u32 len;

	len = rtp_make(&rig->noise, data, &shape);
	if (m) {
		ksrtp_keys_derive(&keys, m, NULL);
		assert_int_equal(core_protect(&keys, data, &len, false, index), KSRTP_VERDICT_OK);
	}
	*p = (struct ksrtp_user_packet){
		.flow = &rig->in, .in = &rig->in.port[0], .data = data, .len = len,
		.arrived = len, .from = phone,
	};
}

static void run(struct rig *rig)
{
	ksrtp_user_path_run(&rig->batch);
	rig->batch.n = 0;
}

static enum ksrtp_verdict once(struct rig *rig, const struct ksrtp_master *m, u64 index)
{
	arrive(rig, m, index);
	run(rig);
	return rig->batch.packet[0].verdict;
}

#define CM80	"AES_CM_128_HMAC_SHA1_80"

static void a_batch_may_hold_the_first_packet_and_the_turn_of_the_roc(void **state)
{
	struct rig *rig = *state;
	struct ksrtp_master m = master_of(rig, CM80, 0);
	unsigned int i;

	assert_int_equal(add(rig, &rig->in.rx_keys, 1, &m), 0);
	for (i = 0; i < KSRTP_USER_BATCH; i++)
		arrive(rig, &m, 65530 + i);
	run(rig);
	for (i = 0; i < KSRTP_USER_BATCH; i++) {
		assert_int_equal(rig->batch.packet[i].verdict, KSRTP_VERDICT_OK);
		assert_ptr_equal(rig->batch.packet[i].out, &rig->out.port[0]);
		assert_int_equal(rig->batch.packet[i].len, 32);
	}
	assert_int_equal(rig->in.stats.rx_secure, KSRTP_USER_BATCH);
	assert_int_equal(rig->in.rx.at[0]->s.next, 65530 + KSRTP_USER_BATCH);
}

static void one_packet_twice_in_a_batch_passes_once(void **state)
{
	struct rig *rig = *state;
	struct ksrtp_master m = master_of(rig, CM80, 0);

	assert_int_equal(add(rig, &rig->in.rx_keys, 1, &m), 0);
	arrive(rig, &m, 5);
	arrive(rig, &m, 5);
	memcpy(rig->batch.data[1], rig->batch.data[0], KSRTP_USER_PACKET);
	run(rig);
	assert_int_equal(rig->batch.packet[0].verdict, KSRTP_VERDICT_OK);
	assert_int_equal(rig->batch.packet[1].verdict, KSRTP_VERDICT_REPLAYED);
	assert_int_equal(rig->in.stats.rx_secure, 1);
}

static void a_lifetime_ends_in_the_middle_of_a_batch(void **state)
{
	struct rig *rig = *state;
	struct ksrtp_master rx = master_of(rig, CM80, 0), tx = master_of(rig, CM80, 0);
	unsigned int i;

	rx.rtp_limit = 5;
	tx.rtp_limit = 3;
	assert_int_equal(add(rig, &rig->in.rx_keys, 1, &rx), 0);
	assert_int_equal(add(rig, &rig->out.tx_keys, 2, &tx), 0);
	for (i = 0; i < 10; i++)
		arrive(rig, &rx, i);
	run(rig);
	for (i = 0; i < 10; i++)
		assert_int_equal(rig->batch.packet[i].verdict,
				 i < 3 ? KSRTP_VERDICT_OK : KSRTP_VERDICT_SPENT);
	assert_int_equal(rig->in.stats.rx_secure, 5);
	assert_int_equal(rig->in.rx_keys.key[0]->used[0], 5);
	assert_int_equal(rig->out.tx_keys.key[0]->used[0], 3);
}

static void a_newer_key_may_begin_again_once_and_older_ones_are_then_done_with(void **state)
{
	struct rig *rig = *state;
	struct ksrtp_master old = master_of(rig, CM80, 0), new = master_of(rig, CM80, 0);

	assert_int_equal(add(rig, &rig->in.rx_keys, 1, &old), 0);
	assert_int_equal(once(rig, &old, 65530), KSRTP_VERDICT_OK);
	assert_int_equal(once(rig, &old, 65540), KSRTP_VERDICT_OK);
	assert_int_equal(add(rig, &rig->in.rx_keys, 2, &new), 0);
	/* Under the old key nobody begins again. */
	assert_int_not_equal(once(rig, &old, 300), KSRTP_VERDICT_OK);
	assert_int_equal(once(rig, &new, 200), KSRTP_VERDICT_OK);
	assert_int_equal(rig->in.rx.at[0]->s.next, 201);
	/* The old key's packets, which the replay list has forgotten, stay out for ever. */
	assert_int_not_equal(once(rig, &old, 201), KSRTP_VERDICT_OK);
	assert_int_not_equal(once(rig, &old, 65541), KSRTP_VERDICT_OK);
	/* And the new key begins again only once. */
	assert_int_equal(once(rig, &new, 200), KSRTP_VERDICT_REPLAYED);
	assert_int_equal(once(rig, &new, 201), KSRTP_VERDICT_OK);
	assert_int_equal(rig->in.rx.n, 1);
}

static void a_key_that_comes_back_may_not_begin_again(void **state)
{
	struct rig *rig = *state;
	struct ksrtp_master m = master_of(rig, CM80, 0);

	assert_int_equal(add(rig, &rig->in.rx_keys, 1, &m), 0);
	assert_int_equal(once(rig, &m, 10), KSRTP_VERDICT_OK);
	assert_int_equal(once(rig, &m, 500), KSRTP_VERDICT_OK);
	ksrtp_user_key_destroy(ksrtp_user_ring_take(&rig->in.rx_keys, 1));
	assert_null(ksrtp_user_ring_take(&rig->in.rx_keys, 1));
	assert_int_equal(add(rig, &rig->in.rx_keys, 2, &m), 0);
	assert_int_equal(rig->in.rx_keys.key[0]->serial, 1);
	assert_int_equal(once(rig, &m, 10), KSRTP_VERDICT_OLD);
	assert_int_equal(once(rig, &m, 500), KSRTP_VERDICT_REPLAYED);
	assert_int_equal(once(rig, &m, 501), KSRTP_VERDICT_OK);
}

static void four_keys_without_mki_eight_in_all_and_no_mki_twice(void **state)
{
	struct rig *rig = *state;
	struct ksrtp_master m;
	u32 id;

	for (id = 1; id <= 4; id++) {
		m = master_of(rig, CM80, 0);
		assert_int_equal(add(rig, &rig->in.rx_keys, id, &m), 0);
	}
	m = master_of(rig, CM80, 0);
	assert_int_equal(add(rig, &rig->in.rx_keys, 5, &m), -ENOSPC);
	m = master_of(rig, CM80, 2);
	assert_int_equal(add(rig, &rig->in.rx_keys, 5, &m), 0);
	m.key[0] ^= 1;
	assert_int_equal(add(rig, &rig->in.rx_keys, 6, &m), -EEXIST);
	for (id = 6; id <= 8; id++) {
		m = master_of(rig, CM80, 2);
		assert_int_equal(add(rig, &rig->in.rx_keys, id, &m), 0);
	}
	m = master_of(rig, CM80, 2);
	assert_int_equal(add(rig, &rig->in.rx_keys, 9, &m), -ENOSPC);
	/* The newest, which has an MKI, and the oldest, which has none. */
	assert_ptr_equal(ksrtp_user_ring_find(&rig->in.rx_keys, 8), rig->in.rx_keys.key[0]);
	assert_int_equal(rig->in.rx_keys.key[7]->id, 1);
}

static void a_clear_packet_leaves_as_it_came(void **state)
{
	struct rig *rig = *state;
	u8 before[32];

	arrive(rig, NULL, 9);
	memcpy(before, rig->batch.data[0], sizeof(before));
	run(rig);
	assert_int_equal(rig->batch.packet[0].verdict, KSRTP_VERDICT_OK);
	assert_int_equal(rig->batch.packet[0].len, 32);
	assert_memory_equal(before, rig->batch.data[0], sizeof(before));
	assert_memory_equal(&rig->batch.packet[0].to, &far, sizeof(far));
	rig->in.peer = NULL;
	assert_int_equal(once(rig, NULL, 10), KSRTP_VERDICT_ROUTE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define RIGGED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		RIGGED(a_batch_may_hold_the_first_packet_and_the_turn_of_the_roc),
		RIGGED(one_packet_twice_in_a_batch_passes_once),
		RIGGED(a_lifetime_ends_in_the_middle_of_a_batch),
		RIGGED(a_newer_key_may_begin_again_once_and_older_ones_are_then_done_with),
		RIGGED(a_key_that_comes_back_may_not_begin_again),
		RIGGED(four_keys_without_mki_eight_in_all_and_no_mki_twice),
		RIGGED(a_clear_packet_leaves_as_it_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
