package cardholder

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/memberzone/memberzone/app/passkey"
)

// Evidence is what proves that a cardholder confirmed a payment: all that
// VerifyEvidence needs. Its JSON has bytes in base64.
type Evidence struct {
	RPID              string `json:"rpId"`
	Origin            string `json:"origin"`            // of the page that was expected to call
	TopOrigin         string `json:"topOrigin"`         // of the window around it
	Request           []byte `json:"request"`           // the frozen request, byte for byte: see ReadRequest
	Credential        []byte `json:"credential"`        // credential ID
	PublicKey         []byte `json:"publicKey"`         // COSE_Key
	ClientDataJSON    []byte `json:"clientDataJSON"`    // as it was signed
	AuthenticatorData []byte `json:"authenticatorData"` // as it was signed
	Signature         []byte `json:"signature"`
	// BrowserSignature is by the browser bound key over ClientDataJSON, if there is one.
	BrowserSignature []byte `json:"browserSignature,omitempty"`
}

// ErrEvidence tells that evidence does not prove what it should; its text says why.
var ErrEvidence = errors.New("cardholder: the evidence does not prove the payment")

// VerifyEvidence repeats the check of a payment from what was kept of it, without any
// database: the same steps, by the same code, that accepted it. Any changed byte of any
// field is an ErrEvidence. Whether RPID, Origin and TopOrigin are those of the relying
// party and its store is the reader's to know.
func VerifyEvidence(e Evidence) error {
	_, err := Confirm(e)
	return err
}

// question is what an answer must answer.
type question struct {
	frozen []byte             // the request, whose hash is the challenge
	handle []byte             // the credential's user handle; nil when nobody knows it any more
	record passkey.Credential // of the credential that answers
}

// checked is what a good answer says.
type checked struct {
	kind       Kind
	used       *webauthn.Credential
	flags      protocol.AuthenticatorFlags
	browserKey []byte // that has signed too, or nil
}

// check verifies an answer to a frozen request: WebAuthn Level 3 §7.2 with the changes
// of SPC, Verifying an Authentication Assertion. What an honest authenticator may do and
// a relying party may not like (counter, backup flag) is left to the caller.
func check(r Request, q question, a answer) (checked, error) {
	signed, err := parseClientData(a.clientData)
	if err != nil {
		return checked{}, err
	}
	if err := r.allows(q.record); err != nil {
		return checked{}, err
	}
	kind, err := r.kindOf(signed.Type)
	if err != nil {
		return checked{}, err
	}
	challenge := encode(challengeOf(q.frozen))
	if err := r.checkClient(kind, challenge, signed); err != nil {
		return checked{}, err
	}
	parsed, err := a.parsed(signed)
	if err != nil {
		return checked{}, err
	}
	flags := parsed.Response.AuthenticatorData.Flags
	used, err := r.validate(q, challenge, parsed)
	if err != nil {
		return checked{}, err
	}
	browserKey, err := checkBrowserKey(signed, a.clientData, a.browserSignature)
	if err != nil {
		return checked{}, err
	}
	return checked{kind: kind, used: used, flags: flags, browserKey: browserKey}, nil
}

// allows checks that the request asked for the credential, and with the same key.
func (r Request) allows(c passkey.Credential) error {
	for _, allowed := range r.Credentials {
		if allowed.ID == encode(c.ID) {
			if allowed.Key != encode(challengeOf(c.PublicKey)) {
				return errors.New("the public key is not the one that was asked for")
			}
			return nil
		}
	}
	return errors.New("the credential was not asked for")
}

// kindOf names the ceremony that a type belongs to, if it is one of those expected: the
// type tells a payment from a sign-in and nothing else does.
func (r Request) kindOf(typ protocol.CeremonyType) (Kind, error) {
	for _, expected := range r.Kinds {
		if typ == expected.ceremony() {
			return expected, nil
		}
	}
	return "", fmt.Errorf("type %q is none of %q", typ, r.Kinds)
}

// paymentCeremony is the type of an SPC assertion.
const paymentCeremony protocol.CeremonyType = "payment.get"

func (k Kind) ceremony() protocol.CeremonyType {
	if k == SPC {
		return paymentCeremony
	}
	return protocol.AssertCeremony
}

// callers are the pages that an answer of a kind may come from: origin, and the top one
// around it. Plain WebAuthn works on the relying party's pages only.
func (r Request) callers(kind Kind) [][2]string {
	if kind == WebAuthn && r.Origin != r.RPOrigin {
		return [][2]string{{r.RPOrigin, r.RPOrigin}, {r.RPOrigin, r.TopOrigin}}
	}
	return [][2]string{{r.Origin, r.TopOrigin}}
}

// checkClient verifies what the browser says of type, challenge, origin and payment.
func (r Request) checkClient(kind Kind, challenge string, signed statement) error {
	if kind == WebAuthn && signed.Payment != nil {
		return errors.New("a payment in client data of type webauthn.get")
	}
	if subtle.ConstantTimeCompare([]byte(signed.Challenge), []byte(challenge)) != 1 {
		return errors.New("another challenge")
	}
	if !slices.ContainsFunc(r.callers(kind), func(c [2]string) bool {
		return signed.from(c[0], c[1])
	}) {
		return fmt.Errorf("origin %q, crossOrigin %v, topOrigin %q; expected one of %q",
			signed.Origin, signed.CrossOrigin, signed.TopOrigin, r.callers(kind))
	}
	if kind == SPC {
		return r.compare(signed.Payment)
	}
	return nil
}

