// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The offer/answer state over time: retransmissions, re-offers, re-keys, rollback, late offers,
 * early dialogs, and keys that never come back. RFC 3264, 6337, 4568.
 */
#include "tests/unit/offer_dialog.h"

/* ---- over time ---- */

static void retransmissions_are_identical(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	char *first, *answer;

	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	first = strdup(d->out.p);
	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	assert_string_equal(d->out.p, first);
	assert_int_equal(fake_alive(), 2);
	pass_ok(d, 1, RESPONSE, 1, PBX);
	answer = strdup(d->out.p);
	pass_ok(d, 1, RESPONSE, 1, PBX);
	assert_string_equal(d->out.p, answer);
	end(d, 0, 1, true);
	pass_ok(d, 1, RESPONSE, 1, PBX);
	assert_string_equal(d->out.p, answer);
	free(first);
	free(answer);
	close_dialog(d);
}

static void same_offer_again_changes_nothing(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	const char *answer = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n";
	unsigned int changes, draws;

	call(d, PHONE(KEY_A), answer);
	changes = fake.flow[0].changes + fake.flow[1].changes;
	draws = fake.draws;
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A));
	assert_int_equal(version(d), 1);
	pass_ok(d, 1, RESPONSE, 2, answer);
	assert_int_equal(version(d), 1);
	end(d, 0, 2, true);
	assert_int_equal(fake.flow[0].changes + fake.flow[1].changes, changes);
	assert_int_equal(fake.draws, draws);
	close_dialog(d);
}

static void hold_raises_the_version_and_keeps_the_keys(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	const char *answer = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\na=recvonly\n";
	unsigned int draws;

	call(d, PHONE(KEY_A), "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n");
	draws = fake.draws;
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A) "c=IN IP4 0.0.0.0\na=sendonly\n");
	assert_int_equal(version(d), 2);
	check_remote(0, "10.0.0.1:4000", "10.0.0.1:4001");
	pass_ok(d, 1, RESPONSE, 2, answer);
	assert_int_equal(version(d), 2);
	check_remote(0, "10.0.0.1:4000", "10.0.0.1:4001");
	end(d, 0, 2, true);
	check_remote(0, NULL, NULL);
	assert_int_equal(fake.draws, draws);
	check_key(0, KSRTP_MEDIA_TX, 3);
	pass_ok(d, 0, REQUEST, 3, PHONE(KEY_A));
	assert_int_equal(version(d), 3);
	close_dialog(d);
}

static void rekey_keeps_the_old_key_for_packets_under_way(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, PHONE(KEY_A), PBX);
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_B));
	assert_int_equal(version(d), 1); /* the far side sees nothing of it */
	pass_ok(d, 1, RESPONSE, 2, PBX);
	assert_int_equal(version(d), 2);
	check_key(0, KSRTP_MEDIA_TX, 3);
	end(d, 0, 2, true);
	assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_RX), 2);
	check_key(0, KSRTP_MEDIA_TX, 5);
	pass_ok(d, 0, REQUEST, 3, PHONE(KEY_C));
	pass_ok(d, 1, RESPONSE, 3, PBX);
	end(d, 0, 3, true);
	assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_RX), 2);
	check_key(0, KSRTP_MEDIA_TX, 7);
	close_dialog(d);
}

static void failed_reoffer_changes_nothing(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	unsigned int changes;

	call(d, PHONE(KEY_A), PBX);
	changes = fake.flow[0].changes + fake.flow[1].changes;
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_B) "m=video 4010 RTP/AVP 96\n");
	assert_int_equal(fake_alive(), 4);
	pass_ok(d, 1, RESPONSE, 2, PBX "m=video 5010 RTP/AVP 96\n"); /* a 183 */
	end(d, 0, 2, false);
	assert_int_equal(fake_alive(), 2);
	assert_int_equal(fake.flow[0].changes + fake.flow[1].changes, changes);
	assert_int_equal(ksrtp_offer_lines(d->offer), 1);
	pass_ok(d, 0, REQUEST, 3, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 3, PBX);
	end(d, 0, 3, true);
	check_key(0, KSRTP_MEDIA_TX, 3);
	close_dialog(d);
}

static void failed_call_frees_its_ports(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);

	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	end(d, 0, 1, false);
	assert_int_equal(fake_alive(), 0);
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A));
	assert_int_equal(fake_alive(), 2);
	close_dialog(d);
}

