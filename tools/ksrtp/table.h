/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects as lines of a table with aligned columns.
 */
#ifndef KSRTP_TABLE_H
#define KSRTP_TABLE_H

#include <jansson.h>

#include "tools/ksrtp/terminal.h"

/**
 * struct table_column - one column
 * @heading: printed above
 * @member: its name in the object
 * @inner: its name in the object that @member is; NULL: @member itself
 * @style: how a value looks; NULL: plain
 */
struct table_column {
	const char *heading;
	const char *member;
	const char *inner;
	enum terminal_style (*style)(const json_t *object, const char *value);
};

/** ksrtp_table_print - @rows: an array of objects; a column empty in all of them is left out */
void ksrtp_table_print(const json_t *rows, const struct table_column *columns, size_t n);

#endif
