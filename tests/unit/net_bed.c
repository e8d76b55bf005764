// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bed of daemon/net's tests: real sockets on loopback, certificates made on the spot.
 */
#include "tests/unit/net_bed.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

static void on_message(void *ctx, const struct ksrtp_hop *hop, const char *data, size_t n)
{
	struct bed *bed = ctx;
	size_t cut = n < sizeof(bed->last) ? n : sizeof(bed->last) - 1;

	bed->messages++;
	bed->hop = *hop;
	memcpy(bed->last, data, cut);
	bed->last[cut] = 0;
	if (bed->all_n + n < sizeof(bed->all)) {
		memcpy(bed->all + bed->all_n, data, n);
		bed->all_n += n;
	}
	if (bed->echo)
		assert_int_equal(ksrtp_net_send(bed->net, hop, data, n), 0);
}

static void on_closed(void *ctx, const struct ksrtp_hop *hop, int error)
{
	struct bed *bed = ctx;

	(void)hop;
	bed->closed++;
	bed->closed_error = error;
}

static void on_broken(void *ctx, const struct ksrtp_hop *hop, const char *data, size_t n)
{
	struct bed *bed = ctx;

	(void)data;
	(void)n;
	bed->broken++;
	ksrtp_net_send(bed->net, hop, "M0003400", 8);
}

ssize_t net_frame(const char *data, size_t n, size_t *scanned)
{
	*scanned = n;
	if (*data != 'M')
		return -1;
	return n < 5 ? 0 : 5 + (ssize_t)strtoul((char[]){ data[1], data[2], data[3], data[4], 0 },
						NULL, 10);
}

static const struct ksrtp_net_ops ops = {
	.message = on_message,
	.closed = on_closed,
	.frame = net_frame,
	.broken = on_broken,
};

static void on_tick(uv_timer_t *timer)
{
	(void)timer;
}

static void open_loop(struct bed *bed)
{
	memset(bed, 0, sizeof(*bed));
	strcpy(bed->dir, "/tmp/ksrtp-net-XXXXXX");
	assert_non_null(mkdtemp(bed->dir));
	assert_int_equal(ksrtp_loop_init(&bed->loop, NULL), 0);
	uv_timer_init(&bed->loop.uv, &bed->tick);
	uv_timer_start(&bed->tick, on_tick, 5, 5);
	assert_int_equal(ksrtp_host_create(&bed->host, &bed->loop), 0);
}

static void open_net(struct bed *bed, const struct ksrtp_net_limits *limits)
{
	struct ksrtp_net_setup setup = { .loop = &bed->loop, .host = bed->host, .tls = bed->tls,
					 .ops = &ops, .ctx = bed };

	if (limits)
		setup.limits = *limits;
	assert_int_equal(ksrtp_net_create(&bed->net, &setup), 0);
}

void net_open(struct bed *bed, const struct ksrtp_net_limits *limits)
{
	open_loop(bed);
	open_net(bed, limits);
}