static void reoffer_from_the_other_side(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, PHONE(KEY_A), PBX);
	pass_ok(d, 1, REQUEST, 1, "m=audio 5000 RTP/AVP 0 8\na=sendonly\n");
	/* The phone gets the profile it spoke and its suite first, under the key it has. */
	assert_non_null(strstr(d->out.p, "m=audio 30000 RTP/SAVP 0 8\r\n"
					 "a=crypto:1 " CM80 "inline:"));
	assert_non_null(strstr(d->out.p, fake_b64(3, 16, 14)));
	pass_ok(d, 0, RESPONSE, 1, PHONE(KEY_A));
	assert_null(strstr(d->out.p, "crypto"));
	end(d, 1, 1, true);
	check_key(0, KSRTP_MEDIA_TX, 3);
	assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_RX), 1);
	close_dialog(d);
}

static void late_offer_is_answered_in_ack(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);
	char *offer;

	pass_ok(d, 1, RESPONSE, 7, PBX);
	assert_non_null(strstr(d->out.p, "m=audio 30000 RTP/AVP 0\r\na=crypto:1 "));
	offer = strdup(d->out.p);
	end(d, 0, 7, true);
	assert_int_equal(fake.flow[0].changes, 0);
	pass_ok(d, 1, RESPONSE, 7, PBX);
	assert_string_equal(d->out.p, offer);
	pass_ok(d, 0, ACK, 7, "m=audio 4000 RTP/AVP 0\na=crypto:1 " CM80 KEY_A "\n");
	assert_null(strstr(d->out.p, "crypto"));
	check_key(0, KSRTP_MEDIA_RX, 0);
	check_key(0, KSRTP_MEDIA_TX, 3);
	assert_ptr_equal(fake.flow[0].peer, &fake.flow[1]);
	free(offer);
	close_dialog(d);
}

static void late_offer_is_answered_in_prack(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	pass_ok(d, 1, RESPONSE, 7, PBX);
	pass_ok(d, 0, PRACK, 8, "m=audio 4000 RTP/AVP 0\na=crypto:1 " CM80 KEY_A "\n");
	check_key(0, KSRTP_MEDIA_TX, 3);
	end(d, 0, 8, true);
	end(d, 0, 7, true);
	close_dialog(d);
}

static void unanswered_late_offer_blocks_nothing(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	pass_ok(d, 1, RESPONSE, 7, PBX);
	assert_int_equal(pass(d, 1, REQUEST, 3, PBX "a=x\n"), -EBUSY);
	end(d, 0, 7, true);
	pass_ok(d, 1, REQUEST, 4, PBX "a=x\n");
	close_dialog(d);
}

static void ack_carries_no_offer(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, PHONE(KEY_A), PBX);
	assert_int_equal(pass(d, 0, ACK, 1, PHONE(KEY_A)), -EBADMSG);
	assert_int_equal(fake_alive(), 2);
	close_dialog(d);
}

static void glare_is_one_offer_a_direction(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, PHONE(KEY_A), PBX);
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A) "a=sendonly\n");
	pass_ok(d, 1, REQUEST, 1, PBX "a=sendonly\n");
	assert_int_equal(pass(d, 0, REQUEST, 3, PHONE(KEY_A) "a=inactive\n"), -EBUSY);
	end(d, 0, 2, false);
	end(d, 1, 1, false);
	pass_ok(d, 1, REQUEST, 2, PBX "a=inactive\n");
	pass_ok(d, 0, RESPONSE, 2, PHONE(KEY_A) "a=inactive\n");
	end(d, 1, 2, true);
	check_key(0, KSRTP_MEDIA_TX, 3);
	close_dialog(d);
}

/* Two phones ring behind one branch: whose answer came last has the media, the 2xx decides. */
static void early_dialogs_in_turn(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	const char *one = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n";
	const char *two = "m=audio 6000 RTP/AVP 0\na=crypto:1 " CM80 KEY_C "\n";
	char *first;

	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 1, one);
	first = strdup(d->out.p);
	check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
	pass_ok(d, 1, RESPONSE, 1, two);
	check_remote(1, "10.0.0.1:6000", "10.0.0.1:6001");
	pass_ok(d, 1, RESPONSE, 1, one);
	assert_string_equal(d->out.p, first);
	check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
	end(d, 0, 1, true);
	check_key(1, KSRTP_MEDIA_TX, 5);
	free(first);
	close_dialog(d);
}

