// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BUNDLE over the life of a dialog (RFC 9143): one pair of flows for the group, in each form of a
 * later offer. What a first exchange makes of it stands in tests/unit/offer_table/bundle.txt.
 */
#include "tests/unit/offer_dialog.h"

#define GROUP	"v=0\no=- 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\na=group:BUNDLE a v\n"
#define MUX	"a=rtcp-mux\n"
#define AUDIO	"m=audio 4000 RTP/SAVP 0\na=crypto:1 " CM80 KEY_A "\na=mid:a\n" MUX
#define VIDEO	"m=video 4002 RTP/SAVP 96\na=crypto:1 " CM80 KEY_B "\na=mid:v\n" MUX
#define ONLY	"m=video 0 RTP/SAVP 96\na=mid:v\na=bundle-only\n"
#define SAME	"m=video 4000 RTP/SAVP 96\na=mid:v\n"
#define ANSWER	GROUP "m=audio 5000 RTP/AVP 0\na=mid:a\n" MUX \
		"m=video 0 RTP/AVP 96\na=mid:v\na=bundle-only\n"

static struct dialog *bundled(void)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, GROUP AUDIO VIDEO, ANSWER);
	return d;
}

static void one_pair_of_flows_for_the_group(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);
	struct ksrtp_offer_line line;

	pass_ok(d, 0, REQUEST, 1, GROUP AUDIO VIDEO);
	assert_int_equal(fake_alive(), 4);
	pass_ok(d, 1, RESPONSE, 1, ANSWER);
	end(d, 0, 1, true);
	assert_int_equal(fake_alive(), 2);
	check_key(0, KSRTP_MEDIA_RX, 0);
	check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
	assert_true(fake.flow[0].remote.mux && fake.flow[1].remote.mux);
	assert_int_equal(ksrtp_offer_lines(d->offer), 2);
	ksrtp_offer_line(d->offer, 0, &line);
	assert_true(line.active && line.side[0].flow == &fake.flow[0]);
	/* its packets are the first one's: they count once, and nothing is missing */
	ksrtp_offer_line(d->offer, 1, &line);
	assert_true(!line.active && !line.side[0].flow);
	close_dialog(d);
}

static void later_offers_in_either_form_change_nothing(void **state)
{
	struct dialog *d = bundled();
	unsigned int changes = fake.flow[0].changes + fake.flow[1].changes, draws = fake.draws;

	pass_ok(d, 0, REQUEST, 2, GROUP AUDIO ONLY);
	assert_non_null(strstr(d->out.p, "m=audio 30002 RTP/AVP 0\r\n"));
	assert_non_null(strstr(d->out.p, "m=video 0 RTP/AVP 96\r\na=bundle-only\r\n"));
	pass_ok(d, 1, RESPONSE, 2, ANSWER);
	end(d, 0, 2, true);
	pass_ok(d, 0, REQUEST, 3, GROUP AUDIO SAME);
	assert_non_null(strstr(d->out.p, "m=video 30002 RTP/AVP 96\r\n"));
	pass_ok(d, 1, RESPONSE, 3, GROUP "m=audio 5000 RTP/AVP 0\na=mid:a\n" MUX
		"m=video 5000 RTP/AVP 96\na=mid:v\n");
	assert_non_null(strstr(d->out.p, "m=video 30000 RTP/SAVP 96\r\n"));
	assert_null(strstr(strstr(d->out.p, "m=video"), "crypto"));
	end(d, 0, 3, true);
	assert_int_equal(fake_alive(), 2);
	assert_int_equal(fake.flow[0].changes + fake.flow[1].changes, changes);
	assert_int_equal(fake.draws, draws);
	close_dialog(d);
}

static void the_other_side_offers_under_the_same_key(void **state)
{
	struct dialog *d = bundled();

	pass_ok(d, 1, REQUEST, 1, ANSWER);
	assert_non_null(strstr(d->out.p, "m=audio 30000 RTP/SAVP 0\r\na=crypto:1 "));
	assert_non_null(strstr(d->out.p, fake_b64(3, 16, 14)));
	assert_non_null(strstr(d->out.p, "m=video 0 RTP/SAVP 96\r\na=bundle-only\r\n"));
	pass_ok(d, 0, RESPONSE, 1, GROUP AUDIO ONLY);
	end(d, 1, 1, true);
	assert_int_equal(fake_alive(), 2);
	close_dialog(d);
}

