package member_test

import (
	"testing"

	"github.com/memberzone/memberzone/app/member"
)

func TestPayeeOriginsAreAsBrowsersWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"https://shop.example": true, "https://shop.example:8443": true, "http://localhost:8082": true,
		"http://localhost": true, "http://shop.example": false, "https://Shop.example": false,
		"https://shop.example/": false, "https://shop.example?a": false, "https://user@shop.example": false,
		"shop.example": false, "": false, "null": false, "http://localhost.evil.example": false,
		"javascript:alert(1)": false, "https://a b": false,
	} {
		if got := member.IsPayeeOrigin(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