static void early_reject_does_not_bind(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 1, "m=audio 0 RTP/AVP 0\n");
	pass_ok(d, 1, RESPONSE, 1, PBX);
	end(d, 0, 1, true);
	check_key(0, KSRTP_MEDIA_TX, 3);
	assert_int_equal(fake_alive(), 2);
	close_dialog(d);
}

static void answer_repeated_behind_an_update(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);
	char *last;

	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 1, PBX);
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A) "a=sendonly\n"); /* an UPDATE */
	pass_ok(d, 1, RESPONSE, 2, PBX "a=recvonly\n");
	end(d, 0, 2, true);
	last = strdup(d->out.p);
	pass_ok(d, 1, RESPONSE, 1, PBX "a=x-other\n"); /* the 200 to the INVITE */
	assert_string_equal(d->out.p, last);
	end(d, 0, 1, true);
	pass_ok(d, 1, REQUEST, 9, PBX "a=sendrecv\n");
	free(last);
	close_dialog(d);
}

/* Two phones that choose different suites: no key is given up before the 2xx decides. */
static void early_dialogs_with_other_keys(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	const char *one = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n";
	const char *two = "m=audio 6000 RTP/AVP 0\na=crypto:3 " CM32 KEY_C "\n";

	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 1, one);
	check_key(1, KSRTP_MEDIA_TX, 5);
	pass_ok(d, 1, RESPONSE, 1, two);
	check_key(1, KSRTP_MEDIA_TX, 5);
	check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
	pass_ok(d, 1, RESPONSE, 1, PBX);
	check_key(1, KSRTP_MEDIA_TX, 5);
	pass_ok(d, 1, RESPONSE, 1, "m=audio 0 RTP/AVP 0\n");
	check_key(1, KSRTP_MEDIA_TX, 5);
	check_remote(1, NULL, NULL);
	pass_ok(d, 1, RESPONSE, 1, "m=audio 6001 RTP/AVP 0\na=crypto:3 " CM32 KEY_C "\n");
	end(d, 0, 1, true);
	check_remote(1, "10.0.0.1:6001", "10.0.0.1:6002");
	check_key(1, KSRTP_MEDIA_TX, 9);
	close_dialog(d);
}

/* ---- keys that were sent with never come back ---- */

static void clear_and_back_draws_new_keys(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	const char *secure = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n";
	u32 cseq;

	call(d, PHONE(KEY_A), secure);
	for (cseq = 2; cseq < 6; cseq++) {
		pass_ok(d, 0, REQUEST, cseq, cseq % 2 ? PHONE(KEY_A) : "m=audio 4000 RTP/AVP 0\n");
		pass_ok(d, 1, RESPONSE, cseq, cseq % 2 ? secure : PBX);
		end(d, 0, cseq, true);
		assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_TX), cseq % 2);
		assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_RX), cseq % 2);
		assert_int_equal(fake_keys(&fake.flow[1], KSRTP_MEDIA_TX), cseq % 2);
		assert_int_equal(fake.flow[1].remote.secure_tx, cseq % 2);
		assert_int_equal(fake.flow[1].remote.secure_rx, cseq % 2);
	}
	close_dialog(d);
}

static void suites_to_and_fro_draw_new_keys(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	const char *one = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n";
	const char *three = "m=audio 5000 RTP/AVP 0\na=crypto:3 " CM32 KEY_B "\n";
	u32 cseq;

	call(d, PHONE(KEY_A), one);
	for (cseq = 2; cseq < 7; cseq++) {
		pass_ok(d, 0, REQUEST, cseq, PHONE(KEY_A));
		pass_ok(d, 1, RESPONSE, cseq, cseq % 2 ? one : three);
		end(d, 0, cseq, true);
		assert_int_equal(fake_keys(&fake.flow[1], KSRTP_MEDIA_TX), 1);
	}
	close_dialog(d);
}