static void a_line_that_leaves_the_group_gets_ports_and_keys(void **state)
{
	struct dialog *d = bundled();

	pass_ok(d, 0, REQUEST, 2, AUDIO VIDEO);
	assert_non_null(strstr(d->out.p, "m=audio 30002 RTP/AVP 0\r\n"));
	assert_non_null(strstr(d->out.p, "m=video 30010 RTP/AVP 96\r\n"));
	assert_null(strstr(d->out.p, "BUNDLE"));
	assert_int_equal(fake_alive(), 4);
	/* refused, then taken */
	end(d, 0, 2, false);
	assert_int_equal(fake_alive(), 2);
	pass_ok(d, 0, REQUEST, 3, AUDIO VIDEO);
	pass_ok(d, 1, RESPONSE, 3, PBX "m=video 5002 RTP/AVP 96\n");
	assert_non_null(strstr(d->out.p, "m=video 30012 RTP/SAVP 96\r\na=crypto:1 "));
	end(d, 0, 3, true);
	assert_int_equal(fake_alive(), 4);
	check_remote(7, "10.0.0.1:5002", "10.0.0.1:5003");
	close_dialog(d);
}

static void a_group_that_the_answer_leaves_closes_who_had_no_port(void **state)
{
	struct dialog *d = bundled();

	pass_ok(d, 0, REQUEST, 2, GROUP AUDIO ONLY);
	pass_ok(d, 1, RESPONSE, 2, PBX "m=video 5000 RTP/AVP 96\n");
	assert_non_null(strstr(d->out.p, "m=audio 30000 RTP/SAVP 0\r\n"));
	assert_non_null(strstr(d->out.p, "m=video 0 RTP/SAVP 96\r\n"));
	assert_null(strstr(d->out.p, "bundle-only"));
	end(d, 0, 2, true);
	assert_int_equal(fake_alive(), 2);
	close_dialog(d);
}

/* Groups that do not hold: each m-line is on its own, or closed. */
static void groups_that_are_none(void **state)
{
	static const char *const offer[] = {
		GROUP "a=group:BUNDLE a\n" AUDIO VIDEO,		/* two of them */
		GROUP AUDIO "m=video 4002 RTP/SAVP 96\na=crypto:1 " CM80 KEY_B "\n" MUX,
		GROUP AUDIO AUDIO,				/* one mid twice */
		GROUP AUDIO "m=video 4002 RTP/SAVP 96\na=crypto:1 " CM80 KEY_B "\na=mid:v\n",
		GROUP "m=audio 0 RTP/SAVP 0\na=mid:a\na=bundle-only\n" VIDEO,
		GROUP AUDIO "m=video 0 RTP/SAVP 96\na=mid:v\n",
		GROUP AUDIO "m=image 4002 udptl t38\na=mid:v\n" MUX,
		GROUP AUDIO "m=video 4002 UDP/TLS/RTP/SAVP 96\na=mid:v\n" MUX,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offer); i++) {
		struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

		pass_ok(d, 0, REQUEST, 1, offer[i]);
		assert_null(strstr(d->out.p, "BUNDLE"));
		assert_null(strstr(d->out.p, "bundle-only"));
		close_dialog(d);
	}
}

int main(void)
{
	static const struct CMUnitTest test[] = {
		cmocka_unit_test(one_pair_of_flows_for_the_group),
		cmocka_unit_test(later_offers_in_either_form_change_nothing),
		cmocka_unit_test(the_other_side_offers_under_the_same_key),
		cmocka_unit_test(a_line_that_leaves_the_group_gets_ports_and_keys),
		cmocka_unit_test(a_group_that_the_answer_leaves_closes_who_had_no_port),
		cmocka_unit_test(groups_that_are_none),
	};

	return cmocka_run_group_tests_name("bundles", test, NULL, NULL);
}
