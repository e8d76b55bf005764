// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands about keys, and keys that come with a flow. Process context, as request.c; the master
 * key lives on the stack while session keys are derived, and is wiped there and in the message.
 */
#include "kmod/flow.h"
#include "kmod/netlink.h"
#include "kmod/reply.h"
#include "kmod/request.h"

#define refuse ksrtp_netlink_refuse

static int parse_lengths(struct nlattr **tb, struct ksrtp_master *m, struct netlink_ext_ack *extack)
{
	const struct nlattr *key = tb[KSRTP_KEY_A_KEY], *salt = tb[KSRTP_KEY_A_SALT];

	if (!key)
		return refuse(extack, NULL, -EINVAL, "the master key is missing");
	if (nla_len(key) != m->suite->key_len)
		return refuse(extack, key, -EINVAL,
			      "the master key has not the length that the suite asks for");
	if (!salt)
		return refuse(extack, NULL, -EINVAL, "the master salt is missing");
	if (nla_len(salt) != m->suite->salt_len)
		return refuse(extack, salt, -EINVAL,
			      "the master salt has not the length that the suite asks for");
	memcpy(m->key, nla_data(key), m->suite->key_len);
	memcpy(m->salt, nla_data(salt), m->suite->salt_len);
	return 0;
}

static int parse_limit(const struct nlattr *attr, u64 max, u64 *limit,
		       struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	*limit = nla_get_u64(attr);
	if (*limit > max)
		return refuse(extack, attr, -ERANGE,
			      "a key lives for 2^48 SRTP and 2^31 SRTCP packets at most");
	return 0;
}

static const struct {
	u8 attr;
	u8 parameter;
} parameters[] = {
	{ KSRTP_KEY_A_UNENCRYPTED_SRTP, KSRTP_UNENCRYPTED_SRTP },
	{ KSRTP_KEY_A_UNENCRYPTED_SRTCP, KSRTP_UNENCRYPTED_SRTCP },
	{ KSRTP_KEY_A_UNAUTHENTICATED_SRTP, KSRTP_UNAUTHENTICATED_SRTP },
};

/* Session parameters, and what else only a few keys have. */
static int parse_parameters(struct nlattr **tb, struct ksrtp_master *m,
			    struct netlink_ext_ack *extack)
{
	const struct nlattr *ids = tb[KSRTP_KEY_A_ENCRYPTED_IDS], *bad = NULL;
	const char *why;
	int i;

	if (tb[KSRTP_KEY_A_KDR])
		m->kdr = nla_get_u8(tb[KSRTP_KEY_A_KDR]);
	for (i = 0; i < ARRAY_SIZE(parameters); i++)
		if (tb[parameters[i].attr]) {
			bad = tb[parameters[i].attr];
			m->parameters |= parameters[i].parameter;
		}
	for (i = 0; ids && i < nla_len(ids); i++)
		ksrtp_master_encrypt(m, ((const u8 *)nla_data(ids))[i]);
	why = ksrtp_master_refusal(m);
	return why ? refuse(extack, bad ? bad : ids, -EINVAL, why) : 0;
}

static int parse_master(struct nlattr **tb, struct ksrtp_master *m, struct netlink_ext_ack *extack)
{
	const struct nlattr *suite = tb[KSRTP_KEY_A_SUITE], *mki = tb[KSRTP_KEY_A_MKI];
	int err;

	if (!tb[KSRTP_KEY_A_DIRECTION])
		return refuse(extack, NULL, -EINVAL, "the key's direction is missing");
	if (!suite)
		return refuse(extack, NULL, -EINVAL, "the crypto suite is missing");
	m->suite = ksrtp_suite_find(nla_data(suite), strlen(nla_data(suite)));
	if (!m->suite)
		return refuse(extack, suite, -EOPNOTSUPP, "the crypto suite is not known");
	err = parse_lengths(tb, m, extack);
	if (err)
		return err;
	if (mki) {
		if (!nla_len(mki))
			return refuse(extack, mki, -EINVAL, "an MKI has 1 to 128 bytes");
		m->mki_len = (u8)nla_len(mki);
		memcpy(m->mki, nla_data(mki), m->mki_len);
	}
	err = parse_limit(tb[KSRTP_KEY_A_RTP_LIMIT], KSRTP_RTP_LIMIT, &m->rtp_limit, extack);
	if (err)
		return err;
	err = parse_limit(tb[KSRTP_KEY_A_RTCP_LIMIT], KSRTP_RTCP_LIMIT, &m->rtcp_limit, extack);
	return err ? err : parse_parameters(tb, m, extack);
}

