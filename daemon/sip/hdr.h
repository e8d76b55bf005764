/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_HDR_H
#define DAEMON_SIP_HDR_H

#include "daemon/sip/lex.h"
#include "daemon/sip/uri.h"

/* The headers this daemon reads or edits; all others are KSRTP_HDR_OTHER and pass as they are. */
enum ksrtp_hdr_id {
	KSRTP_HDR_VIA,
	KSRTP_HDR_FROM,
	KSRTP_HDR_TO,
	KSRTP_HDR_CALL_ID,
	KSRTP_HDR_CSEQ,
	KSRTP_HDR_CONTACT,
	KSRTP_HDR_ROUTE,
	KSRTP_HDR_RECORD_ROUTE,
	KSRTP_HDR_PATH,
	KSRTP_HDR_SERVICE_ROUTE,
	KSRTP_HDR_MAX_FORWARDS,
	KSRTP_HDR_EXPIRES,
	KSRTP_HDR_MIN_EXPIRES,
	KSRTP_HDR_SUPPORTED,
	KSRTP_HDR_REQUIRE,
	KSRTP_HDR_PROXY_REQUIRE,
	KSRTP_HDR_UNSUPPORTED,
	KSRTP_HDR_ALLOW,
	KSRTP_HDR_CONTENT_TYPE,
	KSRTP_HDR_CONTENT_LENGTH,
	KSRTP_HDR_CONTENT_ENCODING,
	KSRTP_HDR_CONTENT_DISPOSITION,
	KSRTP_HDR_AUTHORIZATION,
	KSRTP_HDR_PROXY_AUTHORIZATION,
	KSRTP_HDR_WWW_AUTHENTICATE,
	KSRTP_HDR_PROXY_AUTHENTICATE,
	KSRTP_HDR_P_ASSERTED_IDENTITY,
	KSRTP_HDR_P_PREFERRED_IDENTITY,
	KSRTP_HDR_REMOTE_PARTY_ID,
	KSRTP_HDR_PRIVACY,
	KSRTP_HDR_IDENTITY,
	KSRTP_HDR_RACK,
	KSRTP_HDR_RSEQ,
	KSRTP_HDR_SESSION_EXPIRES,
	KSRTP_HDR_REFER_TO,
	KSRTP_HDR_REFERRED_BY,
	KSRTP_HDR_REPLACES,
	KSRTP_HDR_EVENT,
	KSRTP_HDR_SUBSCRIPTION_STATE,
	KSRTP_HDR_REASON,
	KSRTP_HDR_WARNING,
	KSRTP_HDR_RETRY_AFTER,
	KSRTP_HDR_FLOW_TIMER,
	KSRTP_HDR_USER_AGENT,
	KSRTP_HDR_SERVER,
	KSRTP_HDR_DATE,
	KSRTP_HDR_OTHER,
	KSRTP_HDR_COUNT = KSRTP_HDR_OTHER,
};

/** ksrtp_hdr_id() - which header a name stands for, compact forms and any case included */
enum ksrtp_hdr_id ksrtp_hdr_id(struct slice name);

/** ksrtp_hdr_name() - the long form; NULL for KSRTP_HDR_OTHER */
const char *ksrtp_hdr_name(enum ksrtp_hdr_id id);

/** ksrtp_hdr_is_list() - whether commas separate values of this header */
bool ksrtp_hdr_is_list(enum ksrtp_hdr_id id);

/**
 * struct ksrtp_via - one Via value (RFC 3261 20.42, RFC 3581)
 * @text: the whole value
 * @transport: "UDP", "TLS", … as written
 * @host: sent-by, an IPv6 reference without brackets
 * @params: all parameters, from the first ';' on; empty when there are none
 * @branch: absent when there is none
 * @received: without brackets; absent when there is none
 * @maddr: absent when there is none
 * @rport_text: the whole "rport" or "rport=…" parameter; absent when there is none
 * @received_text: the whole "received=…" parameter; absent when there is none
 * @port: sent-by port, 0 when none is written
 * @rport: its value, 0 when it has none
 * @ipv6: sent-by is an IPv6 reference
 */
struct ksrtp_via {
	struct slice text;
	struct slice transport;
	struct slice host;
	struct slice params;
	struct slice branch;
	struct slice received;
	struct slice maddr;
	struct slice rport_text;
	struct slice received_text;
	uint16_t port;
	uint16_t rport;
	bool ipv6;
};

