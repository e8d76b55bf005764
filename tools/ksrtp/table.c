// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables for people. Called by calls.c; scripts take -o tsv.
 */
#include <stdio.h>

#include "tools/ksrtp/table.h"

#define COLUMNS_MAX	12
#define CELL		80

static const char *cell(const json_t *row, const struct table_column *c, char out[CELL])
{
	const json_t *value = json_object_get(row, c->member);
	size_t i;

	if (c->inner)
		value = json_object_get(value, c->inner);
	out[0] = 0;
	if (json_is_string(value))
		snprintf(out, CELL, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(out, CELL, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	for (i = 0; out[i]; i++)
		out[i] = ksrtp_terminal_safe(out[i]);
	return out;
}

void ksrtp_table_print(const json_t *rows, const struct table_column *columns, size_t n)
{
	int width[COLUMNS_MAX] = { 0 };
	char text[CELL];
	const json_t *row;
	size_t i, r;

	json_array_foreach(rows, r, row)
		for (i = 0; i < n && i < COLUMNS_MAX; i++)
			if ((int)strlen(cell(row, &columns[i], text)) > width[i])
				width[i] = (int)strlen(text);
	for (i = 0; i < n && i < COLUMNS_MAX; i++) {
		if (!width[i])
			continue;
		if ((int)strlen(columns[i].heading) > width[i])
			width[i] = (int)strlen(columns[i].heading);
		ksrtp_terminal_put(TERMINAL_FIELD, "%-*s  ", width[i], columns[i].heading);
	}
	putchar('\n');
	json_array_foreach(rows, r, row) {
		for (i = 0; i < n && i < COLUMNS_MAX; i++) {
			const struct table_column *c = &columns[i];

			cell(row, c, text);
			if (width[i])
				ksrtp_terminal_put(c->style ? c->style(row, text) : TERMINAL_PLAIN,
						   "%-*s  ", width[i], text);
		}
		putchar('\n');
	}
}