/* The key of one nest. */
int ksrtp_request_key_add(struct ksrtp_flow *flow, struct nlattr **tb, u32 *id,
			  struct netlink_ext_ack *extack)
{
	struct ksrtp_keyring_new what = {
		.id = tb[KSRTP_KEY_A_ID] ? nla_get_u32(tb[KSRTP_KEY_A_ID]) : 0,
		.replace = nla_get_flag(tb[KSRTP_KEY_A_REPLACE]),
	};
	struct ksrtp_master master = { };
	int err;

	if (flow->raw)
		return refuse(extack, tb[KSRTP_KEY_A_KEY], -EINVAL, "a raw flow has no keys");
	err = parse_master(tb, &master, extack);
	if (!err) {
		what.tx = nla_get_u8(tb[KSRTP_KEY_A_DIRECTION]) == KSRTP_DIRECTION_TX;
		err = ksrtp_keyring_add(flow, &what, &master, extack);
	}
	ksrtp_wipe(&master, sizeof(master));
	if (err && extack && !extack->bad_attr)
		extack->bad_attr = tb[err == -EEXIST && tb[KSRTP_KEY_A_ID] ? KSRTP_KEY_A_ID :
							KSRTP_KEY_A_KEY];
	*id = what.id;
	return err;
}

void ksrtp_request_wipe(struct genl_info *info)
{
	ksrtp_wipe(nlmsg_data(info->nlhdr) + GENL_HDRLEN,
		   (size_t)nlmsg_len(info->nlhdr) - GENL_HDRLEN);
}

int ksrtp_request_key_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KSRTP_KEY_A_MAX + 1], *nest;
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	struct ksrtp_flow *flow;
	struct sk_buff *msg;
	void *hdr;
	u32 id;
	int err;

	err = ksrtp_request_parse(tb, KSRTP_KEY_A_MAX, info->attrs[KSRTP_A_KEY], info->extack);
	if (err)
		return err;
	msg = ksrtp_reply_start(info, NLMSG_DEFAULT_SIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&kn->lock);
	flow = ksrtp_request_flow_live(kn, tb[KSRTP_KEY_A_FLOW], info->extack, &err);
	if (flow)
		err = ksrtp_request_key_add(flow, tb, &id, info->extack);
	if (err) {
		nlmsg_free(msg);
		goto unlock;
	}
	/* A message of that size holds three numbers. */
	nest = nla_nest_start(msg, KSRTP_A_KEY);
	nla_put_u32(msg, KSRTP_KEY_A_ID, id);
	nla_put_u32(msg, KSRTP_KEY_A_FLOW, flow->id);
	nla_nest_end(msg, nest);
	err = ksrtp_reply_finish(info, msg, hdr);
	if (err) {
		ksrtp_keyring_del(flow, id);
		goto unlock;
	}
	if (tb[KSRTP_KEY_A_REPLACE])
		ksrtp_keyring_retire(flow, id);
	kn->generation++;
	ksrtp_hold_release(flow->session);
unlock:
	mutex_unlock(&kn->lock);
	return err;
}

int ksrtp_request_key_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KSRTP_KEY_A_MAX + 1];
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	struct ksrtp_flow *flow;
	int err;

	err = ksrtp_request_parse(tb, KSRTP_KEY_A_MAX, info->attrs[KSRTP_A_KEY], info->extack);
	if (err)
		return err;
	if (!tb[KSRTP_KEY_A_ID])
		return refuse(info->extack, NULL, -EINVAL, "the key's id is missing");
	mutex_lock(&kn->lock);
	flow = ksrtp_request_flow(kn, tb[KSRTP_KEY_A_FLOW], info->extack, &err);
	if (flow) {
		err = ksrtp_keyring_del(flow, nla_get_u32(tb[KSRTP_KEY_A_ID]));
		if (err == -ENOENT)
			refuse(info->extack, tb[KSRTP_KEY_A_ID], err,
			       "the flow has no key with this id");
	}
	if (!err)
		kn->generation++;
	mutex_unlock(&kn->lock);
	return err;
}
