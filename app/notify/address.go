package notify

import (
	"context"
	"net/netip"
	"syscall"
)

// notPublic are the ranges, besides those that net/netip knows, that no
// merchant's server lives in (IANA special-purpose registries of IPv4 and IPv6),
// and cloud metadata services that hide among public addresses.
var notPublic = prefixes(
	"0.0.0.0/8",         // this network (RFC 1122)
	"100.64.0.0/10",     // carrier-grade NAT (RFC 6598), Alibaba metadata
	"168.63.129.16/32",  // Azure metadata
	"192.0.0.0/24",      // protocol assignments (RFC 6890), Oracle metadata
	"192.0.2.0/24",      // documentation (RFC 5737)
	"192.88.99.0/24",    // 6to4 relays (RFC 7526)
	"198.18.0.0/15",     // benchmarks (RFC 2544)
	"198.51.100.0/24",   // documentation
	"203.0.113.0/24",    // documentation
	"240.0.0.0/4",       // reserved (RFC 1112), and broadcast
	"2001::/23",         // protocol assignments (RFC 2928), Teredo among them
	"2001:db8::/32",     // documentation (RFC 3849)
	"2002::/16",         // 6to4 (RFC 3056): carries an IPv4 address
	"3fff::/20",         // documentation (RFC 9637)
	"2620:4f:8000::/48", // AS112 (RFC 7534)
)

// globalUnicast6 is all that IANA has given out for global IPv6 unicast. NAT64,
// IPv4-compatible, unique local and site-local addresses lie outside it.
var globalUnicast6 = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// isPublic tells that an address is one that a merchant's server may have.
func isPublic(a netip.Addr) bool {
	a = a.Unmap()
	switch {
	case a.Zone() != "", !a.IsGlobalUnicast(), a.IsPrivate(), a.IsLoopback(), a.IsLinkLocalUnicast():
		return false
	case a.Is6() && !globalUnicast6.Contains(a):
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// refusePrivate is a net.Dialer's ControlContext: it sees the resolved address
// just before it is dialled, so a name that resolves anew cannot slip past it.
func refusePrivate(_ context.Context, _, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(a.Addr()) {
		return errPrivate
	}
	return nil
}
