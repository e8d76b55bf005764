// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The built-in registrar and location service (RFC 3261 sections 10.3, 16.5 and 22, RFC 7616,
 * RFC 5626 section 6). Called by proxy.c, admit.c and dispatch.c for what leads here; on the loop's
 * thread.
 *
 * One challenge, MD5 unless configured: many phones refuse SHA-256, alone or beside MD5 (RFC 8760
 * leaves it to us).
 * Unknown users and wrong passwords are answered alike and take the same time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/random.h"
#include "daemon/call/abuse.h"
#include "daemon/call/binding.h"
#include "daemon/call/registrar.h"
#include "daemon/call/side.h"
#include "daemon/sip/digest.h"

#define NONCE_LIFE	120	/* seconds a nonce may be used */
#define NONCES		16	/* of one user at a time */
#define CONTACTS	10	/* of one user */
#define EXPIRES_DEFAULT	3600
#define EXPIRES_MIN	60
#define EXPIRES_MAX	86400
#define FLOW_TIMER	120	/* seconds, RFC 5626 section 4.4.1 */

/* A nonce that a user has authenticated with: its counts may not come twice. */
struct nonce {
	char text[KSRTP_DIGEST_NONCE];
	struct ksrtp_digest_count count;
	uint64_t used;
};

struct ksrtp_registrar {
	struct ksrtp_edge *edge;
	uint8_t key[KSRTP_DIGEST_KEY];
	struct nonce *nonces;		/* NONCES for each user of the configuration */
};

int ksrtp_registrar_create(struct ksrtp_registrar **registrar, struct ksrtp_edge *edge)
{
	struct ksrtp_registrar *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->edge = edge;
	r->nonces = calloc(edge->config->n_user * NONCES + 1, sizeof(*r->nonces));
	err = r->nonces ? ksrtp_random_bytes(r->key, sizeof(r->key)) : -ENOMEM;
	if (err) {
		ksrtp_registrar_destroy(r);
		return err;
	}
	*registrar = r;
	return 0;
}

void ksrtp_registrar_destroy(struct ksrtp_registrar *registrar)
{
	if (!registrar)
		return;
	ksrtp_wipe(registrar->key, sizeof(registrar->key));
	free(registrar->nonces);
	free(registrar);
}

static const char *realm(const struct ksrtp_registrar *r)
{
	const struct ksrtp_config *config = r->edge->config;

	return config->realm ? config->realm : config->n_domain ? config->domain[0] : "ksrtp";
}

/* Number of a user in the configuration, or n_user. */
static size_t user_of(const struct ksrtp_registrar *r, struct slice name)
{
	const struct ksrtp_config *config = r->edge->config;
	size_t i;

	for (i = 0; i < config->n_user; i++)
		if (ksrtp_slice_equal(ksrtp_slice_str(config->user[i].name), name))
			break;
	return i;
}

/* The user part of a URI without escapes, at most 127 bytes. Return: false for none. */
static bool user_name(const struct ksrtp_uri *uri, char name[128])
{
	struct ksrtp_buf buf;
	bool ok;

	ksrtp_buf_init(&buf, 127);
	ok = uri->user.n && !ksrtp_uri_unescape(uri->user, &buf) && !buf.err &&
	     !ksrtp_slice_copy(ksrtp_buf_view(&buf), name, 128);
	ksrtp_buf_free(&buf);
	return ok;
}

/* ---- digest */

static uint64_t seconds(const struct ksrtp_registrar *r)
{
	return ksrtp_edge_now(r->edge) / 1000;
}

/* What a nonce is bound to: another source cannot use it. */
static void bind_text(const struct ksrtp_proxy *p, char out[KSRTP_ADDR_TEXT])
{
	ksrtp_addr_ip(&p->in.hop.remote, out, KSRTP_ADDR_TEXT);
}

static enum ksrtp_digest_alg algorithm(const struct ksrtp_registrar *r)
{
	return r->edge->config->digest_sha256 ? KSRTP_DIGEST_SHA256 : KSRTP_DIGEST_MD5;
}

static void challenge(struct ksrtp_registrar *r, const struct ksrtp_proxy *p, bool stale,
		      struct ksrtp_buf *headers)
{
	char nonce[KSRTP_DIGEST_NONCE], bind[KSRTP_ADDR_TEXT];
	struct ksrtp_digest_challenge c = { .alg = algorithm(r), .stale = stale };
	uint64_t salt;

