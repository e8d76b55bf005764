/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The core beside its textbook twin and libsrtp2 over a product of suites and packet shapes; a
 * short one for every change and the whole one share it.
 */
#ifndef TESTS_MATRIX_H
#define TESTS_MATRIX_H

#include <ksrtp/srtp.h>

/**
 * struct matrix - one row of the product
 * @suite: every packet of a row is under one master key of it
 * @parameters: session parameters, KSRTP_UNENCRYPTED_SRTP and its like
 * @kdr: key derivation rate
 * @encrypted: header extension elements with odd ids are encrypted
 * @mki_len: bytes
 * @csrcs: of each RTP packet
 * @extension: words of its header extension; -1 for none
 * @step: payloads 0, @step, 2 * @step... up to 1499 bytes, across a roll-over of SEQ
 */
struct matrix {
	const struct ksrtp_suite *suite;
	u8 parameters;
	u8 kdr;
	bool encrypted;
	u8 mki_len;
	u8 csrcs;
	int extension;
	u32 step;
};

/** matrix_rtp, matrix_rtcp - run a row; a cmocka assertion fails. Return: packets compared */
unsigned int matrix_rtp(const struct matrix *row);
unsigned int matrix_rtcp(const struct matrix *row);

#endif
