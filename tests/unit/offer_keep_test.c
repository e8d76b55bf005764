// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A dialog of offers and answers over a restart, over the recording back end: media is not touched,
 * keys of before never come again, and o= goes on. RFC 3264 section 8, RFC 4568 section 7.1.4.
 */
#include <errno.h>

#include "daemon/call/offer_keep.h"
#include "tests/unit/offer_dialog.h"

#define ANSWER "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n"
#define MKI_A "m=audio 4000 RTP/SAVP 0\na=crypto:1 " CM80 KEY_A "|1:4\n"

#define LOST "inline:AAAAAAAA" /* a key of nothing but zeros: that of a line whose key is lost */

static unsigned int all_changes(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < fake.n; i++)
		n += fake.flow[i].changes;
	return n;
}

/* Through a record, as the journal has it; the process that made @d is gone then. */
static int restart(struct dialog *d)
{
	struct ksrtp_offer_policy policy[2] = {
		{ .srtp = KSRTP_OFFER_OSRTP, .source = KSRTP_SOURCE_LATCH },
		{ .srtp = KSRTP_OFFER_OSRTP, .source = KSRTP_SOURCE_STRICT },
	};
	struct ksrtp_kept kept = { .number = 1, .call_id = SLICE("call"), .media = true }, got;
	struct ksrtp_buf record;
	unsigned int i;
	int err;

	for (i = 0; i < 2; i++) {
		kept.end[i].hop.transport = KSRTP_TRANSPORT_UDP;
		assert_int_equal(ksrtp_addr_parse(&kept.end[i].hop.remote, "10.0.0.1:5060", 13), 0);
	}
	assert_int_equal(ksrtp_offer_keep(d->offer, &kept.offer), 0);
	ksrtp_buf_init(&record, 65536);
	assert_int_equal(ksrtp_kept_write(&kept, &record), 0);
	ksrtp_kept_free(&kept);
	fake.leaving = true;
	ksrtp_offer_destroy(d->offer);
	fake.leaving = false;
	d->offer = NULL;
	assert_int_equal(ksrtp_kept_read(&got, ksrtp_buf_view(&record)), 0);
	for (i = 0; i < 2; i++)
		policy[i].local = got.offer.local[i];
	err = ksrtp_offer_restore(&d->offer, NULL, policy, &got.offer);
	ksrtp_kept_free(&got);
	ksrtp_buf_free(&record);
	return err;
}

static void media_is_not_touched(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	unsigned int changes;

	call(d, PHONE(KEY_A), ANSWER);
	changes = all_changes();
	assert_int_equal(restart(d), 0);
	assert_int_equal(all_changes(), changes);
	assert_int_equal(ksrtp_offer_lines(d->offer), 1);
	close_dialog(d);
}

static void the_same_offer_gets_new_keys_and_a_new_version(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	unsigned int offered, answered;
	char old[2][64];

	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	offered = version(d);
	snprintf(old[0], sizeof(old[0]), "%s", strstr(d->out.p, "inline:"));
	pass_ok(d, 1, RESPONSE, 1, ANSWER);
	answered = version(d);
	snprintf(old[1], sizeof(old[1]), "%s", strstr(d->out.p, "inline:"));
	end(d, 0, 1, true);
	old[0][47] = old[1][47] = '\0';
	assert_int_equal(restart(d), 0);
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A));
	assert_true(version(d) > offered);
	assert_non_null(strstr(d->out.p, "inline:"));
	assert_null(strstr(d->out.p, old[0]));
	assert_null(strstr(d->out.p, LOST));
	assert_non_null(strstr(d->out.p, "m=audio 30002 "));
	pass_ok(d, 1, RESPONSE, 2, ANSWER);
	assert_true(version(d) > answered);
	assert_null(strstr(d->out.p, old[1]));
	assert_null(strstr(d->out.p, LOST));
	assert_non_null(strstr(d->out.p, "m=audio 30000 "));
	end(d, 0, 2, true);
	/* the key that was lost stays for packets under way, that of sending is gone */
	assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_RX), 2);
	assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_TX), 1);
	assert_int_equal(fake_alive(), 2);
	/* from here on all is as always: nothing new, nothing changes */
	answered = all_changes();
	pass_ok(d, 0, REQUEST, 3, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 3, ANSWER);
	end(d, 0, 3, true);
	assert_int_equal(all_changes(), answered);
	close_dialog(d);
}

static void the_callee_may_offer_first(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, PHONE(KEY_A), PBX);
	assert_int_equal(restart(d), 0);
	pass_ok(d, 1, REQUEST, 1, PBX);
	assert_non_null(strstr(d->out.p, "m=audio 30000 RTP/SAVP 0"));
	pass_ok(d, 0, RESPONSE, 1, PHONE(KEY_C));
	end(d, 1, 1, true);
	assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_TX), 1);
	close_dialog(d);
}