	bind_text(p, bind);
	if (ksrtp_random_bytes(&salt, sizeof(salt)) ||
	    ksrtp_digest_nonce(r->key, seconds(r), salt, ksrtp_slice_str(bind), nonce)) {
		headers->err = -EIO;
		return;
	}
	c.realm = ksrtp_slice_str(realm(r));
	c.nonce = ksrtp_slice_str(nonce);
	ksrtp_buf_str(headers, p->msg.method_id == KSRTP_REGISTER ? "WWW-Authenticate: " :
								  "Proxy-Authenticate: ");
	ksrtp_digest_write(&c, headers);
	ksrtp_buf_str(headers, "\r\n");
}

/* The credentials for our realm. */
static bool credentials(const struct ksrtp_registrar *r, const struct ksrtp_msg *msg,
			struct ksrtp_auth *auth)
{
	enum ksrtp_hdr_id id = msg->method_id == KSRTP_REGISTER ? KSRTP_HDR_AUTHORIZATION :
								 KSRTP_HDR_PROXY_AUTHORIZATION;
	size_t i;

	for (i = 0; i < msg->n; i++)
		if (msg->headers[i].id == id && !ksrtp_hdr_auth(msg->headers[i].value, auth) &&
		    ksrtp_slice_is(auth->scheme, "Digest") &&
		    ksrtp_slice_equal(auth->realm, ksrtp_slice_str(realm(r))))
			return true;
	return false;
}

/* Is this count of this nonce new? A nonce that is not remembered must begin at one. */
static bool count_nonce(struct ksrtp_registrar *r, size_t user, const struct ksrtp_auth *auth)
{
	struct nonce *slots = &r->nonces[user * NONCES], *slot = NULL;
	uint32_t nc;
	size_t i;

	if (ksrtp_digest_nc(auth->nc, &nc))
		return false;
	for (i = 0; i < NONCES && !slot; i++)
		if (ksrtp_slice_equal(ksrtp_slice_str(slots[i].text), auth->nonce))
			slot = &slots[i];
	if (!slot) {
		if (nc != 1)
			return false;
		for (slot = slots, i = 1; i < NONCES; i++)
			if (slots[i].used < slot->used)
				slot = &slots[i];
		memset(slot, 0, sizeof(*slot));
		if (ksrtp_slice_copy(auth->nonce, slot->text, sizeof(slot->text)))
			return false;
	}
	slot->used = ksrtp_edge_now(r->edge);
	return ksrtp_digest_count(&slot->count, nc);
}

/* Return: 0 right, -EACCES wrong, -EBADMSG no nonce of ours, -ESTALE right but an old nonce. */
static int verify(struct ksrtp_registrar *r, const struct ksrtp_proxy *p,
		  const struct ksrtp_auth *auth, size_t user)
{
	const struct ksrtp_config *config = r->edge->config;
	const char *password = user < config->n_user ? config->user[user].password : "nobody's";
	char ha1[KSRTP_DIGEST_HEX], bind[KSRTP_ADDR_TEXT];
	struct ksrtp_digest_check check = {
		.key = r->key, .now = seconds(r), .life = NONCE_LIFE,
	};
	int nonce, err;

	bind_text(p, bind);
	check.bind = ksrtp_slice_str(bind);
	nonce = ksrtp_digest_nonce_check(&check, auth->nonce);
	err = ksrtp_digest_ha1(algorithm(r), auth->username, auth->realm,
			       ksrtp_slice_str(password), ha1);
	if (!err)
		err = ksrtp_digest_verify(algorithm(r), auth, p->msg.method, ha1);
	ksrtp_wipe(ha1, sizeof(ha1));
	if (nonce && nonce != -ESTALE)
		return -EBADMSG;
	if (err || user >= config->n_user)
		return -EACCES;
	if (nonce || !count_nonce(r, user, auth))
		return -ESTALE;
	return 0;
}

/*
 * Wrong credentials. They count against their source only where it is sure: our nonce went to it,
 * or it has a connection. A datagram with a forged source has neither.
 */
