package notify

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// addresses tells of each whether it is public.
var addresses = map[string]bool{
	"8.8.8.8":                true,
	"168.95.1.1":             true,
	"172.15.255.255":         true,
	"172.32.0.0":             true,
	"100.63.255.255":         true,
	"223.255.255.255":        true,
	"::ffff:8.8.8.8":         true,
	"2001:4860:4860::8888":   true,
	"2404:6800:4008:c00::93": true,

	"0.0.0.0":                 false,
	"0.1.2.3":                 false,
	"10.0.0.1":                false,
	"100.64.0.1":              false,
	"100.100.100.200":         false, // Alibaba metadata
	"127.0.0.1":               false,
	"127.255.255.254":         false,
	"168.63.129.16":           false, // Azure metadata
	"169.254.0.1":             false,
	"169.254.169.254":         false, // metadata nearly everywhere
	"169.254.170.2":           false, // container credentials
	"172.16.0.1":              false,
	"172.31.255.255":          false,
	"192.0.0.192":             false, // Oracle metadata
	"192.0.2.1":               false,
	"192.88.99.1":             false,
	"192.168.1.1":             false,
	"198.18.0.1":              false,
	"198.19.255.255":          false,
	"198.51.100.1":            false,
	"203.0.113.1":             false,
	"224.0.0.1":               false,
	"239.255.255.255":         false,
	"240.0.0.1":               false,
	"255.255.255.255":         false,
	"::":                      false,
	"::1":                     false,
	"::127.0.0.1":             false, // IPv4-compatible
	"::ffff:127.0.0.1":        false,
	"::ffff:10.0.0.1":         false,
	"::ffff:169.254.169.254":  false,
	"::ffff:0:127.0.0.1":      false, // IPv4-translated
	"64:ff9b::7f00:1":         false, // NAT64 of 127.0.0.1
	"64:ff9b:1::1":            false,
	"100::1":                  false,
	"2001::1":                 false, // Teredo
	"2001:10::1":              false,
	"2001:db8::1":             false,
	"2002:7f00:1::":           false, // 6to4 of 127.0.0.1
	"3fff::1":                 false,
	"fc00::1":                 false,
	"fd00:ec2::254":           false, // AWS metadata
	"fe80::1":                 false,
	"fe80::1%eth0":            false,
	"2001:4860:4860::1%zone1": false,
	"fec0::1":                 false,
	"ff02::1":                 false,
}

func TestOnlyPublicAddressesAreDialled(t *testing.T) {
	t.Parallel()
	for address, public := range addresses {
		if got := isPublic(netip.MustParseAddr(address)); got != public {
			t.Errorf("%s: public %t, want %t", address, got, public)
		}
		err := refusePrivate(t.Context(), "tcp", netip.AddrPortFrom(netip.MustParseAddr(address), 443).String(), nil)
		if (err == nil) != public || err != nil && !errors.Is(err, errPrivate) {
			t.Errorf("%s: dial %v, want public %t", address, err, public)
		}
	}
	if err := refusePrivate(t.Context(), "unix", "/run/socket", nil); !errors.Is(err, errPrivate) {
		t.Errorf("a socket: %v", err)
	}
}

func TestAnIPv4AddressHidesInNoIPv6Form(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var four [4]byte
		binary.BigEndian.PutUint32(four[:], rapid.Uint32().Draw(t, "IPv4"))
		plain := netip.AddrFrom4(four)
		if mapped := netip.AddrFrom16(plain.As16()); isPublic(mapped) != isPublic(plain) {
			t.Errorf("%s and %s differ", mapped, plain)
		}
		for _, prefix := range []string{"::", "64:ff9b::", "2002::", "::ffff:0:0:0"} {
			sixteen := netip.MustParseAddr(prefix).As16()
			if prefix == "2002::" {
				copy(sixteen[2:6], four[:])
			} else {
				copy(sixteen[12:], four[:])
			}
			if a := netip.AddrFrom16(sixteen); isPublic(a) {
				t.Errorf("%s carries %s", a, plain)
			}
		}
	})
}