static void key_that_another_exchange_took_away_does_not_come_back(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	const char *pbx = PBX "a=crypto:1 " CM80 KEY_B "\n";

	call(d, PHONE(KEY_A), pbx);
	pass_ok(d, 1, REQUEST, 1, pbx);
	assert_non_null(strstr(d->out.p, "a=crypto:1 "));
	/* glare that neither side resolves: the phone's offer, with another key, settles first */
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_C));
	pass_ok(d, 1, RESPONSE, 2, pbx);
	end(d, 0, 2, true);
	assert_int_equal(pass(d, 0, RESPONSE, 1, PHONE(KEY_A)), -EBADMSG);
	end(d, 1, 1, false);
	/* and the next exchange has a key of its own */
	pass_ok(d, 0, REQUEST, 3, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 3, pbx);
	end(d, 0, 3, true);
	assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_TX), 1);
	close_dialog(d);
}

static void configuration_that_was_taken_comes_as_the_actual_one(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);
	unsigned int changes, draws;

	pass_ok(d, 0, REQUEST, 1, "m=audio 4000 RTP/AVP 0\na=tcap:1 RTP/SAVP\n"
		"a=acap:1 crypto:1 " CM80 KEY_A "\na=pcfg:1 t=1 a=1\n");
	pass_ok(d, 1, RESPONSE, 1, PBX);
	assert_non_null(strstr(d->out.p, "a=acfg:1 t=1 a=1\r\n"));
	end(d, 0, 1, true);
	check_key(0, KSRTP_MEDIA_RX, 0);
	changes = fake.flow[0].changes + fake.flow[1].changes;
	draws = fake.draws;
	/* RFC 5939 section 3.6.3: the offerer offers anew what was agreed on */
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 2, PBX);
	assert_null(strstr(d->out.p, "acfg"));
	end(d, 0, 2, true);
	assert_int_equal(fake.flow[0].changes + fake.flow[1].changes, changes);
	assert_int_equal(fake.draws, draws);
	close_dialog(d);
}

static void twins_stay_what_they_became(void **state)
{
	static const char twins[] = PHONE(KEY_A) "m=audio 4000 RTP/AVP 0\n";
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);
	unsigned int changes, draws;

	call(d, twins, PBX "m=audio 0 RTP/AVP 0\n");
	assert_int_equal(fake_alive(), 2);
	changes = fake.flow[0].changes + fake.flow[1].changes;
	draws = fake.draws;
	pass_ok(d, 0, REQUEST, 2, twins);
	pass_ok(d, 1, RESPONSE, 2, PBX "m=audio 0 RTP/AVP 0\n");
	end(d, 0, 2, true);
	pass_ok(d, 1, REQUEST, 1, PBX "m=audio 0 RTP/AVP 0\n");
	assert_non_null(strstr(d->out.p, "m=audio 30000 RTP/SAVP 0\r\na=crypto:1 "));
	assert_non_null(strstr(d->out.p, "m=audio 0 RTP/AVP 0\r\n"));
	pass_ok(d, 0, RESPONSE, 1, PHONE(KEY_A) "m=audio 0 RTP/AVP 0\n");
	end(d, 1, 1, true);
	assert_int_equal(fake.flow[0].changes + fake.flow[1].changes, changes);
	assert_int_equal(fake_alive(), 2);
	/* only the suites that the phone may now choose from besides */
	assert_true(fake.draws <= draws + 4);
	close_dialog(d);
}

static void closed_line_opens_with_new_port_and_keys(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, PHONE(KEY_A), PBX);
	pass_ok(d, 0, REQUEST, 2, "m=message 2855 TCP/MSRP *\n");
	pass_ok(d, 1, RESPONSE, 2, "m=message 2856 TCP/MSRP *\n");
	end(d, 0, 2, true);
	assert_int_equal(fake_alive(), 0);
	/* what they counted is not lost */
	assert_int_equal(ksrtp_offer_gone(d->offer, 0)->rx_packets, 7);
	assert_int_equal(ksrtp_offer_gone(d->offer, 1)->verdict[KSRTP_VERDICT_OK], 7);
	pass_ok(d, 0, REQUEST, 3, PHONE(KEY_A));
	assert_non_null(strstr(d->out.p, "m=audio 30006 "));
	pass_ok(d, 1, RESPONSE, 3, PBX);
	end(d, 0, 3, true);
	assert_int_equal(fake_alive(), 2);
	close_dialog(d);
}

