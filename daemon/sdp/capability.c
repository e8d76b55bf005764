// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Capability negotiation (RFC 5939) as an answerer reads it: a=tcap, a=acap and a=pcfg lines put
 * together again. Called by daemon/call/line.c on bodies of strangers. Pure.
 *
 * An a=pcfg line may name alternatives, "t=1|2 a=1,[3]|2": each pair of a transport and a list of
 * attributes is one configuration here, in the order in which they are written.
 */
#include "daemon/sdp/capability.h"

#include <stdio.h>

/* What it costs to look at a stranger's lines grows with the product of these. */
#define LINES_MAX	8	/* a=pcfg lines looked at */
#define CHOICES_MAX	4	/* alternatives of a kind in one line */
#define NUMBER_MAX	0x7fffffffu

/* One a=pcfg line; an absent list is one empty choice. */
struct potential {
	uint32_t number;
	struct slice transport[CHOICES_MAX];
	unsigned int n_transport;
	struct slice attributes[CHOICES_MAX];
	unsigned int n_attributes;
	struct slice deletes;
};

static bool read_number(struct slice text, uint32_t *number)
{
	return text.n && text.p[0] != '0' && !ksrtp_slice_u32(text, number) &&
	       *number <= NUMBER_MAX;
}

/* Does the offer require what we do not know? */
static bool requires_more(const struct ksrtp_sdp *sdp, int media)
{
	const struct ksrtp_sdp_line *line = NULL;

	while ((line = ksrtp_sdp_attr(sdp, media, "creq", line))) {
		struct slice rest = line->arg;

		while (rest.n)
			if (!ksrtp_slice_is(ksrtp_slice_trim(ksrtp_slice_cut(&rest, ',')),
					    "cap-v0"))
				return true;
	}
	return false;
}

/* The transport of that number: a=tcap:1 RTP/SAVPF RTP/SAVP are the numbers 1 and 2. */
static bool find_transport(const struct ksrtp_sdp *sdp, int media, uint32_t number,
			   struct slice *text)
{
	const struct ksrtp_sdp_line *line = NULL;

	while ((line = ksrtp_sdp_attr(sdp, media, "tcap", line))) {
		struct slice rest = ksrtp_slice_trim(line->arg);
		uint32_t at;

		if (!read_number(ksrtp_slice_cut(&rest, ' '), &at))
			continue;
		for (rest = ksrtp_slice_trim(rest); rest.n; rest = ksrtp_slice_trim(rest)) {
			*text = ksrtp_slice_cut(&rest, ' ');
			if (at++ == number)
				return true;
		}
	}
	return false;
}

/* The attribute of that number: "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:..." */
static bool find_attribute(const struct ksrtp_sdp *sdp, int media, uint32_t number,
			   struct slice *text)
{
	const struct ksrtp_sdp_line *line = NULL;

	while ((line = ksrtp_sdp_attr(sdp, media, "acap", line))) {
		struct slice rest = ksrtp_slice_trim(line->arg);
		uint32_t at;

		if (!read_number(ksrtp_slice_cut(&rest, ' '), &at) || at != number)
			continue;
		*text = ksrtp_slice_trim(rest);
		return true;
	}
	return false;
}

/* ---- a=pcfg ---- */

static bool read_choices(struct slice list, struct slice *choice, unsigned int *n)
{
	if (*n || !list.n)
		return false;
	while (list.n) {
		if (*n == CHOICES_MAX)
			return false;
		choice[*n] = ksrtp_slice_cut(&list, '|');
		if (!choice[(*n)++].n)
			return false;
	}
	return true;
}

/* "1,2", "-m:1,[2]", "-ms" */
static bool read_attributes(struct slice list, struct potential *p)
{
	if (list.n && list.p[0] == '-')
		p->deletes = ksrtp_slice_cut(&list, ':');
	if (p->deletes.n && !ksrtp_slice_is(p->deletes, "-m") &&
	    !ksrtp_slice_is(p->deletes, "-s") && !ksrtp_slice_is(p->deletes, "-ms"))
		return false;
	return read_choices(list, p->attributes, &p->n_attributes);
}

/* "1 t=1|2 a=-m:1,[2] other=x". False: malformed, or it demands an extension. */
static bool read_potential(struct slice value, struct potential *p)
{
	struct slice rest = ksrtp_slice_trim(value);

	*p = (struct potential){ 0 };
	if (!read_number(ksrtp_slice_cut(&rest, ' '), &p->number))
		return false;
	for (rest = ksrtp_slice_trim(rest); rest.n; rest = ksrtp_slice_trim(rest)) {
		struct slice list = ksrtp_slice_cut(&rest, ' '), name = ksrtp_slice_cut(&list, '=');
		bool fine = name.n && name.p[0] != '+';

		if (ksrtp_slice_is(name, "t"))
			fine = read_choices(list, p->transport, &p->n_transport);
		else if (ksrtp_slice_is(name, "a"))
			fine = read_attributes(list, p);
		if (!fine)
			return false;
	}
	/* Without attributes it has no crypto lines. */
	return p->n_attributes > 0;
}

