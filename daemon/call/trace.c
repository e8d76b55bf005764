// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The SIP trace of one call. Called by edge.c and proxy.c with each message and by daemon/ctl, on
 * the loop's thread. Messages are blanked before they are kept.
 */
#include "daemon/call/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/sip/blank.h"

struct message {
	struct ksrtp_list node;
	uint64_t time;
	bool in;
	struct ksrtp_hop hop;
	size_t n;
	char text[];
};

/**
 * struct ksrtp_trace - what is traced
 * @call_id: NULL: that of the next INVITE
 * @fetched: when somebody asked last, ms of the loop
 * @lost: messages that were not fetched in time
 */
struct ksrtp_trace {
	char *call_id;
	uint64_t fetched;
	struct ksrtp_list messages;
	size_t n, bytes;
	uint64_t lost;
};

static void drop_oldest(struct ksrtp_trace *trace)
{
	struct message *m = ksrtp_container(trace->messages.next, struct message, node);

	ksrtp_list_del(&m->node);
	trace->n--;
	trace->bytes -= m->n;
	free(m);
}

void ksrtp_trace_end(struct ksrtp_edge *edge)
{
	struct ksrtp_trace *trace = edge->trace;

	if (!trace)
		return;
	while (trace->n)
		drop_oldest(trace);
	free(trace->call_id);
	free(trace);
	edge->trace = NULL;
}

static bool concerns(struct ksrtp_trace *trace, const struct ksrtp_msg *msg)
{
	if (trace->call_id)
		return ksrtp_slice_equal(msg->call_id, ksrtp_slice_str(trace->call_id));
	if (!msg->request || msg->method_id != KSRTP_INVITE || msg->to.tag.p)
		return false;
	trace->call_id = ksrtp_slice_dup(msg->call_id);
	return trace->call_id;
}

static void keep(struct ksrtp_trace *trace, const struct ksrtp_hop *hop, bool in,
		 struct slice text)
{
	struct message *m = malloc(sizeof(*m) + text.n);
	struct timespec now;

	if (!m) {
		trace->lost++;
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	m->time = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	m->in = in;
	m->hop = *hop;
	m->n = text.n;
	memcpy(m->text, text.p, text.n);
	ksrtp_list_add(&trace->messages, &m->node);
	trace->n++;
	trace->bytes += m->n;
	while (trace->n > KSRTP_TRACE_MESSAGES || trace->bytes > KSRTP_TRACE_BYTES) {
		drop_oldest(trace);
		trace->lost++;
	}
}

void ksrtp_trace_note(struct ksrtp_edge *edge, const struct ksrtp_hop *hop, bool in,
		      struct slice message)
{
	struct ksrtp_trace *trace = edge->trace;
	struct ksrtp_buf text;
	struct ksrtp_msg msg;

	if (!trace)
		return;
	if (ksrtp_edge_now(edge) - trace->fetched > KSRTP_TRACE_IDLE_MS) {
		ksrtp_trace_end(edge);
		return;
	}
	if (ksrtp_msg_parse(message, &msg) || !concerns(trace, &msg))
		return;
	ksrtp_buf_init(&text, 4 * KSRTP_MSG_MAX);
	if (!ksrtp_blank(message, &text))
		keep(trace, hop, in, ksrtp_buf_view(&text));
	else
		trace->lost++;
	ksrtp_buf_free(&text);
}

static json_t *address(const struct ksrtp_addr *addr)
{
	char text[KSRTP_ADDR_TEXT];

	return json_string(ksrtp_addr_format(addr, text, sizeof(text)));
}

static json_t *fetch(struct ksrtp_trace *trace)
{
	json_t *list = json_array(), *id = trace->call_id ? json_string(trace->call_id) : NULL;
	json_int_t lost = (json_int_t)trace->lost;
	struct message *m;

	while (trace->n) {
		m = ksrtp_container(trace->messages.next, struct message, node);
		json_array_append_new(list, json_pack("{s:I,s:s,s:s,s:o,s:o,s:o}",
			"time", (json_int_t)m->time, "direction", m->in ? "in" : "out",
			"transport", ksrtp_transport_name(m->hop.transport),
			"local", address(&m->hop.local), "remote", address(&m->hop.remote),
			"text", json_stringn(m->text, m->n)));
		drop_oldest(trace);
	}
	trace->lost = 0;
	return json_pack("{s:o,s:I,s:o}", "call_id", id ? id : json_null(), "lost", lost,
			 "messages", list);
}

static int begin(struct ksrtp_edge *edge, const char *call_id)
{
	struct ksrtp_trace *trace = calloc(1, sizeof(*trace));

	ksrtp_trace_end(edge);
	if (trace && call_id)
		trace->call_id = strdup(call_id);
	if (!trace || (call_id && !trace->call_id)) {
		free(trace);
		return -ENOMEM;
	}
	ksrtp_list_init(&trace->messages);
	edge->trace = trace;
	return 0;
}

json_t *ksrtp_trace_serve(void *ctx, const json_t *request, const char **error)
{
	const char *call_id = json_string_value(json_object_get(request, "call_id"));
	struct ksrtp_edge *edge = ctx;

	if (json_is_true(json_object_get(request, "off"))) {
		ksrtp_trace_end(edge);
		return json_null();
	}
	if ((call_id || json_is_true(json_object_get(request, "next"))) && begin(edge, call_id)) {
		*error = "no memory";
		return NULL;
	}
	if (!edge->trace) {
		*error = "nothing is traced: it was ended, or nobody fetched for a minute";
		return NULL;
	}
	edge->trace->fetched = ksrtp_edge_now(edge);
	return fetch(edge->trace);
}
