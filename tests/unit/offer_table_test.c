// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Offers × policies → the exact description that goes out, and the answers back: RFC 3264, 4568,
 * 5761, 5939, 8643. The rows stand in tests/unit/offer_table, which is read from the top of the
 * tree:
 *
 *	[what the row says]
 *	policy OFFERER ANSWERER		plain, osrtp, savp, require
 *	suites N NAME...		of side 0 or 1; without it the default ones
 *	parameters N			side N accepts session parameters
 *	local N ADDRESS			our address there
 *	> ...				what side 0 sends, below the session level unless it has v=
 *	>> ...				what side 1 gets, exactly; or "!ERRNO words of the reason"
 *	< ...  << ...			the answer, the other way round
 *	= ONE OTHER			promised: clear, SDES, none; one line an m-line
 *
 * In descriptions {in N S} is base64 of N bytes that count from S, {A} and {B} two keys of a
 * peer's, {own K S N} a key of K and a salt of S bytes of our draw N, {cm N} and {gcm N} the usual
 * ones.
 */
#define FAKE_FLOWS 40
#include "tests/unit/offer_fake.h"

#include <dirent.h>

#define ROWS 400
#define TEXT 16384

enum part { OFFER, OFFERED, ANSWER, ANSWERED, PARTS };

/**
 * struct row - one exchange
 * @text: of each part, "" where it is absent
 * @promised: of the first m-lines, both sides
 */
struct row {
	char says[120];
	char *text[PARTS];
	struct ksrtp_offer_policy policy[2];
	enum ksrtp_grade_media promised[4][2];
	unsigned int n_promised;
};

static struct row rows[ROWS];
static unsigned int n_rows;

/* ---- reading ---- */

struct word {
	const char *word;
	int value;
};

static int word_value(const struct word *known, const char *word)
{
	for (; known->word; known++)
		if (!strcmp(known->word, word))
			return known->value;
	fail_msg("%s: no such word", word);
	return 0;
}

static enum ksrtp_offer_srtp policy_of(const char *word)
{
	static const struct word known[] = { { "plain", KSRTP_OFFER_PLAIN },
					     { "osrtp", KSRTP_OFFER_OSRTP },
					     { "savp", KSRTP_OFFER_SAVP },
					     { "require", KSRTP_OFFER_REQUIRE },
					     { NULL, 0 } };

	return (enum ksrtp_offer_srtp)word_value(known, word);
}

static enum ksrtp_grade_media grade_of(const char *word)
{
	static const struct word known[] = { { "clear", KSRTP_GRADE_CLEAR },
					     { "SDES", KSRTP_GRADE_SDES },
					     { "opaque", KSRTP_GRADE_OPAQUE },
					     { "none", KSRTP_GRADE_NONE },
					     { NULL, 0 } };

	return (enum ksrtp_grade_media)word_value(known, word);
}

static void read_local(struct ksrtp_addr *local, const char *text)
{
	assert_int_equal(ksrtp_addr_parse(local, text, strlen(text)), 0);
}

static void read_suites(struct ksrtp_offer_policy *policy, char *list)
{
	unsigned int n = 0;
	char *name;

	for (name = strtok(list, " "); name; name = strtok(NULL, " ")) {
		policy->suites[n] = ksrtp_suite_find(name, strlen(name));
		assert_non_null(policy->suites[n++]);
	}
}

static struct row *row_begin(const char *says)
{
	struct row *row = &rows[n_rows++];
	unsigned int i;

	assert_true(n_rows < ROWS);
	snprintf(row->says, sizeof(row->says), "%.*s", (int)strlen(says) - 1, says);
	for (i = 0; i < PARTS; i++)
		assert_non_null(row->text[i] = calloc(1, TEXT));
	read_local(&row->policy[0].local, "192.0.2.1");
	read_local(&row->policy[1].local, "198.51.100.1");
	return row;
}

