// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HTTP side of the metrics, by libmicrohttpd. Created by main when the configuration asks for
 * it. The loop's thread makes a page, the HTTP thread hands it out; pages are never changed, and
 * the lock between the two is held for taking a reference only.
 */
#include "daemon/ctl/metrics.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/list.h"

#define EVERY_MS	2000
#define PAGE_BYTES	(1024u * 1024)
#define CONNECTIONS	16
#define TIMEOUT_S	10
#define MEMORY		(16u * 1024)	/* bytes a connection: headers of a request */
#define CONTENT_TYPE	"text/plain; version=0.0.4; charset=utf-8"

struct page {
	unsigned int refs;	/* atomic */
	size_t n;
	char text[];
};

struct ksrtp_metrics {
	struct ksrtp_metrics_setup setup;
	struct MHD_Daemon *http;
	uv_timer_t *timer;
	pthread_mutex_t lock;
	struct page *page;	/* lock */
};

static void put_page(struct page *page)
{
	if (page && !__atomic_sub_fetch(&page->refs, 1, __ATOMIC_ACQ_REL))
		free(page);
}

/* libmicrohttpd is done with a text. */
static void free_text(void *text)
{
	put_page(ksrtp_container(text, struct page, text));
}

static struct page *get_page(struct ksrtp_metrics *metrics)
{
	struct page *page;

	pthread_mutex_lock(&metrics->lock);
	page = metrics->page;
	if (page)
		__atomic_add_fetch(&page->refs, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&metrics->lock);
	return page;
}

/* One page more; without memory the old one stays. */
static void renew(struct ksrtp_metrics *metrics)
{
	struct page *page, *old;
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, PAGE_BYTES);
	metrics->setup.write(metrics->setup.ctx, &out);
	page = out.err ? NULL : malloc(sizeof(*page) + out.n);
	if (page) {
		page->refs = 1;
		page->n = out.n;
		memcpy(page->text, out.p, out.n);
		pthread_mutex_lock(&metrics->lock);
		old = metrics->page;
		metrics->page = page;
		pthread_mutex_unlock(&metrics->lock);
		put_page(old);
	}
	ksrtp_buf_free(&out);
}

static void on_timer(uv_timer_t *timer)
{
	renew(timer->data);
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status,
			      struct MHD_Response *response)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned int status)
{
	static char sentence[] = "GET /metrics is all there is\n";

	return answer(connection, status,
		      MHD_create_response_from_buffer(sizeof(sentence) - 1, sentence,
						      MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result send_page(struct ksrtp_metrics *metrics, struct MHD_Connection *connection)
{
	struct page *page = get_page(metrics);
	struct MHD_Response *response;

	if (!page)
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE);
	response = MHD_create_response_from_buffer_with_free_callback(page->n, page->text,
								      free_text);
	if (!response) {
		put_page(page);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, CONTENT_TYPE);
	return answer(connection, MHD_HTTP_OK, response);
}

/* libmicrohttpd asks for so many. */
#define PARAMETERS									\
	void *ctx, struct MHD_Connection *connection, const char *url, const char *method,	\
	const char *version, const char *data, size_t *size, void **request

static enum MHD_Result on_request(PARAMETERS)
{
	static char seen;

	/* the first call comes before a body, which nobody needs here; the next ones discard it */
	if (!*request) {
		*request = &seen;
		return MHD_YES;
	}
	if (*size) {
		*size = 0;
		return MHD_YES;
	}
	if (strcmp(url, "/metrics"))
		return refuse(connection, MHD_HTTP_NOT_FOUND);
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED);
	return send_page(ctx, connection);
}

static int open_socket(const struct ksrtp_addr *addr)
{
	int one = 1, err, fd;

	fd = socket(addr->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, ksrtp_addr_sa(addr), ksrtp_addr_len(addr)) && !listen(fd, CONNECTIONS))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int start_http(struct ksrtp_metrics *metrics)
{
	int fd = open_socket(metrics->setup.addr);

	if (fd < 0)
		return fd;
	metrics->http = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request,
					 metrics, MHD_OPTION_LISTEN_SOCKET, fd,
					 MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
					 MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
					 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
					 MHD_OPTION_END);
	if (metrics->http)
		return 0;
	close(fd);
	return -EIO;
}

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

int ksrtp_metrics_create(struct ksrtp_metrics **out, const struct ksrtp_metrics_setup *setup)
{
	struct ksrtp_metrics *metrics = calloc(1, sizeof(*metrics));
	int err;

	if (!metrics)
		return -ENOMEM;
	metrics->setup = *setup;
	pthread_mutex_init(&metrics->lock, NULL);
	metrics->timer = malloc(sizeof(*metrics->timer));
	if (!metrics->timer) {
		ksrtp_metrics_destroy(metrics);
		return -ENOMEM;
	}
	uv_timer_init(&setup->loop->uv, metrics->timer);
	metrics->timer->data = metrics;
	renew(metrics);
	err = start_http(metrics);
	if (err) {
		ksrtp_metrics_destroy(metrics);
		return err;
	}
	uv_timer_start(metrics->timer, on_timer, EVERY_MS, EVERY_MS);
	*out = metrics;
	return 0;
}

void ksrtp_metrics_destroy(struct ksrtp_metrics *metrics)
{
	if (!metrics)
		return;
	if (metrics->http)
		MHD_stop_daemon(metrics->http);
	if (metrics->timer)
		uv_close((uv_handle_t *)metrics->timer, free_timer);
	put_page(metrics->page);
	pthread_mutex_destroy(&metrics->lock);
	free(metrics);
}
