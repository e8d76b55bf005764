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
#define CAPABILITIES_MAX 16	/* of a kind; those of the m-line come first */
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

/* ---- a=tcap, a=acap ---- */

struct capability {
	uint32_t number;
	struct slice text;
};

/*
 * All that an m-line may refer to, its own first. Read in one go, so that each reference costs
 * little, however long the description.
 */
struct capabilities {
	struct capability transport[CAPABILITIES_MAX];
	unsigned int n_transport;
	struct capability attribute[CAPABILITIES_MAX];
	unsigned int n_attribute;
};

static void add(struct capability *list, unsigned int *n, uint32_t number, struct slice text)
{
	if (*n < CAPABILITIES_MAX)
		list[(*n)++] = (struct capability){ number, text };
}

/* a=tcap:1 RTP/SAVPF RTP/SAVP are the numbers 1 and 2; a=acap:1 crypto:1 ... */
static void read_level(const struct ksrtp_sdp *sdp, int media, struct capabilities *c)
{
	const struct ksrtp_sdp_line *line = NULL;
	uint32_t number;

	while (c->n_transport < CAPABILITIES_MAX &&
	       (line = ksrtp_sdp_attr(sdp, media, "tcap", line))) {
		struct slice rest = ksrtp_slice_trim(line->arg);

		if (!read_number(ksrtp_slice_cut(&rest, ' '), &number))
			continue;
		for (rest = ksrtp_slice_trim(rest); rest.n; rest = ksrtp_slice_trim(rest))
			add(c->transport, &c->n_transport, number++, ksrtp_slice_cut(&rest, ' '));
	}
	line = NULL;
	while (c->n_attribute < CAPABILITIES_MAX &&
	       (line = ksrtp_sdp_attr(sdp, media, "acap", line))) {
		struct slice rest = ksrtp_slice_trim(line->arg);

		if (read_number(ksrtp_slice_cut(&rest, ' '), &number))
			add(c->attribute, &c->n_attribute, number, ksrtp_slice_trim(rest));
	}
}

static bool find(const struct capability *list, unsigned int n, struct slice choice,
		 struct slice *text)
{
	uint32_t number;
	unsigned int i;

	if (!read_number(choice, &number))
		return false;
	for (i = 0; i < n; i++) {
		if (list[i].number != number)
			continue;
		*text = list[i].text;
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

static bool set_transport(const struct ksrtp_sdp_media *m, const struct capabilities *c,
			  struct slice choice, struct ksrtp_sdp_config *config)
{
	config->proto = m->proto;
	config->proto_text = m->proto_text;
	config->feedback = m->feedback;
	if (choice.n) {
		if (!find(c->transport, c->n_transport, choice, &config->proto_text))
			return false;
		config->proto = ksrtp_sdp_proto(config->proto_text, &config->feedback);
	}
	return config->proto == KSRTP_SDP_RTP || config->proto == KSRTP_SDP_SAVP;
}

static bool add_attribute(const struct capabilities *c, struct slice choice,
			  struct ksrtp_sdp_config *config)
{
	struct slice value;

	if (!find(c->attribute, c->n_attribute, choice, &value) ||
	    !ksrtp_slice_is(ksrtp_slice_cut(&value, ':'), "crypto") ||
	    config->n_crypto == KSRTP_SDP_CONFIG_CRYPTO)
		return false;
	config->crypto[config->n_crypto++] = value;
	return true;
}

/* "1,2,[3,4]": in brackets is what may be left out, as it is here. False: what may not be cannot */
static bool set_attributes(const struct capabilities *c, struct slice *choice,
			   struct ksrtp_sdp_config *config)
{
	struct slice rest = ksrtp_slice_head(*choice, ksrtp_slice_find(*choice, '['));

	while (rest.n && rest.p[rest.n - 1] == ',')
		rest.n--;
	*choice = rest;
	config->n_crypto = 0;
	while (rest.n)
		if (!add_attribute(c, ksrtp_slice_cut(&rest, ','), config))
			return false;
	return config->n_crypto > 0;
}

static bool set_config(const struct ksrtp_sdp_media *m, const struct capabilities *c,
		       const struct potential *p, struct ksrtp_sdp_config *config)
{
	unsigned int t = config->alternative / p->n_attributes;
	struct slice transport = p->n_transport ? p->transport[t] : (struct slice){ 0 };
	struct slice attributes = p->attributes[config->alternative % p->n_attributes];
	int n;

	if (!set_transport(m, c, transport, config) || !set_attributes(c, &attributes, config))
		return false;
	n = snprintf(config->selected, sizeof(config->selected), "%u%s%.*s a=%.*s%s%.*s",
		     (unsigned int)p->number, transport.n ? " t=" : "", PRSLICE(transport),
		     PRSLICE(p->deletes), p->deletes.n ? ":" : "", PRSLICE(attributes));
	return n > 0 && (size_t)n < sizeof(config->selected);
}

bool ksrtp_sdp_config_next(const struct ksrtp_sdp *sdp, unsigned int media,
			   struct ksrtp_sdp_config *config)
{
	struct capabilities all = { 0 };
	struct potential p = { 0 };
	unsigned int n;

	if (!ksrtp_sdp_attr(sdp, (int)media, "pcfg", NULL) || requires_more(sdp, (int)media) ||
	    requires_more(sdp, KSRTP_SDP_SESSION))
		return false;
	read_level(sdp, (int)media, &all);
	read_level(sdp, KSRTP_SDP_SESSION, &all);
	if (config->number)
		config->alternative++;
	while (find_potential(sdp, media, config->number, &p)) {
		if (p.number != config->number)
			config->alternative = 0;
		config->number = p.number;
		n = p.n_attributes * (p.n_transport ? p.n_transport : 1);
		for (; config->alternative < n; config->alternative++)
			if (set_config(&sdp->media[media], &all, &p, config))
				return true;
		config->number++;
		config->alternative = 0;
	}
	return false;
}