static void media_of_others_is_never_called_safe(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);
	struct ksrtp_offer_line line;

	call(d, "m=image 4004 udptl t38\nm=application 4006 UDP/DTLS/SCTP x\n"
	     "m=message 8 TCP/MSRP *\n",
	     "m=image 5004 udptl t38\nm=application 5006 UDP/DTLS/SCTP x\n"
	     "m=message 9 TCP/MSRP *\n");
	ksrtp_offer_line(d->offer, 0, &line);
	assert_string_equal(line.kind, "image");
	assert_true(line.active && !line.direct && line.side[0].flow && line.side[1].flow);
	assert_int_equal(line.side[0].promised, KSRTP_GRADE_CLEAR);
	assert_int_equal(line.side[1].promised, KSRTP_GRADE_CLEAR);
	ksrtp_offer_line(d->offer, 1, &line);
	assert_int_equal(line.side[0].promised, KSRTP_GRADE_OPAQUE);
	ksrtp_offer_line(d->offer, 2, &line);
	assert_int_equal(line.side[0].promised, KSRTP_GRADE_CLEAR);
	assert_true(line.direct && !line.side[1].flow);
	close_dialog(d);
}

/* The fax has ports of its own; what the call counted until then is not lost. */
static void t38_in_mid_call_and_back(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_SAVP);
	const char *secure = "m=audio 5000 RTP/SAVP 0\na=crypto:1 " CM80 KEY_B "\n";

	call(d, PHONE(KEY_A), secure);
	pass_ok(d, 1, REQUEST, 1, "m=image 5002 udptl t38\na=T38FaxVersion:0\n");
	assert_non_null(strstr(d->out.p, "m=image 30004 udptl t38\r\na=T38FaxVersion:0\r\n"));
	assert_int_equal(fake_alive(), 4);
	pass_ok(d, 0, RESPONSE, 1, "m=image 4002 udptl t38\n");
	assert_non_null(strstr(d->out.p, "m=image 30006 udptl t38\r\n"));
	check_remote(0, "10.0.0.1:4000", "10.0.0.1:4001");
	end(d, 1, 1, true);
	assert_int_equal(fake_alive(), 2);
	assert_int_equal(fake.flow[2].kind, KSRTP_MEDIA_RAW);
	check_remote(2, "10.0.0.1:4002", NULL);
	check_remote(3, "10.0.0.1:5002", NULL);
	assert_ptr_equal(fake.flow[2].peer, &fake.flow[3]);
	assert_int_equal(ksrtp_offer_gone(d->offer, 0)->rx_packets, 7);
	assert_int_equal(ksrtp_offer_gone(d->offer, 1)->rx_packets, 7);
	/* and back, with keys that were never sent with */
	pass_ok(d, 1, REQUEST, 2, secure);
	assert_non_null(strstr(d->out.p, "m=audio 30008 RTP/AVP 0\r\na=crypto:1 "));
	pass_ok(d, 0, RESPONSE, 2, "m=audio 4000 RTP/AVP 0\na=crypto:1 " CM80 KEY_C "\n");
	assert_non_null(strstr(d->out.p, "m=audio 30010 RTP/SAVP 0\r\na=crypto:1 "));
	end(d, 1, 2, true);
	assert_int_equal(fake_alive(), 2);
	assert_true(fake.flow[4].remote.secure_tx && fake.flow[5].remote.secure_tx);
	assert_int_equal(ksrtp_offer_gone(d->offer, 0)->rx_packets, 14);
	close_dialog(d);
}

static void t38_refused_leaves_the_call_as_it_was(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);
	unsigned int changes;

	call(d, PHONE(KEY_A), PBX);
	changes = fake.flow[0].changes + fake.flow[1].changes;
	pass_ok(d, 1, REQUEST, 1, "m=image 5002 udptl t38\n");
	end(d, 1, 1, false);
	assert_int_equal(fake_alive(), 2);
	assert_int_equal(fake.flow[0].changes + fake.flow[1].changes, changes);
	/* the same call goes on, by the same ports and keys */
	pass_ok(d, 1, REQUEST, 2, PBX);
	assert_non_null(strstr(d->out.p, "m=audio 30000 RTP/SAVP 0\r\na=crypto:1 "));
	pass_ok(d, 0, RESPONSE, 2, PHONE(KEY_A));
	end(d, 1, 2, true);
	assert_int_equal(fake.flow[0].changes + fake.flow[1].changes, changes);
	assert_int_equal(ksrtp_offer_gone(d->offer, 0)->rx_packets, 0);
	close_dialog(d);
}

