// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtpd: reads the configuration, builds the parts in order, runs the loop until a signal ends
 * it, and takes the parts down in reverse. What can go wrong at start is said in one sentence.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ksrtp/port.h>

#include "daemon/call/edge.h"
#include "daemon/call/figures.h"
#include "daemon/config.h"
#include "daemon/ctl/metrics.h"
#include "daemon/ctl/service.h"
#include "daemon/ctl/socket.h"
#include "daemon/ctl/transports.h"
#include "daemon/log.h"
#include "daemon/media/media.h"
#include "daemon/net/dns.h"
#include "daemon/net/fds.h"
#include "daemon/net/host.h"
#include "daemon/net/net.h"
#include "daemon/net/owner.h"
#include "daemon/net/tls.h"

#define CONFIG_FILE	"/etc/ksrtpd.conf"
#define NAMES_MS	5000	/* so long at most the start waits for DNS */

struct daemon {
	struct ksrtp_config *config;
	struct ksrtp_log *log;
	struct ksrtp_loop loop;
	struct ksrtp_host *host;
	struct ksrtp_fds *fds;
	struct ksrtp_tls *tls;
	struct ksrtp_net *net;
	struct ksrtp_dns *dns;
	struct ksrtp_media *media;
	struct ksrtp_ctl *ctl;
	struct ksrtp_edge *edge;
	struct ksrtp_metrics *metrics;
	struct ksrtp_service *service;
	uv_signal_t signal[4];
	size_t n_signals;
	uv_timer_t patience;
	bool stopping;
	const char *why;		/* the media back end is the one it is */
};

struct options {
	const char *config;		/* NULL: none, the defaults serve */
	bool check;
	bool verbose;
};

static void on_stop(uv_signal_t *handle, int number)
{
	struct daemon *d = handle->data;

	(void)number;
	if (!d->stopping)
		ksrtp_log_write(d->log, KSRTP_LOG_NOTICE, "stopping");
	ksrtp_service_say(d->service, "STOPPING=1");
	d->stopping = true;
	uv_stop(&d->loop.uv);
}

/* Another process of ours follows at once: it goes on with the calls. */
static void on_restart(uv_signal_t *handle, int number)
{
	struct daemon *d = handle->data;

	if (d->edge && !d->stopping)
		ksrtp_edge_leave(d->edge);
	on_stop(handle, number);
}

static void on_reload(uv_signal_t *handle, int number)
{
	struct daemon *d = handle->data;

	(void)number;
	/* What is wrong stands in the log, and the old certificate stays in use. */
	ksrtp_service_say(d->service, "RELOADING=1");
	(void)ksrtp_tls_reload(d->tls);
	ksrtp_service_say(d->service, "READY=1");
}

static int watch_signal(struct daemon *d, int number, uv_signal_cb cb)
{
	uv_signal_t *handle = &d->signal[d->n_signals];
	int err = uv_signal_init(&d->loop.uv, handle);

	if (err)
		return err;
	d->n_signals++;
	handle->data = d;
	return uv_signal_start(handle, cb, number);
}

static int cannot(struct daemon *d, const char *what, int err)
{
	ksrtp_log_write(d->log, KSRTP_LOG_ERROR, "%s: %s", what, strerror(-err));
	return err;
}

static int make_directory(struct daemon *d, const char *path)
{
	int err = 0;

	if (mkdir(path, 0700) && errno != EEXIST)
		err = -errno;
	if (err)
		ksrtp_log_write(d->log, KSRTP_LOG_ERROR, "%s: %s", path, strerror(-err));
	return err;
}

static int listen_at(struct daemon *d, const struct ksrtp_config_listen *l)
{
	char text[KSRTP_ADDR_TEXT], owner[128] = "";
	int err = ksrtp_net_listen(d->net, l->transport, &l->addr, NULL);

	ksrtp_addr_format(&l->addr, text, sizeof(text));
	if (!err) {
		ksrtp_log_write(d->log, KSRTP_LOG_INFO, "listening: %s %s",
				ksrtp_transport_name(l->transport), text);
		return 0;
	}
	if (err == -EAFNOSUPPORT && ksrtp_addr_classify(&l->addr) == KSRTP_ADDR_ANY) {
		ksrtp_log_write(d->log, KSRTP_LOG_NOTICE, "%s %s: this host has no IPv6",
				ksrtp_transport_name(l->transport), text);
		return 0;
	}
	if (err == -EADDRINUSE)
		ksrtp_owner_find(l->transport, &l->addr, owner, sizeof(owner));
	ksrtp_log_write(d->log, KSRTP_LOG_ERROR, "%s %s: %s%s%s",
			ksrtp_transport_name(l->transport), text, strerror(-err),
			*owner ? ", held by " : "", owner);
	return err;
}