/* Return: false when the line is none of a description. */
static bool read_part(struct row *row, const char *line)
{
	static const char *const mark[PARTS] = { "> ", ">> ", "< ", "<< " };
	unsigned int i;

	for (i = 0; i < PARTS; i++) {
		if (strncmp(line, mark[i], strlen(mark[i])))
			continue;
		assert_true(strlen(row->text[i]) + strlen(line) < TEXT);
		strcat(row->text[i], line + strlen(mark[i]));
		strcat(row->text[i], "\n");
		return true;
	}
	return false;
}

static void read_line(struct row *row, char *line)
{
	char one[32], two[32];
	unsigned int side;
	int used = 0;

	if (read_part(row, line))
		return;
	if (sscanf(line, "policy %31s %31s", one, two) == 2) {
		row->policy[0].srtp = policy_of(one);
		row->policy[1].srtp = policy_of(two);
	} else if (sscanf(line, "suites %u %n", &side, &used) == 1 && used) {
		read_suites(&row->policy[side & 1], line + used);
	} else if (sscanf(line, "parameters %u", &side) == 1) {
		row->policy[side & 1].parameters = true;
	} else if (sscanf(line, "local %u %n", &side, &used) == 1 && used) {
		read_local(&row->policy[side & 1].local, line + used);
	} else if (sscanf(line, "= %31s %31s", one, two) == 2) {
		row->promised[row->n_promised][0] = grade_of(one);
		row->promised[row->n_promised++][1] = grade_of(two);
	} else {
		fail_msg("%s: %s: not understood", row->says, line);
	}
}

static void read_file(const char *name)
{
	char path[300], line[2048];
	struct row *row = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "tests/unit/offer_table/%s", name);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '[')
			row = row_begin(line + 1);
		else if (line[0] && line[0] != '#')
			read_line(row, line);
	}
	fclose(f);
}

static int is_table(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".txt");
}

