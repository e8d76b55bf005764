// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The E-model (ITU-T G.107), reduced. See mos.h.
 */
#include "tools/lib/mos.h"

#define R_DEFAULT	93.2	/* all of G.107 at its defaults */
#define FRAME_MS	20	/* of speech in a packet */
#define LATE_MS		177.3	/* conversation suffers beyond it */

/* Equipment impairment and robustness against random loss, G.113 appendix I. */
static const struct {
	u8 type;
	double ie, bpl;
} codecs[] = {
	{ 4, 15, 16.1 },	/* G.723.1 */
	{ 18, 11, 19.0 },	/* G.729 */
};

double ksrtp_mos_rating(const struct ksrtp_mos *m)
{
	double delay = m->delay_ms + 2 * m->jitter_ms + FRAME_MS, loss = 100 * m->loss;
	double ie = 0, bpl = 25.1, r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codecs); i++) {
		if (codecs[i].type != m->type)
			continue;
		ie = codecs[i].ie;
		bpl = codecs[i].bpl;
	}
	r = R_DEFAULT - 0.024 * delay - (ie + (95 - ie) * loss / (loss + bpl));
	if (delay > LATE_MS)
		r -= 0.11 * (delay - LATE_MS);
	return r > 0 ? r : 0;
}

double ksrtp_mos_score(double rating)
{
	double score = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;

	/* Below about 6.5 the polynomial goes under what the scale has. */
	return score > 1 ? score : 1;
}
