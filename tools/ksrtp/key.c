// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp key new|set|del. A key comes from a file or standard input, one line of RFC 4568 without
 * its tag; never from argv, which every user of the host can read. Buffers are wiped on every way
 * out.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/ksrtp/command.h"
#include "tools/ksrtp/words.h"
#include "tools/lib/sdes.h"

struct key_words {
	u32 flow;
	u32 id;
	enum ksrtp_direction direction;
	const char *file;
	u64 encrypted[4];
};

/* Ids between commas, "1,3,7". */
static int read_ids(struct key_words *k, const char *text)
{
	char *end = NULL;
	unsigned long id;

	for (; text; text = *end ? end + 1 : NULL) {
		id = strtoul(text, &end, 10);
		if (end == text || (*end && *end != ',') || !id || id > 255)
			return ksrtp_command_usage("encrypt takes ids from 1 to 255, as in 1,3,7");
		k->encrypted[id / 64] |= 1ull << id % 64;
	}
	return 0;
}

static int read_words(struct key_words *k, int argc, char **argv)
{
	static const char *const directions[] = { "rx", "tx", NULL };
	const char *direction = NULL, *ids = NULL;
	struct word words[] = {
		{ "flow", WORD_NUMBER, &k->flow, false },
		{ "id", WORD_NUMBER, &k->id, false },
		{ "direction", WORD_TEXT, &direction, false },
		{ "file", WORD_TEXT, &k->file, false },
		{ "encrypt", WORD_TEXT, &ids, false },
	};
	int status = ksrtp_words_read(words, ARRAY_SIZE(words), argc, argv), n;

	if (!status)
		status = read_ids(k, ids);
	if (status || !direction)
		return status;
	n = ksrtp_words_choose(directions, direction);
	if (n < 0)
		return ksrtp_command_usage("direction takes rx or tx, not \"%s\"", direction);
	k->direction = n ? KSRTP_DIRECTION_TX : KSRTP_DIRECTION_RX;
	return 0;
}

/* Without stdio, whose buffer would keep the key. Return: bytes, or negative errno. */
static ssize_t read_line(const char *file, char *line, size_t size)
{
	int fd = strcmp(file, "-") ? open(file, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	size_t n = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	do {
		got = read(fd, line + n, size - n);
		if (got > 0)
			n += (size_t)got;
	} while (got > 0 && n < size);
	if (got < 0)
		got = -errno;
	if (fd != STDIN_FILENO)
		close(fd);
	if (got < 0)
		return got;
	if (n == size)
		return -EFBIG;
	while (n && (line[n - 1] == '\n' || line[n - 1] == '\r' || line[n - 1] == ' '))
		n--;
	return (ssize_t)n;
}

/* @set: the first in place of what was there, the others of the line beside it */
static int install(struct command *c, struct key_words *k, struct ksrtp_sdes *sdes, bool set)
{
	unsigned int i;
	int err;

	for (i = 0; i < sdes->n_keys; i++) {
		u32 id = i ? 0 : k->id;

		memcpy(sdes->keys[i].encrypted, k->encrypted, sizeof(k->encrypted));
		err = (set && !i ? ksrtp_nl_key_set : ksrtp_nl_key_new)(
			c->nl, k->flow, k->direction, &id, &sdes->keys[i]);
		if (err)
			return ksrtp_command_refused(c, set ? "key set" : "key new", err);
		printf("%u\n", id);
	}
	return 0;
}

static int key_add(struct command *c, int argc, char **argv, bool set)
{
	struct key_words k = { 0 };
	struct ksrtp_sdes sdes = { 0 };
	enum ksrtp_sdes_result result;
	char line[KSRTP_SDES_LINE_MAX];
	int status = read_words(&k, argc, argv);
	ssize_t n;

	if (status)
		return status;
	if (!k.flow || !k.direction || !k.file)
		return ksrtp_command_usage("key %s needs flow, direction and file",
					   set ? "set" : "new");
	n = read_line(k.file, line, sizeof(line));
	if (n < 0) {
		ksrtp_wipe(line, sizeof(line));
		return ksrtp_command_fail("%s: %s", k.file, strerror((int)-n));
	}
	result = ksrtp_sdes_parse_key(&sdes, line, (size_t)n);
	if (result == KSRTP_SDES_OK)
		result = ksrtp_sdes_usable(&sdes);
	ksrtp_wipe(line, sizeof(line));
	if (result == KSRTP_SDES_OK)
		status = install(c, &k, &sdes, set);
	else
		status = ksrtp_command_fail("%s: %s", k.file, ksrtp_sdes_message(result));
	ksrtp_sdes_wipe(&sdes);
	return status;
}

static int key_new(struct command *c, int argc, char **argv)
{
	return key_add(c, argc, argv, false);
}

static int key_set(struct command *c, int argc, char **argv)
{
	return key_add(c, argc, argv, true);
}

static int key_del(struct command *c, int argc, char **argv)
{
	struct key_words k = { 0 };
	int status = read_words(&k, argc, argv), err;

	if (status)
		return status;
	if (!k.flow || !k.id)
		return ksrtp_command_usage("key del needs flow and id");
	err = ksrtp_nl_key_del(c->nl, k.flow, k.id);
	return err ? ksrtp_command_refused(c, "key del", err) : 0;
}

int ksrtp_command_key(struct command *c, int argc, char **argv)
{
	static const char *const actions[] = { "new", "set", "del", NULL };
	static const command_verb verb[] = { key_new, key_set, key_del };
	int action = argc ? ksrtp_words_choose(actions, argv[0]) : -1, status;

	if (action < 0)
		return ksrtp_command_usage("key takes new, set or del");
	status = ksrtp_command_kernel(c);
	return status ? status : verb[action](c, argc - 1, argv + 1);
}
