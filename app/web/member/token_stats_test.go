package member_test

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const tokenStats = "/member/passkey/stats"

// token records events of a trade that is older than the vault.
func (s *site) token(no string, at time.Time, kinds ...string) {
	s.t.Helper()
	for _, kind := range kinds {
		s.run(`INSERT INTO token_events (kind, transaction_id, member_id, store_id, at)
			SELECT $2::token_event_kind, id, member_id, store_id, $3 FROM transactions WHERE trade_no = $1`, no, kind, at)
	}
}

// verified is how a verification went.
type verified struct {
	browser, reason, fellBack string
	bound, used               bool
}

// verify stores a verification of a trade as it ended.
func (s *site) verify(no string, v verified) {
	s.t.Helper()
	s.run(`INSERT INTO verifications (transaction_id, state, route, bind, reason, eligible, brand, card_last4, browser,
			webauthn, uvpa, created_at, asked_at, bound_at, used_at, fell_back, fell_back_at, ended_at, expires_at, seal_key)
		SELECT id, 'left', 'otp', true, $3, true, 'visa', '1111', $2, true, true, $7,
			CASE WHEN $3 LIKE '%credential' THEN $7::timestamptz END, CASE WHEN $5::boolean THEN $7::timestamptz END,
			CASE WHEN $6::boolean THEN $7::timestamptz END, nullif($4, '')::passkey_fall_back,
			CASE WHEN $4 <> '' THEN $7::timestamptz END, $7, $7, $1 || $3 || $4 || $2
		FROM transactions WHERE trade_no = $1`, no, v.browser, v.reason, v.fellBack, v.bound, v.used, noon)
}

func TestTokensAreCountedByStoreAndDay(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	yesterday := noon.Add(-24 * time.Hour)
	s.token(s.trade(1, "A1", 100, noon), noon, "bind", "charge")
	s.token(s.trade(1, "A2", 100, noon), noon, "charge")
	// A minute before midnight in Taipei, on the 23rd.
	s.token(s.trade(2, "A3", 100, yesterday), time.Date(2026, 11, 23, 15, 59, 0, 0, time.UTC), "charge")
	s.token(s.trade(4, "B1", 100, noon), noon, "bind", "charge") // another member's
	owner := s.signedIn("12345675", "owner01")
	owner.get(tokenStats).is(http.StatusOK, `data-store="MS100000001"`, `data-store="MS100000002"`,
		`data-day="2026-11-24"`, `data-day="2026-11-23"`, "晴川二店",
		"期間內沒有適用 Passkey 的交易").
		lacks("MS300000001", "遠岸")
	checkCounts(t, owner.get(tokenStats).body, `data-store="MS100000001"`, "1", "2")
	checkCounts(t, owner.get(tokenStats).body, `data-day="2026-11-24"`, "1", "2")
	checkCounts(t, owner.get(tokenStats).body, `data-day="2026-11-23"`, "0", "1")
	owner.get(tokenStats+"?store=MS100000002").is(http.StatusOK, `data-day="2026-11-23"`).lacks(`data-day="2026-11-24"`)
	owner.get(tokenStats+"?from=2026-11-22&to=2026-11-22").is(http.StatusOK, "期間內沒有 Token綁定或 Token交易")

	file := owner.get(tokenStats + "/export?format=csv").is(http.StatusOK)
	want := "日期（台北時間）,商店代號,商店名稱,類別,次數\r\n" +
		"2026-11-24,MS100000001,晴川一店,Token綁定,1\r\n" +
		"2026-11-24,MS100000001,晴川一店,Token交易,2\r\n" +
		"2026-11-23,MS100000002,晴川二店,Token交易,1\r\n"
	if got := strings.TrimPrefix(file.body, "\ufeff"); got != want {
		t.Errorf("the file is %q, want %q", got, want)
	}
	s.signedIn("12345675", "clerk01").get(tokenStats).
		is(http.StatusOK, `data-store="MS100000001"`).lacks("MS100000002")
}

// checkCounts compares the figures of the row with the attribute.
func checkCounts(t *testing.T, body, row string, want ...string) {
	t.Helper()
	_, rest, _ := strings.Cut(body, row)
	rest, _, _ = strings.Cut(rest, "</tr>")
	var got []string
	for _, cell := range strings.Split(rest, `cell-number">`)[1:] {
		figure, _, _ := strings.Cut(cell, "<")
		got = append(got, figure)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s counts %q, want %q", row, got, want)
	}
}

func TestTokenStatsNeedTheLevelOfTheCardQuery(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	for _, login := range []string{"viewer01", "denied01"} {
		for _, path := range []string{tokenStats, tokenStats + "/export"} {
			s.signedIn("12345675", login).get(path).is(http.StatusForbidden)
		}
	}
}