static void note_failure(struct ksrtp_registrar *r, const struct ksrtp_proxy *p, int err)
{
	r->edge->auth_failed++;
	ksrtp_log_limited(r->edge->loop->log, KSRTP_LOG_NOTICE, "digest", "failed authentication");
	if (err == -EACCES || p->in.hop.transport != KSRTP_TRANSPORT_UDP)
		ksrtp_abuse_offend(r->edge, &p->in.hop.remote);
}

/* Who sent it? Return: 0, or the status to answer, with a challenge where that is one. */
static uint16_t authenticate(struct ksrtp_registrar *r, struct ksrtp_proxy *p,
			     const struct ksrtp_uri *claimed, struct ksrtp_buf *headers)
{
	uint16_t again = p->msg.method_id == KSRTP_REGISTER ? 401 : 407;
	enum ksrtp_digest_alg alg = KSRTP_DIGEST_MD5;
	struct ksrtp_auth auth;
	char name[128];
	int err;

	if (!credentials(r, &p->msg, &auth)) {
		challenge(r, p, false, headers);
		return again;
	}
	/* Without the parameter it is MD5 (RFC 7616 section 3.3). */
	if ((auth.algorithm.p && ksrtp_digest_alg(auth.algorithm, &alg)) || alg != algorithm(r))
		err = -EBADMSG;
	else
		err = verify(r, p, &auth, user_of(r, auth.username));
	if (err) {
		if (err != -ESTALE)
			note_failure(r, p, err);
		challenge(r, p, err == -ESTALE, headers);
		return again;
	}
	/* right, but somebody else's name */
	if (!user_name(claimed, name) ||
	    !ksrtp_slice_equal(ksrtp_slice_str(name), auth.username))
		return 403;
	return 0;
}

uint16_t ksrtp_registrar_authorize(struct ksrtp_registrar *registrar, struct ksrtp_proxy *proxy,
				   struct ksrtp_buf *headers)
{
	return authenticate(registrar, proxy, &proxy->msg.from.uri, headers);
}

/* ---- REGISTER */

/* One address-of-record a user, whichever of our names the URI used. */
static struct slice aor_of(const struct ksrtp_registrar *r, size_t user, struct ksrtp_buf *buf)
{
	ksrtp_buf_printf(buf, "sip:%s@%s", r->edge->config->user[user].name, realm(r));
	return ksrtp_buf_view(buf);
}

bool ksrtp_registrar_owns(const struct ksrtp_registrar *r, const char *aor)
{
	const char *at = strrchr(aor, '@');

	return at && !strcasecmp(at + 1, realm(r));
}

static uint32_t expires_of(const struct ksrtp_msg *msg, const struct ksrtp_contact *contact)
{
	uint32_t value = contact->expires;

	if (value == KSRTP_HDR_NO_NUMBER && ksrtp_msg_number(msg, KSRTP_HDR_EXPIRES, &value))
		value = EXPIRES_DEFAULT;
	return value > EXPIRES_MAX ? EXPIRES_MAX : value;
}

static size_t contacts_of(const struct ksrtp_edge *edge, struct slice aor)
{
	const struct ksrtp_binding *b;
	size_t n = 0;

	for (b = ksrtp_binding_of(edge, aor, NULL); b; b = ksrtp_binding_of(edge, aor, b))
		n += b->confirmed;
	return n;
}

/* One Contact of a REGISTER. Return: 0 or the status of a refusal. */
static uint16_t bind_contact(struct ksrtp_registrar *r, const struct ksrtp_proxy *p,
			     struct slice aor, const struct ksrtp_contact *contact)
{
	struct ksrtp_binding_who who = { .aor = aor, .contact = contact, .hop = &p->in.hop };
	uint32_t life = expires_of(&p->msg, contact);
	struct ksrtp_binding *b = ksrtp_binding_get(r->edge, &who);
	char *call_id;

	if (!b)
		return 500;
	/* an older request that was overtaken (RFC 3261 section 10.3 step 7) */
	if (b->call_id && ksrtp_slice_equal(ksrtp_slice_str(b->call_id), p->msg.call_id) &&
	    p->msg.cseq.number <= b->cseq)
		return 500;
	if (!life) {
		ksrtp_binding_revoke(r->edge, b);
		return 0;
	}
	if (life < EXPIRES_MIN)
		return 423;
	if (!b->confirmed && contacts_of(r->edge, aor) >= CONTACTS)
		return 403;
	call_id = ksrtp_slice_dup(p->msg.call_id);
	if (!call_id)
		return 503;
	free(b->call_id);
	b->call_id = call_id;
	b->cseq = p->msg.cseq.number;
	b->q = contact->q;
	return ksrtp_binding_confirm(r->edge, b, life) ? 503 : 0;
}