static void a_key_with_its_mki_may_come_again(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, MKI_A, PBX);
	assert_int_equal(restart(d), 0);
	fake.mki_once = true;
	pass_ok(d, 0, REQUEST, 2, MKI_A);
	pass_ok(d, 1, RESPONSE, 2, PBX);
	end(d, 0, 2, true);
	assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_RX), 1);
	check_key(0, KSRTP_MEDIA_RX, 0);
	close_dialog(d);
}

/* Two m-lines by one port (BUNDLE): the other one has no flows that could be missing. */
static void a_group_goes_on(void **state)
{
	static const char group[] = "v=0\no=- 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\n"
		"a=group:BUNDLE a v\nm=audio 4000 RTP/AVP 0\na=mid:a\na=rtcp-mux\n"
		"m=video 0 RTP/AVP 96\na=mid:v\na=bundle-only\n";
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, group, group);
	assert_int_equal(restart(d), 0);
	pass_ok(d, 0, REQUEST, 2, group);
	assert_non_null(strstr(d->out.p, "m=audio 30002 RTP/AVP 0\r\n"));
	assert_non_null(strstr(d->out.p, "m=video 0 RTP/AVP 96\r\na=bundle-only\r\n"));
	pass_ok(d, 1, RESPONSE, 2, group);
	end(d, 0, 2, true);
	assert_int_equal(fake_alive(), 2);
	close_dialog(d);
}

/* What is not RTP has ports of its own that stay, and none of its is taken for audio. */
static void a_fax_goes_on(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);
	unsigned int changes;

	call(d, "m=image 4002 udptl t38\n", "m=image 5002 udptl t38\n");
	changes = all_changes();
	assert_int_equal(restart(d), 0);
	pass_ok(d, 0, REQUEST, 2, "m=image 4002 udptl t38\n");
	assert_non_null(strstr(d->out.p, "m=image 30002 udptl t38\r\n"));
	pass_ok(d, 1, RESPONSE, 2, "m=image 5002 udptl t38\n");
	end(d, 0, 2, true);
	assert_int_equal(all_changes(), changes);
	pass_ok(d, 0, REQUEST, 3, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 3, PBX);
	assert_non_null(strstr(d->out.p, "m=audio 30004 RTP/SAVP 0"));
	end(d, 0, 3, true);
	assert_int_equal(fake_alive(), 2);
	close_dialog(d);
}

static void a_closed_line_opens_with_other_ports(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);

	call(d, PHONE(KEY_A) "m=video 4002 RTP/AVP 99\n", ANSWER "m=video 0 RTP/AVP 99\n");
	assert_int_equal(fake_alive(), 2);
	assert_int_equal(restart(d), 0);
	assert_int_equal(ksrtp_offer_lines(d->offer), 2);
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A) "m=video 4002 RTP/AVP 99\n");
	pass_ok(d, 1, RESPONSE, 2, ANSWER "m=video 5002 RTP/AVP 99\n");
	end(d, 0, 2, true);
	assert_int_equal(fake_alive(), 4);
	close_dialog(d);
}

static void what_was_pending_is_as_if_it_had_never_been(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);

	call(d, PHONE(KEY_A), ANSWER);
	pass_ok(d, 1, REQUEST, 1, ANSWER);
	assert_int_equal(restart(d), 0);
	/* no glare with an offer that nobody remembers */
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 2, ANSWER);
	end(d, 0, 2, true);
	close_dialog(d);
}

static void without_its_flows_it_does_not_come_back(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	unsigned int i;

	call(d, PHONE(KEY_A), ANSWER);
	fake.lost = true;
	assert_int_equal(restart(d), -ENOENT);
	assert_null(d->offer);
	assert_int_equal(fake.sessions, 0);
	for (i = 0; i < fake.n; i++)
		fake.flow[i].alive = false;
	ksrtp_buf_free(&d->out);
	free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(media_is_not_touched),
		cmocka_unit_test(the_same_offer_gets_new_keys_and_a_new_version),
		cmocka_unit_test(the_callee_may_offer_first),
		cmocka_unit_test(a_key_with_its_mki_may_come_again),
		cmocka_unit_test(a_closed_line_opens_with_other_ports),
		cmocka_unit_test(what_was_pending_is_as_if_it_had_never_been),
		cmocka_unit_test(a_group_goes_on),
		cmocka_unit_test(a_fax_goes_on),
		cmocka_unit_test(without_its_flows_it_does_not_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
