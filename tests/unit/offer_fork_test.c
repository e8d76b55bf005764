// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several dialogs that one request brought: RFC 3261 sections 12.1 and 13.2.2.4. They share the
 * port that was offered, each has its own towards the caller, and one at a time has the media.
 */
#define FAKE_FLOWS 40
#include "tests/unit/offer_dialog.h"

#define ONE	"m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n"
#define TWO	"m=audio 6000 RTP/AVP 0\na=crypto:1 " CM80 KEY_C "\n"

/* One more dialog of d's request. */
static struct dialog *more(struct dialog *d)
{
	struct dialog *other = calloc(1, sizeof(*other));

	assert_non_null(other);
	ksrtp_buf_init(&other->out, 65536);
	assert_int_equal(ksrtp_offer_fork(&other->offer, d->offer, 0, 1), 0);
	return other;
}

/* One more, answered when another had been. */
static struct dialog *answered_too(struct dialog *d)
{
	struct dialog *other = more(d);

	ksrtp_offer_yield(other->offer);
	pass_ok(other, 1, RESPONSE, 1, TWO);
	end(other, 0, 1, true);
	return other;
}

static char *inline_of(const struct dialog *d)
{
	const char *at = strstr(d->out.p, "inline:");

	assert_non_null(at);
	return strndup(at, 47);
}

static void check_pair(unsigned int a, unsigned int b)
{
	assert_ptr_equal(fake.flow[a].peer, &fake.flow[b]);
	assert_ptr_equal(fake.flow[b].peer, &fake.flow[a]);
}

static void each_dialog_has_its_own_port_and_key_towards_the_caller(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two;
	char *key[2];

	pass_ok(one, 0, REQUEST, 1, PHONE(KEY_A));
	pass_ok(one, 1, RESPONSE, 1, ONE);
	key[0] = inline_of(one);
	assert_non_null(strstr(one->out.p, "m=audio 30000 RTP/SAVP 0"));
	two = more(one);
	pass_ok(two, 1, RESPONSE, 1, TWO);
	key[1] = inline_of(two);
	assert_non_null(strstr(two->out.p, "m=audio 30004 RTP/SAVP 0"));
	assert_string_not_equal(key[0], key[1]);
	/* early media is that of who spoke last, under the key that both were offered */
	check_pair(1, 2);
	check_remote(1, "10.0.0.1:6000", "10.0.0.1:6001");
	check_key(1, KSRTP_MEDIA_TX, 5);
	assert_int_equal(fake_alive(), 3);
	free(key[0]);
	free(key[1]);
	hang_up(two);
	assert_int_equal(fake_alive(), 2);
	close_dialog(one);
}

/* Who lost may send on: by its key it would be authentic, and the media would follow it. */
static void a_fork_that_lost_is_not_heard_any_more(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two;

	pass_ok(one, 0, REQUEST, 1, PHONE(KEY_A));
	pass_ok(one, 1, RESPONSE, 1, ONE);
	two = more(one);
	pass_ok(two, 1, RESPONSE, 1, TWO);
	check_key(1, KSRTP_MEDIA_RX, 2);
	/* early media in turn: the key goes and comes with who has it */
	pass_ok(one, 1, RESPONSE, 1, ONE "a=sendrecv\n");
	check_key(1, KSRTP_MEDIA_RX, 1);
	pass_ok(two, 1, RESPONSE, 1, TWO "a=sendrecv\n");
	end(two, 0, 1, true);
	check_key(1, KSRTP_MEDIA_RX, 2);
	check_key(2, KSRTP_MEDIA_RX, 0);
	/* within the dialog the old key stays for packets under way */
	pass_ok(two, 1, REQUEST, 1, ONE);
	pass_ok(two, 0, RESPONSE, 1, PHONE(KEY_A));
	end(two, 1, 1, true);
	assert_int_equal(fake_keys(&fake.flow[1], KSRTP_MEDIA_RX), 2);
	hang_up(one);
	close_dialog(two);
}

/* Also where its end is gone by then, and with it all that told whose keys they were. */
static void a_dialog_that_ended_leaves_no_key(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two;

	call(one, PHONE(KEY_A), ONE);
	two = answered_too(one);
	check_key(1, KSRTP_MEDIA_RX, 1);
	hang_up(one);
	assert_int_equal(ksrtp_offer_resume(two->offer), 0);
	check_key(1, KSRTP_MEDIA_RX, 2);
	close_dialog(two);
}

