/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration: one file, or none at all (the defaults stand behind each member).
 */
#ifndef KSRTP_CONFIG_H
#define KSRTP_CONFIG_H

#include <ksrtp/srtp.h>

#include "daemon/log.h"
#include "daemon/net/addr.h"
#include "daemon/net/hop.h"
#include "daemon/net/target.h"

/* How media security is offered towards a side. */
enum ksrtp_config_srtp {
	KSRTP_SRTP_PREFER,	/* SRTP first, then what the far end can do (phones: default) */
	KSRTP_SRTP_REQUIRE,	/* SRTP or no call */
	KSRTP_SRTP_PLAIN,	/* RTP */
};

#define KSRTP_CONFIG_SUITES	8	/* as many as <ksrtp/srtp.h> knows */

/* What a side is offered, and what is taken from it. */
struct ksrtp_config_sdes {
	const struct ksrtp_suite *suite[KSRTP_CONFIG_SUITES];	/* in order; none: the usual ones */
	bool parameters;	/* UNENCRYPTED_* and UNAUTHENTICATED_SRTP are taken; false */
};

/* Which transports are tried towards the core. */
enum ksrtp_config_transport {
	KSRTP_CORE_TLS_FIRST,	/* TLS, then clear ones if allowed (default) */
	KSRTP_CORE_TLS_ONLY,
	KSRTP_CORE_TCP_ONLY,	/* these two say by themselves that clear is allowed */
	KSRTP_CORE_UDP_ONLY,
};

/* How the core finds the way back to a phone. */
enum ksrtp_config_reach {
	KSRTP_REACH_CONTACT,	/* Contact becomes sip:TOKEN@edge (default) */
	KSRTP_REACH_PATH,	/* Path with ob and a flow token, RFC 3327 and 5626 */
};

enum ksrtp_config_backend {
	KSRTP_BACKEND_AUTO,	/* the module if its family is there, else user space */
	KSRTP_BACKEND_KERNEL,
	KSRTP_BACKEND_USER,
};

struct ksrtp_config_listen {
	enum ksrtp_transport transport;
	struct ksrtp_addr addr;		/* may be 0.0.0.0 or :: */
};

struct ksrtp_config_prefix {
	struct ksrtp_addr addr;
	unsigned bits;
};

#define KSRTP_CONFIG_PAIRS	64u	/* in all */

struct ksrtp_config_pair {
	char *certificate;
	char *key;			/* NULL: in the certificate's file */
};

#define KSRTP_CONFIG_SIDES	16u	/* of phones, and as many of cores */
#define KSRTP_CONFIG_SERVERS	8u	/* of one core */
#define KSRTP_CONFIG_SIDE_NAME	32u

/* One place where a core is, by its URI. */
struct ksrtp_config_server {
	char *host;
	uint16_t port;			/* 0: not said */
	bool secure;			/* the URI was sips: */
	unsigned priority;		/* lower ones first (RFC 2782); as they stand */
	unsigned weight;		/* share within a priority; 1 */
};

/*
 * Who is at the other end of a hop, and what is agreed with them: anybody (phones), or a core,
 * which is trusted.
 */
struct ksrtp_config_side {
	char *name;			/* of the section; "phone" or "core" where it has none */
	bool core;
	size_t number;			/* among the sides of its kind */
	enum ksrtp_config_srtp srtp;	/* PREFER */
	struct ksrtp_config_sdes sdes;
	bool clear;			/* clear signalling is allowed; cores false, phones true */
	/*
	 * Requests from here are of this side; what a core's URIs resolve to always is of the core.
	 * The first side of phones for which @from and @listen fit is that of a request; the one
	 * that has neither is the last.
	 */
	struct ksrtp_config_prefix *from;
	size_t n_from;
	struct ksrtp_config_listen *listen;	/* phones: where they talk to us */
	size_t n_listen;
	struct ksrtp_config_pair *pair;	/* phones: certificates of their own; none: all's */
	size_t n_pair;
	size_t certificates;		/* counts the sides that have some, from 1; 0: all's */

	/* Of a core only. */
	struct ksrtp_config_server *server;
	size_t n_server;
	enum ksrtp_config_transport transport;
	enum ksrtp_config_reach reach;
	enum ksrtp_target_identity identity;	/* that its TLS must show; ANY */
	unsigned probe;			/* seconds from OPTIONS to OPTIONS; 0 (default): none */
	unsigned down_after;		/* so many without an answer; 3 */
};

