package verification_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/memberzone/memberzone/app/verification"
)

func TestEveryMoveIsDecided(t *testing.T) {
	t.Parallel()
	allowed := map[verification.State][]verification.State{
		verification.Arriving: {
			verification.Choosing, verification.Coding, verification.Touching, verification.Left, verification.Expired,
		},
		verification.Choosing: {
			verification.Coding, verification.Touching, verification.Left, verification.Expired,
		},
		verification.Coding: {
			verification.Offering, verification.Binding, verification.Verified, verification.Failed, verification.Left,
			verification.Expired,
		},
		verification.Offering: {
			verification.Binding, verification.Verified, verification.Left, verification.Expired,
		},
		verification.Binding: {verification.Verified, verification.Left, verification.Expired},
		verification.Touching: {
			verification.Coding, verification.Verified, verification.Left, verification.Expired,
		},
	}
	for _, from := range verification.States {
		if from.Live() != (allowed[from] != nil) {
			t.Errorf("%s is live: %v", from, from.Live())
		}
		for _, to := range verification.States {
			err := from.To(to)
			if want := slices.Contains(allowed[from], to); want != (err == nil) ||
				err != nil && !errors.Is(err, verification.ErrNotNow) {
				t.Errorf("from %s to %s: %v", from, to, err)
			}
		}
	}
}
