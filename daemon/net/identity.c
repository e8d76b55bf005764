// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For which SIP domains does a certificate speak? RFC 5922 sections 7.1 and 7.2.
 *
 * Called by tls.c and by tests; no state.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/net/tls.h"

/* The same DNS name, without regard to case and to a final dot. A NUL inside matches nothing. */
static bool same_domain(const char *p, size_t n, const char *domain)
{
	size_t m = strlen(domain);

	if (m && domain[m - 1] == '.')
		m--;
	if (n && p[n - 1] == '.')
		n--;
	return n && n == m && !memchr(p, 0, n) && !strncasecmp(p, domain, n);
}

/*
 * "sip:example.org" alone is a domain's identity: with a user part it is a user's, with another
 * scheme nothing to SIP (sips: is not used in certificates). Ports and parameters do not occur.
 */
static bool uri_speaks(const char *p, size_t n, const char *domain)
{
	if (n < 4 || strncasecmp(p, "sip:", 4) || memchr(p, '@', n))
		return false;
	return same_domain(p + 4, n - 4, domain);
}

/* The last CN of the subject; only asked when there is no SAN at all. */
static bool cn_speaks(X509 *cert, const char *domain)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = -1, last = -1;
	unsigned char *utf8;
	bool match;
	int n;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
		last = at;
	if (last < 0)
		return false;
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(
					X509_NAME_get_entry(subject, last)));
	if (n < 0)
		return false;
	match = same_domain((const char *)utf8, (size_t)n, domain);
	OPENSSL_free(utf8);
	return match;
}

bool ksrtp_tls_identity(X509 *cert, const char *domain)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool match = false, has_san = X509_get_ext_by_NID(cert, NID_subject_alt_name, -1) >= 0;
	int i;

	for (i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const char *p;
		size_t n;

		if (name->type != GEN_URI && name->type != GEN_DNS)
			continue;
		p = (const char *)ASN1_STRING_get0_data(name->d.ia5);
		n = (size_t)ASN1_STRING_length(name->d.ia5);
		match |= name->type == GEN_URI ? uri_speaks(p, n, domain) :
						 same_domain(p, n, domain);
	}
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	/* A SAN that cannot be read, or names something else, does not let the CN in. */
	return has_san ? match : cn_speaks(cert, domain);
}

void ksrtp_tls_first_domain(X509 *cert, char *out, size_t room)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int i;

	*out = 0;
	for (i = 0; names && i < sk_GENERAL_NAME_num(names) && !*out; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const char *p;
		int n, skip;

		if (name->type != GEN_URI && name->type != GEN_DNS)
			continue;
		p = (const char *)ASN1_STRING_get0_data(name->d.ia5);
		n = ASN1_STRING_length(name->d.ia5);
		skip = name->type == GEN_URI ? 4 : 0;
		if (n <= skip || (size_t)(n - skip) >= room || memchr(p, 0, (size_t)n))
			continue;
		snprintf(out, room, "%.*s", n - skip, p + skip);
		/* The test that a name asked for undergoes: no user URIs, no other schemes. */
		if (!ksrtp_tls_identity(cert, out))
			*out = 0;
	}
	GENERAL_NAMES_free(names);
	ERR_clear_error();
}
