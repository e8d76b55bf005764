// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A self-signed ECDSA P-256 certificate, made when the configuration names none.
 *
 * Called by tls.c at start. The names stand in the subject alternative name as RFC 5922
 * section 7.1 wants them: URI sip:domain and DNS.
 */
#include "daemon/net/cert.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/random.h"

#define DAY		(24L * 3600)
#define LIFE_DAYS	3650
#define RENEW_DAYS	30

/* Is there a certificate in @path that holds for another month? */
static bool still_good(const char *path)
{
	FILE *f = fopen(path, "re");
	X509 *cert;
	time_t soon = time(NULL) + RENEW_DAYS * DAY;
	bool good;

	if (!f)
		return false;
	cert = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	good = cert && X509_cmp_time(X509_get0_notAfter(cert), &soon) > 0;
	X509_free(cert);
	ERR_clear_error();
	return good;
}

static int add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	int ok = ext && X509_add_ext(cert, ext, -1);

	X509_EXTENSION_free(ext);
	return ok;
}

/* Only what may stand in a DNS name goes into the extension's little language. */
static bool is_dns_name(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "0123456789-.") == strlen(name);
}

static int name_it(X509 *cert, const char *name)
{
	char cn[65], san[1024];
	X509_NAME *subject = X509_get_subject_name(cert);

	snprintf(cn, sizeof(cn), "%s", name);
	snprintf(san, sizeof(san), "URI:sip:%s,DNS:%s", name, name);
	return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
					  (const unsigned char *)cn, -1, -1, 0) &&
	       X509_set_issuer_name(cert, subject) &&
	       add_extension(cert, NID_subject_alt_name, san) &&
	       add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(cert, NID_ext_key_usage, "serverAuth,clientAuth");
}

static X509 *make_cert(EVP_PKEY *key, const char *name)
{
	X509 *cert = X509_new();
	unsigned char serial[16];
	BIGNUM *bn = NULL;
	int ok;

	if (!cert || ksrtp_random_bytes(serial, sizeof(serial)))
		goto fail;
	serial[0] &= 0x7f;
	bn = BN_bin2bn(serial, sizeof(serial), NULL);
	ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) &&
	     X509_set_version(cert, X509_VERSION_3) &&
	     X509_gmtime_adj(X509_getm_notBefore(cert), -DAY) &&
	     X509_gmtime_adj(X509_getm_notAfter(cert), LIFE_DAYS * DAY) &&
	     X509_set_pubkey(cert, key) && name_it(cert, name) &&
	     X509_sign(cert, key, EVP_sha256());
	BN_free(bn);
	if (ok)
		return cert;
fail:
	X509_free(cert);
	return NULL;
}

/* Write both into a file of our own, then put it in place in one step. */
static int store(const char *path, EVP_PKEY *key, X509 *cert)
{
	char tmp[PATH_MAX];
	FILE *f;
	int fd, err = 0;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.new", path) >= sizeof(tmp))
		return -ENAMETOOLONG;
	unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	f = fdopen(fd, "w");
	if (!f) {
		err = -errno;
		close(fd);
		goto remove;
	}
	if (!PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) || !PEM_write_X509(f, cert) ||
	    fflush(f) || fsync(fd))
		err = -EIO;
	if (fclose(f) && !err)
		err = -errno;
	if (!err && rename(tmp, path))
		err = -errno;
remove:
	if (err)
		unlink(tmp);
	return err;
}

int ksrtp_cert_ensure(const char *path, const char *name)
{
	char host[HOST_NAME_MAX + 1] = "";
	EVP_PKEY *key;
	X509 *cert;
	int err;

	if (still_good(path))
		return 0;
	if (!name && !gethostname(host, sizeof(host) - 1))
		name = host;
	if (!name || !is_dns_name(name) || strlen(name) > 253)
		name = "localhost";
	key = EVP_EC_gen("P-256");
	cert = key ? make_cert(key, name) : NULL;
	err = cert ? store(path, key, cert) : -EIO;
	X509_free(cert);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return err ? err : 1;
}
