// SPDX-License-Identifier: GPL-2.0-or-later
/* Bindings over a restart: what comes back, what does not, and a disk that fails. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/call/store.h"
#include "tests/unit/net_bed.h"

#define AOR "sip:alice@example.org"

struct world {
	struct bed bed;
	struct ksrtp_edge edge;
	struct ksrtp_config config;
	struct ksrtp_hop udp, tls;
	char path[128];
};

static void start(struct world *w)
{
	assert_int_equal(ksrtp_binding_init(&w->edge), 0);
	assert_int_equal(ksrtp_store_open(&w->edge.store, &w->edge, w->path), 0);
}

/* As edge.c ends: the disk keeps what memory loses. */
static void stop(struct world *w)
{
	ksrtp_store_close(w->edge.store);
	w->edge.store = NULL;
	ksrtp_binding_fini(&w->edge);
	w->edge.n_bindings = 0;
	w->edge.n_candidates = 0;
}

static int open_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	net_open(&w->bed, NULL);
	w->udp.transport = KSRTP_TRANSPORT_UDP;
	w->udp.local = net_listen(&w->bed, KSRTP_TRANSPORT_UDP);
	assert_int_equal(ksrtp_addr_parse(&w->udp.remote, "192.0.2.7:5062", 14), 0);
	w->tls = w->udp;
	w->tls.transport = KSRTP_TRANSPORT_TLS;
	w->tls.conn = 4711;
	w->edge.loop = &w->bed.loop;
	w->edge.net = w->bed.net;
	w->edge.config = &w->config;
	snprintf(w->path, sizeof(w->path), "%s/bindings.db", w->bed.dir);
	*state = w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;

	net_close(&w->bed);
	free(w);
	return 0;
}

static struct ksrtp_binding *bind_one(struct world *w, const char *text,
				      const struct ksrtp_hop *hop, uint32_t seconds)
{
	struct ksrtp_binding_who who = { .aor = SLICE(AOR), .hop = hop };
	struct ksrtp_contact contact;
	struct ksrtp_binding *b;

	assert_int_equal(ksrtp_hdr_contact(ksrtp_slice_str(text), &contact), 0);
	who.contact = &contact;
	b = ksrtp_binding_get(&w->edge, &who);
	assert_non_null(b);
	b->cseq = 7;
	b->q = 500;
	free(b->call_id);
	b->call_id = strdup("a call-id");
	assert_int_equal(ksrtp_binding_confirm(&w->edge, b, seconds), 0);
	return b;
}

static void a_restart_keeps_bindings_and_their_ids(void **state)
{
	struct world *w = *state;
	struct ksrtp_binding *b;
	struct stat st;
	uint64_t id[2];

	start(w);
	id[0] = bind_one(w, "<sip:alice@192.0.2.7:5062>", &w->udp, 600)->id;
	id[1] = bind_one(w, "<sip:alice@192.0.2.7:5062;transport=tls>;reg-id=1;"
			 "+sip.instance=\"<urn:uuid:1>\"", &w->tls, 600)->id;
	stop(w);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	start(w);
	assert_int_equal(w->edge.n_bindings, 2);
	assert_int_equal(w->edge.n_candidates, 0);
	b = ksrtp_binding_find(&w->edge, id[0]);
	assert_non_null(b);
	assert_true(b->confirmed);
	assert_string_equal(b->aor, AOR);
	assert_string_equal(b->uri, "sip:alice@192.0.2.7:5062");
	assert_string_equal(b->call_id, "a call-id");
	assert_int_equal(b->cseq, 7);
	assert_int_equal(b->q, 500);
	assert_in_range(b->expires - ksrtp_edge_now(&w->edge), 590000, 600000);
	/* A datagram finds its way at once, a stream only when the phone has come back. */
	assert_ptr_equal(ksrtp_binding_hop(&w->edge, b), &b->hop);
	assert_true(ksrtp_hop_equal(&b->hop, &w->udp));
	b = ksrtp_binding_find(&w->edge, id[1]);
	assert_non_null(b);
	assert_string_equal(b->identity, "<urn:uuid:1>;1");
	assert_null(ksrtp_binding_hop(&w->edge, b));
	stop(w);
}

static void what_ended_does_not_come_back(void **state)
{
	struct world *w = *state;
	struct ksrtp_binding *b;
	uint64_t kept;

	start(w);
	b = bind_one(w, "<sip:alice@192.0.2.7:5062>", &w->udp, 600);
	ksrtp_binding_revoke(&w->edge, b);
	b = bind_one(w, "<sip:alice@192.0.2.7:5064>", &w->udp, 600);
	b->expires = 0;
	ksrtp_binding_sweep(&w->edge);
	/* The same contact by a newer flow takes the older one's place. */
	bind_one(w, "<sip:alice@192.0.2.7:5066>", &w->tls, 600);
	kept = bind_one(w, "<sip:alice@192.0.2.7:5066>", &w->udp, 600)->id;
	stop(w);
	start(w);
	assert_int_equal(w->edge.n_bindings, 1);
	assert_non_null(ksrtp_binding_find(&w->edge, kept));
	stop(w);
}

static void a_damaged_file_is_put_aside(void **state)
{
	struct world *w = *state;
	char aside[160], rubbish[8192];
	struct stat st;
	int fd;

	start(w);
	bind_one(w, "<sip:alice@192.0.2.7:5062>", &w->udp, 600);
	stop(w);
	memset(rubbish, 'x', sizeof(rubbish));
	fd = open(w->path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, rubbish, sizeof(rubbish)), sizeof(rubbish));
	close(fd);
	start(w);
	assert_int_equal(w->edge.n_bindings, 0);
	bind_one(w, "<sip:alice@192.0.2.7:5062>", &w->udp, 600);
	stop(w);
	start(w);
	assert_int_equal(w->edge.n_bindings, 1);
	stop(w);
	snprintf(aside, sizeof(aside), "%s.bad", w->path);
	assert_int_equal(stat(aside, &st), 0);
}

static void a_full_disk_costs_no_more_than_the_bindings(void **state)
{
	struct world *w = *state;
	struct rlimit old, small;
	char uri[64];
	unsigned int i;

	start(w);
	bind_one(w, "<sip:alice@192.0.2.7:5062>", &w->udp, 600);
	stop(w);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_IGN);
	start(w);
	small = (struct rlimit){ .rlim_cur = 40960, .rlim_max = old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (i = 0; i < 2000; i++) {
		snprintf(uri, sizeof(uri), "<sip:alice@192.0.2.7:%u>", 6000 + i);
		bind_one(w, uri, &w->udp, 600);
	}
	assert_int_equal(w->edge.n_bindings, 2001);
	stop(w);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	/* What was written before the disk was full is whole. */
	start(w);
	assert_in_range(w->edge.n_bindings, 1, 2000);
	stop(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_restart_keeps_bindings_and_their_ids, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(what_ended_does_not_come_back, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_put_aside, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(a_full_disk_costs_no_more_than_the_bindings,
						open_world, close_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