/* Who gets a request: if all of what is given fits. */
struct ksrtp_config_route {
	char **domain;			/* the host of the Request-URI is one of them; lower case */
	size_t n_domain;
	char **prefix;			/* its user part begins with one of them */
	size_t n_prefix;
	const struct ksrtp_config_side **from;	/* it came from one of them; none: from phones */
	size_t n_from;
	const struct ksrtp_config_side *to;	/* a core; NULL: the built-in registrar */
};

struct ksrtp_config_user {
	char *name;
	char *password;			/* wiped when the configuration is destroyed */
};

struct ksrtp_config {
	struct ksrtp_config_listen *listen;	/* default: UDP and TCP 5060, TLS 5061, any */
	size_t n_listen;

	char **domain;			/* ours, lower case; none: our addresses are the domain */
	size_t n_domain;

	struct ksrtp_config_pair *pair;	/* certificates; none: self-signed in state_dir */
	size_t n_pair;
	char *ca_file;			/* NULL: the system's trust anchors */
	char *trust_anchor;		/* of DNSSEC; NULL: no DANE */
	char **private_domain;		/* that DNSSEC does not speak for */
	size_t n_private_domain;
	bool ask_clients;		/* ask inbound TLS peers for a certificate; false */

	/* The sides, those of phones before the cores; pointers to them last as long as this. */
	struct ksrtp_config_side *side;
	size_t n_side;
	struct ksrtp_config_route *route;	/* in order: the first that fits decides */
	size_t n_route;

	char *realm;			/* NULL: the first domain, else "ksrtp" */
	bool digest_sha256;		/* challenges ask for SHA-256; false: MD5 */
	struct ksrtp_config_user *user;	/* of the built-in registrar */
	size_t n_user;

	struct {
		enum ksrtp_config_backend backend;
		struct ksrtp_addr *relay;	/* our media addresses; none: what the route says */
		size_t n_relay;
		uint16_t port_min, port_max;	/* 30000-39999 */
		bool libsrtp2;		/* does the crypto of the user back end, not kmod/core */
		unsigned workers;	/* threads of the user back end; 0: by the CPUs */
		unsigned idle;		/* seconds without a packet that end a call, 900 */
	} media;

	/* What a source, one IPv4 address or IPv6 /64, may do. */
	struct {
		unsigned connections;		/* 512 inbound at a time */
		unsigned total_connections;	/* 16384 of all sources, and our own */
		unsigned handshakes;		/* 50 new connections a second */
		unsigned requests;		/* 1000 a second, of phones, beside their calls */
		unsigned registrations;		/* 100 of them REGISTERs */
		unsigned transactions;		/* 10000 requests under way */
		/* Seconds, of a connection: */
		unsigned handshake_time;	/* 10 until TCP and TLS are done */
		unsigned first_time;		/* 60 until the first message is there */
		unsigned message_time;		/* 20 from a message's first byte to its last */
		unsigned stalled_time;		/* 30 without taking what we send */
	} limits;

	/* When a source is banned: nft's sets sip4 and sip6 (tools/lib/ban.h). */
	struct {
		unsigned failures;	/* to authenticate, 20; 0: nobody is banned */
		unsigned within;	/* seconds, 60 */
		unsigned time;		/* seconds, 600 */
		char **allow;		/* prefixes that are never banned */
		size_t n_allow;
	} bans;

	char *state_dir;		/* /var/lib/ksrtp: kept over restarts */
	char *runtime_dir;		/* /run/ksrtp */
	char *control;			/* path of the control socket: runtime_dir/control */
	enum ksrtp_log_level log_level;
	bool ledger;			/* write down what calls came to; true */
	bool metrics_on;		/* serve /metrics at @metrics, a loopback address; false */
	struct ksrtp_addr metrics;
};

/**
 * ksrtp_config_load - read a configuration
 * @path: a file, or NULL for the defaults alone
 * @error: gets "file:line: what is wrong, what was expected" when the file is refused
 *
 * Return: 0, -EINVAL (see @error), -ENOENT, -EACCES, -ENOMEM
 */
int ksrtp_config_load(struct ksrtp_config **config, const char *path, char *error, size_t n);
void ksrtp_config_destroy(struct ksrtp_config *config);

/** The password of @name (@n bytes), or NULL. Constant in which users exist is the caller's. */
const char *ksrtp_config_password(const struct ksrtp_config *config, const char *name, size_t n);

/** The side of phones that takes whoever fits no other. */
const struct ksrtp_config_side *ksrtp_config_phones(const struct ksrtp_config *config);

/** Is there a core? */
bool ksrtp_config_has_core(const struct ksrtp_config *config);

/** Does the built-in registrar serve: without a core, or because a route leads to it? */
bool ksrtp_config_has_registrar(const struct ksrtp_config *config);

#endif
