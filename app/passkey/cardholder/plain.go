package cardholder

import (
	"encoding/json" // the library's types are written for it
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// plain writes the request for navigator.credentials.get. It asks for no extensions:
// browsers refuse the one of SPC there.
func (s *Service) plain(challenge []byte, usable []Bound) ([]byte, error) {
	records := make(webauthn.Credentials, len(usable))
	for i, bound := range usable {
		records[i] = bound.Record.Record(false)
	}
	text, err := json.Marshal(protocol.PublicKeyCredentialRequestOptions{
		Challenge: challenge, Timeout: int(CeremonyTimeout / time.Millisecond), RelyingPartyID: s.rpID,
		AllowedCredentials: records.CredentialDescriptors(), UserVerification: protocol.VerificationRequired,
	})
	if err != nil {
		return nil, fmt.Errorf("write the request options: %w", err)
	}
	return text, nil
}
