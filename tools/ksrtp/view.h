/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One tree of JSON, three ways to see it: text for people, JSON, and tab-separated values.
 *
 * An object's first member names it: {"flow": 61, "listen": ...} is printed as "flow: 61" with
 * its other members below. Members that are null, false, 0 or empty are left out of text; arrays
 * of objects are printed as objects one step further in.
 */
#ifndef KSRTP_VIEW_H
#define KSRTP_VIEW_H

#include <jansson.h>

#include "tools/ksrtp/command.h"

/**
 * ksrtp_view_print - print @tree, an object or an array of objects, as c->output says
 *
 * TSV: a line of names, then a line an object; members of inner objects get dotted names,
 * arrays become compact JSON. Takes over the reference. Return: exit status 0, or 1 without
 * memory (@tree NULL).
 */
int ksrtp_view_print(const struct command *c, json_t *tree);

#endif
