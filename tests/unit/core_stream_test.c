// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Index estimate, replay lists and index reservation (RFC 3711 sections 3.2.1, 3.3.1, 3.3.2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/oracle.h"

#define OK		KSRTP_VERDICT_OK
#define REPLAYED	KSRTP_VERDICT_REPLAYED
#define OLD		KSRTP_VERDICT_OLD
#define REUSE		KSRTP_VERDICT_REUSE
#define SPENT		KSRTP_VERDICT_SPENT

/* Every SEQ against the places of s_l where something changes; all pairs are in the long tests. */
static void every_seq(u64 highest)
{
	u32 seq;

	for (seq = 0; seq < 65536; seq++)
		if (ksrtp_index_estimate(highest + 1, (u16)seq) != appendix_a(highest, (u16)seq))
			fail_msg("highest %llx seq %x", (unsigned long long)highest, seq);
}

static void index_as_appendix_a(void **state)
{
	static const u32 last[] = { 0, 1, 2, 1000, 16384, 32766, 32767, 32768, 32769, 32770, 40000,
				    49152, 65533, 65534, 65535 };
	static const u64 rocs[] = { 0, 1, 2, 65535, 65536, 0xfffffffe, 0xffffffff };
	size_t i, j;
	u32 seq;

	for (i = 0; i < ARRAY_SIZE(last); i++)
		for (j = 0; j < ARRAY_SIZE(rocs); j++)
			every_seq(rocs[j] << 16 | last[i]);
	for (seq = 0; seq < 65536; seq++)
		assert_int_equal(ksrtp_index_estimate(0, (u16)seq), seq);
}

static enum ksrtp_verdict receive(struct ksrtp_stream *s, u16 seq, u64 *index)
{
	enum ksrtp_verdict verdict = ksrtp_stream_rx_begin(s, seq, index);

	return verdict ? verdict : ksrtp_stream_rx_commit(s, *index, NULL);
}

static void begin_only_reads(void **state)
{
	struct ksrtp_stream s = { .ssrc = 1 }, before;
	u64 index;
	u32 seq;

	assert_int_equal(receive(&s, 1000, &index), OK);
	before = s;
	for (seq = 0; seq < 65536; seq++)
		ksrtp_stream_rx_begin(&s, (u16)seq, &index);
	ksrtp_stream_rtcp_rx_begin(&s, 77);
	assert_memory_equal(&s, &before, sizeof(s));
}

static void window_of_128(void **state)
{
	struct ksrtp_stream s = { .ssrc = 1 };
	u64 index;
	int i;

	assert_int_equal(receive(&s, 1000, &index), OK);
	assert_int_equal(receive(&s, 1000 - 127, &index), OK);
	assert_int_equal(receive(&s, 1000 - 127, &index), REPLAYED);
	assert_int_equal(receive(&s, 1000 - 128, &index), OLD);
	for (i = 126; i > 0; i--)
		assert_int_equal(receive(&s, (u16)(1000 - i), &index), OK);
	for (i = 127; i >= 0; i--)
		assert_int_equal(receive(&s, (u16)(1000 - i), &index), REPLAYED);
	/* A jump by less than the list, and one by more, forget exactly what falls out. */
	assert_int_equal(receive(&s, 1100, &index), OK);
	assert_int_equal(receive(&s, 1100 - 127, &index), REPLAYED);
	assert_int_equal(receive(&s, 1001, &index), OK);
	assert_int_equal(receive(&s, 1099, &index), OK);
	assert_int_equal(receive(&s, 5000, &index), OK);
	for (i = 127; i > 0; i--)
		assert_int_equal(receive(&s, (u16)(5000 - i), &index), OK);
	assert_int_equal(receive(&s, 1100, &index), OLD);
}

static void two_cpus_one_packet(void **state)
{
	struct ksrtp_stream s = { .ssrc = 1 };
	bool newest;
	u64 a, b;

	assert_int_equal(ksrtp_stream_rx_begin(&s, 5, &a), OK);
	assert_int_equal(ksrtp_stream_rx_begin(&s, 5, &b), OK);
	assert_int_equal(ksrtp_stream_rx_commit(&s, a, &newest), OK);
	assert_true(newest);
	assert_int_equal(ksrtp_stream_rx_commit(&s, b, &newest), REPLAYED);
	/* or pushed out of the list between begin and commit */
	assert_int_equal(ksrtp_stream_rx_begin(&s, 6, &a), OK);
	assert_int_equal(receive(&s, 900, &b), OK);
	assert_int_equal(ksrtp_stream_rx_commit(&s, a, &newest), OLD);
	assert_int_equal(receive(&s, 899, &b), OK);
	assert_int_equal(ksrtp_stream_rx_begin(&s, 898, &a), OK);
	assert_int_equal(ksrtp_stream_rx_commit(&s, a, &newest), OK);
	assert_false(newest);
}