static void read_all(void)
{
	struct dirent **entry;
	int i, n = scandir("tests/unit/offer_table", &entry, is_table, alphasort);

	assert_true(n > 0);
	for (i = 0; i < n; i++) {
		read_file(entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
}

/* ---- descriptions ---- */

/* What only this table has; the rest is for fake_expand(). */
static char *expand(const char *text, char *to, size_t room)
{
	static char between[TEXT];
	size_t n = 0;

	while (*text) {
		unsigned int a, b, c;
		int used = 0;

		assert_true(n + 128 < sizeof(between));
		if (sscanf(text, "{in %u %u}%n", &a, &b, &used) == 2 && used)
			n += (size_t)sprintf(between + n, "%s", fake_count_b64(a, b));
		else if (sscanf(text, "{own %u %u %u}%n", &a, &b, &c, &used) == 3 && used)
			n += (size_t)sprintf(between + n, "%s", fake_b64(c, a, b));
		else if (!strncmp(text, "{A}", 3) || !strncmp(text, "{B}", 3))
			n += (size_t)sprintf(between + n, "%s",
					     fake_count_b64(30, text[used = 1] == 'B'));
		else
			between[n++] = *text;
		text += used == 1 ? 3 : used ? used : 1;
	}
	between[n] = '\0';
	return fake_expand(between, to, room);
}

static int pass(struct ksrtp_offer *offer, const struct row *row, unsigned int side,
		struct ksrtp_buf *out, const char **why)
{
	static char text[TEXT], together[TEXT];
	struct ksrtp_offer_message msg = { .side = side, .cseq = 1 };
	const char *media = row->text[side ? ANSWER : OFFER];

	snprintf(together, sizeof(together), "%s%s",
		 media[0] == 'v' ?
			 "" :
			 "v=0\no=alice 77 88 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\n",
		 media);
	msg.carrier = side ? KSRTP_OFFER_RESPONSE : KSRTP_OFFER_REQUEST;
	msg.sdp = ksrtp_slice_str(expand(together, text, sizeof(text)));
	return ksrtp_offer_pass(offer, &msg, out, why);
}

/* @to: the side that gets it */
static void check_text(const struct row *row, unsigned int to, struct ksrtp_buf *out)
{
	const char *want = row->text[to ? OFFERED : ANSWERED];
	static char expected[TEXT], together[TEXT];
	const struct ksrtp_addr *local = &row->policy[to].local;
	char ip[KSRTP_ADDR_TEXT], family = local->family == AF_INET6 ? '6' : '4';

	ksrtp_addr_ip(local, ip, sizeof(ip));
	snprintf(together, sizeof(together),
		 "v=0\no=- {id %u} 1 IN IP%c %s\ns=-\n"
		 "c=IN IP%c %s\nt=0 0\n%s",
		 to ? 2 : 1, family, ip, family, ip, want);
	expand(want[0] == 'v' ? want : together, expected, sizeof(expected));
	assert_int_equal(ksrtp_buf_put(out, "", 1), 0);
	assert_string_equal(out->p, expected);
}

/* "!EBADMSG words" */
static void check_error(const char *want, int err, const char *why)
{
	static const struct word known[] = { { "EBADMSG", -EBADMSG },
					     { "EPERM", -EPERM },
					     { "EPROTONOSUPPORT", -EPROTONOSUPPORT },
					     { "E2BIG", -E2BIG },
					     { NULL, 0 } };
	char name[32], words[200] = "";

	assert_true(sscanf(want, "!%31s %199[^\n]", name, words) >= 1);
	assert_int_equal(err, word_value(known, name));
	assert_non_null(why);
	if (!strstr(why, words))
		fail_msg("\"%s\" does not say \"%s\"", why, words);
}

/* ---- running ---- */

static void check_promised(const struct ksrtp_offer *offer, const struct row *row)
{
	struct ksrtp_offer_line line;
	unsigned int i, side;

	assert_true(row->n_promised > 0);
	for (i = 0; i < row->n_promised; i++) {
		ksrtp_offer_line(offer, i, &line);
		for (side = 0; side < 2; side++) {
			assert_int_equal(line.side[side].promised, row->promised[i][side]);
			assert_true(line.side[side].suite ||
				    row->promised[i][side] != KSRTP_GRADE_SDES);
		}
	}
}

static void run_row(struct ksrtp_offer *offer, const struct row *row, struct ksrtp_buf *out)
{
	const char *why = NULL;
	unsigned int i;
	int err = pass(offer, row, 0, out, &why);

	if (row->text[OFFERED][0] == '!') {
		check_error(row->text[OFFERED], err, why);
		assert_int_equal(out->n, 0);
		assert_int_equal(fake_alive(), 0);
		return;
	}
	assert_int_equal(err, 0);
	check_text(row, 1, out);
	ksrtp_buf_reset(out);
	err = pass(offer, row, 1, out, &why);
	if (row->text[ANSWERED][0] == '!') {
		check_error(row->text[ANSWERED], err, why);
		assert_int_equal(out->n, 0);
		for (i = 0; i < fake.n; i++)
			assert_int_equal(fake.flow[i].changes, 0);
		return;
	}
	assert_int_equal(err, 0);
	check_text(row, 0, out);
	assert_int_equal(ksrtp_offer_end(offer, 0, 1, true), 0);
	check_promised(offer, row);
}

static void exchange(void **state)
{
	const struct row *row = *state;
	struct ksrtp_offer *offer;
	struct ksrtp_buf out;

	fake_reset();
	ksrtp_buf_init(&out, 65536);
	assert_int_equal(ksrtp_offer_create(&offer, NULL, "call", row->policy), 0);
	run_row(offer, row, &out);
	ksrtp_offer_destroy(offer);
	ksrtp_buf_free(&out);
	assert_int_equal(fake_alive(), 0);
	assert_int_equal(fake.sessions, 0);
	assert_false(fake.reused);
}

int main(void)
{
	static struct CMUnitTest test[ROWS];
	unsigned int i, j;
	int failed;

	read_all();
	for (i = 0; i < n_rows; i++)
		test[i] = (struct CMUnitTest){ .name = rows[i].says,
					       .test_func = exchange,
					       .initial_state = &rows[i] };
	failed = _cmocka_run_group_tests("offer table", test, n_rows, NULL, NULL);
	for (i = 0; i < n_rows; i++)
		for (j = 0; j < PARTS; j++)
			free(rows[i].text[j]);
	return failed;
}