static bool is_own(void *net, const struct ksrtp_target *target)
{
	return ksrtp_net_listens(net, target->transport, &target->addr);
}

/* Where certificates lie: those for all, and those of sides. */
struct pair_files {
	struct ksrtp_pair_file file[KSRTP_CONFIG_PAIRS];
	size_t n;
	struct ksrtp_tls_group group[KSRTP_CONFIG_SIDES];
	size_t n_group;
};

static const struct ksrtp_pair_file *add_files(struct pair_files *files,
					       const struct ksrtp_config_pair *pair, size_t n)
{
	const struct ksrtp_pair_file *first = &files->file[files->n];
	size_t i;

	for (i = 0; i < n; i++)
		files->file[files->n++] = (struct ksrtp_pair_file){ pair[i].certificate,
								     pair[i].key };
	return first;
}

static void collect_files(struct pair_files *files, const struct ksrtp_config *c)
{
	const struct ksrtp_config_side *side;

	(void)add_files(files, c->pair, c->n_pair);
	for (side = c->side; side < c->side + c->n_side; side++)
		if (side->certificates)
			files->group[files->n_group++] = (struct ksrtp_tls_group){
				add_files(files, side->pair, side->n_pair), side->n_pair,
			};
}

/* A quarter of the descriptors stays for media: strangers do not end calls by connecting. */
static unsigned most_connections(struct daemon *d)
{
	unsigned most = d->config->limits.total_connections;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur / 4 * 3 >= most)
		return most;
	most = (unsigned)(limit.rlim_cur / 4 * 3);
	ksrtp_log_write(d->log, KSRTP_LOG_NOTICE, "%u connections at most: no more than three "
			"quarters of the %llu files that may be open", most,
			(unsigned long long)limit.rlim_cur);
	return most;
}

static int start_transports(struct daemon *d)
{
	const struct ksrtp_config *c = d->config;
	struct pair_files files = { 0 };
	struct ksrtp_tls_setup tls = {
		.loop = &d->loop,
		.pair = files.file,
		.n_pair = c->n_pair,
		.state_dir = c->state_dir,
		.name = c->n_domain ? c->domain[0] : NULL,
		.ca_file = c->ca_file,
		.ask_clients = c->ask_clients,
	};
	struct ksrtp_net_setup net = {
		.loop = &d->loop,
		.limits = {
			.connections = most_connections(d),
			.per_source = c->limits.connections,
			.handshakes = c->limits.handshakes,
			.handshake = 1000 * c->limits.handshake_time,
			.message = 1000 * c->limits.message_time,
			.first = 1000 * c->limits.first_time,
			.stalled = 1000 * c->limits.stalled_time,
		},
	};
	struct ksrtp_dns_setup dns = {
		.loop = &d->loop,
		.anchor = c->trust_anchor,
		.private_zone = (const char *const *)c->private_domain,
		.n_private_zone = c->n_private_domain,
	};
	int err;

	collect_files(&files, c);
	tls.group = files.group;
	tls.n_group = files.n_group;
	err = ksrtp_host_create(&d->host, &d->loop);
	if (err) {
		ksrtp_log_write(d->log, KSRTP_LOG_ERROR, "rtnetlink: %s", strerror(-err));
		return err;
	}
	err = ksrtp_tls_create(&d->tls, &tls);
	if (err)
		return err;
	err = ksrtp_fds_create(&d->fds);
	if (err)
		return cannot(d, "sockets", err);
	net.host = d->host;
	net.fds = d->fds;
	net.tls = d->tls;
	err = ksrtp_net_create(&d->net, &net);
	if (err)
		return cannot(d, "transports", err);
	err = ksrtp_dns_create(&d->dns, &dns);
	if (err)
		return cannot(d, err == -ENOENT || err == -EACCES ? dns.anchor : "resolver", err);
	ksrtp_dns_filter(d->dns, is_own, d->net);
	return 0;
}

