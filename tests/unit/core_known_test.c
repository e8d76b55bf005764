// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Known answers of the standards for every primitive, through every subset of CPU features; and
 * that a primitive that errs is found out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kmod/core/core.h"
#include "tests/unit/oracle.h"

static const struct ksrtp_prim *prim;

static void half_refill(struct ksrtp_half *half, const char *key, const char *salt, u8 powers)
{
	u8 bytes[64], zero[16] = { 0 }, h[16] = { 0 };
	u32 len = hex(bytes, key);

	ksrtp_aes_expand(half, bytes, len);
	ksrtp_aes_ctr(half, zero, NULL, h, sizeof(h));
	ksrtp_ghash_expand(half, h, powers);
	hex(half->salt, salt);
}

static void half_fill(struct ksrtp_half *half, const char *key, const char *salt)
{
	memset(half, 0, sizeof(*half));
	half_refill(half, key, salt, KSRTP_POWERS);
}

static void expect(const u8 *got, const char *text)
{
	u8 want[512];
	u32 len = hex(want, text);

	assert_memory_equal(got, want, len);
}

/* FIPS 197 appendix C: one block, as the keystream for a counter block that is the plaintext. */
static void fips_197(void **state)
{
	static const char *const keys[] = {
		"000102030405060708090a0b0c0d0e0f",
		"000102030405060708090a0b0c0d0e0f1011121314151617",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	};
	static const char *const out[] = {
		"69c4e0d86a7b0430d8cdb78070b4c55a",
		"dda97ca4864cdfe06eaf70a0ec0d7191",
		"8ea2b7ca516745bfeafc49904b496089",
	};
	struct ksrtp_half half;
	u8 plain[16], block[16];
	size_t i;

	hex(plain, "00112233445566778899aabbccddeeff");
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		half_fill(&half, keys[i], "");
		memset(block, 0, sizeof(block));
		prim->ctr(&half, plain, NULL, block, sizeof(block));
		expect(block, out[i]);
	}
}

/* FIPS 197 appendix A: the ends of the expanded keys */
static void fips_197_expansion(void **state)
{
	struct ksrtp_half half;

	half_fill(&half, "2b7e151628aed2a6abf7158809cf4f3c", "");
	expect(half.round + 160, "d014f9a8c9ee2589e13f0cc8b6630ca6");
	half_fill(&half, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "");
	expect(half.round + 192, "e98ba06f448c773c8ecc720401002202");
	half_fill(&half, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "");
	expect(half.round + 224, "fe4890d1e6188d0b046df344706c631e");
}