/* SDP that points at us: what failed to become a pair has parted another one. */
static void a_pair_that_failed_leaves_none(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two;

	pass_ok(one, 0, REQUEST, 1, PHONE(KEY_A));
	pass_ok(one, 1, RESPONSE, 1, ONE);
	check_pair(0, 1);
	two = more(one);
	fake.pair_error = -ELOOP;
	assert_int_equal(pass(two, 1, RESPONSE, 1, TWO), -ELOOP);
	fake.pair_error = 0;
	pass_ok(one, 1, RESPONSE, 1, ONE "a=sendrecv\n");
	end(one, 0, 1, true);
	check_pair(0, 1);
	check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
	check_key(1, KSRTP_MEDIA_RX, 1);
	hang_up(two);
	close_dialog(one);
}

static void several_2xx_all_live_and_the_first_has_the_media(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two;

	pass_ok(one, 0, REQUEST, 1, PHONE(KEY_A));
	two = more(one);
	pass_ok(two, 1, RESPONSE, 1, TWO);
	pass_ok(one, 1, RESPONSE, 1, ONE);
	ksrtp_offer_yield(two->offer);
	end(one, 0, 1, true);
	pass_ok(two, 1, RESPONSE, 1, TWO "a=sendrecv\n");
	end(two, 0, 1, true);
	check_pair(0, 1);
	check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
	assert_true(ksrtp_offer_shared(one->offer) && ksrtp_offer_shared(two->offer));
	/* the caller ends it: the other has the media, under keys that it knows */
	hang_up(one);
	assert_int_equal(ksrtp_offer_resume(two->offer), 0);
	assert_false(ksrtp_offer_shared(two->offer));
	check_pair(1, 2);
	check_remote(1, "10.0.0.1:6000", "10.0.0.1:6001");
	check_remote(2, "10.0.0.1:4000", "10.0.0.1:4001");
	check_key(1, KSRTP_MEDIA_TX, 5);
	assert_int_equal(fake_alive(), 2);
	close_dialog(two);
}

static void the_other_order(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two;

	call(one, PHONE(KEY_A), ONE);
	two = answered_too(one); /* its first response comes behind the 200 of the other */
	check_pair(0, 1);
	hang_up(two);
	check_pair(0, 1);
	check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
	assert_int_equal(fake_alive(), 2);
	close_dialog(one);
}

static void check_heard(const struct dialog *d, unsigned int side, unsigned int packets)
{
	struct ksrtp_media_stats stats;

	ksrtp_offer_stats(d->offer, 0, side, &stats);
	assert_int_equal(stats.rx_packets, packets);
	assert_int_equal(stats.verdict[KSRTP_VERDICT_OK], packets);
}

static void each_dialog_counts_what_passed_in_its_time(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two, *three;

	pass_ok(one, 0, REQUEST, 1, PHONE(KEY_A));
	pass_ok(one, 1, RESPONSE, 1, ONE);
	fake.flow[1].heard = 10;
	two = more(one);
	pass_ok(two, 1, RESPONSE, 1, TWO);
	check_heard(one, 1, 10);
	check_heard(two, 1, 0);
	fake.flow[1].heard = 25;
	check_heard(two, 1, 15);
	pass_ok(one, 1, RESPONSE, 1, ONE "a=sendrecv\n");
	end(one, 0, 1, true);
	ksrtp_offer_yield(two->offer);
	fake.flow[1].heard = 125;
	check_heard(one, 1, 110);
	check_heard(two, 1, 15);
	/* answered as well, and never had the media: nothing that passed is its own */
	three = answered_too(one);
	check_heard(three, 1, 0);
	/* towards the caller each has a port of its own */
	check_heard(one, 0, 7);
	hang_up(one);
	hang_up(two);
	assert_int_equal(ksrtp_offer_resume(three->offer), 0);
	fake.flow[1].heard = 130;
	check_heard(three, 1, 5);
	close_dialog(three);
}

/* The first had them, lost them to one that agreed anew, and that one ends. */
static void the_media_come_back_to_who_was_first(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two;

	call(one, PHONE(KEY_A), ONE);
	two = answered_too(one);
	pass_ok(two, 0, REQUEST, 2, PHONE(KEY_A) "a=sendrecv\n");
	pass_ok(two, 1, RESPONSE, 2, TWO);
	end(two, 0, 2, true);
	check_pair(1, 2);
	hang_up(two);
	assert_int_equal(ksrtp_offer_resume(one->offer), 0);
	check_pair(0, 1);
	check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
	close_dialog(one);
}

