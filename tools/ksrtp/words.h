/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A verb's arguments: pairs of a word and its value, in any order, each at most once.
 */
#ifndef KSRTP_WORDS_H
#define KSRTP_WORDS_H

#include <ksrtp/latch.h>

enum word_kind {
	WORD_TEXT,		/* const char * */
	WORD_NUMBER,		/* u32, decimal or 0x, not 0 */
	WORD_HEX,		/* u32 in hex: an SSRC */
	WORD_SPAN,		/* u32, seconds, of "90s", "30m", "12h", "7d" */
	WORD_PORT,		/* u16, not 0 */
	WORD_ADDRESS,		/* struct ksrtp_endpoint, port 0 */
	WORD_ENDPOINT,		/* struct ksrtp_endpoint with a port */
};

/**
 * struct word - one word a verb knows
 * @to: where its value goes, by @kind
 * @given: set when it was there
 */
struct word {
	const char *name;
	enum word_kind kind;
	void *to;
	bool given;
};

/** ksrtp_words_read - read all of argv. Return: 0, or an exit status after a sentence */
int ksrtp_words_read(struct word *words, size_t n, int argc, char **argv);

/** ksrtp_words_choose - index of @text in @choices, which ends with NULL; -1 when it is none */
int ksrtp_words_choose(const char *const *choices, const char *text);

#endif
