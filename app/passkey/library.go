package passkey

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
)

// What the rooms below share of the library: nobody else can, because nobody else
// may import it.

// Algorithms are what nearly every authenticator knows: ES256, RS256 for Windows
// Hello, and EdDSA.
func Algorithms() []protocol.CredentialParameter {
	return []protocol.CredentialParameter{
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	}
}

// knownTransports are those of WebAuthn Level 3 §5.8.4. A browser may say
// anything: the rest is not kept.
var knownTransports = []protocol.AuthenticatorTransport{
	protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard, protocol.Hybrid, protocol.Internal,
}

// Site returns a site's origin as browsers write it, and its host, which is the relying
// party's ID; or ErrOrigin.
func Site(address string) (origin, host string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", "", fmt.Errorf("%w: %q", ErrOrigin, address)
	}
	host = strings.ToLower(u.Hostname())
	_, notAddress := netip.ParseAddr(host)
	if notAddress == nil || host != "localhost" && !strings.Contains(host, ".") {
		return "", "", fmt.Errorf("%w: %q", ErrOrigin, host)
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), host, nil
}

// CredentialOf is what is stored of a credential that the library has verified.
func CredentialOf(c *webauthn.Credential) Credential {
	k := Credential{
		ID: c.ID, PublicKey: c.PublicKey, Flags: byte(c.Flags.ProtocolValue()),
		SignCount: c.Authenticator.SignCount, AAGUID: c.Authenticator.AAGUID,
		Attachment:      string(c.Authenticator.Attachment),
		AttestationType: c.AttestationType, AttestationFormat: c.AttestationFormat,
	}
	for _, known := range knownTransports {
		if slices.Contains(c.Transport, known) {
			k.Transports = append(k.Transports, string(known))
		}
	}
	return k
}

// Record makes the library's credential of a stored one.
func (c Credential) Record(cloned bool) webauthn.Credential {
	return webauthn.Credential{
		ID: c.ID, PublicKey: c.PublicKey,
		AttestationType: c.AttestationType, AttestationFormat: c.AttestationFormat,
		Transport: transports(c.Transports),
		Flags:     webauthn.NewCredentialFlags(protocol.AuthenticatorFlags(c.Flags)),
		Authenticator: webauthn.Authenticator{
			AAGUID: c.AAGUID, SignCount: c.SignCount, CloneWarning: cloned,
			Attachment: protocol.AuthenticatorAttachment(c.Attachment),
		},
	}
}

func transports(names []string) []protocol.AuthenticatorTransport {
	list := make([]protocol.AuthenticatorTransport, len(names))
	for i, name := range names {
		list[i] = protocol.AuthenticatorTransport(name)
	}
	return list
}

// causeBytesMax keeps what a stranger wrote from filling the log.
const causeBytesMax = 500

// Cause is what the log tells of a refusal: all, though the library hides what went
// wrong in a field that it does not print, and at most 500 bytes of it.
func Cause(doing string, err error) error {
	text := err.Error()
	var detail *protocol.Error
	if errors.As(err, &detail) && detail.DevInfo != "" {
		text += ": " + detail.DevInfo
	}
	if len(text) > causeBytesMax {
		text = text[:causeBytesMax]
	}
	return fmt.Errorf("%s: %s", doing, strings.ToValidUTF8(text, "?"))
}