static void sha1_abc(void **state)
{
	u32 s[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	u8 block[64] = { 'a', 'b', 'c', 0x80 }, out[20];
	int i;

	block[63] = 24;
	prim->sha1(s, block, 1);
	for (i = 0; i < 5; i++)
		ksrtp_put32(out + 4 * i, s[i]);
	expect(out, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

static void hmac_case(const u8 *key, u32 key_len, const u8 *data, u32 len, const char *want)
{
	struct ksrtp_text text = { .data = data, .len = len };
	struct ksrtp_half half;
	u8 mac[20];
	u32 cut;

	memset(&half, 0, sizeof(half));
	ksrtp_hmac_expand(&half, key, key_len);
	ksrtp_hmac_sign(prim, &half, &text, mac);
	expect(mac, want);
	/* The same with the end handed over as the tail. */
	cut = len < 4 ? len : 4;
	text.len = len - cut;
	text.tail_len = cut;
	memcpy(text.tail, data + text.len, cut);
	ksrtp_hmac_sign(prim, &half, &text, mac);
	expect(mac, want);
}

/* RFC 2202 section 3; its cases 6 and 7 have keys longer than SRTP's can be */
static void rfc_2202(void **state)
{
	u8 key[32], data[64];
	u32 n;

	memset(key, 0x0b, 20);
	hmac_case(key, 20, (const u8 *)"Hi There", 8, "b617318655057264e28bc0b6fb378c8ef146be00");
	hmac_case((const u8 *)"Jefe", 4, (const u8 *)"what do ya want for nothing?", 28,
		  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	memset(key, 0xaa, 20);
	memset(data, 0xdd, 50);
	hmac_case(key, 20, data, 50, "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
	n = hex(key, "0102030405060708090a0b0c0d0e0f10111213141516171819");
	memset(data, 0xcd, 50);
	hmac_case(key, n, data, 50, "4c9007f4026250c6bc8414f9bf50c86c2d7235da");
	memset(key, 0x0c, 20);
	hmac_case(key, 20, (const u8 *)"Test With Truncation", 20,
		  "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04");
}

/* RFC 3711 appendix B.2; RFC 6188 sections 7.1 and 7.3: both ends of 0xff02 blocks */
static const struct {
	const char *key, *first, *last;
} keystreams[] = {
	{ "2b7e151628aed2a6abf7158809cf4f3c",
	  "e03ead0935c95e80e166b16dd92b4eb4 d23513162b02d0f72a43a2fe4a5f97ab"
	  "41e95b3bb0a2e8dd477901e4fca894c0",
	  "ec8cdf7398607cb0f2d21675ea9ea1e4 362b7c3c6773516318a077d7fc5073ae"
	  "6a2cc3787889374fbeb4c81b17ba6c44" },
	{ "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
	  "92bdd28a93c3f52511c677d08b5515a4 9da71b2378a854f67050756ded165bac"
	  "63c4868b7096d88421b563b8c94c9a31",
	  "cea518c90fd91ced9cbb18c078a54711 3dbc4814f4da5f00a08772b63c6a046d"
	  "6eb246913062a16891433e97dd01a57f" },
	{ "eab234764e517b2d3d160d587d8c86219740f65f99b6bcf7",
	  "35096cba4610028dc1b57503804ce37c 5de986291dcce161d5165ec4568f5c9a"
	  "474a40c77894bc17180202272a4c264d",
	  "d108d1a31a00bad6367ec23eb044b415 c8f57129fdeb970b59f917b257662d4c"
	  "a5dab625811034e8cebdfeb6dc158dd3" },
};

static void rfc_3711_b2_and_rfc_6188_keystreams(void **state)
{
	static u8 out[0xff02 * 16];
	struct ksrtp_half half;
	u8 iv[16];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keystreams); i++) {
		half_fill(&half, keystreams[i].key, "f0f1f2f3f4f5f6f7f8f9fafbfcfd");
		ksrtp_ctr_iv(&half, 0, 0, iv);
		memset(out, 0, sizeof(out));
		prim->ctr(&half, iv, NULL, out, sizeof(out));
		expect(out, keystreams[i].first);
		expect(out + 0xfeff * 16, keystreams[i].last);
	}
}

struct derivation {
	const char *key, *salt, *out_key, *out_auth, *out_salt;
};

/* RFC 3711 appendix B.3; RFC 6188 sections 7.4 and 7.2 */
static const struct derivation derivations[] = {
	{ "e1f97a0d3e018be0d64fa32c06de4139", "0ec675ad498afeebb6960b3aabe6",
	  "c61e7a93744f39ee10734afe3ff7a087",
	  "cebe321f6ff7716b6fd4ab49af256a15 6d38baa48f0a0acf3c34e2359e6cdbce"
	  "e049646c43d9327ad175578ef7227098 6371c10c9a369ac2f94a8c5fbcdddc25"
	  "6d6e919a48b610ef17c2041e47403576 6b68642c59bbfc2f34db60dbdfb2",
	  "30cbbc08863d8c85d49db34a9ae1" },
	{ "73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1", "c8522f3acd4ce86d5add78edbb11",
	  "31874736a8f1143870c26e4857d8a5b2c4a354407faadabb",
	  "355b10973cd95b9eacf4061c7e1a7151e7cfbfcb", "2372b82d639b6d8503a47adc0a6c" },
	{ "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6",
	  "3b04803de51ee7c96423ab5b78d2",
	  "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4",
	  "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05", "fa31791685ca444a9e07c6c64e93" },
};

static void key_derivation(void **state)
{
	struct ksrtp_half half;
	u8 out[94], want[94];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(derivations); i++) {
		half_fill(&half, derivations[i].key, derivations[i].salt);
		ksrtp_keys_prf(prim, &half, KSRTP_KEY_ID(0, 0), out,
			       (u32)strlen(derivations[i].out_key) / 2);
		expect(out, derivations[i].out_key);
		ksrtp_keys_prf(prim, &half, KSRTP_KEY_ID(1, 0), out,
			       hex(want, derivations[i].out_auth));
		expect(out, derivations[i].out_auth);
		ksrtp_keys_prf(prim, &half, KSRTP_KEY_ID(2, 0), out, 14);
		expect(out, derivations[i].out_salt);
	}
}

/*
 * RFC 6904 appendix A: the key and salt of header extensions, and one with elements of one-byte
 * headers, of which 1, 3 and 4 are encrypted.
 */
static void rfc_6904(void **state)
{
	const u64 ids[4] = { 1 << 1 | 1 << 3 | 1 << 4 };
	u8 packet[64], out[16];
	struct ksrtp_half master, half;
	struct ksrtp_op op = { .data = packet, .index = 0x1234 };

	half_fill(&master, derivations[0].key, derivations[0].salt);
	ksrtp_keys_prf(prim, &master, KSRTP_KEY_ID(6, 0), out, 16);
	expect(out, "549752054d6fb708622c4a2e596a1b93");
	ksrtp_keys_prf(prim, &master, KSRTP_KEY_ID(7, 0), out, 14);
	expect(out, "ab01818174c40d39a3781f7c2d27");

	half_fill(&half, "549752054d6fb708622c4a2e596a1b93", "ab01818174c40d39a3781f7c2d27");
	op.head = hex(packet, "900f1234 decafbad cafebabe bede0006"
		      "17414273a475262748220000c8308e4655996386b395fb00");
	ksrtp_extension_crypt(prim, &half, ids, &op);
	expect(packet + 16, "17588a9270f4e15e1c220000c8309546a994f0bc54789700");
}

/*
 * RFC 3711 section 4.3.1: r meets the last six bytes of the salt, the label the one before. So a
 * key_id is no more than another salt, and B.3's vectors hold for r with it undone.
 */
static void key_derivation_rate(void **state)
{
	struct ksrtp_half half;
	u8 out[32];
	u64 r = 0x123456789abc;

	half_fill(&half, derivations[0].key, derivations[0].salt);
	ksrtp_put64(half.salt + 6, ksrtp_get64(half.salt + 6) ^ r);
	ksrtp_keys_prf(prim, &half, KSRTP_KEY_ID(0, r), out, 16);
	expect(out, derivations[0].out_key);
}

static void gcm_case(const char *key, const char *iv, const char *aad, const char *plain,
		     const char *cipher)
{
	u8 aad_bytes[64], text[128], tag[16];
	struct ksrtp_half half;
	struct ksrtp_gcm g = { .half = &half, .aad = aad_bytes, .text = text };

	half_fill(&half, key, iv);
	g.aad_len = hex(aad_bytes, aad);
	g.text_len = hex(text, plain);
	ksrtp_gcm_iv(&g, 0, 0);
	ksrtp_gcm_seal(prim, &g, text + g.text_len);
	expect(text, cipher);
	memcpy(tag, text + g.text_len, 16);
	ksrtp_gcm_iv(&g, 0, 0);
	assert_true(ksrtp_gcm_open(prim, &g, tag));
	expect(text, plain);
}

#define PLAIN_60 "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
		 "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define AAD_20 "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define KEY_16 "feffe9928665731c6d6a8f9467308308"

/* The submission of GCM to NIST, test cases 1 to 4 and 16 */
static void nist_gcm(void **state)
{
	gcm_case("00000000000000000000000000000000", "000000000000000000000000", "", "",
		 "58e2fccefa7e3061367f1d57a4e7455a");
	gcm_case("00000000000000000000000000000000", "000000000000000000000000", "",
		 "00000000000000000000000000000000",
		 "0388dace60b6a392f328c2b971b2fe78 ab6e47d42cec13bdf53a67b21257bddf");
	gcm_case(KEY_16, "cafebabefacedbaddecaf888", "", PLAIN_60 "1aafd255",
		 "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
		 "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985"
		 "4d5c2af327cd64a62cf35abd2ba6fab4");
	gcm_case(KEY_16, "cafebabefacedbaddecaf888", AAD_20, PLAIN_60,
		 "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
		 "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
		 "5bc94fbc3221a5db94fae95ae7121a47");
	gcm_case(KEY_16 KEY_16, "cafebabefacedbaddecaf888", AAD_20, PLAIN_60,
		 "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		 "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
		 "76fc6ece0f4e1768cddf8853bb2d551b");
}

#define KEY_128 "000102030405060708090a0b0c0d0e0f"
#define KEY_256 KEY_128 "101112131415161718191a1b1c1d1e1f"
#define SALT "517569642070726f2071756f"
#define RTP_HEAD "8040f17b8041f8d35501a0b2"
#define RTP_TEXT "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573"
#define RTCP_HEAD "81c8000d4d617273"
#define RTCP_TEXT "4e5450314e545032525450200000042a0000e9304c756e61" \
		  "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"

/* Session keys as they stand there, and a whole packet, both ways. */
static void rfc_7714_packet(const char *key, bool rtcp, const char *clear, const char *sealed)
{
	const char *suite = strlen(key) == 32 ? "AEAD_AES_128_GCM" : "AEAD_AES_256_GCM";
	struct ksrtp_master master = { .suite = ksrtp_suite_find(suite, strlen(suite)) };
	u64 index = rtcp ? 0x5d4 : 0xf17b;
	struct ksrtp_half *half;
	struct ksrtp_keys keys;
	u8 data[128];
	u32 len = hex(data, clear);

	ksrtp_keys_derive(&keys, &master, NULL);
	half = (struct ksrtp_half *)(keys.data + (rtcp ? keys.rtcp_at : 0));
	half_refill(half, key, SALT, half->powers);
	assert_int_equal(core_protect(&keys, data, &len, rtcp, index), KSRTP_VERDICT_OK);
	assert_int_equal(len, strlen(sealed) / 2);
	expect(data, sealed);
	assert_int_equal(core_unprotect(&keys, data, &len, rtcp, index), KSRTP_VERDICT_OK);
	assert_int_equal(len, strlen(clear) / 2);
	expect(data, clear);
}

/* RFC 7714 sections 16.1 and 16.2: encrypted and tagged, then only tagged */
static void rfc_7714_srtp(void **state)
{
	rfc_7714_packet(KEY_128, false, RTP_HEAD RTP_TEXT, RTP_HEAD
			"f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b"
			"36de3adf8833" "899d7f27beb16a9152cf765ee4390cce");
	rfc_7714_packet(KEY_256, false, RTP_HEAD RTP_TEXT, RTP_HEAD
			"32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f"
			"1ba63799b87b" "7aa3db36dfffd6b0f9bb7878d7a76c13");
	gcm_case(KEY_128, "51753c6580c2726f20718414", RTP_HEAD RTP_TEXT, "",
		 "22493f82d2bce397e9d79e3b19aa4216");
	gcm_case(KEY_256, "51753c6580c2726f20718414", RTP_HEAD RTP_TEXT, "",
		 "a866d5910f887463067ceefec45215d4");
}

/* RFC 7714 sections 17.1 to 17.4, the same of SRTCP */
static void rfc_7714_srtcp(void **state)
{
	rfc_7714_packet(KEY_128, true, RTCP_HEAD RTCP_TEXT, RTCP_HEAD
			"63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda"
			"4ce09b4686303ded0bb9275b" "c84aa45896cf4d2fc5abf87245d9eade"
			"800005d4");
	rfc_7714_packet(KEY_256, true, RTCP_HEAD RTCP_TEXT, RTCP_HEAD
			"d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be"
			"8415f658c61de0476f1b6fad" "1d1eb30c4446839f57ff6f6cb26ac3be"
			"800005d4");
	gcm_case(KEY_128, "517524055203726f207170bb", RTCP_HEAD RTCP_TEXT "000005d4", "",
		 "841dd9683dd78ec92ae58790125f62b3");
	gcm_case(KEY_256, "517524055203726f207170bb", RTCP_HEAD RTCP_TEXT "000005d4", "",
		 "91db4afbfeee5a978fab4393ed2615fe");
}

/* The features that decide what there is. */
static struct ksrtp_cpu subset(unsigned int mask)
{
	struct ksrtp_cpu have = cpu_features(), cpu = { .aes = false };

	cpu.aes = have.aes && (mask & 1);
	cpu.pclmul = have.pclmul && (mask & 2);
	cpu.ssse3 = have.ssse3 && (mask & 4);
	cpu.sse41 = have.sse41 && (mask & 8);
	cpu.sha = have.sha && (mask & 16);
	cpu.avx = have.avx && (mask & 32);
	cpu.bmi2 = have.bmi2 && (mask & 64);
	return cpu;
}

static void (*sha1_of(const struct ksrtp_cpu *cpu))(u32 *, const u8 *, u32)
{
	if (cpu->sha && cpu->sse41)
		return ksrtp_shani_sha1;
	if (cpu->avx && cpu->bmi2)
		return ksrtp_avx_sha1;
	return cpu->ssse3 ? ksrtp_ssse3_sha1 : ksrtp_sha1_blocks;
}

static void every_subset(void **state)
{
	const struct ksrtp_prim *portable = ksrtp_prim_portable();
	const char *failed;
	struct ksrtp_cpu cpu;
	unsigned int mask;

	for (mask = 0; mask < 128; mask++) {
		cpu = subset(mask);
		assert_int_equal(ksrtp_core_init(&cpu, &failed), 0);
		assert_null(failed);
		prim = ksrtp_prim_best();
		assert_true(ksrtp_prim_vector(prim) == !!strcmp(ksrtp_prim_name(prim), "portable"));
		assert_true(cpu.aes && cpu.sse41 ? prim->ctr != portable->ctr :
			    prim->ctr == portable->ctr);
		assert_true(cpu.pclmul && cpu.ssse3 ? prim->ghash != portable->ghash :
			    prim->ghash == portable->ghash);
		assert_ptr_equal(prim->sha1, sha1_of(&cpu));
		fips_197(NULL);
		sha1_abc(NULL);
		rfc_2202(NULL);
		nist_gcm(NULL);
		rfc_7714_srtp(NULL);
		rfc_7714_srtcp(NULL);
		assert_null(ksrtp_known_check(prim));
		assert_true(ksrtp_known_equal(portable, prim));
	}
	assert_int_equal(ksrtp_core_init(NULL, &failed), 0);
	assert_ptr_equal(ksrtp_prim_best()->ctr, portable->ctr);
	assert_false(ksrtp_prim_vector(ksrtp_prim_best()));
	prim = portable;
}

static void wrong_ctr(const struct ksrtp_half *half, const u8 *iv, u8 *first, u8 *data, u32 len)
{
	ksrtp_aes_ctr(half, iv, first, data, len);
	if (len == 131)
		data[130] ^= 1;
}

static void wrong_sha1(u32 *state, const u8 *data, u32 blocks)
{
	ksrtp_sha1_blocks(state, data, blocks);
	if (blocks == 3)
		state[4] ^= 0x80000000;
}

static void wrong_ghash(const struct ksrtp_half *half, u8 *y, const u8 *data, u32 blocks)
{
	ksrtp_ghash_blocks(half, y, data, blocks);
	if (blocks == 9)
		y[0] ^= 1;
}

static void zero_ghash(const struct ksrtp_half *half, u8 *y, const u8 *data, u32 blocks)
{
	memset(y, 0, 16);
}

static void wrong_ones_are_found(void **state)
{
	const struct ksrtp_prim *portable = ksrtp_prim_portable();
	struct ksrtp_prim p = *portable;

	p.ctr = wrong_ctr;
	assert_false(ksrtp_known_equal(portable, &p));
	p = *portable;
	p.sha1 = wrong_sha1;
	assert_false(ksrtp_known_equal(portable, &p));
	p = *portable;
	p.ghash = wrong_ghash;
	assert_false(ksrtp_known_equal(portable, &p));
	p.ghash = zero_ghash;
	assert_string_equal(ksrtp_known_check(&p), "RFC 7714 16.1 GCM");
}

/* RFC 4568 section 6.2: lengths and names as signalling counts on them */
static void suite_table(void **state)
{
	const struct ksrtp_suite *s;
	unsigned int n;

	for (n = 0; (s = ksrtp_suite_nth(n)); n++) {
		assert_ptr_equal(ksrtp_suite_find(s->name, strlen(s->name)), s);
		assert_null(ksrtp_suite_find(s->name, strlen(s->name) - 1));
		assert_true(s->key_len <= KSRTP_KEY_MAX && s->salt_len <= KSRTP_SALT_MAX);
		assert_int_equal(s->rtcp_tag, s->cipher == KSRTP_CIPHER_AES_GCM ? 16 : 10);
		assert_int_equal(s->salt_len, s->cipher == KSRTP_CIPHER_AES_GCM ? 12 : 14);
	}
	assert_int_equal(n, 8);
	s = ksrtp_suite_find("AES_CM_128_HMAC_SHA1_32 ", 23);
	assert_int_equal(s->rtp_tag, 4);
	assert_null(ksrtp_suite_find("aes_cm_128_hmac_sha1_32", 23));
	assert_null(ksrtp_suite_find("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fips_197),
		cmocka_unit_test(fips_197_expansion),
		cmocka_unit_test(sha1_abc),
		cmocka_unit_test(rfc_2202),
		cmocka_unit_test(rfc_3711_b2_and_rfc_6188_keystreams),
		cmocka_unit_test(key_derivation),
		cmocka_unit_test(key_derivation_rate),
		cmocka_unit_test(rfc_6904),
		cmocka_unit_test(nist_gcm),
		cmocka_unit_test(rfc_7714_srtp),
		cmocka_unit_test(rfc_7714_srtcp),
		cmocka_unit_test(every_subset),
		cmocka_unit_test(wrong_ones_are_found),
		cmocka_unit_test(suite_table),
	};

	prim = ksrtp_prim_portable();
	return cmocka_run_group_tests_name("known answers", tests, NULL, NULL);
}