static void roc_counts_32_bits(void **state)
{
	struct ksrtp_stream s = { .ssrc = 1 };
	u64 index;

	assert_int_equal(receive(&s, 65535, &index), OK);
	assert_int_equal(receive(&s, 0, &index), OK);
	assert_int_equal(index, 65536);
	/* late, from before the wrap: ROC is not updated */
	assert_int_equal(receive(&s, 65534, &index), OK);
	assert_int_equal(index, 65534);
	assert_int_equal(s.next, 65537);
	/* ROC past 16 bits is kept */
	s.next = (1ull << 32) - 1;
	assert_int_equal(receive(&s, 65535, &index), OK);
	assert_int_equal(receive(&s, 0, &index), OK);
	assert_int_equal(index, 1ull << 32);
	/* there is nothing before ROC 0, nor behind 2^48 */
	s = (struct ksrtp_stream){ .next = 101 };
	assert_int_equal(receive(&s, 60000, &index), OLD);
	s = (struct ksrtp_stream){ .next = KSRTP_RTP_LIMIT };
	assert_int_equal(receive(&s, 0, &index), SPENT);
	assert_int_equal(receive(&s, 65535, &index), OK);
}

static void an_index_is_sent_once(void **state)
{
	struct ksrtp_stream s = { .ssrc = 1 };
	u64 index;

	assert_int_equal(ksrtp_stream_tx_begin(&s, 65534, &index), OK);
	assert_int_equal(index, 65534);
	assert_int_equal(ksrtp_stream_tx_begin(&s, 65534, &index), REUSE);
	assert_int_equal(ksrtp_stream_tx_begin(&s, 0, &index), OK);
	assert_int_equal(index, 65536);
	/* what came late from the source still has an index of its own */
	assert_int_equal(ksrtp_stream_tx_begin(&s, 65535, &index), OK);
	assert_int_equal(index, 65535);
	assert_int_equal(ksrtp_stream_tx_begin(&s, 65535, &index), REUSE);
	/* a source that starts again */
	assert_int_equal(ksrtp_stream_tx_begin(&s, 65000, &index), REUSE);
	s = (struct ksrtp_stream){ .next = 101 };
	assert_int_equal(ksrtp_stream_tx_begin(&s, 60000, &index), REUSE);
	s = (struct ksrtp_stream){ .next = KSRTP_RTP_LIMIT };
	assert_int_equal(ksrtp_stream_tx_begin(&s, 3, &index), SPENT);
}

static void srtcp_index_from_0_to_2_31(void **state)
{
	struct ksrtp_stream s = { .ssrc = 1 };
	bool newest;
	u64 index;

	assert_int_equal(ksrtp_stream_rtcp_tx_begin(&s, &index), OK);
	assert_int_equal(index, 0);
	assert_int_equal(ksrtp_stream_rtcp_tx_begin(&s, &index), OK);
	assert_int_equal(index, 1);
	s.rtcp_next = KSRTP_RTCP_LIMIT - 1;
	assert_int_equal(ksrtp_stream_rtcp_tx_begin(&s, &index), OK);
	assert_int_equal(index, KSRTP_RTCP_LIMIT - 1);
	assert_int_equal(ksrtp_stream_rtcp_tx_begin(&s, &index), SPENT);
	assert_int_equal(ksrtp_stream_rtcp_tx_begin(&s, &index), SPENT);

	/* a list of its own */
	s = (struct ksrtp_stream){ .ssrc = 1 };
	assert_int_equal(receive(&s, 9, &index), OK);
	assert_int_equal(ksrtp_stream_rtcp_rx_begin(&s, 9), OK);
	assert_int_equal(ksrtp_stream_rtcp_rx_commit(&s, 9, &newest), OK);
	assert_true(newest);
	assert_int_equal(ksrtp_stream_rtcp_rx_begin(&s, 9), REPLAYED);
	assert_int_equal(ksrtp_stream_rtcp_rx_commit(&s, 9, &newest), REPLAYED);
	assert_int_equal(ksrtp_stream_rtcp_rx_commit(&s, 0x7fffffff, &newest), OK);
	assert_int_equal(ksrtp_stream_rtcp_rx_begin(&s, 0x7fffffff - 128), OLD);
	assert_int_equal(ksrtp_stream_rtcp_rx_begin(&s, 0x7fffffff - 127), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(index_as_appendix_a),
		cmocka_unit_test(begin_only_reads),
		cmocka_unit_test(window_of_128),
		cmocka_unit_test(two_cpus_one_packet),
		cmocka_unit_test(roc_counts_32_bits),
		cmocka_unit_test(an_index_is_sent_once),
		cmocka_unit_test(srtcp_index_from_0_to_2_31),
	};

	return cmocka_run_group_tests_name("streams", tests, NULL, NULL);
}