/* One ends that had no media any more: who has them keeps them, whoever comes next in the row. */
static void what_a_third_has_is_nobodys_heritage(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two, *three;

	call(one, PHONE(KEY_A), ONE);
	two = answered_too(one);
	three = answered_too(one);
	pass_ok(three, 0, REQUEST, 2, PHONE(KEY_A) "a=sendrecv\n");
	pass_ok(three, 1, RESPONSE, 2, TWO);
	end(three, 0, 2, true);
	check_pair(1, 3);
	hang_up(one);
	assert_int_equal(ksrtp_offer_resume(two->offer), 0);
	check_pair(1, 3);
	hang_up(three);
	assert_int_equal(ksrtp_offer_resume(two->offer), 0);
	check_pair(1, 2);
	close_dialog(two);
}

static void who_agrees_on_media_anew_has_it(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two;

	call(one, PHONE(KEY_A), ONE);
	two = answered_too(one);
	pass_ok(two, 0, REQUEST, 2, PHONE(KEY_A) "a=sendrecv\n");
	assert_int_equal(version(two), 2);
	assert_non_null(strstr(two->out.p, "m=audio 30002 RTP/AVP 0"));
	pass_ok(two, 1, RESPONSE, 2, TWO);
	end(two, 0, 2, true);
	check_pair(1, 2);
	check_remote(1, "10.0.0.1:6000", "10.0.0.1:6001");
	hang_up(one);
	close_dialog(two);
}

/* The one key is given up with the other; whose it was cannot go on before it got a new one. */
static void dialogs_of_other_suites_in_turn(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two;

	call(one, PHONE(KEY_A), ONE);
	two = more(one);
	ksrtp_offer_yield(two->offer);
	pass_ok(two, 1, RESPONSE, 1, "m=audio 6000 RTP/AVP 0\na=crypto:3 " CM32 KEY_C "\n");
	end(two, 0, 1, true);
	check_key(1, KSRTP_MEDIA_TX, 5);
	hang_up(one);
	assert_int_equal(ksrtp_offer_resume(two->offer), 0);
	check_key(1, KSRTP_MEDIA_TX, 9);
	check_pair(1, 2);
	close_dialog(two);
}

static void rejected_there_is_not_rejected_here(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two;

	call(one, PHONE(KEY_A), ONE);
	two = more(one);
	pass_ok(two, 1, RESPONSE, 1, "m=audio 0 RTP/AVP 0\n");
	end(two, 0, 1, true);
	assert_int_equal(ksrtp_offer_gone(two->offer, 1)->rx_packets, 0);
	check_pair(0, 1);
	check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
	hang_up(two);
	check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
	close_dialog(one);
}

/* Each dialog knows of its own sending alone; the end that knew of both goes with the m-line. */
static void a_key_that_another_dialog_sent_with_is_not_offered_again(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two;
	static const char offer[] = PHONE(KEY_A) "m=video 4002 RTP/AVP 99\n";

	pass_ok(one, 0, REQUEST, 1, offer);
	two = more(one);
	pass_ok(one, 1, RESPONSE, 1, ONE "m=video 5002 RTP/AVP 99\na=crypto:1 " CM80 KEY_C "\n");
	end(one, 0, 1, true);
	assert_int_equal(fake_keys(&fake.flow[3], KSRTP_MEDIA_TX), 1);
	ksrtp_offer_yield(two->offer);
	pass_ok(two, 1, RESPONSE, 1, TWO "m=video 0 RTP/AVP 99\n");
	end(two, 0, 1, true);
	hang_up(one);
	pass_ok(two, 0, REQUEST, 2, offer);
	pass_ok(two, 1, RESPONSE, 2, TWO "m=video 6002 RTP/AVP 99\na=crypto:1 " CM80 KEY_B "\n");
	end(two, 0, 2, true);
	close_dialog(two); /* fails where a key was sent with twice */
}

static void what_was_not_offered_is_not_shared(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP);
	struct ksrtp_offer *other;

	pass_ok(one, 1, RESPONSE, 1, PBX); /* the offer comes in the 200 */
	assert_int_equal(ksrtp_offer_fork(&other, one->offer, 0, 1), -ENOENT);
	close_dialog(one);
	one = open_usual(KSRTP_OFFER_OSRTP);
	call(one, PHONE(KEY_A), ONE);
	assert_int_equal(ksrtp_offer_fork(&other, one->offer, 0, 2), -ENOENT);
	ksrtp_offer_last(one->offer);
	assert_int_equal(ksrtp_offer_fork(&other, one->offer, 0, 1), -ENOENT);
	close_dialog(one);
}

static void without_ports_there_is_no_other_dialog(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP);
	struct ksrtp_offer *other;

	call(one, PHONE(KEY_A) "m=video 4002 RTP/AVP 99\n", ONE "m=video 5002 RTP/AVP 99\n");
	fake.ports = 1;
	assert_int_equal(ksrtp_offer_fork(&other, one->offer, 0, 1), -EADDRINUSE);
	assert_int_equal(fake_alive(), 4);
	fake.ports = 9;
	close_dialog(one);
}

