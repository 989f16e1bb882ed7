package onboarding

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notify"
)

// Seen is what a store has shown of itself.
type Seen struct {
	Store    member.Store // without its keys
	Orders   []SeenOrder  // the newest first
	Notified Notified
}

// SeenOrder is what one order told of how its store is connected.
type SeenOrder struct {
	At        time.Time
	Server    bool   // 幕後: from the merchant's server, with its card
	Version   string // of the API
	P3D       bool
	Name      bool // 幕後: the cardholder's name came in two fields
	Phone     bool // 幕後: the cardholder's phone came
	Major     bool // Visa and Mastercard are accepted
	ReturnURL string
	NotifyURL string
}

// Notified counts what became of a store's notifications of the last 30 days.
type Notified struct {
	Delivered int
	Failed    int // given up
}

// Versions are the versions of one API that orders came by.
type Versions struct {
	Orders int
	Recent int    // of them by a version that knows Passkey
	Newest string // empty without orders
	Oldest string
}

// Facts are all that a store's readiness depends on.
type Facts struct {
	Store     member.Store // without its keys
	Local     bool         // the store may be on this machine: a demonstration
	Orders    int
	P3D       int // orders that asked for 3-D Secure or Passkey
	Hosted    Versions
	Server    Versions
	Payers    int    // orders by the server's API with name in two fields and phone
	Major     int    // orders that accept Visa and Mastercard
	ReturnURL string // of the newest order that has one, else the store's
	NotifyURL string
	Notified  Notified
	Probe     notify.Probe // of NotifyURL
}

// facts sums up what was seen.
func (s Seen) facts() Facts {
	f := Facts{Store: s.Store, Orders: len(s.Orders), Notified: s.Notified}
	for _, o := range s.Orders {
		versions := &f.Hosted
		if o.Server {
			versions = &f.Server
		}
		versions.add(o.Version, o.Server)
		f.P3D += one(o.P3D)
		f.Major += one(o.Major)
		f.Payers += one(o.Server && o.Name && o.Phone)
		f.ReturnURL = cmp.Or(f.ReturnURL, o.ReturnURL)
		f.NotifyURL = cmp.Or(f.NotifyURL, o.NotifyURL)
	}
	f.ReturnURL = cmp.Or(f.ReturnURL, s.Store.ReturnURL)
	f.NotifyURL = cmp.Or(f.NotifyURL, s.Store.NotifyURL)
	return f
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (v *Versions) add(version string, server bool) {
	v.Orders++
	v.Recent += one(knowsPasskey(version, server))
	if v.Newest == "" || versionNumber(version) > versionNumber(v.Newest) {
		v.Newest = version
	}
	if v.Oldest == "" || versionNumber(version) < versionNumber(v.Oldest) {
		v.Oldest = version
	}
}

// The versions from which on the interfaces know Passkey (domain rule on the minimum API
// version): 幕前 2.0, 幕後 2.5.
const (
	hostedSince = "2.0"
	serverSince = "2.5"
)

func knowsPasskey(version string, server bool) bool {
	since := hostedSince
	if server {
		since = serverSince
	}
	return versionNumber(version) >= versionNumber(since)
}

// versionNumber makes versions comparable: 2.5 is 2005. What is no version is 0.
func versionNumber(text string) int {
	first, second, ok := strings.Cut(text, ".")
	major, firstErr := strconv.ParseUint(first, 10, 8)
	minor, secondErr := strconv.ParseUint(second, 10, 8)
	if !ok || firstErr != nil || secondErr != nil {
		return 0
	}
	return int(major)*1000 + int(minor)
}