/* Audio with port 0 beside the fax, as some gateways do it; either may come back. */
static void t38_beside_audio_of_port_0(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, PHONE(KEY_A) "m=image 0 udptl t38\n", PBX "m=image 0 udptl t38\n");
	assert_int_equal(fake_alive(), 2);
	pass_ok(d, 0, REQUEST, 2, "m=audio 0 RTP/SAVP 0\nm=image 4002 udptl t38\n");
	assert_non_null(strstr(d->out.p, "m=audio 0 RTP/AVP 0\r\nm=image 30006 udptl t38\r\n"));
	pass_ok(d, 1, RESPONSE, 2, "m=audio 0 RTP/AVP 0\nm=image 5002 udptl t38\n");
	assert_non_null(strstr(d->out.p, "m=audio 0 RTP/SAVP 0\r\nm=image 30004 udptl t38\r\n"));
	end(d, 0, 2, true);
	assert_int_equal(fake_alive(), 2);
	assert_true(fake.flow[2].alive && fake.flow[3].alive);
	pass_ok(d, 0, REQUEST, 3, PHONE(KEY_A) "m=image 0 udptl t38\n");
	pass_ok(d, 1, RESPONSE, 3, PBX "m=image 0 udptl t38\n");
	end(d, 0, 3, true);
	assert_int_equal(fake_alive(), 2);
	assert_int_equal(ksrtp_offer_gone(d->offer, 0)->rx_packets, 14);
	close_dialog(d);
}

static void required_side_never_becomes_clear(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_REQUIRE);
	const char *secure = "m=audio 5000 RTP/SAVP 0\na=crypto:1 " CM80 KEY_B "\n";

	call(d, PHONE(KEY_A), secure);
	assert_int_equal(pass(d, 1, REQUEST, 1, PBX), -EPROTONOSUPPORT);
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A));
	assert_int_equal(pass(d, 1, RESPONSE, 2, PBX), -EPERM);
	end(d, 0, 2, false);
	assert_true(fake.flow[1].remote.secure_tx && fake.flow[1].remote.secure_rx);
	close_dialog(d);
}

int main(void)
{
	static const struct CMUnitTest test[] = {
		cmocka_unit_test(retransmissions_are_identical),
		cmocka_unit_test(same_offer_again_changes_nothing),
		cmocka_unit_test(hold_raises_the_version_and_keeps_the_keys),
		cmocka_unit_test(rekey_keeps_the_old_key_for_packets_under_way),
		cmocka_unit_test(failed_reoffer_changes_nothing),
		cmocka_unit_test(failed_call_frees_its_ports),
		cmocka_unit_test(reoffer_from_the_other_side),
		cmocka_unit_test(late_offer_is_answered_in_ack),
		cmocka_unit_test(late_offer_is_answered_in_prack),
		cmocka_unit_test(unanswered_late_offer_blocks_nothing),
		cmocka_unit_test(ack_carries_no_offer),
		cmocka_unit_test(glare_is_one_offer_a_direction),
		cmocka_unit_test(early_dialogs_in_turn),
		cmocka_unit_test(early_dialogs_with_other_keys),
		cmocka_unit_test(early_reject_does_not_bind),
		cmocka_unit_test(answer_repeated_behind_an_update),
		cmocka_unit_test(clear_and_back_draws_new_keys),
		cmocka_unit_test(suites_to_and_fro_draw_new_keys),
		cmocka_unit_test(key_that_another_exchange_took_away_does_not_come_back),
		cmocka_unit_test(configuration_that_was_taken_comes_as_the_actual_one),
		cmocka_unit_test(twins_stay_what_they_became),
		cmocka_unit_test(closed_line_opens_with_new_port_and_keys),
		cmocka_unit_test(media_of_others_is_never_called_safe),
		cmocka_unit_test(t38_in_mid_call_and_back),
		cmocka_unit_test(t38_refused_leaves_the_call_as_it_was),
		cmocka_unit_test(t38_beside_audio_of_port_0),
		cmocka_unit_test(required_side_never_becomes_clear),
	};

	return cmocka_run_group_tests_name("offer over time", test, NULL, NULL);
}
