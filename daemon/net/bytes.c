// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes of one connection, clear or through TLS, behind one set of return values:
 * > 0 bytes moved, 0 the peer ended in order, -EAGAIN wait, else why it failed.
 *
 * Called by conn.c; loop thread only.
 */
#include <errno.h>
#include <openssl/err.h>

#include "daemon/net/conn.h"

/* What OpenSSL's @ret means. Its error queue was cleared before the call that gave it. */
static int tls_result(struct ksrtp_conn *conn, int ret)
{
	int saved = errno;
	char text[KSRTP_ADDR_TEXT];
	const char *reason;

	switch (SSL_get_error(conn->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		conn->tls_wants_write = true;
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return conn->state == KSRTP_CONN_HANDSHAKE ? -ECONNRESET : 0;
	case SSL_ERROR_SYSCALL:
		return saved ? -saved : -ECONNRESET;
	default:
		reason = ERR_reason_error_string(ERR_peek_last_error());
		ksrtp_log_limited(conn->net->loop->log, KSRTP_LOG_NOTICE, "tls", "TLS with %s: %s",
				  ksrtp_addr_format(&conn->hop.remote, text, sizeof(text)),
				  reason ? reason : "failed");
		return -EPROTO;
	}
}

int ksrtp_bytes_handshake(struct ksrtp_conn *conn)
{
	int ret;

	conn->tls_wants_write = false;
	ERR_clear_error();
	errno = 0;
	ret = SSL_do_handshake(conn->ssl);
	return ret == 1 ? 0 : tls_result(conn, ret);
}

ssize_t ksrtp_bytes_read(struct ksrtp_conn *conn, void *p, size_t n)
{
	size_t got;
	ssize_t ret;

	if (conn->ssl) {
		conn->tls_wants_write = false;
		ERR_clear_error();
		errno = 0;
		ret = SSL_read_ex(conn->ssl, p, n, &got);
		return ret == 1 ? (ssize_t)got : tls_result(conn, (int)ret);
	}
	do {
		ret = recv(conn->fd, p, n, 0);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}

ssize_t ksrtp_bytes_write(struct ksrtp_conn *conn, const void *p, size_t n)
{
	size_t put;
	ssize_t ret;

	if (conn->ssl) {
		ERR_clear_error();
		errno = 0;
		ret = SSL_write_ex(conn->ssl, p, n, &put);
		return ret == 1 ? (ssize_t)put : tls_result(conn, (int)ret);
	}
	do {
		ret = send(conn->fd, p, n, MSG_NOSIGNAL);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}