static uint16_t bind_contacts(struct ksrtp_registrar *r, const struct ksrtp_proxy *p,
			      struct slice aor)
{
	struct ksrtp_cursor values = ksrtp_msg_walk(&p->msg, KSRTP_HDR_CONTACT);
	struct ksrtp_contact contact;
	struct ksrtp_binding *b;
	struct slice value;
	uint16_t status = 0;
	uint32_t zero;

	while (!status && ksrtp_msg_next(&values, &value)) {
		if (ksrtp_hdr_contact(value, &contact))
			return 400;
		if (!contact.star) {
			status = bind_contact(r, p, aor, &contact);
			continue;
		}
		if (ksrtp_msg_count(&p->msg, KSRTP_HDR_CONTACT) != 1 ||
		    ksrtp_msg_number(&p->msg, KSRTP_HDR_EXPIRES, &zero) || zero)
			return 400;
		for (b = ksrtp_binding_of(r->edge, aor, NULL); b;
		     b = ksrtp_binding_of(r->edge, aor, b))
			ksrtp_binding_revoke(r->edge, b);
	}
	return status;
}

/* The contacts that stand now, and what outbound phones want to hear (RFC 5626 section 6). */
static void list_contacts(struct ksrtp_registrar *r, const struct ksrtp_proxy *p, struct slice aor,
			  struct ksrtp_buf *headers)
{
	uint64_t now = ksrtp_edge_now(r->edge);
	const struct ksrtp_binding *b;

	for (b = ksrtp_binding_of(r->edge, aor, NULL); b; b = ksrtp_binding_of(r->edge, aor, b))
		if (b->confirmed && b->expires > now)
			ksrtp_buf_printf(headers, "Contact: <%s>;expires=%u\r\n", b->uri,
					 (unsigned)((b->expires - now + 999) / 1000));
	if (p->in.hop.transport != KSRTP_TRANSPORT_UDP &&
	    ksrtp_msg_has_option(&p->msg, KSRTP_HDR_SUPPORTED, "outbound"))
		ksrtp_buf_printf(headers, "Require: outbound\r\nFlow-Timer: %u\r\n", FLOW_TIMER);
}

static uint16_t do_register(struct ksrtp_registrar *r, struct ksrtp_proxy *p,
			    struct ksrtp_buf *headers)
{
	struct ksrtp_buf aor;
	struct slice text;
	uint16_t status;
	char name[128];
	size_t user;

	if (ksrtp_msg_find(&p->msg, KSRTP_HDR_REQUIRE) &&
	    !ksrtp_msg_has_option(&p->msg, KSRTP_HDR_REQUIRE, "outbound")) {
		ksrtp_buf_str(headers, "Unsupported: ");
		ksrtp_buf_slice(headers, ksrtp_msg_value(&p->msg, KSRTP_HDR_REQUIRE));
		ksrtp_buf_str(headers, "\r\n");
		return 420;
	}
	/* an address-of-record is a SIP or SIPS URI (RFC 3261 section 10.2) */
	if (p->msg.to.uri.scheme != KSRTP_URI_SIP && p->msg.to.uri.scheme != KSRTP_URI_SIPS)
		return 400;
	status = authenticate(r, p, &p->msg.to.uri, headers);
	if (status)
		return status;
	if (!ksrtp_edge_is_domain(r->edge, &p->msg.to.uri) || !user_name(&p->msg.to.uri, name))
		return 404;
	user = user_of(r, ksrtp_slice_str(name));
	if (user >= r->edge->config->n_user)
		return 404;
	ksrtp_buf_init(&aor, 1024);
	text = aor_of(r, user, &aor);
	status = aor.err ? 500 : bind_contacts(r, p, text);
	if (!status) {
		list_contacts(r, p, text, headers);
		status = 200;
	} else if (status == 423) {
		ksrtp_buf_printf(headers, "Min-Expires: %u\r\n", EXPIRES_MIN);
	}
	ksrtp_buf_free(&aor);
	return status;
}