// from reports whether the client data come from a page: exactly, and inside a window of
// another origin exactly when they say so. The library would let a page pass that says
// nothing of the window around it.
func (c statement) from(origin, topOrigin string) bool {
	if c.Origin != origin {
		return false
	}
	if origin == topOrigin {
		return !c.CrossOrigin && c.TopOrigin == ""
	}
	return c.CrossOrigin && c.TopOrigin == topOrigin
}

// validate lets the library do the rest, and all that it can of the above once more.
func (r Request) validate(
	q question, challenge string, parsed *protocol.ParsedCredentialAssertionData,
) (*webauthn.Credential, error) {
	c := &parsed.Response.CollectedClientData
	origins := []string{c.Origin} // one of the callers, by checkClient
	err := c.Verify(challenge, c.Type, origins, nil, []string{r.TopOrigin},
		protocol.TopOriginExplicitVerificationMode, c.CrossOrigin)
	if err != nil {
		return nil, err
	}
	// The library knows no payments. It reads the type from this copy; the signature is
	// over the bytes as they came. Should it once read the bytes again, it would refuse.
	c.Type = protocol.AssertCeremony
	w, err := webauthn.New(&webauthn.Config{
		RPID: r.RPID, RPOrigins: origins, RPTopOrigins: []string{r.TopOrigin},
		RPTopOriginVerificationMode: protocol.TopOriginExplicitVerificationMode, RPAllowCrossOrigin: c.CrossOrigin,
	})
	if err != nil {
		return nil, fmt.Errorf("set the check up: %w", err)
	}
	record := q.record.Record(false)
	// Whether the flag changed is told only of answers that verify: the caller compares.
	record.Flags.BackupEligible = parsed.Response.AuthenticatorData.Flags.HasBackupEligible()
	session := webauthn.SessionData{
		Challenge: challenge, RelyingPartyID: r.RPID, UserID: q.handle,
		AllowedCredentialIDs: [][]byte{record.ID}, UserVerification: protocol.VerificationRequired,
		Extensions: protocol.SessionExtensions{Requested: []string{paymentExtension}},
	}
	return w.ValidateLogin(user{handle: q.handle, credentials: []webauthn.Credential{record}}, session, parsed)
}

// parsed is the answer as the library wants it, with the client data read already: its
// own reader would read them a second time, by other rules.
func (a answer) parsed(signed statement) (*protocol.ParsedCredentialAssertionData, error) {
	p := &protocol.ParsedCredentialAssertionData{}
	p.ID, p.Type = encode(a.credential), string(protocol.PublicKeyCredentialType)
	p.RawID = a.credential
	p.Response.CollectedClientData = signed.collected()
	p.Response.Signature, p.Response.UserHandle = a.signature, a.handle
	p.Raw.AssertionResponse.ClientDataJSON = a.clientData
	p.Raw.AssertionResponse.AuthenticatorData = a.authenticatorData
	p.Raw.AssertionResponse.Signature = a.signature
	if err := p.Response.AuthenticatorData.Unmarshal(a.authenticatorData); err != nil {
		return nil, err
	}
	if a.extensions != nil {
		if err := p.ClientExtensionResults.UnmarshalJSON(a.extensions); err != nil {
			return nil, fmt.Errorf("client extension results: %w", err)
		}
	}
	return p, nil
}

// checkBrowserKey verifies the signature of the browser bound key and returns the key,
// or nil when there is neither key nor signature. It is called for what the passkey has
// signed: a key that the passkey does not vouch for counts for nothing.
func checkBrowserKey(signed statement, message, signature []byte) ([]byte, error) {
	key, err := signed.browserKey()
	if err != nil || key == nil && signature == nil {
		return nil, err
	}
	if key == nil || signature == nil {
		return nil, errors.New("a browser bound key without its signature, or the reverse")
	}
	parsed, err := webauthncose.ParsePublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("browser bound key: %w", err)
	}
	good, err := webauthncose.VerifySignature(parsed, message, signature)
	if err != nil {
		return nil, fmt.Errorf("signature of the browser bound key: %w", err)
	}
	if !good {
		return nil, errors.New("signature of the browser bound key: it does not fit")
	}
	return key, nil
}

// user is a card as the library wants it.
type user struct {
	handle            []byte
	name, displayName string
	credentials       []webauthn.Credential
}

// WebAuthnID implements webauthn.User.
func (u user) WebAuthnID() []byte { return u.handle }

// WebAuthnName implements webauthn.User.
func (u user) WebAuthnName() string { return u.name }

// WebAuthnDisplayName implements webauthn.User.
func (u user) WebAuthnDisplayName() string { return u.displayName }

// WebAuthnCredentials implements webauthn.User.
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }
