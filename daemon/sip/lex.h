/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_LEX_H
#define DAEMON_SIP_LEX_H

#include "daemon/base/buf.h"
#include "daemon/base/slice.h"

/**
 * struct ksrtp_param - one name[=value] of a header or URI
 * @text: the whole parameter without the separator before it, trimmed
 * @name: the name, trimmed
 * @value: absent for a flag; a quoted string keeps its quotes (see ksrtp_lex_dequote())
 */
struct ksrtp_param {
	struct slice text;
	struct slice name;
	struct slice value;
};

/** ksrtp_lex_is_token() - one or more token characters of RFC 3261 25.1 */
bool ksrtp_lex_is_token(struct slice s);

/**
 * ksrtp_lex_line() - take a header line with its folded continuations off a head
 * @rest: what is left
 * @line: the line without its CRLF; empty where the head ends
 * @whole: the line with it
 *
 * Peers that disagree about where a line ends disagree about what a message says: a CR or LF alone
 * and a NUL without a backslash before it are errors.
 * Return: 0, -ENODATA (no complete line), -EBADMSG
 */
int ksrtp_lex_line(struct slice *rest, struct slice *line, struct slice *whole);

/**
 * ksrtp_lex_hides_nul() - whether every NUL of @s is a quoted pair within a quoted string, the only
 * place where RFC 3261 25.1 allows one
 */
bool ksrtp_lex_hides_nul(struct slice s);

/**
 * ksrtp_lex_item() - take the next value off a comma-separated list
 * @rest: what is left; absent once all is taken
 * @item: the value, trimmed; commas within quoted strings and <> do not separate
 *
 * Empty elements are skipped.
 * Return: false when there is none left
 */
bool ksrtp_lex_item(struct slice *rest, struct slice *item);

/**
 * ksrtp_lex_param() - take the next parameter off a list
 * @rest: what is left, with or without a leading separator
 * @sep: ';' for headers and URIs, ',' for credentials and challenges, '&' for URI headers
 * @param: the parameter; one without a name is skipped
 * Return: false when there is none left
 */
bool ksrtp_lex_param(struct slice *rest, char sep, struct ksrtp_param *param);

/**
 * ksrtp_lex_find_param() - the value of a ';' parameter
 * @params: the parameters
 * @name: its name, compared without case
 * @value: may be NULL; absent for a flag
 * Return: whether the parameter is there (the first of that name counts)
 */
bool ksrtp_lex_find_param(struct slice params, const char *name, struct slice *value);

/** ksrtp_lex_dequote() - @s without surrounding double quotes, escapes left as they are */
struct slice ksrtp_lex_dequote(struct slice s);

/** ksrtp_lex_quote() - append @s as a quoted string. Return: the buffer's error */
int ksrtp_lex_quote(struct slice s, struct ksrtp_buf *out);

/**
 * ksrtp_lex_hostport() - split host[:port], with [IPv6] references
 * @s: the text
 * @host: the host without brackets
 * @port: 0 when there is none
 * @ipv6: whether it stood in brackets
 * Return: 0 or -EINVAL (no host, foreign characters, port 0 or above 65535)
 */
int ksrtp_lex_hostport(struct slice s, struct slice *host, uint16_t *port, bool *ipv6);

#endif