void net_open_tls(struct bed *bed, const struct ksrtp_tls_setup *setup)
{
	struct ksrtp_tls_setup tls = *setup;
	char dir[sizeof(bed->dir)];

	/* A test that needs files first has made the directory. */
	snprintf(dir, sizeof(dir), "%s", setup->state_dir ? setup->state_dir : "");
	open_loop(bed);
	if (*dir) {
		rmdir(bed->dir);
		memcpy(bed->dir, dir, sizeof(dir));
	}
	tls.loop = &bed->loop;
	tls.state_dir = bed->dir;
	assert_int_equal(ksrtp_tls_create(&bed->tls, &tls), 0);
	open_net(bed, NULL);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void net_close(struct bed *bed)
{
	ksrtp_net_destroy(bed->net);
	ksrtp_tls_destroy(bed->tls);
	ksrtp_host_destroy(bed->host);
	uv_close((uv_handle_t *)&bed->tick, NULL);
	assert_int_equal(ksrtp_loop_fini(&bed->loop), 0);
	nftw(bed->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

struct ksrtp_addr net_listen(struct bed *bed, enum ksrtp_transport transport)
{
	struct ksrtp_addr any, bound;

	assert_int_equal(ksrtp_addr_parse(&any, "127.0.0.1:0", 11), 0);
	assert_int_equal(ksrtp_net_listen(bed->net, transport, &any, &bound), 0);
	assert_int_not_equal(ksrtp_addr_port(&bound), 0);
	return bound;
}

static void on_connect(void *ctx, int error, const struct ksrtp_hop *hop)
{
	struct bed *bed = ctx;

	bed->connects++;
	bed->connect_error = error;
	if (hop)
		bed->connected = *hop;
}

struct ksrtp_net_req *net_connect(struct bed *bed, const struct ksrtp_target *target)
{
	unsigned before = bed->connects;
	struct ksrtp_net_req *req = ksrtp_net_connect(bed->net, target, on_connect, bed);

	assert_non_null(req);
	assert_int_equal(bed->connects, before);	/* never from inside */
	return req;
}

void net_turns(struct bed *bed)
{
	unsigned i;

	for (i = 0; i < 20; i++)
		uv_run(&bed->loop.uv, UV_RUN_ONCE);
}

int net_dial(const struct ksrtp_addr *to)
{
	int fd = socket(to->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, ksrtp_addr_sa(to), ksrtp_addr_len(to)), 0);
	return fd;
}

bool net_read(int fd, char *buf, size_t size, size_t *n)
{
	ssize_t got = recv(fd, buf + *n, size - 1 - *n, MSG_DONTWAIT);

	if (got > 0)
		*n += (size_t)got;
	buf[*n] = 0;
	return got > 0 || (got < 0 && errno == EAGAIN);
}

SSL *net_tls_dial(struct bed *bed, int fd, SSL_CTX *ctx)
{
	SSL *ssl = SSL_new(ctx);
	int ret = 0;

	assert_non_null(ssl);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	SSL_set_fd(ssl, fd);
	SSL_set_connect_state(ssl);
	net_until(bed, (ret = SSL_do_handshake(ssl)) == 1 ||
		  SSL_get_error(ssl, ret) != SSL_ERROR_WANT_READ);
	if (ret == 1)
		return ssl;
	ERR_clear_error();
	SSL_free(ssl);
	return NULL;
}

bool net_tls_read(SSL *ssl, char *buf, size_t size, size_t *n)
{
	int got = SSL_read(ssl, buf + *n, (int)(size - 1 - *n));

	if (got > 0)
		*n += (size_t)got;
	buf[*n] = 0;
	return got > 0 || SSL_get_error(ssl, got) == SSL_ERROR_WANT_READ;
}

/* ---- certificates */

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(ext);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

X509 *net_cert(const struct net_ca *ca, EVP_PKEY *key, const char *san, const char *cn)
{
	static long serial;
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 24 * 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(cert, ca ? X509_get_subject_name(ca->cert) : name);
	if (san && !strcmp(san, "CA"))
		extend(cert, NID_basic_constraints, "critical,CA:TRUE");
	else if (san)
		extend(cert, NID_subject_alt_name, san);
	assert_true(X509_sign(cert, ca ? ca->key : key, EVP_sha256()) > 0);
	return cert;
}

void net_ca_make(struct net_ca *ca, const char *file)
{
	FILE *f = fopen(file, "w");

	ca->key = EVP_EC_gen("P-256");
	ca->cert = net_cert(NULL, ca->key, "CA", "a test CA");
	assert_non_null(f);
	PEM_write_X509(f, ca->cert);
	fclose(f);
}

void net_ca_free(struct net_ca *ca)
{
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key);
}

void net_cert_file(const struct net_ca *ca, const char *path, const char *san, const char *cn)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = net_cert(ca, key, san, cn);
	char tmp[256];
	FILE *f;

	snprintf(tmp, sizeof(tmp), "%s.tmp", path);
	f = fopen(tmp, "w");
	assert_non_null(f);
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	PEM_write_X509(f, cert);
	fclose(f);
	assert_int_equal(rename(tmp, path), 0);
	X509_free(cert);
	EVP_PKEY_free(key);
}
