package passkeytest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
)

// PublicKey returns the key of the newest passkey, or nil without one of ES256.
func (a *Authenticator) PublicKey() *ecdsa.PublicKey {
	if len(a.keys) == 0 {
		return nil
	}
	key, _ := a.keys[len(a.keys)-1].key.Public().(*ecdsa.PublicKey)
	return key
}

// sign signs a message by the algorithm of the key.
func sign(by crypto.Signer, message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	of, with := digest[:], crypto.SignerOpts(crypto.SHA256)
	if _, whole := by.(ed25519.PrivateKey); whole {
		of, with = message, crypto.Hash(0)
	}
	signature, err := by.Sign(rand.Reader, of, with)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return signature, nil
}

const coordinateBytes = 32 // of P-256, and of Ed25519

// coseKey is the CBOR of {1: 2, 3: -7, -1: 1, -2: x, -3: y} for P-256 and of
// {1: 1, 3: -8, -1: 6, -2: x} for Ed25519 (RFC 9053 §7), and of
// {1: 3, 3: -257, -1: n, -2: e} for RSA (RFC 8230 §4).
func coseKey(key crypto.PublicKey) ([]byte, error) {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		point, err := k.Bytes() // 4, x, y
		if err != nil {
			return nil, fmt.Errorf("write key: %w", err)
		}
		x, y := point[1:1+coordinateBytes], point[1+coordinateBytes:]
		cose := []byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, coordinateBytes}
		cose = append(append(cose, x...), 0x22, 0x58, coordinateBytes)
		return append(cose, y...), nil
	case ed25519.PublicKey:
		return append([]byte{0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, coordinateBytes}, k...), nil
	case *rsa.PublicKey:
		modulus, exponent := k.N.Bytes(), big.NewInt(int64(k.E)).Bytes()
		cose := []byte{0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59}
		cose = append(binary.BigEndian.AppendUint16(cose, uint16(len(modulus))), modulus...)
		return append(append(cose, 0x21, 0x40|byte(len(exponent))), exponent...), nil
	}
	return nil, fmt.Errorf("passkeytest: no COSE for %T", key)
}
