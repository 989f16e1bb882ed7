package passkeytest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// What Create and Get answer where a browser would throw InvalidStateError and
// NotAllowedError.
var (
	ErrExcluded = errors.New("passkeytest: one of the excluded passkeys is here")
	ErrNoKey    = errors.New("passkeytest: no passkey fits")
)

// The flags of authenticator data (WebAuthn Level 3 §6.1).
const (
	flagPresent  = 0x01
	flagVerified = 0x04
	flagEligible = 0x08
	flagBackedUp = 0x10
	flagAttested = 0x40
)

// Authenticator makes ES256 passkeys and answers for them, like a browser with a
// platform authenticator. Its fields may be changed between calls; it is for one
// goroutine.
type Authenticator struct {
	Origin     string // what the browser stands at
	RPID       string // answers for this relying party instead of the one asked for
	Counter    uint32 // the next signature counter, or 0 for one that does not count
	Unverified bool   // leaves the flag of user verification out
	Eligible   bool   // says that the passkeys may be backed up
	Synced     bool   // says that they are, and so may be
	Forges     bool   // signs with a key that nobody knows
	NextID     []byte // the credential ID of the next passkey instead of a random one
	// NextKey is the key of the next passkey instead of a new ES256 one: RSA for RS256,
	// Ed25519 for EdDSA.
	NextKey   crypto.Signer
	TopOrigin string // of the window around the page, if that is another one
	// Alter changes the client data before they are signed, as a browser would that lies.
	Alter func(clientData []byte) []byte
	// Browser is the key that the browser itself signs payments with, if it has one.
	Browser *ecdsa.PrivateKey
	keys    []softKey
}

type softKey struct {
	id, handle []byte
	rpID       string
	key        crypto.Signer
}

// New returns an authenticator without passkeys at an origin. It counts from 1.
func New(origin string) *Authenticator { return &Authenticator{Origin: origin, Counter: 1} }

type encoded string // base64url

func (e encoded) bytes() []byte {
	decoded, _ := base64.RawURLEncoding.DecodeString(string(e))
	return decoded
}

func encode(raw []byte) encoded { return encoded(base64.RawURLEncoding.EncodeToString(raw)) }

type descriptor struct {
	ID encoded `json:"id"`
}

type options struct {
	Challenge encoded `json:"challenge"`
	RPID      string  `json:"rpId"`
	RP        struct {
		ID string `json:"id"`
	} `json:"rp"`
	User struct {
		ID encoded `json:"id"`
	} `json:"user"`
	Exclude []descriptor `json:"excludeCredentials"`
	Allow   []descriptor `json:"allowCredentials"`
}

// response is the JSON of a PublicKeyCredential (WebAuthn Level 3 §5.1.7).
type response struct {
	ID         encoded            `json:"id"`
	RawID      encoded            `json:"rawId"`
	Type       string             `json:"type"`
	Attachment string             `json:"authenticatorAttachment"`
	Extensions map[string]any     `json:"clientExtensionResults"`
	Response   map[string]encoded `json:"response"`
}

// Create answers the options of a registration with a new passkey.
func (a *Authenticator) Create(optionsJSON []byte) ([]byte, error) {
	var o options
	if err := json.Unmarshal(optionsJSON, &o); err != nil {
		return nil, fmt.Errorf("read options: %w", err)
	}
	for _, excluded := range o.Exclude {
		for _, have := range a.keys {
			if bytes.Equal(excluded.ID.bytes(), have.id) {
				return nil, ErrExcluded
			}
		}
	}
	key := a.NextKey
	if key == nil {
		var err error
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, fmt.Errorf("make key: %w", err)
		}
	}
	made := softKey{id: a.NextID, handle: o.User.ID.bytes(), rpID: o.RP.ID, key: key}
	if made.id == nil {
		made.id = []byte(rand.Text())
	}
	a.keys = append(a.keys, made)
	cose, err := coseKey(key.Public())
	if err != nil {
		return nil, err
	}
	data := a.authenticatorData(made, flagAttested)
	data = append(data, make([]byte, 16)...) // AAGUID: unknown
	data = binary.BigEndian.AppendUint16(data, uint16(len(made.id)))
	data = append(data, made.id...)
	data = append(data, cose...)
	client, err := a.clientData("webauthn.create", o.Challenge, nil)
	if err != nil {
		return nil, err
	}
	return a.answer(made, map[string]encoded{
		"clientDataJSON":    encode(client),
		"attestationObject": encode(attestationObject(data)),
	})
}

// Get answers the options of a sign-in or a proof with the newest passkey that fits.
func (a *Authenticator) Get(optionsJSON []byte) ([]byte, error) {
	var o options
	if err := json.Unmarshal(optionsJSON, &o); err != nil {
		return nil, fmt.Errorf("read options: %w", err)
	}
	for i := len(a.keys) - 1; i >= 0; i-- {
		if have := a.keys[i]; have.rpID == o.RPID && allowed(o.Allow, have.id) {
			client, err := a.clientData("webauthn.get", o.Challenge, nil)
			if err != nil {
				return nil, err
			}
			return a.assert(have, client)
		}
	}
	return nil, ErrNoKey
}

func (a *Authenticator) assert(have softKey, client []byte) ([]byte, error) {
	signer := have.key
	if a.Forges {
		var err error
		if signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, fmt.Errorf("make key: %w", err)
		}
	}
	data := a.authenticatorData(have, 0)
	clientHash := sha256.Sum256(client)
	signature, err := sign(signer, append(bytes.Clone(data), clientHash[:]...))
	if err != nil {
		return nil, err
	}
	return a.answer(have, map[string]encoded{
		"clientDataJSON": encode(client), "authenticatorData": encode(data),
		"signature": encode(signature), "userHandle": encode(have.handle),
	})
}

func allowed(list []descriptor, id []byte) bool {
	for _, entry := range list {
		if bytes.Equal(entry.ID.bytes(), id) {
			return true
		}
	}
	return len(list) == 0
}

func (a *Authenticator) answer(of softKey, parts map[string]encoded) ([]byte, error) {
	if a.Counter != 0 {
		a.Counter++
	}
	extensions, err := a.extensions(parts["clientDataJSON"].bytes())
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(response{
		ID: encode(of.id), RawID: encode(of.id), Type: "public-key", Attachment: "platform",
		Extensions: extensions, Response: parts,
	})
	if err != nil {
		return nil, fmt.Errorf("write answer: %w", err)
	}
	return text, nil
}

func (a *Authenticator) authenticatorData(of softKey, flags byte) []byte {
	rpID := of.rpID
	if a.RPID != "" {
		rpID = a.RPID
	}
	flags |= flagPresent
	if !a.Unverified {
		flags |= flagVerified
	}
	if a.Eligible || a.Synced {
		flags |= flagEligible
	}
	if a.Synced {
		flags |= flagBackedUp
	}
	hash := sha256.Sum256([]byte(rpID))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), a.Counter)
}

// attestationObject is the CBOR of {"fmt": "none", "attStmt": {}, "authData": data}.
func attestationObject(data []byte) []byte {
	object := []byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59")
	object = binary.BigEndian.AppendUint16(object, uint16(len(data)))
	return append(object, data...)
}