func TestWhatIsWrongWithTheStatsFilterIsTold(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner := s.signedIn("12345675", "owner01")
	for query, sentence := range map[string]string{
		"from=2026-13-01":               "請輸入正確的日期",
		"from=2026-11-24&to=2026-11-01": "結束日期不可早於開始日期",
		"from=2020-01-01&to=2026-11-24": "最長 400 天",
		"store=MS300000001":             "查無此商店代號",
		"stor=MS100000001":              "stor",
	} {
		owner.get(tokenStats+"?"+query).is(http.StatusUnprocessableEntity, sentence)
		if status := owner.get(tokenStats + "/export?" + query).StatusCode; status != http.StatusUnprocessableEntity &&
			status != http.StatusBadRequest {
			t.Errorf("%s: the export answers %d", query, status)
		}
	}
}

func TestTheFunnelTellsHowFarPasskeysCame(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	trade := func(order string) string { return s.trade(1, order, 100, noon) }
	s.verify(trade("A1"), verified{browser: "chrome", reason: "no_credential", bound: true})
	another := trade("A2")
	s.verify(another, verified{browser: "chrome", reason: "has_credential", used: true})
	s.verify(another, verified{browser: "chrome", reason: "has_credential", fellBack: "cancelled"}) // counts once
	s.verify(trade("A3"), verified{browser: "safari", reason: "has_credential", fellBack: "cancelled"})
	s.verify(trade("A4"), verified{reason: "device_unsupported"})
	trade("A5") // not verified at all
	s.verify(s.trade(4, "B1", 100, noon), verified{browser: "firefox", reason: "has_credential", fellBack: "timed_out"})
	owner := s.signedIn("12345675", "owner01")
	page := owner.get(tokenStats).is(http.StatusOK, "持卡人取消裝置驗證",
		"裝置或瀏覽器不支援 Passkey", "Safari", "未知").lacks("Firefox", "裝置驗證逾時")
	for _, step := range []struct {
		label, journey, count string
		orders                []string
	}{
		{"適用 Passkey", "eligible", "4", []string{"A1", "A2", "A3", "A4"}},
		{"已詢問持卡人", "asked", "3", []string{"A1", "A2", "A3"}},
		{"已綁定", "bound", "1", []string{"A1"}},
		{"已使用 Passkey", "used", "1", []string{"A2"}},
		{"改用簡訊驗證", "fell_back", "3", []string{"A2", "A3", "A4"}},
		{"持卡人取消裝置驗證", "fell_back.cancelled", "2", []string{"A2", "A3"}},
		{"裝置或瀏覽器不支援 Passkey", "fell_back.unsupported", "1", []string{"A4"}},
	} {
		href := tokenStatsLink(t, page.body, step.label, step.count)
		if !strings.HasSuffix(href, "&journey="+step.journey) {
			t.Errorf("%s leads to %s", step.label, href)
		}
		list := owner.get(href).is(http.StatusOK, "共 "+step.count+" 筆", "只顯示：驗證歷程＝", step.label)
		for _, order := range []string{"A1", "A2", "A3", "A4", "A5", "B1"} {
			if found := strings.Contains(list.body, `data-order-no="`+order+`"`); found != slices.Contains(step.orders, order) {
				t.Errorf("%s: %s in the list: %v", step.label, order, found)
			}
		}
	}
}

// tokenStatsLink is where the row with the label leads, which counts so many.
func tokenStatsLink(t *testing.T, body, label, count string) string {
	t.Helper()
	end := strings.Index(body, ">"+label+"</a>")
	if end < 0 {
		t.Fatalf("no link %s", label)
	}
	_, row, _ := strings.Cut(body[end:], `cell-number">`)
	if figure, _, _ := strings.Cut(row, "<"); figure != count {
		t.Errorf("%s counts %s, want %s", label, figure, count)
	}
	start := strings.LastIndex(body[:end], `href="`) + len(`href="`)
	href, _, _ := strings.Cut(body[start:], `"`)
	return html.UnescapeString(href)
}

func TestAJourneyIsKeptAndCanBeTakenAway(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	for i := range 3 {
		s.verify(s.trade(1, fmt.Sprintf("A%d", i), 100, noon), verified{browser: "chrome", reason: "no_credential"})
	}
	s.trade(1, "B1", 100, noon)
	owner := s.signedIn("12345675", "owner01")
	list := "/member/sales/credit-cards?journey=asked"
	page := owner.get(list+"&limit=2&totals=1").is(http.StatusOK, "共 3 筆", `name="journey" value="asked"`,
		"/member/sales/credit-cards/export?journey=asked&amp;limit=2", "journey=asked&amp;limit=2", "cursor=", "3 筆")
	_, rest, _ := strings.Cut(page.body, "data-only")
	if rest, _, _ = strings.Cut(rest, "</p>"); !strings.Contains(rest, `href="/member/sales/credit-cards?limit=2`) {
		t.Errorf("the condition is taken away by %s", rest)
	}
	owner.get("/member/sales/credit-cards/export?journey=asked").is(http.StatusOK, "驗證歷程", "已詢問持卡人")
	owner.get("/member/sales/credit-cards?journey=lost").is(http.StatusUnprocessableEntity, "lost").lacks("只顯示")
}
