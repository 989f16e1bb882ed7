package cardholder

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/memberzone/memberzone/app/passkey"
)

// Confirmation is what evidence tells once it holds.
type Confirmation struct {
	Request      Request // as it was frozen before it was shown
	Kind         Kind
	Synced       bool   // the passkey was backed up, so that it might be on several devices
	BrowserBound bool   // the browser's own key has signed as well
	Origin       string // of the page on which the cardholder confirmed, as the browser signed it
	TopOrigin    string // of the window around it; empty for none
}

// Where returns the page on which signed client data were made, and the window around
// it, empty for none.
func Where(clientDataJSON []byte) (origin, topOrigin string, err error) {
	said, err := parseClientData(clientDataJSON)
	return said.Origin, said.TopOrigin, err
}

// Confirm is VerifyEvidence, and tells what was confirmed.
func Confirm(e Evidence) (Confirmation, error) {
	r, err := ReadRequest(e.Request)
	if err != nil {
		return Confirmation{}, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	if e.RPID != r.RPID || e.Origin != r.Origin || e.TopOrigin != r.TopOrigin {
		return Confirmation{}, fmt.Errorf("%w: RP ID or origins are not those of the frozen request", ErrEvidence)
	}
	record := passkey.Credential{ID: e.Credential, PublicKey: e.PublicKey}
	good, err := check(r, question{frozen: e.Request, record: record},
		answer{
			credential: e.Credential, clientData: e.ClientDataJSON, authenticatorData: e.AuthenticatorData,
			signature: e.Signature, browserSignature: e.BrowserSignature,
		})
	if err != nil {
		return Confirmation{}, fmt.Errorf("%w: %w", ErrEvidence, passkey.Cause("check", err))
	}
	c := Confirmation{
		Request: r, Kind: good.kind, Synced: good.flags.HasBackupState(), BrowserBound: good.browserKey != nil,
	}
	c.Origin, c.TopOrigin, err = Where(e.ClientDataJSON)
	return c, err
}

// BindingRecord is what was kept of the making of a passkey, as it was received.
type BindingRecord struct {
	ClientDataJSON []byte // may be left out
	Attestation    []byte // CBOR attestation object
}

// ConfirmBinding checks that the passkey of the evidence is the one that a record tells
// of: the same credential with the same key, made for the same relying party by a user
// who was verified. Nobody vouches for the authenticator (attestation none), so that the
// record shows what was bound, and not by whom. It returns ErrEvidence.
func ConfirmBinding(b BindingRecord, e Evidence) error {
	if err := confirmBinding(b, e); err != nil {
		return fmt.Errorf("%w: the record of the binding: %w", ErrEvidence, err)
	}
	return nil
}

func confirmBinding(b BindingRecord, e Evidence) error {
	if len(b.ClientDataJSON) > 0 {
		said, err := parseClientData(b.ClientDataJSON)
		if err != nil {
			return err
		}
		if said.Type != protocol.CreateCeremony {
			return fmt.Errorf("its type is %q", said.Type)
		}
	}
	// The library reads both together; the client data are checked above, by our rules.
	response := protocol.AuthenticatorAttestationResponse{
		AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: []byte("{}")},
		AttestationObject:     b.Attestation,
	}
	parsed, err := response.Parse()
	if err != nil {
		return passkey.Cause("read the attestation", err)
	}
	data := parsed.AttestationObject.AuthData
	rpIDHash := sha256.Sum256([]byte(e.RPID))
	switch {
	case !bytes.Equal(data.RPIDHash, rpIDHash[:]):
		return errors.New("it is of another relying party")
	case !bytes.Equal(data.AttData.CredentialID, e.Credential):
		return errors.New("it is of another credential")
	case !bytes.Equal(data.AttData.CredentialPublicKey, e.PublicKey):
		return errors.New("it is of another key")
	case !data.Flags.HasUserVerified():
		return errors.New("the user was not verified")
	}
	return nil
}
