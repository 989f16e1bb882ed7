package wire

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"errors"
)

// Padding is the block size that PKCS7-style padding fills up to, in bytes.
type Padding int

const (
	// Pad16 is ordinary PKCS7, the manual's samples and what we emit: clients that check strictly accept only this.
	Pad16 Padding = 16
	// Pad32 is what legacy SDKs and the real gateway itself emit (pad bytes 1 to 32).
	Pad32 Padding = 32
)

// maxPad is the largest padding byte accepted, whatever the client's block size.
const maxPad = 32

// Errors of Decrypt. A server must answer all three in the same way, or it becomes a padding oracle.
var (
	ErrNotHex     = errors.New("wire: ciphertext is not hex")
	ErrCipherSize = errors.New("wire: ciphertext is not a whole number of AES blocks")
	ErrPadding    = errors.New("wire: padding is wrong")
)

// Encrypt seals text as lower-case hex of AES-256-CBC with padding Pad16. Error: ErrNoKeys.
func (k Keys) Encrypt(text string) (string, error) {
	return k.EncryptPadded(text, Pad16)
}

// EncryptPadded is Encrypt with a chosen padding; anything but Pad16 and Pad32 gives ErrPadding.
func (k Keys) EncryptPadded(text string, padding Padding) (string, error) {
	m, err := k.open()
	if err != nil {
		return "", err
	}
	if padding != Pad16 && padding != Pad32 {
		return "", ErrPadding
	}
	size := int(padding)
	pad := size - len(text)%size
	data := append([]byte(text), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(m.block, m.iv[:]).CryptBlocks(data, data)
	return hex.EncodeToString(data), nil
}

// Decrypt opens hex (either case) and strips 1 to 32 bytes of padding, so that both paddings in use are understood.
// The text is not checked to be UTF-8. Errors: ErrNoKeys, ErrNotHex, ErrCipherSize, ErrPadding.
func (k Keys) Decrypt(hexText string) (string, error) {
	m, err := k.open()
	if err != nil {
		return "", err
	}
	data, err := hex.DecodeString(hexText)
	if err != nil {
		return "", ErrNotHex // the cause would quote the sender's bytes
	}
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return "", ErrCipherSize
	}
	cipher.NewCBCDecrypter(m.block, m.iv[:]).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > maxPad || pad > len(data) {
		return "", ErrPadding
	}
	body, tail := data[:len(data)-pad], data[len(data)-pad:]
	for _, b := range tail {
		if int(b) != pad {
			return "", ErrPadding
		}
	}
	return string(body), nil
}
