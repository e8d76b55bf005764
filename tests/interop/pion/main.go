// SPDX-License-Identifier: GPL-2.0-or-later

// pion's SRTP behind the line protocol of tests/interop/core_oracle.c. Built by tests/interop/pion_long.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"github.com/pion/srtp/v2"
)

var profiles = map[string]srtp.ProtectionProfile{
	"AES_CM_128_HMAC_SHA1_80": srtp.ProtectionProfileAes128CmHmacSha1_80,
	"AES_CM_128_HMAC_SHA1_32": srtp.ProtectionProfileAes128CmHmacSha1_32,
	"AEAD_AES_128_GCM":        srtp.ProtectionProfileAeadAes128Gcm,
}

var in, out *srtp.Context

func create(suite, key, salt string) (err error) {
	k, _ := hex.DecodeString(key)
	s, _ := hex.DecodeString(salt)
	if out, err = srtp.CreateContext(k, s, profiles[suite]); err == nil {
		in, err = srtp.CreateContext(k, s, profiles[suite], srtp.SRTPReplayProtection(128),
			srtp.SRTCPReplayProtection(128))
	}
	return err
}

func packet(seal, rtcp bool, data []byte) ([]byte, error) {
	switch {
	case seal && rtcp:
		return out.EncryptRTCP(nil, data, nil)
	case seal:
		return out.EncryptRTP(nil, data, nil)
	case rtcp:
		return in.DecryptRTCP(nil, data, nil)
	default:
		return in.DecryptRTP(nil, data, nil)
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		a := strings.Fields(lines.Text())
		if a[0] == "new" {
			if err := create(a[1], a[2], a[3]); err != nil {
				fmt.Println("error", err)
			} else {
				fmt.Println("ok")
			}
			continue
		}
		data, _ := hex.DecodeString(a[2])
		if got, err := packet(a[0] == "seal", a[1] == "rtcp", data); err != nil {
			fmt.Println("error", err)
		} else {
			fmt.Println(hex.EncodeToString(got))
		}
	}
}