static int start_control(struct daemon *d)
{
	int err = ksrtp_ctl_create(&d->ctl, &d->loop, d->config->control);

	if (!err)
		err = ksrtp_transports_add(d->ctl, d->net);
	if (err == -EADDRINUSE)
		ksrtp_log_write(d->log, KSRTP_LOG_ERROR,
				"%s: in use; is another ksrtpd running?", d->config->control);
	else if (err)
		ksrtp_log_write(d->log, KSRTP_LOG_ERROR, "%s: %s", d->config->control,
				strerror(-err));
	return err;
}

static int start_edge(struct daemon *d)
{
	struct ksrtp_edge_setup setup = {
		.loop = &d->loop,
		.config = d->config,
		.net = d->net,
		.host = d->host,
		.dns = d->dns,
		.ctl = d->ctl,
	};
	int err;

	err = ksrtp_media_create(&d->media, &d->loop, d->config, &d->why);
	if (err) {
		ksrtp_log_write(d->log, KSRTP_LOG_ERROR, "media: %s",
				d->why ? d->why : strerror(-err));
		return err;
	}
	ksrtp_media_fds(d->media, d->fds);
	setup.media = d->media;
	setup.backend = d->why;
	err = ksrtp_edge_create(&d->edge, &setup);
	if (err)
		ksrtp_log_write(d->log, KSRTP_LOG_ERROR, "edge: %s", strerror(-err));
	return err;
}

static void write_metrics(void *ctx, struct ksrtp_buf *out)
{
	struct daemon *d = ctx;

	ksrtp_figures_write(d->edge, out);
	ksrtp_transports_figures(d->net, out);
	ksrtp_buf_printf(out, "# HELP ksrtp_certificate_expiry_timestamp_seconds When our "
			 "certificate ends.\n# TYPE ksrtp_certificate_expiry_timestamp_seconds "
			 "gauge\nksrtp_certificate_expiry_timestamp_seconds %lld\n",
			 (long long)ksrtp_tls_expiry(d->tls));
}

static void write_status(void *ctx, char *text, size_t n)
{
	struct daemon *d = ctx;

	ksrtp_edge_status(d->edge, text, n);
}

/* What looks at the rest from outside: the metrics, and the service manager. */
static int start_watchers(struct daemon *d)
{
	struct ksrtp_metrics_setup metrics = {
		.loop = &d->loop, .addr = &d->config->metrics, .write = write_metrics, .ctx = d,
	};
	struct ksrtp_service_setup service = {
		.loop = &d->loop, .status = write_status, .ctx = d,
	};
	int err = ksrtp_service_create(&d->service, &service);

	if (err)
		return cannot(d, "service manager", err);
	if (!d->config->metrics_on)
		return 0;
	err = ksrtp_metrics_create(&d->metrics, &metrics);
	return err ? cannot(d, "metrics", err) : 0;
}

static int start_listening(struct daemon *d)
{
	const struct ksrtp_config *c = d->config;
	const struct ksrtp_config_side *side;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < c->n_listen; i++)
		err = listen_at(d, &c->listen[i]);
	/* A side of phones may name what is listened at already. */
	for (side = c->side; side < c->side + c->n_side; side++)
		for (i = 0; !err && i < side->n_listen; i++)
			if (!ksrtp_net_listens(d->net, side->listen[i].transport,
					       &side->listen[i].addr))
				err = listen_at(d, &side->listen[i]);
	return err;
}

static void on_patience(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	ksrtp_log_write(d->log, KSRTP_LOG_WARNING, "a core's name is not looked up yet; what comes "
			"from there counts as a phone's until it is");
}

/*
 * A core is known by its addresses: what it sends before they are known would be refused. Its
 * transport repeats what comes meanwhile.
 */
static void wait_for_names(struct daemon *d)
{
	if (ksrtp_edge_located(d->edge))
		return;
	uv_timer_init(&d->loop.uv, &d->patience);
	d->patience.data = d;
	uv_timer_start(&d->patience, on_patience, NAMES_MS, 0);
	while (!d->stopping && uv_is_active((uv_handle_t *)&d->patience) &&
	       !ksrtp_edge_located(d->edge))
		uv_run(&d->loop.uv, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&d->patience, NULL);
}

