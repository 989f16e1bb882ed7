package account

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/alexedwards/argon2id"

	"github.com/memberzone/memberzone/app/secret"
)

// passwordBytesMax is the longest password that is looked at, in bytes.
const passwordBytesMax = 1024

// passwordCost is the first choice of OWASP's Password Storage Cheat Sheet:
// argon2id with 19 MiB and two passes. One lane keeps the hash the same on any
// machine; a guess costs some 20 ms of one core.
var passwordCost = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// HashPassword returns the argon2id hash of a password in PHC form, with a fresh
// salt.
func HashPassword(password secret.String) (secret.String, error) {
	hash, err := argon2id.CreateHash(password.Expose(), &passwordCost)
	if err != nil {
		return secret.String{}, fmt.Errorf("hash password: %w", err)
	}
	return secret.New(hash), nil
}

// verifiersMax is how many passwords are hashed at once: each takes 19 MiB, and
// a flood of sign-ins must not take the memory of everybody else.
const verifiersMax = 4

// verifier checks passwords, a few at a time.
type verifier struct {
	slots chan struct{}
	dummy secret.String // the hash of a password that nobody knows
}

func newVerifier() (*verifier, error) {
	dummy, err := HashPassword(secret.New(rand.Text()))
	if err != nil {
		return nil, err
	}
	return &verifier{slots: make(chan struct{}, verifiersMax), dummy: dummy}, nil
}

// verify reports whether the password belongs to the hash. For an empty hash it
// does the same work and reports false.
func (v *verifier) verify(ctx context.Context, password, hash secret.String) (bool, error) {
	if err := v.wait(ctx); err != nil {
		return false, err
	}
	defer v.leave()
	known := !hash.IsEmpty() && len(password.Expose()) <= passwordBytesMax
	if !known {
		password, hash = secret.String{}, v.dummy
	}
	match, err := argon2id.ComparePasswordAndHash(password.Expose(), hash.Expose())
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	return known && match, nil
}

// hash hashes a password when it is its turn.
func (v *verifier) hash(ctx context.Context, password secret.String) (secret.String, error) {
	if err := v.wait(ctx); err != nil {
		return secret.String{}, err
	}
	defer v.leave()
	return HashPassword(password)
}

func (v *verifier) wait(ctx context.Context) error {
	select {
	case v.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
}

func (v *verifier) leave() { <-v.slots }