/* The line with the lowest number that is at least @least, the first where several have it. */
static bool find_potential(const struct ksrtp_sdp *sdp, unsigned int media, uint32_t least,
			   struct potential *best)
{
	const struct ksrtp_sdp_line *line = NULL;
	struct potential p;
	unsigned int seen = 0;
	bool found = false;

	while (seen++ < LINES_MAX && (line = ksrtp_sdp_attr(sdp, (int)media, "pcfg", line))) {
		if (!read_potential(line->arg, &p) || p.number < least ||
		    (found && p.number >= best->number))
			continue;
		*best = p;
		found = true;
	}
	return found;
}

/* ---- one configuration ---- */

static bool set_transport(const struct ksrtp_sdp *sdp, unsigned int media, struct slice choice,
			  struct ksrtp_sdp_config *config)
{
	const struct ksrtp_sdp_media *m = &sdp->media[media];
	uint32_t number;

	config->proto = m->proto;
	config->proto_text = m->proto_text;
	config->feedback = m->feedback;
	if (choice.n) {
		if (!read_number(choice, &number) ||
		    (!find_transport(sdp, (int)media, number, &config->proto_text) &&
		     !find_transport(sdp, KSRTP_SDP_SESSION, number, &config->proto_text)))
			return false;
		config->proto = ksrtp_sdp_proto(config->proto_text, &config->feedback);
	}
	return config->proto == KSRTP_SDP_RTP || config->proto == KSRTP_SDP_SAVP;
}

static bool add_attribute(const struct ksrtp_sdp *sdp, unsigned int media, struct slice text,
			  struct ksrtp_sdp_config *config)
{
	struct slice value;
	uint32_t number;

	if (!read_number(text, &number) ||
	    (!find_attribute(sdp, (int)media, number, &value) &&
	     !find_attribute(sdp, KSRTP_SDP_SESSION, number, &value)))
		return false;
	if (!ksrtp_slice_is(ksrtp_slice_cut(&value, ':'), "crypto") ||
	    config->n_crypto == KSRTP_SDP_CONFIG_CRYPTO)
		return false;
	config->crypto[config->n_crypto++] = value;
	return true;
}

/* "1,2,[3,4]": in brackets is what may be left out, as it is here. False: what may not be cannot */
static bool set_attributes(const struct ksrtp_sdp *sdp, unsigned int media, struct slice *choice,
			   struct ksrtp_sdp_config *config)
{
	struct slice rest = ksrtp_slice_head(*choice, ksrtp_slice_find(*choice, '['));

	while (rest.n && rest.p[rest.n - 1] == ',')
		rest.n--;
	*choice = rest;
	config->n_crypto = 0;
	while (rest.n)
		if (!add_attribute(sdp, media, ksrtp_slice_cut(&rest, ','), config))
			return false;
	return config->n_crypto > 0;
}

static bool set_config(const struct ksrtp_sdp *sdp, unsigned int media, const struct potential *p,
		       struct ksrtp_sdp_config *config)
{
	unsigned int t = config->alternative / p->n_attributes;
	struct slice transport = p->n_transport ? p->transport[t] : (struct slice){ 0 };
	struct slice attributes = p->attributes[config->alternative % p->n_attributes];
	int n;

	if (!set_transport(sdp, media, transport, config) ||
	    !set_attributes(sdp, media, &attributes, config))
		return false;
	n = snprintf(config->selected, sizeof(config->selected), "%u%s%.*s a=%.*s%s%.*s",
		     (unsigned int)p->number, transport.n ? " t=" : "", PRSLICE(transport),
		     PRSLICE(p->deletes), p->deletes.n ? ":" : "", PRSLICE(attributes));
	return n > 0 && (size_t)n < sizeof(config->selected);
}

bool ksrtp_sdp_config_next(const struct ksrtp_sdp *sdp, unsigned int media,
			   struct ksrtp_sdp_config *config)
{
	struct potential p = { 0 };
	unsigned int n;

	if (!ksrtp_sdp_attr(sdp, (int)media, "pcfg", NULL) || requires_more(sdp, (int)media) ||
	    requires_more(sdp, KSRTP_SDP_SESSION))
		return false;
	if (config->number)
		config->alternative++;
	while (find_potential(sdp, media, config->number, &p)) {
		if (p.number != config->number)
			config->alternative = 0;
		config->number = p.number;
		n = p.n_attributes * (p.n_transport ? p.n_transport : 1);
		for (; config->alternative < n; config->alternative++)
			if (set_config(sdp, media, &p, config))
				return true;
		config->number++;
		config->alternative = 0;
	}
	return false;
}