static int start(struct daemon *d)
{
	int err;

	err = make_directory(d, d->config->state_dir);
	if (!err)
		err = make_directory(d, d->config->runtime_dir);
	if (!err)
		err = watch_signal(d, SIGTERM, on_stop);
	if (!err)
		err = watch_signal(d, SIGINT, on_stop);
	if (!err)
		err = watch_signal(d, SIGHUP, on_reload);
	if (!err)
		err = watch_signal(d, SIGUSR1, on_restart);
	if (!err)
		err = start_transports(d);
	if (!err)
		err = start_control(d);
	if (!err)
		err = start_edge(d);
	if (!err)
		err = start_watchers(d);
	/* Last: whoever can reach us finds everything in place. */
	if (!err)
		wait_for_names(d);
	/* Whoever ended us meanwhile has stored what is to be kept, and nothing is to be begun. */
	if (err || d->stopping)
		return err;
	err = start_listening(d);
	if (!err)
		err = ksrtp_ctl_serve(d->ctl);
	if (err)
		return err;
	ksrtp_fds_settle(d->fds);
	ksrtp_log_write(d->log, KSRTP_LOG_INFO, "media: %s back end, ports %u-%u: %s",
			ksrtp_media_backend(d->media), d->config->media.port_min,
			d->config->media.port_max, d->why ? d->why : "");
	ksrtp_log_write(d->log, KSRTP_LOG_INFO, "ready");
	ksrtp_service_ready(d->service);
	return 0;
}

static void stop(struct daemon *d)
{
	size_t i;

	ksrtp_metrics_destroy(d->metrics);
	ksrtp_service_destroy(d->service);
	/* Whatever holds keys wipes them on its way out. */
	if (d->edge)
		ksrtp_edge_destroy(d->edge);
	if (d->media)
		ksrtp_media_destroy(d->media);
	ksrtp_ctl_destroy(d->ctl);
	ksrtp_dns_destroy(d->dns);
	ksrtp_net_destroy(d->net);
	ksrtp_tls_destroy(d->tls);
	ksrtp_fds_destroy(d->fds);
	ksrtp_host_destroy(d->host);
	for (i = 0; i < d->n_signals; i++)
		uv_close((uv_handle_t *)&d->signal[i], NULL);
}

static int run(struct ksrtp_config *config, const struct options *options)
{
	struct daemon d = { .config = config };
	int err = ksrtp_log_create(&d.log, STDERR_FILENO, getenv("JOURNAL_STREAM") != NULL);

	if (err)
		return err;
	ksrtp_log_level(d.log, options->verbose ? KSRTP_LOG_DEBUG : config->log_level);
	err = ksrtp_loop_init(&d.loop, d.log);
	if (err) {
		ksrtp_log_write(d.log, KSRTP_LOG_ERROR, "loop: %s", strerror(-err));
		goto destroy_log;
	}
	err = start(&d);
	if (!err && !d.stopping)
		uv_run(&d.loop.uv, UV_RUN_DEFAULT);
	else if (err && d.edge)
		/* a port in use is no reason to end the calls that were just taken over */
		ksrtp_edge_leave(d.edge);
	stop(&d);
	(void)ksrtp_loop_fini(&d.loop);
destroy_log:
	ksrtp_log_destroy(d.log);
	return err;
}

/*
 * As many descriptors as the system allows: connections and media sockets need them. No core
 * dumps: they would hold keys.
 */
static void set_limits(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	limit = (struct rlimit){ 0, 0 };
	(void)setrlimit(RLIMIT_CORE, &limit);
}

static void usage(FILE *f)
{
	fputs("usage: ksrtpd [-c FILE] [-t] [-v]\n"
	      "  -c FILE  configuration; without it " CONFIG_FILE " if it is there, else defaults\n"
	      "  -t       check the configuration and end\n"
	      "  -v       log more\n"
	      "  -h       this text\n", f);
}

/* Return: -1 to go on, else the exit status. */
static int parse_options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "c:tvh")) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 't':
			o->check = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return 2;
	}
	if (!o->config && !access(CONFIG_FILE, F_OK))
		o->config = CONFIG_FILE;
	return -1;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct ksrtp_config *config;
	char error[512];
	int status = parse_options(&options, argc, argv);

	if (status >= 0)
		return status;
	if (ksrtp_config_load(&config, options.config, error, sizeof(error))) {
		fprintf(stderr, "ksrtpd: %s\n", error);
		return 1;
	}
	if (options.check) {
		printf("%s: good\n", options.config ? options.config : "defaults");
		status = 0;
	} else {
		set_limits();
		status = run(config, &options);
	}
	ksrtp_config_destroy(config);
	return status ? 1 : 0;
}