/** ksrtp_hdr_via() - parse one Via value. Return: 0 or -EINVAL */
int ksrtp_hdr_via(struct slice value, struct ksrtp_via *via);

/**
 * struct ksrtp_nameaddr - name-addr or addr-spec with header parameters (struct ksrtp_addr is
 * net's)
 * @text: the whole value
 * @display: display name as written, quotes included; absent when there is none
 * @target: what ksrtp_splice_swap() replaces by "<new URI>": "<…>" with its brackets, or the bare
 *          URI
 * @uri: the URI; a bare one ends before its first ';' (RFC 3261 20: those are header parameters)
 * @params: header parameters from the first ';' on; empty when there are none
 * @tag: value of the tag parameter; absent when there is none
 */
struct ksrtp_nameaddr {
	struct slice text;
	struct slice display;
	struct slice target;
	struct ksrtp_uri uri;
	struct slice params;
	struct slice tag;
};

/**
 * ksrtp_hdr_addr() - parse From, To, Route, Record-Route, Path, P-Asserted-Identity, Refer-To…
 * Return: 0 or -EINVAL
 */
int ksrtp_hdr_addr(struct slice value, struct ksrtp_nameaddr *addr);

/** struct ksrtp_cseq - CSeq: @number below 2^31, @method as written */
struct ksrtp_cseq {
	uint32_t number;
	struct slice method;
};

/** ksrtp_hdr_cseq() - parse CSeq. Return: 0, -EINVAL, or -ERANGE (2^31 and more) */
int ksrtp_hdr_cseq(struct slice value, struct ksrtp_cseq *cseq);

/** KSRTP_HDR_NO_NUMBER - the parameter is absent */
#define KSRTP_HDR_NO_NUMBER UINT32_MAX

/**
 * struct ksrtp_contact - one Contact value
 * @addr: address and parameters; for "*" only @addr.text is set
 * @star: the value is "*"
 * @expires: seconds or KSRTP_HDR_NO_NUMBER; a malformed one counts as 3600 (RFC 3261 20.10)
 * @q: thousandths, 0…1000; 1000 when absent
 * @reg_id: RFC 5626 reg-id (1…2^31-1) or KSRTP_HDR_NO_NUMBER
 * @instance: +sip.instance without quotes, "<urn:…>"; absent when there is none
 */
struct ksrtp_contact {
	struct ksrtp_nameaddr addr;
	bool star;
	uint32_t expires;
	uint32_t q;
	uint32_t reg_id;
	struct slice instance;
};

/** ksrtp_hdr_contact() - parse one Contact value. Return: 0 or -EINVAL */
int ksrtp_hdr_contact(struct slice value, struct ksrtp_contact *contact);

/**
 * ksrtp_hdr_number() - Max-Forwards, Expires, Min-Expires, RSeq, Content-Length, Retry-After…
 * @value: digits, then perhaps blanks, a comment or parameters (which are not looked at)
 * @number: what the digits say; more than 2^32-2 counts as 2^32-2
 * Return: 0 or -EINVAL
 */
int ksrtp_hdr_number(struct slice value, uint32_t *number);

/** struct ksrtp_media_type - Content-Type: type/subtype and parameters (from the first ';' on) */
struct ksrtp_media_type {
	struct slice type;
	struct slice subtype;
	struct slice params;
};

/** ksrtp_hdr_media_type() - parse Content-Type. Return: 0 or -EINVAL */
int ksrtp_hdr_media_type(struct slice value, struct ksrtp_media_type *type);

/**
 * struct ksrtp_auth - credentials or a challenge (RFC 7616)
 *
 * All members are absent where the parameter is; values stand without their quotes, escapes as
 * they came. @qop of a challenge is a list, @qop_text is the whole qop parameter (to be spliced).
 */
struct ksrtp_auth {
	struct slice scheme;
	struct slice username;
	struct slice realm;
	struct slice nonce;
	struct slice uri;
	struct slice response;
	struct slice algorithm;
	struct slice cnonce;
	struct slice opaque;
	struct slice qop;
	struct slice qop_text;
	struct slice nc;
	struct slice stale;
};

/**
 * ksrtp_hdr_auth() - parse (Proxy-)Authorization, WWW-Authenticate, Proxy-Authenticate
 *
 * For a scheme other than Digest only @auth->scheme is set.
 * Return: 0 or -EINVAL (no scheme, a parameter twice)
 */
int ksrtp_hdr_auth(struct slice value, struct ksrtp_auth *auth);

#endif
