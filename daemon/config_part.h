/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the configuration: what its files share. libconfuse is seen by nobody else.
 */
#ifndef KSRTP_CONFIG_PART_H
#define KSRTP_CONFIG_PART_H

#include <confuse.h>

#include "daemon/config.h"

/** ksrtp_config_checks - have each value looked at while its line is read */
void ksrtp_config_checks(cfg_t *cfg);

/** ksrtp_config_word - the value of a word that was looked at */
int ksrtp_config_word(cfg_t *section, const char *option);

/**
 * ksrtp_config_sides_take - sides and routes from what was read
 *
 * Return: 0, -EINVAL (said by cfg_error()), -ENOMEM
 */
int ksrtp_config_sides_take(struct ksrtp_config *config, cfg_t *cfg);

void ksrtp_config_sides_free(struct ksrtp_config *config);

/**
 * ksrtp_config_strings_take - a list of strings; domains in lower case
 *
 * Return: 0, -ENOMEM; @out and @n tell what was taken in any case
 */
int ksrtp_config_strings_take(char ***out, size_t *n, cfg_t *section, const char *option);

/** ksrtp_config_listen_take - addresses that a section listens on. Return: 0, -ENOMEM */
int ksrtp_config_listen_take(struct ksrtp_config_listen **listen, size_t *n, cfg_t *section);

/**
 * ksrtp_config_pairs_take - certificates and keys of a section
 *
 * Return: 0, -EINVAL (said by cfg_error()), -ENOMEM; what was taken is to be freed in any case
 */
int ksrtp_config_pairs_take(struct ksrtp_config_pair **pair, size_t *n, cfg_t *section);
void ksrtp_config_pairs_free(struct ksrtp_config_pair *pair, size_t n);

/** ksrtp_config_copy - @text instead of what was in @out; NULL changes nothing. 0 or -ENOMEM */
int ksrtp_config_copy(char **out, const char *text);

/** ksrtp_config_copy_lower - one more string of @out, in lower case. Return: 0 or -ENOMEM */
int ksrtp_config_copy_lower(char **out, const char *text);

#endif