/* Its answer is one all the same, never an offer: what was offered to it is closed by now. */
static void an_answer_to_what_is_closed_by_now(void **state)
{
	static const char offer[] = PHONE(KEY_A) "m=video 4002 RTP/AVP 99\n";
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two;

	call(one, offer, ONE "m=video 0 RTP/AVP 99\n");
	two = more(one);
	ksrtp_offer_yield(two->offer);
	pass_ok(two, 1, RESPONSE, 1, TWO "m=video 6002 RTP/AVP 99\n");
	assert_non_null(strstr(two->out.p, "m=audio 30008 RTP/SAVP 0"));
	assert_non_null(strstr(two->out.p, "m=video 0 RTP/AVP 99"));
	end(two, 0, 1, true);
	hang_up(one);
	assert_int_equal(ksrtp_offer_resume(two->offer), 0);
	check_pair(1, 4);
	assert_int_equal(fake_alive(), 2);
	close_dialog(two);
}

static void an_answer_where_nothing_is_left(void **state)
{
	struct dialog *one = open_usual(KSRTP_OFFER_OSRTP), *two;

	call(one, PHONE(KEY_A) "m=video 4002 RTP/AVP 99\n",
	     "m=audio 0 RTP/AVP 0\nm=video 5002 RTP/AVP 99\n");
	two = more(one);
	assert_int_equal(pass(two, 1, RESPONSE, 1, TWO "m=video 0 RTP/AVP 99\n"), -EBADMSG);
	hang_up(two);
	close_dialog(one);
}

/* The first answer took the group, so the second m-line has no port: it can be had by the group. */
static void an_answer_to_a_group_that_another_took(void **state)
{
	static const char group[] = "v=0\no=- 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\n"
		"t=0 0\na=group:BUNDLE a v\nm=audio 4000 RTP/AVP 0\na=mid:a\na=rtcp-mux\n"
		"m=video 4002 RTP/AVP 96\na=mid:v\na=rtcp-mux\n";
	static const char together[] = "v=0\no=- 1 1 IN IP4 10.0.0.1\ns=-\n"
		"c=IN IP4 10.0.0.1\nt=0 0\n"
		"a=group:BUNDLE a v\nm=audio 5000 RTP/AVP 0\na=mid:a\na=rtcp-mux\n"
		"m=video 5000 RTP/AVP 96\na=mid:v\na=rtcp-mux\n";
	struct dialog *one = open_usual(KSRTP_OFFER_PLAIN), *two;

	call(one, group, together);
	two = more(one);
	pass_ok(two, 1, RESPONSE, 1, together);
	assert_non_null(strstr(two->out.p, "a=group:BUNDLE a v"));
	end(two, 0, 1, true);
	hang_up(two);
	two = more(one);
	pass_ok(two, 1, RESPONSE, 1, "m=audio 6000 RTP/AVP 0\nm=video 6002 RTP/AVP 96\n");
	assert_non_null(strstr(two->out.p, "m=video 0 RTP/AVP 96"));
	end(two, 0, 1, true);
	hang_up(two);
	close_dialog(one);
}

int main(void)
{
	static const struct CMUnitTest test[] = {
		cmocka_unit_test(each_dialog_has_its_own_port_and_key_towards_the_caller),
		cmocka_unit_test(a_fork_that_lost_is_not_heard_any_more),
		cmocka_unit_test(a_dialog_that_ended_leaves_no_key),
		cmocka_unit_test(a_pair_that_failed_leaves_none),
		cmocka_unit_test(several_2xx_all_live_and_the_first_has_the_media),
		cmocka_unit_test(the_other_order),
		cmocka_unit_test(each_dialog_counts_what_passed_in_its_time),
		cmocka_unit_test(the_media_come_back_to_who_was_first),
		cmocka_unit_test(what_a_third_has_is_nobodys_heritage),
		cmocka_unit_test(who_agrees_on_media_anew_has_it),
		cmocka_unit_test(dialogs_of_other_suites_in_turn),
		cmocka_unit_test(rejected_there_is_not_rejected_here),
		cmocka_unit_test(a_key_that_another_dialog_sent_with_is_not_offered_again),
		cmocka_unit_test(what_was_not_offered_is_not_shared),
		cmocka_unit_test(without_ports_there_is_no_other_dialog),
		cmocka_unit_test(an_answer_to_what_is_closed_by_now),
		cmocka_unit_test(an_answer_where_nothing_is_left),
		cmocka_unit_test(an_answer_to_a_group_that_another_took),
	};

	return cmocka_run_group_tests_name("dialogs of one offer", test, NULL, NULL);
}
