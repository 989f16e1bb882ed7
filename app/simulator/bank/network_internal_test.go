package bank

import (
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/money"
)

func FuzzDecodeProvision(f *testing.F) {
	f.Add(`{"request_id":"P1","pan":"4111111111111111","expiry":"2812"}`)
	f.Add(`{"request_id":"P1","pan":"4111 1111 1111 1111","expiry":"2813"}`)
	f.Fuzz(func(t *testing.T, text string) {
		q, pan, err := decodeProvision(strings.NewReader(text))
		if err != nil {
			if q != (provisionRequest{}) || !pan.IsEmpty() || strings.Contains(err.Error(), "4111") {
				t.Error("a refused request is not empty")
			}
			return
		}
		if !idPattern.MatchString(q.RequestID) || pan.Expose() != q.PAN || !expiryPattern.MatchString(q.Expiry) {
			t.Errorf("taken: %s %s", q.RequestID, q.Expiry)
		}
	})
}

func FuzzDecodeCryptogram(f *testing.F) {
	f.Add(`{"request_id":"C1","merchant_id":"MS1","trade_no":"26071512000000001","amount":1,"currency":"TWD"}`)
	f.Add(`{"amount":1e400}`)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := decodeCryptogram(strings.NewReader(text))
		if err != nil {
			if q != (cryptogramRequest{}) {
				t.Error("a refused request is not empty")
			}
			return
		}
		if q.Amount < 1 || q.Amount > money.Max || q.Currency != "TWD" || !tradeNoPattern.MatchString(q.TradeNo) {
			t.Errorf("taken: %+v", q)
		}
	})
}