void ksrtp_registrar_register(struct ksrtp_registrar *registrar, struct ksrtp_proxy *proxy)
{
	struct ksrtp_answer answer = { 0 };
	struct ksrtp_buf headers;

	ksrtp_buf_init(&headers, 32768);
	answer.status = do_register(registrar, proxy, &headers);
	answer.headers = ksrtp_buf_view(&headers);
	if (headers.err) {
		answer.status = 500;
		answer.headers = (struct slice){ 0 };
	}
	proxy->answered = true;
	if (answer.status == 401)
		ksrtp_proxy_forget(proxy);
	ksrtp_edge_answer(registrar->edge, proxy->st, &proxy->in.hop, &proxy->msg, &answer);
	ksrtp_buf_free(&headers);
}

/* ---- the called user */

/* The better of two bindings: preference, then age. */
static bool better(const struct ksrtp_binding *a, const struct ksrtp_binding *b)
{
	return !b || a->q > b->q || (a->q == b->q && a->since > b->since);
}

/* More contacts: those that are preferred as much as @best, or those that are not. */
static void add_others(struct ksrtp_registrar *r, struct ksrtp_proxy *p,
		       const struct ksrtp_binding *best, struct slice aor, bool equal)
{
	const struct ksrtp_binding *b;

	for (b = ksrtp_binding_of(r->edge, aor, NULL); b; b = ksrtp_binding_of(r->edge, aor, b))
		if (b->confirmed && b != best && (b->q == best->q) == equal &&
		    p->n_others < CONTACTS)
			p->others[p->n_others++] = b->id;
}

static uint16_t take_bindings(struct ksrtp_registrar *r, struct ksrtp_proxy *p, struct slice aor)
{
	const struct ksrtp_binding *b, *best = NULL;

	p->others = calloc(CONTACTS, sizeof(*p->others));
	if (!p->others)
		return 500;
	for (b = ksrtp_binding_of(r->edge, aor, NULL); b; b = ksrtp_binding_of(r->edge, aor, b))
		if (b->confirmed && ksrtp_net_alive(r->edge->net, &b->hop) && better(b, best))
			best = b;
	if (!best)
		return 480;
	add_others(r, p, best, aor, true);
	p->n_equal = p->n_others;
	add_others(r, p, best, aor, false);
	p->uri = ksrtp_slice_dup(ksrtp_slice_str(best->uri));
	if (!p->uri)
		return 500;
	p->out.side = ksrtp_side_phones(p->edge, &best->hop);
	p->out.binding = best->id;
	p->out.hop = best->hop;
	return 0;
}

uint64_t ksrtp_registrar_caller(struct ksrtp_registrar *registrar, const struct ksrtp_proxy *proxy)
{
	const struct ksrtp_binding *b = NULL;
	struct ksrtp_buf aor;
	struct slice text;
	char name[128];
	size_t user;

	if (!user_name(&proxy->msg.from.uri, name))
		return 0;
	user = user_of(registrar, ksrtp_slice_str(name));
	if (user >= registrar->edge->config->n_user)
		return 0;
	ksrtp_buf_init(&aor, 1024);
	text = aor_of(registrar, user, &aor);
	if (!aor.err)
		b = ksrtp_binding_of(registrar->edge, text, NULL);
	while (b && !(b->confirmed && ksrtp_hop_equal(&b->hop, &proxy->in.hop)))
		b = ksrtp_binding_of(registrar->edge, text, b);
	ksrtp_buf_free(&aor);
	return b ? b->id : 0;
}

uint16_t ksrtp_registrar_lookup(struct ksrtp_registrar *registrar, struct ksrtp_proxy *proxy)
{
	const struct ksrtp_uri *uri = &proxy->route.request_uri;
	struct ksrtp_buf aor;
	struct slice text;
	uint16_t status;
	char name[128];
	size_t user;

	if (uri->scheme == KSRTP_URI_OTHER)
		return 416;
	if (!ksrtp_edge_is_domain(registrar->edge, uri) || !user_name(uri, name))
		return 404;
	user = user_of(registrar, ksrtp_slice_str(name));
	if (user >= registrar->edge->config->n_user)
		return 404;
	ksrtp_buf_init(&aor, 1024);
	text = aor_of(registrar, user, &aor);
	status = aor.err ? 500 : take_bindings(registrar, proxy, text);
	ksrtp_buf_free(&aor);
	return status;
}
