package report_test

import (
	"testing"

	"github.com/memberzone/memberzone/app/report"
)

func TestNumbersAreReadInEveryFormInWhichTheyAreWritten(t *testing.T) {
	t.Parallel()
	parsesTo(t, []filterTest{
		{
			"numbers apart by space, comma, full-width comma, dot and line", "q=%20A1,B2，C3、D4%0D%0AE5%09F6%E3%80%80A1",
			func(f *report.TransactionFilter) { f.Wanted = []string{"A1", "B2", "C3", "D4", "E5", "F6"} },
		},
		{"full-width number", "by=trade_no&q=２３０９２７１４２１５８３５０７１", func(f *report.TransactionFilter) {
			f.Numbers, f.Wanted = report.TradeNos, []string{"23092714215835071"}
		}},
		{"approval codes are upper-cased", "by=auth_code&q=ab12cd+AB12CD+930637", func(f *report.TransactionFilter) {
			f.Numbers, f.Wanted = report.AuthCodes, []string{"AB12CD", "930637"}
		}},
		{
			"cards in every way they are written",
			"by=card_no&q=411111…1111+555555-4444+3530113333%0A4111+11**+****+1112+400022xxxxxx1111+0009+４１１１１１－１１１３",
			func(f *report.TransactionFilter) {
				f.Numbers = report.CardNos
				f.Wanted = []string{
					"411111…1111", "555555…4444", "353011…3333", "411111…1112", "400022…1111", "0009", "411111…1113",
				}
			},
		},
		{"a shown card among any numbers", "q=A1+411111…1111+930637", func(f *report.TransactionFilter) {
			f.Wanted = []string{"A1", "411111…1111", "930637"}
		}},
		{"mandate numbers", "by=mandate_no&q=M_1,M_2", func(f *report.TransactionFilter) {
			f.Numbers, f.Wanted = report.MandateNos, []string{"M_1", "M_2"}
		}},
		{"the key of a card", "by=card_no&card_key=k", func(f *report.TransactionFilter) {
			f.Numbers, f.CardKey = report.CardNos, "k"
		}},
	})
}
